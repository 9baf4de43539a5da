"""Searches that found nothing: what people want and the shop does not have, or calls by another name.

A search writes nothing to the database. It counts its words in a sorted set of Redis, one round trip and only when
nothing was found; a periodic task moves them to the figures. Both are bounded. Whoever floods the shop with nonsense
pushes out the rarest words first. While Redis is away, nothing is counted; what the task took when its process died is
lost: these figures are a help, not books.
"""

import re
import time
from collections import Counter
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

import redis
from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone
from redis.exceptions import RedisError

from events.operations.periodic import delete_in_batches
from shop.catalog.search import folded
from shop.insight import counting
from shop.insight.models import DayFigure
from shop.lib.cache import SharedCache

LONGEST = 40  # characters of what is kept
WAITING = 500  # different words in Redis
A_DAY = 200  # different words of a day in the database
KEPT = timedelta(days=400)
PERSONAL = re.compile(r"@|\d{5}|(?:\d[ ./()-]*){7}")
"""A mail address, or a number as of a phone, an order or a parcel: it is not kept."""


def term(text: str) -> str:
    """The words of a search as they are counted; "" for what is not kept."""
    words = " ".join(re.findall(r"\w+", folded(text).replace("_", " ")))
    return "" if PERSONAL.search(text) or len(words) > LONGEST else words


def note(text: str) -> None:
    """This was searched for, and nothing was found."""
    words = term(text)
    if not words or time.monotonic() < SharedCache.away_until:
        return
    key = _key(timezone.localdate())
    try:
        pipe = _client(settings.REDIS_URL).pipeline()
        pipe.zincrby(key, 1, words)
        pipe.zremrangebyrank(key, 0, -WAITING - 1)
        pipe.expire(key, timedelta(days=2))
        pipe.execute()
    except RedisError:
        SharedCache.away_until = time.monotonic() + SharedCache.PAUSE


def count() -> int:
    """Move what was counted today and yesterday to the figures. Returns how many different words."""
    today = timezone.localdate()
    return sum(_move(day) for day in (today - timedelta(days=1), today))


def _move(day: date) -> int:
    pipe = _client(settings.REDIS_URL).pipeline(transaction=True)
    pipe.zrange(_key(day), 0, -1, withscores=True)
    pipe.delete(_key(day))
    try:
        taken: list[tuple[bytes, float]] = pipe.execute()[0]
    except RedisError:
        return 0
    found: Counter[str] = Counter({words.decode(): int(times) for words, times in taken})
    if found:
        missed = DayFigure.Kind.MISSED.value
        with transaction.atomic():
            counting.add({("", missed, day.isoformat(), words): (times, 0) for words, times in found.items()})
            rows = DayFigure.objects.filter(currency="", kind=missed, day=day).order_by("-count", "key")
            rare = list(rows.values_list("pk", flat=True)[A_DAY : A_DAY + WAITING])
            DayFigure.objects.filter(pk__in=rare).delete()
    return len(found)


def forget() -> int:
    """Delete what was searched for long ago. Returns how many."""
    old = DayFigure.objects.filter(kind=DayFigure.Kind.MISSED, day__lt=timezone.localdate() - KEPT)
    return delete_in_batches(old)


def _key(day: date) -> str:
    return str(cache.make_key(f"insight.missed.{day}"))


@lru_cache(maxsize=2)
def _client(address: str) -> Any:
    return redis.Redis.from_url(address, socket_timeout=1, socket_connect_timeout=1)
