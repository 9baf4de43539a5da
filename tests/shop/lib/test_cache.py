"""The shared cache: Redis, and this process's memory while Redis is away."""

import time

import pytest
import redis
from django.core.cache import cache, caches
from django.core.cache.backends.redis import RedisCache

from shop.lib.cache import JsonSerializer, SharedCache


def test_what_one_process_keeps_another_finds(settings):
    cache.set("counter", [1.5, 2.5], 60)
    client = redis.Redis.from_url(settings.CACHES["default"]["LOCATION"])
    assert client.get(cache.make_key("counter")) == b"[1.5, 2.5]"
    assert cache.get("counter") == [1.5, 2.5]


def test_nothing_in_redis_can_be_code():
    """Whoever can write to Redis must not run code here, as an unpickled object does."""
    client = redis.Redis.from_url(cache.server)
    client.set(cache.make_key("evil"), b"cos\nsystem\n(S'true'\ntR.")
    with pytest.raises(ValueError, match="Expecting value"):
        cache.get("evil")
    with pytest.raises(TypeError):
        JsonSerializer().dumps(object())


def test_clearing_it_leaves_the_queues_of_the_broker_alone(settings):
    client = redis.Redis.from_url(settings.CACHES["default"]["LOCATION"])
    client.set("doorbell.queue", "kept")
    cache.set("counter", 1)
    cache.clear()
    assert client.get("doorbell.queue") == b"kept"
    assert cache.get("counter") is None


def test_while_redis_is_away_each_process_counts_by_itself(away):
    assert away.add("lock", True, 10)
    assert not away.add("lock", True, 10)
    away.set("counter", 1)
    assert away.incr("counter") == 2
    assert away.get_many(["counter", "none"]) == {"counter": 2}
    away.delete("counter")
    assert away.get("counter", "nothing") == "nothing"


def test_all_processes_count_together_until_the_seconds_are_over(settings):
    client = redis.Redis.from_url(settings.CACHES["default"]["LOCATION"])
    assert [cache.count("tries", 60), cache.count("tries", 60), cache.count("others", 60)] == [1, 2, 1]
    client.incr(cache.make_key("tries"))  # another process
    assert cache.count("tries", 60) == 4
    assert 0 < client.ttl(cache.make_key("tries")) <= 60
    client.delete(cache.make_key("tries"))  # they are over
    assert cache.count("tries", 60) == 1


def test_what_is_counted_last_does_not_begin_the_seconds_again(settings):
    client = redis.Redis.from_url(settings.CACHES["default"]["LOCATION"])
    cache.count("tries", 60)
    client.expire(cache.make_key("tries"), 5)
    cache.count("tries", 60)
    assert client.ttl(cache.make_key("tries")) <= 5


def test_while_redis_is_away_a_process_counts_alone(away):
    assert [away.count("tries", 60) for _ in range(3)] == [1, 2, 3]
    assert SharedCache.away_until > time.monotonic()


def test_a_count_finds_a_redis_that_was_started_again(settings):
    """The connections of the process were cut off with it."""
    assert cache.count("tries", 60) == 1
    redis.Redis.from_url(settings.CACHES["default"]["LOCATION"]).client_kill_filter(_type="normal", skipme=True)
    assert cache.count("tries", 60) == 2
    assert SharedCache.away_until <= time.monotonic()


def test_a_redis_that_is_away_is_not_asked_by_every_request(away):
    away.get("a")
    before = time.perf_counter()
    for _ in range(200):
        away.get("a")
    assert time.perf_counter() - before < 0.5
    assert SharedCache.away_until > time.monotonic()


def test_redis_is_asked_again_after_a_pause(away, monkeypatch):
    away.get("a")
    monkeypatch.setattr(SharedCache, "away_until", time.monotonic())
    monkeypatch.setattr(RedisCache, "get", lambda *a, **k: 7)
    assert away.get("a") == 7


def test_parts_of_pages_stay_in_the_memory_of_the_process():
    for name in ("template_fragments", "product_pages"):
        assert caches[name].__class__.__name__ == "LocMemCache"


@pytest.mark.django_db
def test_a_redis_that_is_away_makes_no_page_an_error(away, client, django_user_model):
    client.force_login(django_user_model.objects.create_user("somebody@example.com", "x"))
    for path in ("/", "/products/", "/search/?q=pan", "/cart/", "/orders/", "/accounts/login/", "/accounts/signup/"):
        assert client.get(path, follow=True).status_code == 200, path
