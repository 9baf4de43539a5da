"""The facets of the list of orders: several values, one press off, in the address; older links still work."""

import html
import re
from datetime import timedelta

import pytest
from django.db.models import QuerySet
from django.utils import timezone

from orders.lifecycle import Actor, Status
from orders.models import Order
from orders.transitions import transition
from shop.markets.models import Market
from tests.support.factories import DeliveryMethodFactory, make_order

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
LIST = "/admin/orders/order/"


def page(client, query=""):
    return html.unescape(client.get(f"{LIST}?{query}").content.decode())


def found(client, query):
    """The orders that the list shows."""
    rows = re.search(r'id="result_list".*?</table>', page(client, query), re.S)
    return set(Order.objects.filter(ref__in=re.findall(r">\s*(\w{5}-\w{5})\s*<", rows[0]))) if rows else set()


def chips(client, query):
    """By its text, where each chip leads."""
    text = page(client, query)
    listed = re.search(r'<ul class="db-chips".*?</ul>', text, re.S)
    links = re.findall(r'<a href="([^"]*)">(.*?) <span', listed[0], re.S) if listed else []
    return {words.strip(): address for address, words in links}


def put(order, **values):
    QuerySet(Order).filter(pk=order.pk).update(**values)
    return order


@pytest.fixture
def paid():
    order = make_order()
    transition(order.ref, Status.PAID, by=Actor.STAFF, actor="staff:1")
    return order


def test_several_statuses_add_up_and_facets_narrow_each_other(staff, paid):
    placed, swiss = make_order(), make_order(country="CH")
    assert found(staff, "status=paid") == {paid}
    assert found(staff, "status=paid&status=placed") == {paid, placed, swiss}
    assert found(staff, "status=placed&country=CH") == {swiss}
    assert found(staff, "status=placed&country=AT&country=CH") == {swiss}


def test_late_method_market_payment_and_day(staff, paid):
    express = make_order(delivery_method=DeliveryMethodFactory(code="express", title="Express"))
    Market.objects.create(code="swiss", title="Switzerland", currency="CHF")
    sold_there = put(make_order(), market="swiss")
    old = put(make_order(), placed_at=timezone.now() - timedelta(days=8))
    late = put(paid, promised_by=timezone.localdate() - timedelta(days=1))
    assert found(staff, "late=1") == {late}
    assert found(staff, f"method={express.delivery_method_id}") == {express}
    assert found(staff, "market=swiss") == {sold_there}
    assert found(staff, "placed=week") == {paid, express, sold_there}
    assert found(staff, "placed=month") == {paid, express, sold_there, old}
    assert found(staff, "payment=paid") == {paid}
    assert found(staff, "payment=waits") == {express, sold_there, old}


def test_what_became_of_the_money(staff):
    part, all_of_it, problem = (make_order() for _ in range(3))
    put(part, captured=part.total, refunded=part.total / 2)
    put(all_of_it, captured=part.total, refunded=part.total)
    put(problem, money_problem="disputed")
    assert found(staff, "payment=part") == {part}
    assert found(staff, "payment=returned") == {all_of_it}
    assert found(staff, "payment=problem") == {problem}
    assert found(staff, "payment=part&payment=returned") == {part, all_of_it}


def test_each_chip_takes_one_thing_off_and_keeps_the_rest(staff, paid):
    text = "queue=late&status=paid&status=placed&country=DE&placed_at_from=2025-10-01&q=ann&p=1"
    offered = chips(staff, text)
    assert list(offered) == ["Status: Paid", "Status: Placed", "Country: Germany", "from 2025-10-01"]
    kept = "queue=late&status=placed&country=DE&placed_at_from=2025-10-01&q=ann"
    assert offered["Status: Paid"] == f"?{kept}"
    assert chips(staff, "") == {}


def test_links_of_before_still_find_the_same_and_can_be_taken_off(staff, paid):
    placed = make_order()
    for link in ("status__exact=paid", "status__in=paid,preparing", "status__in=paid"):
        assert found(staff, link) == {paid}
    assert found(staff, f"delivery_method__id__exact={paid.delivery_method_id}&country__exact=DE") == {paid, placed}
    assert chips(staff, "status__in=paid,preparing")["Status: Paid"] == "?status=preparing"


@pytest.mark.parametrize(
    "query",
    ["status=x", "method=x", "method=99999999999999999999999", "country=DEX", "placed=x", "payment=x", "market=x"],
)
def test_what_is_no_value_finds_none_is_shown_and_can_be_taken_off(staff, query):
    make_order()
    assert found(staff, query) == set()
    assert list(chips(staff, query).values()) == ["?"]


def test_a_name_that_is_markup_is_text(staff):
    assert "<script>x" not in staff.get(f"{LIST}?market=<script>x").content.decode()


def test_what_is_chosen_is_ticked_and_the_search_keeps_it(staff, paid):
    text = page(staff, "status=paid&q=ann")
    ticked = re.findall(r'name="status" value="(\w+)"\s+checked', text)
    assert ticked == ["paid"]
    assert re.search(r'<input type="hidden" name="q" value="ann">', text)
    assert re.search(r'<input type="hidden" name="status" value="paid">', text), "in the form of the search"


def test_a_country_of_no_recent_order_is_still_found_by_its_link(staff):
    old = put(make_order(country="MT"), placed_at=timezone.now() - timedelta(days=800))
    assert found(staff, "country=MT") == {old}


def test_the_facets_speak_chinese(staff, paid):
    text = staff.get(f"{LIST}?payment=paid", headers={"Accept-Language": "zh-hans"}).content.decode()
    assert "已付款" in text
