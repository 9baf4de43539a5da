"""Many values of the catalogue typed into one table: what was changed is saved, and nothing of it is lost."""

import html
import json
import re

import pytest
from django.contrib.auth.models import Group
from djmoney.money import Money

from events.models import Event
from shop.catalog import stock
from shop.catalog.models import Product, Stock, Variant
from shop.staff.models import TrailEntry
from tests.support.factories import ProductFactory, UserFactory, VariantFactory, price_of, set_price

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

GRID = "/admin/catalog/product/grid/"
COUNT = "/admin/catalog/stock/grid/"


@pytest.fixture
def clerk(client):
    person = UserFactory(is_staff=True, first_name="Sam", last_name="Packer")
    person.groups.add(Group.objects.get(name="Catalogue"))
    client.force_login(person)
    client.person = person
    return client


def fields(page):
    """What the page would send, as it is."""
    text = page.content.decode()
    sent = {
        found[1]: html.unescape(found[2])
        for found in re.finditer(r'<input(?: type="hidden")? name="([^"]+)" value="([^"]*)"', text)
    }
    for chosen in re.finditer(r'<select name="([^"]+)".*?<option value="([^"]*)" selected', text, re.DOTALL):
        sent[chosen[1]] = chosen[2]
    return sent


def send(client, address=GRID, **changes):
    sent = fields(client.get(address)) | {name.replace("__", "-"): value for name, value in changes.items()}
    return client.post(address, sent)


def test_nothing_is_written_when_nothing_was_changed(clerk):
    variant = VariantFactory(stocked=3)
    before = Event.objects.count()
    assert send(clerk).status_code == 302
    assert Event.objects.count() == before
    assert not TrailEntry.objects.exists()
    assert price_of(variant) == Money("20.00", "EUR")


def test_many_values_are_saved_by_one_press(clerk):
    one, two = VariantFactory(stocked=3), VariantFactory(stocked=3)
    changes = {
        f"price_eur__{one.pk}": "19,50",
        f"stock__{one.pk}": "7",
        f"title_en__{two.pk}": "Jug",
        f"title_zh_hans__{two.pk}": "壶",
        f"status__{two.pk}": "hidden",
    }
    answer = send(clerk, **changes)
    assert answer.status_code == 302
    assert "5 values are saved." in clerk.get(answer.url).content.decode()
    assert price_of(one) == Money("19.50", "EUR")
    assert Stock.objects.get(variant=one).on_hand == 7
    product = Product.objects.get(pk=two.product_id)
    assert (product.title_en, product.title_zh_hans, product.active) == ("Jug", "壶", False)
    assert price_of(two) == Money("20.00", "EUR")


def test_an_error_stands_at_its_cell_and_the_other_cells_are_saved(clerk):
    one, two = VariantFactory(), VariantFactory()
    answer = send(clerk, **{f"price_eur__{one.pk}": "twelve", f"price_eur__{two.pk}": "12"})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert f'name="price_eur-{one.pk}" value="twelve"' in page
    assert "This is no amount of EUR. Write it as 19.99." in page
    assert f'aria-describedby="e-price_eur-{one.pk}"' in page
    assert price_of(one) == Money("20.00", "EUR")
    assert price_of(two) == Money("12.00", "EUR")


def test_a_cell_that_somebody_else_changed_meanwhile_is_shown_and_not_overwritten(clerk):
    variant = VariantFactory()
    sent = fields(clerk.get(GRID))
    set_price(variant, Money("30.00", "EUR"))
    name = f"price_eur-{variant.pk}"
    answer = clerk.post(GRID, sent | {name: "25.00"})
    page = answer.content.decode()
    assert "Somebody changed this to “30.00” meanwhile." in page
    assert f'name="{name}" value="25.00"' in page
    assert price_of(variant) == Money("30.00", "EUR")
    # Whoever has seen that may still save it.
    assert clerk.post(GRID, fields(answer)).status_code == 302
    assert price_of(variant) == Money("25.00", "EUR")


def test_a_form_that_is_sent_twice_adds_a_delivery_once(clerk):
    variant = VariantFactory(stocked=3)
    sent = fields(clerk.get(COUNT)) | {f"stock-{variant.pk}": "+40", "reason": "received"}
    clerk.post(COUNT, sent)
    clerk.post(COUNT, sent)
    assert Stock.objects.get(variant=variant).on_hand == 43


def test_a_count_has_its_reason_its_note_and_who_counted(clerk):
    variant = VariantFactory(stocked=3)
    send(clerk, COUNT, **{f"stock__{variant.pk}": "-1", "reason": "damaged", "note": "fell down"})
    event = Event.objects.filter(stream=f"stock:{variant.sku}").order_by("-seq")[0]
    data = json.loads(bytes(event.body))["data"]
    assert (data["on_hand"], data["reason"], data["note"]) == (2, "damaged", "fell down")
    assert data["actor"] == f"staff:{clerk.person.pk}"


