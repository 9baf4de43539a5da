"""Stock as staff see it: what needs somebody, counts with a reason, and why a number is what it is."""

import re

import pytest
from django.contrib.auth.models import Group
from django.db import transaction

from orders.models import Order
from shop.catalog import stock, stock_history, stock_levels
from shop.catalog.models import Stock
from tests.support.factories import ProductFactory, UserFactory, VariantFactory, make_order

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

LIST = "/admin/catalog/stock/"


def somebody(client, role):
    person = UserFactory(is_staff=True, first_name="Sam", last_name="Packer")
    person.groups.add(Group.objects.get(name=role))
    client.force_login(person)
    return person


def reserved(variant, quantity, ref="K7QF3-M2XD9"):
    with transaction.atomic():
        stock.reserve({variant.pk: quantity}, ref)


def counts():
    return stock_levels.counts()


def test_each_level_has_the_stocks_that_it_says():
    VariantFactory(stocked=50)
    low, out, limit = VariantFactory(stocked=4), VariantFactory(stocked=0), VariantFactory(stocked=20)
    Stock.objects.filter(variant=limit).update(low_below=21)
    promised = VariantFactory(stocked=7)
    reserved(promised, 3)
    short = VariantFactory(stocked=5)
    reserved(short, 4, "AAAAA-11111")
    stock.adjust(short, 2, short=True)
    assert counts() == {"low": 3, "out": 2, "short": 1}
    found = {key: set(stock_levels.having(key).values_list("variant", flat=True)) for key in counts()}
    assert found == {"low": {low.pk, limit.pk, promised.pk}, "out": {out.pk, short.pk}, "short": {short.pk}}


def test_what_is_not_for_sale_is_neither_low_nor_sold_out():
    VariantFactory(stocked=0, product=ProductFactory(active=False))
    VariantFactory(stocked=1, product=ProductFactory(active=False))
    assert counts() == {"low": 0, "out": 0, "short": 0}


def test_a_stock_that_may_be_empty_is_never_low():
    Stock.objects.filter(variant=VariantFactory(stocked=1)).update(low_below=0)
    assert counts()["low"] == 0


def test_the_list_has_chips_with_their_numbers_and_each_is_a_filter(client):
    somebody(client, "Fulfilment")
    low, plenty = VariantFactory(stocked=2), VariantFactory(stocked=90)
    page = client.get(LIST).content.decode()
    assert re.search(r'\?level=low"[^>]*>Low\s*<b class="some">1</b>', page)
    page = client.get(f"{LIST}?level=low").content.decode()
    assert low.sku in page
    assert plenty.sku not in page
    assert "/admin/catalog/stock/grid/?level=low" in page


def test_today_shows_the_levels_to_whoever_may_see_stock(client):
    VariantFactory(stocked=2)
    somebody(client, "Catalogue")
    assert "/admin/catalog/stock/?level=low" in client.get("/admin/").content.decode()
    somebody(client, "Support")
    assert "/admin/catalog/stock/?level=low" not in client.get("/admin/").content.decode()


def test_the_history_says_in_sentences_what_changed_who_did_it_and_for_which_order(client):
    person = somebody(client, "Fulfilment")
    variant = VariantFactory(stocked=10)
    order = make_order()
    reserved(variant, 2, order.ref)
    with transaction.atomic():
        stock.ship(order.ref)
    stock.adjust(variant, 7, "damaged", actor=f"staff:{person.pk}", note="fell down")
    stock.adjust(variant, 47, "received", actor=f"staff:{person.pk}")
    rows = stock_history.read(variant.stock).rows
    assert [(row.change, row.sentence, row.who, row.on_hand) for row in rows] == [
        ("+40", "delivery received", "Sam Packer", 47),
        ("−1", "damaged", "Sam Packer", 7),
        ("−2", f"sent with order {order.ref}", "", 8),
        ("", f"promised to order {order.ref}", "", 10),
        ("+10", "set", "", 10),
    ]
    page = client.get(f"{LIST}{variant.stock.pk}/why/").content.decode()
    assert f'href="/admin/orders/order/{Order.objects.get().pk}/change/"' in page
    assert "Sam Packer: damaged – fell down" in " ".join(page.split())


