"""**To pack**: one press begins the packing of many orders, and offers their pick list and packing slips."""

import re
from html import unescape

import pytest

from orders.documents import slips
from orders.lifecycle import Actor, Status
from orders.models import Order
from orders.transitions import transition
from tests.orders.conftest import member_of
from tests.orders.shipping.conftest import prepared
from tests.support.factories import make_order
from tests.support.pdf import says

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

LIST = "/admin/orders/order/"
START = "/admin/orders/order/start-packing/"


def start(client, *orders):
    return client.post(START, {"order": [getattr(each, "pk", each) for each in orders]}, follow=True)


def paid():
    return transition(make_order().ref, Status.PAID, by=Actor.STAFF, actor="staff:1")


def status_of(order):
    return Order.objects.get(pk=order.pk).status


def papers(answer):
    """The links to the papers, as the message has them."""
    return [unescape(link) for link in re.findall(r'href="([^"]+/papers/[^"]+)"', answer.content.decode())]


def test_all_orders_of_the_form_are_begun_and_their_papers_offered(staff):
    orders = [paid() for _ in range(3)]
    answer = start(staff, *orders)
    assert "3 orders are being packed." in answer.content.decode()
    assert answer.redirect_chain[-1][0].endswith("?queue=to_ship")
    assert {status_of(order) for order in orders} == {Status.PREPARING}
    pick, slip = papers(answer)
    assert all(says(staff.get(pick).content, order.ref) for order in orders)
    assert all(says(staff.get(slip).content, order.ref) for order in orders)
    assert all(order.ref in answer.content.decode() for order in orders)


def test_who_was_slower_is_told_and_the_others_are_begun(staff):
    mine, theirs = paid(), prepared()
    answer = start(staff, theirs, mine)
    assert "1 order is being packed." in answer.content.decode()
    assert theirs.ref in answer.content.decode()
    assert str(theirs.pk) not in papers(answer)[0].partition("?")[2]
    assert status_of(mine) == Status.PREPARING


@pytest.mark.parametrize("typed", [[], [""], ["x"], ["-1"], ["999999999999999"], ["9" * 40]])
def test_without_an_order_nothing_is_begun(staff, typed):
    order = paid()
    assert "No order was chosen" in start(staff, *typed).content.decode()
    assert status_of(order) == Status.PAID


def test_no_more_than_fit_on_a_pick_list_are_begun(staff, monkeypatch):
    monkeypatch.setattr(slips, "MOST", 2)
    orders = [paid() for _ in range(3)]
    start(staff, *orders, orders[0])
    assert [status_of(order) for order in orders] == [Status.PREPARING, Status.PREPARING, Status.PAID]


def test_who_may_not_pack_has_no_button_and_begins_nothing(client):
    order = paid()
    client.force_login(member_of("Support"))
    assert "start-packing" not in client.get(LIST, {"queue": "to_pack"}).content.decode()
    assert client.post(START, {"order": order.pk}).status_code == 403
    assert status_of(order) == Status.PAID


def test_the_button_has_the_orders_of_the_page(staff):
    order, other = paid(), make_order()
    page = staff.get(LIST, {"queue": "to_pack"}).content.decode()
    assert f'<input type="hidden" name="order" value="{order.pk}">' in page
    assert f'name="order" value="{other.pk}"' not in page
    assert "start-packing" not in staff.get(LIST, {"queue": "to_ship"}).content.decode()
    assert "start-packing" not in staff.get(LIST).content.decode()


def test_a_look_at_the_address_begins_nothing(staff):
    order = paid()
    assert staff.get(START, {"order": order.pk}).status_code == 302
    assert status_of(order) == Status.PAID


@pytest.mark.parametrize("path", ["papers/pick-list/", "papers/pick-list/?order=x", "papers/nonsense/?order={}"])
def test_papers_of_nothing_are_not_there(staff, path):
    assert staff.get(LIST + path.format(paid().pk)).status_code == 404


def test_an_empty_queue_says_that_nothing_waits(staff):
    assert "Nothing waits here." in staff.get(LIST, {"queue": "to_pack"}).content.decode()


def test_a_search_without_result_says_how_to_go_on(staff):
    make_order()
    page = staff.get(LIST, {"q": "nobody-of-this-name"}).content.decode()
    assert "Nothing fits." in page
    assert "Look for another word, or take the filters off." in page
