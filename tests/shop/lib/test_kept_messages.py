"""A message is for a person: what a script fetches in the background leaves it for the next page."""

import pytest

from tests.orders.conftest import member_of
from tests.orders.queues.test_start_packing import paid
from tests.orders.shipping.conftest import prepared

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
LIST = "/admin/orders/order/"
SCRIPT = {"x_asked_by": "script"}
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


def test_a_fetch_in_the_background_leaves_the_message_for_the_page(listed):
    says(listed, **SCRIPT)
    assert says(listed)
    assert not says(listed)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sec_fetch_dest": "empty", "sec_fetch_mode": "same-origin"},  # a visit passed on by a service worker
        {"hx_request": "true", "sec_fetch_dest": "empty"},  # a part that is shown with its messages
        {"x_asked_by": "somebody"},
    ],
)
def test_whatever_a_browser_sends_by_itself_a_message_is_said_once(listed, headers):
    assert says(listed, **headers)
    assert not says(listed, **headers)


def test_a_message_of_what_a_script_sent_waits_too(staff):
    """A script sends a form and follows where it is sent."""
    order = prepared(1)
    answer = staff.post(f"{LIST}start-packing/", {"order": [order.pk]}, follow=True, headers=SCRIPT)
    assert f"{order.ref}: " in answer.content.decode()
    assert f"{order.ref}: " in staff.get(LIST).content.decode()
    assert f"{order.ref}: " not in staff.get(LIST).content.decode()
