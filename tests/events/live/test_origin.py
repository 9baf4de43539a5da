"""Which pages may open a socket: those of the site's own hosts, and of the origins in the settings."""

import pytest

from events.live.consumer import origin_allowed


def scope(origin, host):
    headers = [(b"host", host.encode())]
    return {"headers": [*headers, (b"origin", origin.encode())] if origin else headers}


@pytest.fixture(autouse=True)
def hosts(settings):
    settings.ALLOWED_HOSTS = ["shop.test"]
    settings.LIVE_ORIGINS = ["https://app.example"]


@pytest.mark.parametrize(
    ("origin", "host", "allowed"),
    [
        ("https://shop.test", "shop.test", True),
        ("https://shop.test:8443", "shop.test:8443", True),
        ("https://app.example", "shop.test", True),
        ("", "shop.test", True),
        ("https://evil.example", "shop.test", False),
        ("https://evil.example", "evil.example", False),  # a name of the attacker's that leads to this server
        ("https://shop.test", "shop.test:8443", False),
        ("https://shop.test.evil.example", "shop.test.evil.example", False),
        ("null", "shop.test", False),
    ],
)
def test_a_page_of_another_host_may_not_open_a_socket_whatever_name_it_has_for_this_one(origin, host, allowed):
    assert origin_allowed(scope(origin, host)) is allowed