@pytest.mark.parametrize("typed", ["", "x", "1.5", "-4", "--1", "+", "1" * 12, "٣"])
def test_what_is_no_count_is_refused_at_its_cell(clerk, typed):
    variant = VariantFactory(stocked=3)
    answer = send(clerk, COUNT, **{f"stock__{variant.pk}": typed})
    assert answer.status_code == 200
    assert f'id="e-stock-{variant.pk}"' in answer.content.decode()
    assert Stock.objects.get(variant=variant).on_hand == 3


@pytest.mark.parametrize(
    ("name", "typed"),
    [("title_en", " "), ("title_en", "x" * 161), ("status", "scheduled"), ("status", "sold"), ("price_eur", "-1")],
)
def test_what_is_no_such_value_is_refused_at_its_cell(clerk, name, typed):
    variant = VariantFactory()
    answer = send(clerk, **{f"{name}__{variant.pk}": typed})
    assert answer.status_code == 200
    assert f'id="e-{name}-{variant.pk}"' in answer.content.decode()


@pytest.mark.parametrize("before", ["", "nonsense", "[1]", '{"a": 1}'])
def test_a_form_that_does_not_say_what_was_there_overwrites_nothing(clerk, before):
    variant = VariantFactory()
    answer = send(clerk, before=before, **{f"price_eur__{variant.pk}": "1.00"})
    assert answer.status_code == 200
    assert price_of(variant) == Money("20.00", "EUR")


def test_the_table_keeps_the_filter_and_the_search_of_the_list(clerk):
    jug = VariantFactory(product=ProductFactory(title="Jug"))
    VariantFactory(product=ProductFactory(title="Kettle"))
    hidden = VariantFactory(product=ProductFactory(title="Jug of old", active=False))
    page = clerk.get("/admin/catalog/product/?q=jug&status=for_sale").content.decode()
    assert "/admin/catalog/product/grid/?q=jug&amp;status=for_sale" in page
    page = clerk.get(f"{GRID}?q=jug&status=for_sale").content.decode()
    assert f"price_eur-{jug.pk}" in page
    assert f"price_eur-{hidden.pk}" not in page
    assert "Kettle" not in page


def test_a_row_that_leaves_the_filter_stays_until_it_is_saved(clerk):
    variant = VariantFactory()
    changes = {f"status__{variant.pk}": "hidden", f"price_eur__{variant.pk}": "x"}
    page = send(clerk, f"{GRID}?status=for_sale", **changes).content.decode()
    assert f'name="price_eur-{variant.pk}" value="x"' in page


def test_nonsense_in_the_address_opens_the_table(clerk):
    VariantFactory()
    assert clerk.get(f"{GRID}?grid=x&currency=XXX&status=sold").status_code == 200
    assert clerk.get(f"{GRID}?nonsense=1").status_code == 302


def test_the_prices_of_another_currency(clerk):
    variant = VariantFactory()
    set_price(variant, Money("24.00", "USD"))
    send(clerk, f"{GRID}?currency=USD", **{f"price_usd__{variant.pk}": ""})
    assert {str(price.amount) for price in variant.prices.all()} == {"€20.00"}


def test_a_table_of_many_rows_has_pages_and_a_bounded_number_of_queries(clerk, django_assert_max_num_queries):
    for _ in range(3):
        product = ProductFactory()
        for _ in range(20):
            VariantFactory(product=product)
    with django_assert_max_num_queries(20):
        first = clerk.get(GRID).content.decode()
    assert "1 / 2" in first
    assert len(re.findall(r'name="price_eur-', first)) == 50
    assert len(re.findall(r'name="price_eur-', clerk.get(f"{GRID}?grid=2").content.decode())) == 10


def test_who_counts_only_changes_no_price(client):
    person = UserFactory(is_staff=True)
    person.groups.add(Group.objects.get(name="Fulfilment"))
    client.force_login(person)
    variant = VariantFactory(stocked=3)
    assert client.get(GRID).status_code == 403
    assert client.post(GRID, {f"price_eur-{variant.pk}": "1.00", "before": "{}"}).status_code == 403
    # A cell of another table is none of this one.
    client.post(COUNT, {f"price_eur-{variant.pk}": "1.00", "before": json.dumps({f"price_eur-{variant.pk}": "20.00"})})
    assert price_of(variant) == Money("20.00", "EUR")


def test_a_variant_that_was_deleted_meanwhile_costs_no_other(clerk):
    gone, stays = VariantFactory(), VariantFactory()
    sent = fields(clerk.get(GRID)) | {f"price_eur-{gone.pk}": "1.00", f"price_eur-{stays.pk}": "2.00"}
    Stock.objects.filter(variant=gone).delete()
    Variant.objects.filter(pk=gone.pk).delete()
    assert clerk.post(GRID, sent).status_code == 200
    assert price_of(stays) == Money("2.00", "EUR")


def test_a_count_below_what_is_promised_makes_orders_short(clerk):
    from django.db import transaction

    variant = VariantFactory(stocked=3)
    with transaction.atomic():
        stock.reserve({variant.pk: 3}, "K7QF3-M2XD9")
    assert send(clerk, COUNT, **{f"stock__{variant.pk}": "1"}).status_code == 302
    row = Stock.objects.get(variant=variant)
    assert (row.on_hand, row.reserved, row.available) == (1, 3, 0)
