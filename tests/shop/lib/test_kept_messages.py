"""A message is for a person: what a script fetches in the background leaves it for the next page."""

import pytest

from tests.orders.conftest import member_of
from tests.orders.queues.test_start_packing import paid
from tests.orders.shipping.conftest import prepared

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
LIST = "/admin/orders/order/"
SAID = "1 order is being packed."


@pytest.fixture
def staff(client):
    client.force_login(member_of("Manager"))
    return client


@pytest.fixture
def listed(staff):
    """A member of the staff, for whom a message waits."""
    staff.post(f"{LIST}start-packing/", {"order": [paid().pk]})
    return staff


def says(client, **headers):
    return SAID in client.get(LIST, headers=headers).content.decode()


@pytest.mark.parametrize("mode", ["cors", "same-origin", "no-cors"])
def test_a_fetch_in_the_background_leaves_the_message_for_the_page(listed, mode):
    says(listed, sec_fetch_dest="empty", sec_fetch_mode=mode)
    assert says(listed, sec_fetch_dest="document", sec_fetch_mode="navigate")
    assert not says(listed, sec_fetch_dest="document", sec_fetch_mode="navigate")


def test_a_visit_that_a_service_worker_passes_on_takes_the_message(listed):
    """It keeps the mode, not the destination."""
    assert says(listed, sec_fetch_dest="empty", sec_fetch_mode="navigate")
    assert not says(listed, sec_fetch_dest="empty", sec_fetch_mode="navigate")


def test_a_part_that_is_shown_takes_its_message_along(listed):
    assert says(listed, sec_fetch_dest="empty", sec_fetch_mode="cors", hx_request="true")
    assert not says(listed)


def test_a_browser_that_does_not_say_what_it_asks_for_shows_each_message_once(listed):
    assert says(listed)
    assert not says(listed)


def test_a_message_of_the_fetched_page_itself_waits_too(staff):
    """A script sends a form and follows where it is sent."""
    order = prepared(1)
    answer = staff.post(
        f"{LIST}start-packing/",
        {"order": [order.pk]},
        follow=True,
        headers={"sec-fetch-dest": "empty", "sec-fetch-mode": "cors"},
    )
    assert order.ref in answer.content.decode()
    assert f"{order.ref}: " in staff.get(LIST).content.decode()
    assert f"{order.ref}: " not in staff.get(LIST).content.decode()
