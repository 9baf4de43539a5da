"""A long file is sent piece by piece: it is never in memory as a whole, and it is closed when the client leaves."""

import asyncio
import gc
import os
import tracemalloc

import pytest
from django.db import connections
from django.test import override_settings

from events.lib.private_apis import PIECE
from shop.lib.threads import InThreads
from tests.support.live import in_loop

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
SIZE = 30_000_000


@pytest.fixture
def site(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    with override_settings(MIDDLEWARE=[]):
        application = InThreads(2)
        yield application
        application.threads.submit(connections.close_all)
        application.threads.shutdown()


def get(application, address, send):
    async def receive():
        return {"type": "http.request", "body": b""}

    scope = {"type": "http", "method": "GET", "path": address, "query_string": b"", "headers": [], "server": ("x", 80)}
    in_loop(application(scope, receive, send))


def open_files(folder):
    links = (f"/proc/self/fd/{n}" for n in os.listdir("/proc/self/fd"))
    return [link for link in links if os.path.exists(link) and os.readlink(link).startswith(str(folder))]


def test_a_long_file_is_sent_whole_and_never_kept_whole(site, tmp_path):
    with (tmp_path / "long.bin").open("wb") as file:
        file.truncate(SIZE)
    sent, headers = [], {}

    async def send(message):
        sent.append(len(message.get("body", b"")))
        headers.update(message.get("headers", ()))

    get(site, "/media/long.bin", send)  # what the first request loads is not counted
    sent.clear()
    tracemalloc.start()
    get(site, "/media/long.bin", send)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sum(sent) == SIZE
    assert headers[b"Content-Length"] == str(SIZE).encode()
    assert headers[b"Content-Security-Policy"].endswith(b"sandbox")
    assert peak < SIZE / 5
    assert open_files(tmp_path) == []


def test_a_client_that_leaves_in_the_middle_leaves_no_open_file(site, tmp_path):
    with (tmp_path / "long.bin").open("wb") as file:
        file.truncate(SIZE)
    received = 0

    async def send(message):
        nonlocal received
        received += len(message.get("body", b""))
        if received > 5 * PIECE:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        get(site, "/media/long.bin", send)
    gc.collect()
    assert open_files(tmp_path) == []


@pytest.mark.parametrize("size", [0, 1, PIECE, PIECE + 1])
def test_a_file_of_any_length_is_sent_byte_for_byte(site, tmp_path, size):
    content = os.urandom(size)
    (tmp_path / "some.bin").write_bytes(content)
    sent = []

    async def send(message):
        sent.append(message.get("body", b""))

    get(site, "/media/some.bin", send)
    assert b"".join(sent) == content
