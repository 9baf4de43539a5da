"""Whose address a request counts for."""

import pytest
from django.test import RequestFactory

from events.lib.client_address import network
from shop.lib.addresses import client_address, from_this_machine


def request(peer="10.0.0.1", **headers):
    return RequestFactory().get(
        "/", headers={name.replace("_", "-"): value for name, value in headers.items()}, REMOTE_ADDR=peer
    )


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "", "10.0.0.1"),
        (0, "203.0.113.5", "10.0.0.1"),  # nobody is trusted
        (1, "", "10.0.0.1"),
        (1, "203.0.113.5", "203.0.113.5"),
        (1, "127.0.0.1, 203.0.113.5", "203.0.113.5"),  # the left one is the client's invention
        (1, "a, b, c,203.0.113.5 ", "203.0.113.5"),
        (2, "203.0.113.5, 192.0.2.1", "203.0.113.5"),
        (2, "1.1.1.1, 203.0.113.5, 192.0.2.1", "203.0.113.5"),
        (2, "203.0.113.5", "10.0.0.1"),  # it did not come through both
        (1, "nonsense", "10.0.0.1"),
        (1, "203.0.113.5:4711", "203.0.113.5"),
        (1, "[2001:db8::1]:4711", "2001:db8::1"),
        (1, "2001:DB8:0::1", "2001:db8::1"),
        (1, "::ffff:203.0.113.5", "203.0.113.5"),
    ],
)
def test_the_client_is_counted_from_the_right(settings, proxies, forwarded, address):
    settings.TRUSTED_PROXIES = proxies
    headers = {"X_Forwarded_For": forwarded} if forwarded else {}
    assert client_address(request(**headers)) == address


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.5", "203.0.113.5"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8::ffff:1", "2001:db8::/64"),
        ("2001:db8:0:1::1", "2001:db8:0:1::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unknown", "unknown"),
    ],
)
def test_all_addresses_of_one_client_of_ipv6_count_as_one(address, counted):
    assert network(address) == counted


def test_a_request_without_a_peer_has_an_address_to_count_by():
    assert client_address(request(peer="")) == "unknown"


@pytest.mark.parametrize("peer", ["127.0.0.1", "::1", "127.8.8.8", "::ffff:127.0.0.1"])
def test_this_machine_asks_for_itself(peer):
    assert from_this_machine(request(peer))


@pytest.mark.parametrize(
    "header", ["X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "Forwarded", "X-Real-IP", "Via"]
)
def test_a_proxy_on_this_machine_asks_for_somebody_else(header):
    assert not from_this_machine(request("127.0.0.1", **{header: "x"}))


@pytest.mark.parametrize("peer", ["10.0.0.1", "203.0.113.5", "", "nonsense"])
def test_others_are_not_this_machine(peer):
    assert not from_this_machine(request(peer))
