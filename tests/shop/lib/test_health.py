"""For load balancers and monitoring."""

import pytest
from django.db import connection
from django.db.utils import OperationalError
from django.test import Client

from events.live import shutdown
from tests.support.factories import make_order

STRANGER = {"headers": {"X-Forwarded-For": "203.0.113.5"}}
TOKEN = "a-token-of-many-characters"


@pytest.fixture
def database_away(monkeypatch):
    def refuse(*args, **kwargs):
        raise OperationalError("connection to server at db.internal, port 5432, user doorbell failed")

    monkeypatch.setattr(connection, "cursor", refuse)


def test_alive_needs_no_database(client):
    assert client.get("/healthz").content == b"ok\n"


@pytest.mark.parametrize("host", ["10.1.2.3", "10.1.2.3:8000", "nobody.example", "", "a b", "ö", "x" * 300])
@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
@pytest.mark.django_db
def test_a_probe_may_ask_under_any_name_and_without_tls(settings, host, path):
    settings.ALLOWED_HOSTS = ["shop.example"]
    settings.SECURE_SSL_REDIRECT = True
    assert Client().get(path, HTTP_HOST=host).status_code == 200


@pytest.mark.django_db
def test_the_other_pages_are_for_the_names_of_the_shop(settings):
    settings.ALLOWED_HOSTS = ["shop.example"]
    assert Client().get("/", HTTP_HOST="nobody.example").status_code == 400
    assert Client().get("/healthz/", HTTP_HOST="nobody.example").status_code == 400


@pytest.mark.django_db
def test_ready_when_the_database_answers(client):
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (200, {"ready": True, "problems": {}})


@pytest.mark.django_db
def test_a_shop_without_redis_and_without_workers_is_ready_because_it_sells(client, settings, away):
    settings.REDIS_URL = settings.BROKER_URL = "redis://127.0.0.1:1/0"
    make_order()
    assert client.get("/readyz").status_code == 200


@pytest.mark.usefixtures("database_away")
def test_not_ready_without_the_database(client):
    response = client.get("/readyz")
    assert response.status_code == 503
    assert "db.internal" in response.json()["problems"]["database"]


@pytest.mark.usefixtures("database_away")
@pytest.mark.parametrize("token", ["", TOKEN])
def test_strangers_learn_nothing_of_the_inside(client, settings, token):
    settings.METRICS_TOKEN = token
    response = client.get("/readyz", **STRANGER)
    assert (response.status_code, response.json()) == (503, {"ready": False})


def test_not_ready_while_the_process_is_leaving(client, monkeypatch):
    monkeypatch.setattr(shutdown, "stopping", lambda: True)
    response = client.get("/readyz")
    assert (response.status_code, list(response.json()["problems"])) == (503, ["web"])
    assert client.get("/healthz").status_code == 200


@pytest.mark.django_db
def test_metrics_tell_the_backlog(client):
    make_order()
    text = client.get("/metrics").content.decode()
    assert 'events_pending{handler="mail",queue="mail"} 1.0' in text
    assert "events_oldest_due_seconds" in text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("request_", "status"),
    [
        ({}, 200),
        (STRANGER, 404),
        ({"REMOTE_ADDR": "203.0.113.5"}, 404),
        ({"headers": {"X-Forwarded-For": "127.0.0.1"}}, 404),
        ({"headers": {"Via": "1.1 proxy"}}, 404),
        ({"headers": {"Authorization": f"Bearer {TOKEN}"}, "REMOTE_ADDR": "203.0.113.5"}, 404),
    ],
)
def test_without_a_token_metrics_are_for_this_machine(client, request_, status):
    assert client.get("/metrics", **request_).status_code == status


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        (f"Bearer {TOKEN}", 200),
        ("", 404),
        ("Bearer ", 404),
        (f"Bearer {TOKEN}x", 404),
        (f"Basic {TOKEN}", 404),
        (TOKEN, 404),
        ("Bearer ö", 404),
    ],
)
def test_with_a_token_metrics_are_for_those_who_have_it(client, settings, authorization, status):
    settings.METRICS_TOKEN = TOKEN
    answer = client.get("/metrics", REMOTE_ADDR="203.0.113.5", HTTP_AUTHORIZATION=authorization)
    assert answer.status_code == status


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_a_probe_is_only_asked(client, path):
    assert client.post(path).status_code == 405
