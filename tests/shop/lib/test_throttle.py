"""How often one client may search and poll."""

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
STRANGER = {"REMOTE_ADDR": "203.0.113.7"}


@pytest.fixture(autouse=True)
def _limits(settings):
    settings.SEARCHES_PER_MINUTE, settings.POLLS_PER_MINUTE = 3, 3


@pytest.mark.parametrize(
    ("addresses", "allowed"),
    [
        (["/search/?q=a", "/search/suggest?q=b", "/products/?sort=cheapest"], {200}),
        (["/live/ticket", "/live/poll?s=order:A", "/live/poll?s=order:B"], {200, 404}),
    ],
)
def test_one_client_asks_so_often_in_a_minute_and_others_go_on(client, addresses, allowed):
    assert {client.get(address, **STRANGER).status_code for address in addresses} <= allowed
    for address in addresses:
        refused = client.get(address, **STRANGER)
        assert (refused.status_code, refused["Retry-After"]) == (429, "60")
        assert client.get(address, REMOTE_ADDR="203.0.113.8").status_code in allowed


def test_a_client_of_ipv6_does_not_begin_anew_with_each_of_its_addresses(client):
    answers = [client.get("/search/?q=a", REMOTE_ADDR=f"2001:db8::{n}").status_code for n in range(1, 5)]
    assert answers == [200, 200, 200, 429]


def test_the_shop_itself_stays_open_to_who_searched_too_often(client):
    for _ in range(5):
        client.get("/search/?q=a", **STRANGER)
    for address in ("/", "/products/", "/cart/", "/accounts/login/"):
        assert client.get(address, **STRANGER).status_code == 200


def test_behind_a_proxy_that_says_nothing_of_its_clients_nobody_is_locked_out(client):
    assert {client.get("/search/?q=a").status_code for _ in range(6)} == {200}


def test_the_limit_can_be_taken_away(client, settings):
    settings.SEARCHES_PER_MINUTE = 0
    assert {client.get("/search/?q=a", **STRANGER).status_code for _ in range(6)} == {200}