def test_the_page_names_the_orders_that_are_short(client):
    somebody(client, "Fulfilment")
    variant = VariantFactory(stocked=5)
    first, second = make_order(), make_order()
    reserved(variant, 2, first.ref)
    reserved(variant, 3, second.ref)
    stock.adjust(variant, 4, "damaged", short=True)
    told = stock_history.promised(Stock.objects.get(variant=variant))
    assert [(each["ref"], each["quantity"], each["short"]) for each in told] == [
        (first.ref, 2, 0),
        (second.ref, 3, 1),
    ]
    page = " ".join(client.get(f"{LIST}{variant.stock.pk}/why/").content.decode().split())
    assert "1 more is promised than there is." in page
    assert f"/admin/orders/order/{second.pk}/change/" in page


def test_who_sees_no_orders_gets_no_links_to_them(client):
    somebody(client, "Catalogue")
    variant = VariantFactory(stocked=5)
    order = make_order()
    reserved(variant, 2, order.ref)
    page = client.get(f"{LIST}{variant.stock.pk}/why/").content.decode()
    assert order.ref in page
    assert "/admin/orders/order/" not in page


def test_a_long_history_has_pages(client, monkeypatch):
    monkeypatch.setattr(stock_history, "PER_PAGE", 3)
    somebody(client, "Catalogue")
    variant = VariantFactory(stocked=1)
    for number in range(2, 6):
        stock.adjust(variant, number, "counted")
    first = stock_history.read(variant.stock)
    assert [row.on_hand for row in first.rows] == [5, 4, 3]
    assert [row.change for row in first.rows] == ["+1", "+1", "+1"]
    second = stock_history.read(variant.stock, before=first.older)
    assert [(row.on_hand, row.change) for row in second.rows] == [(2, "+1"), (1, "+1")]
    assert second.older == 0
    assert f"?before={first.older}" in client.get(f"{LIST}{variant.stock.pk}/why/").content.decode()


@pytest.mark.parametrize("before", ["x", "-1", "9" * 40, "0", "²"])
def test_nonsense_in_the_address_shows_the_newest_changes(client, before):
    somebody(client, "Catalogue")
    variant = VariantFactory(stocked=1)
    assert client.get(f"{LIST}{variant.stock.pk}/why/?before={before}").status_code == 200


def test_who_may_not_see_stock_sees_no_history(client):
    somebody(client, "Support")
    assert client.get(f"{LIST}{VariantFactory().stock.pk}/why/").status_code == 403


def test_a_count_on_its_page_has_a_reason_and_may_be_below_what_is_promised(client):
    person = somebody(client, "Fulfilment")
    variant = VariantFactory(stocked=5)
    reserved(variant, 3)
    sent = {"counted": "1", "reason": "damaged", "note": "water", "low_below": "9"}
    answer = client.post(f"{LIST}{variant.stock.pk}/change/", sent, follow=True)
    assert "2 more are promised than there are." in answer.content.decode()
    row = stock_history.read(variant.stock).rows[0]
    assert (row.change, row.sentence, row.who, row.note) == ("−4", "damaged", person.get_full_name(), "water")
    assert Stock.objects.get(variant=variant).low_below == 9


def test_goods_that_were_sent_although_no_count_had_them_leave_nothing_below_zero():
    variant = VariantFactory(stocked=3)
    reserved(variant, 3)
    stock.adjust(variant, 1, short=True)
    with transaction.atomic():
        stock.ship("K7QF3-M2XD9")
    row = Stock.objects.get(variant=variant)
    assert (row.on_hand, row.reserved) == (0, 0)


def test_the_history_reads_names_and_orders_together(client, django_assert_max_num_queries):
    person = somebody(client, "Fulfilment")
    variant = VariantFactory(stocked=50)
    for number in range(10):
        reserved(variant, 1, make_order().ref)
        stock.adjust(variant, 60 + number, "counted", actor=f"staff:{person.pk}")
    with django_assert_max_num_queries(16):
        client.get(f"{LIST}{variant.stock.pk}/why/")
