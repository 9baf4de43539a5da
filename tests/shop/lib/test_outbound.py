"""Requests to addresses that strangers name: public ones only, with a deadline and a limit of bytes."""

import socket
import threading
import time
from contextlib import suppress

import pytest
import requests

from shop.lib import outbound
from tests.support.trickle import Trickle

pytestmark = pytest.mark.slow

INSIDE = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1",
    "169.254.169.254", "100.64.0.1", "192.0.0.1",
    "224.0.0.1", "240.0.0.1", "255.255.255.255", "::1", "::", "::ffff:127.0.0.1", "::ffff:8.8.8.8",
    "fe80::1", "fe80::1%eth0",
    "fc00::1", "fec0::1", "ff02::1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::808:808", "2002:7f00:1::",
    "2001:0:7f00:1::", "2001:db8::1", "not an address", "",
]  # fmt: skip
PUBLIC = ["8.8.8.8", "142.250.74.10", "2a00:1450:4001:80e::200a", "2600:1901:0:94b6::", "64:ff9b::8.8.8.8"]


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_inside_is_not_public(address):
    assert not outbound.is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_of_the_internet_is_public(address):
    assert outbound.is_public(address)


def resolve(monkeypatch, *addresses):
    """Every name leads to these addresses."""

    def answer(host, port, **_):
        return [
            (socket.AF_INET6 if ":" in a else socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port)) for a in addresses
        ]

    monkeypatch.setattr(outbound.socket, "getaddrinfo", answer)


@pytest.fixture
def server():
    with Trickle(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", b"", pause=1) as running:
        yield running


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "::1", "169.254.169.254", "::ffff:127.0.0.1"])
def test_a_name_that_leads_inside_is_not_connected_to(monkeypatch, address, scheme):
    resolve(monkeypatch, address)
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("a connection was tried"))
    with outbound.Session(5) as session, pytest.raises(outbound.Unreachable, match="no public address"):
        session.post(f"{scheme}://service.example/x")


def test_of_several_addresses_only_the_public_ones_are_tried(monkeypatch):
    tried = []

    def connect(_, address):
        tried.append(address[0])
        raise ConnectionRefusedError("refused")

    resolve(monkeypatch, "8.8.8.8", "127.0.0.1", "8.8.4.4")
    monkeypatch.setattr(socket.socket, "connect", connect)
    with outbound.Session(5) as session, pytest.raises(requests.ConnectionError, match="refused"):
        session.post("https://service.example/x")
    assert tried == ["8.8.8.8", "8.8.4.4"]


def test_a_trusted_address_is_reached(server):
    with outbound.Session(5, ["127.0.0.1"]) as session:
        assert session.post(f"{server.url}/x").content == b"ok"


def test_a_proxy_of_the_environment_is_not_used(server, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with outbound.Session(5, ["127.0.0.1"]) as session:
        assert session.post(f"{server.url}/x").status_code == 200


def test_a_redirect_is_not_followed():
    answer = b"HTTP/1.1 307 Go\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    with Trickle(answer, b"", pause=1) as server, outbound.Session(5, ["127.0.0.1"]) as session:
        assert session.post(f"{server.url}/x").status_code == 307


def test_a_cookie_is_not_kept():
    answer = b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n"
    with Trickle(answer, b"", pause=1) as server, outbound.Session(5, ["127.0.0.1"]) as session:
        session.post(f"{server.url}/x")
        assert not session.cookies


@pytest.mark.parametrize(
    ("first", "again"),
    [
        (b"", b""),
        (b"H", b"T"),
        (b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x"),
        (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x"),
        (b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
    ids=["silence", "status", "header", "headers", "body", "chunks", "until it closes", "interim answers"],
)
def test_an_answer_that_never_ends_is_left_at_the_deadline(first, again):
    with Trickle(first, again, pause=0.02) as server, outbound.Session(0.5, ["127.0.0.1"]) as session:
        began = time.monotonic()
        with suppress(requests.RequestException):
            session.post(f"{server.url}/x")
        assert time.monotonic() - began < 1.5


def test_of_an_endless_answer_only_the_beginning_is_read():
    flood = b"x" * 65536
    with (
        Trickle(b"HTTP/1.1 200 OK\r\n\r\n", flood, pause=0) as server,
        outbound.Session(5, ["127.0.0.1"]) as session,
    ):
        began = time.monotonic()
        response = session.post(f"{server.url}/x")
        assert response.status_code == 200
        assert len(response.content) == outbound.MOST_BYTES
        assert time.monotonic() - began < 2


def test_an_unused_deadline_leaves_no_thread_behind(server):
    with outbound.Session(60, ["127.0.0.1"]) as session:
        session.post(f"{server.url}/x")
    assert not [t for t in threading.enumerate() if isinstance(t, threading.Timer) and not t.finished.is_set()]
