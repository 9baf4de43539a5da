"""The page Insight: what it shows, to whom, with which input, and its files."""

import csv
import io
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone
from djmoney.money import Money

from orders.lifecycle import Status
from shop.insight import counting, ranges
from shop.insight.lead_times import class_of
from shop.staff.roles import ROLES
from tests.shop.insight import histories
from tests.support.factories import UserFactory, VariantFactory, set_price

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
PAGE = "/admin/insight/"
FILES = ("days", "lead-times", "best-sellers", "searches")


def figure(kind, days_ago=0, count=1, amount=0, key="", currency="EUR"):
    day = timezone.localdate() - timedelta(days=days_ago)
    counting.add({(currency, kind, day.isoformat(), key): (count, amount)})


def tiles(client, **asked):
    found = client.get(PAGE, asked).context["tiles"]
    return {tile.title: (tile.value, tile.before, tile.change) for tile in found}


def rows(client, name, **asked):
    answer = client.get(f"{PAGE}{name}.csv", asked)
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.content.startswith("\ufeff".encode())
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_the_figures_of_the_days_stand_beside_those_of_the_days_before(admin_client):
    figure("sale", 0, 2, 5000)
    figure("sale", 6, 2, 3000)
    figure("sale", 7, 1, 4000)  # the first of the days before
    figure("sale", 14, 9, 9999)  # and of nothing here
    figure("refund", 1, 1, 800)
    figure("placed", 1, 5, 9000)
    figure("delivered", 2, 10)
    figure("late", 2, 1)
    found = tiles(admin_client, range="7")
    assert found["Sales"] == ("€80.00", "€40.00", "+100 %")
    assert found["Orders paid"] == ("4", "1", "+300 %")
    assert found["Average order"] == ("€20.00", "€40.00", "-50 %")
    assert found["Refunded"] == ("€8.00", "€0.00", "")
    assert found["Orders placed"][0] == "5"
    assert found["Delivered late"] == ("10.0 %", "–", "")


def test_currencies_are_never_added_up(admin_client):
    figure("sale", 0, 1, 5000)
    figure("sale", 0, 1, 700, currency="USD")
    figure("sale", 0, 1, 900, currency="JPY")
    figure("placed", 0, 1, 900, currency="JPY")  # sold once, and not sold in now
    assert tiles(admin_client)["Sales"][0] == "€50.00"
    assert tiles(admin_client, currency="USD")["Sales"][0] == "$7.00"
    assert tiles(admin_client, currency="JPY")["Sales"][0] == "¥900"


def test_conversion_counts_only_days_on_which_carts_were_counted(admin_client):
    figure("from_cart", 3, 8)  # of a time when carts were not counted
    assert tiles(admin_client)["Conversion"][0] == "–"
    figure("cart", 0, 20)
    figure("from_cart", 0, 5)
    assert tiles(admin_client)["Conversion"][0] == "25.0 %"


def test_stock_is_worth_what_it_sells_for_in_that_currency(admin_client):
    set_price(VariantFactory(stocked=3), Money("20.00", "EUR"), Money("30.10", "USD"))
    VariantFactory(stocked=2, price=Money("1.50", "EUR"))
    assert tiles(admin_client)["Stock value"][0] == "€63.00"
    assert tiles(admin_client, currency="USD")["Stock value"][0] == "$90.30"


def test_lead_times_have_their_median_and_their_p95(admin_client):
    for hours, count in ((2, 60), (10, 34), (100, 6)):
        figure("to_shipped", 1, count, key=str(class_of(hours * 3600)))
    step = next(row for row in rows(admin_client, "lead-times") if row["Step"] == "preparing → shipped")
    assert step["Orders"] == "100"
    assert float(step["Median"]) == pytest.approx(2 * 3600, rel=0.025)
    assert float(step["95 % within"]) == pytest.approx(100 * 3600, rel=0.025)


def test_best_sellers_by_money_and_by_pieces(admin_client):
    cheap, dear = VariantFactory(sku="CHEAP"), VariantFactory(sku="DEAR")
    for sku, pieces, amount in (("CHEAP", 9, 900), ("DEAR", 2, 8000), ("GONE", 1, 100)):
        figure("sold", 1, pieces, amount, key=sku)
    figure("taken_back", 1, 1, 4000, key="DEAR")
    figure("sold", 35, 1, 4000, key="DEAR")
    by_money = rows(admin_client, "best-sellers")
    assert [row["SKU"] for row in by_money] == ["DEAR", "CHEAP", "GONE"]
    assert by_money[0] == {
        "Product": str(dear),
        **{"SKU": "DEAR", "Pieces": "2", "Sold for": "80.00", "Taken back": "1", "Sold for, before": "40.00"},
    }
    assert [row["SKU"] for row in rows(admin_client, "best-sellers", best="pieces")] == ["CHEAP", "DEAR", "GONE"]
    page = admin_client.get(PAGE, {"best": "pieces"}).content.decode()
    assert page.index(str(cheap)) < page.index(str(dear))


def test_weeks_begin_on_mondays_and_months_on_their_first_day(admin_client):
    asked = {"range": "own", "first": "2026-01-28", "last": "2026-02-10"}
    assert [row["From"] for row in rows(admin_client, "days", by="week", **asked)] == [
        *("2026-01-28", "2026-02-02", "2026-02-09"),
    ]
    assert [row["From"] for row in rows(admin_client, "days", by="month", **asked)] == ["2026-01-28", "2026-02-01"]
    assert len(rows(admin_client, "days", **asked)) == 14


def test_the_steps_add_up_to_the_whole(admin_client, process_all):
    order = histories.placed(timezone.now() - timedelta(days=9))
    for target in (Status.PAID, Status.PREPARING, Status.SHIPPED, Status.DELIVERED):
        histories.move(order, target, timezone.now() - timedelta(days=1))
    process_all("insight")
    for by in ("day", "week", "month"):
        found = rows(admin_client, "days", by=by)
        assert sum(float(row["Sales"]) for row in found) == 24.9, by
        assert sum(int(row["Orders placed"]) for row in found) == 1, by


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"range": "own", "first": "2026-02-10", "last": "2026-01-28"}, "The last day is before the first."),
        ({"range": "own", "first": "2026-02-10"}, "An own range needs two days"),
        ({"range": "own", "first": "tomorrow", "last": "2026-01-28"}, "Enter a valid date."),
        ({"range": "own", "first": "0001-01-01", "last": "0001-01-05"}, "at most ten years"),
        ({"range": "own", "first": "2026-01-01", "last": "9999-12-31"}, "at most ten years"),
        ({"range": "8"}, "Select a valid choice"),
        ({"by": "hour"}, "Select a valid choice"),
        ({"currency": "XXX"}, "Select a valid choice"),
        ({"range": "own", "first": "2024-01-01", "last": "2026-01-28", "by": "day"}, "So many days are shown by week."),
    ],
)
def test_wrong_input_is_answered_in_words_and_the_page_still_opens(admin_client, asked, told):
    answer = admin_client.get(PAGE, asked)
    assert answer.status_code == 200
    assert told in answer.content.decode()
    assert admin_client.get(f"{PAGE}days.csv", asked).status_code == 200


def test_the_choices_that_were_made_are_still_chosen(admin_client):
    page = admin_client.get(PAGE, {"range": "90", "by": "month", "currency": "USD"}).content.decode()
    for value in ("90", "month", "USD"):
        assert f'<option value="{value}" selected' in page
    assert f'<option value="{ranges.USUAL}" selected' in admin_client.get(PAGE).content.decode()


def test_what_strangers_typed_is_no_markup_and_no_formula(admin_client):
    for text in ("<script>", "=1+1", "@sum"):
        figure("missed", 0, 3, key=text, currency="")
    assert b"<script>" not in admin_client.get(PAGE).content.split(b'id="searches"')[1]
    assert {row["Searched for"] for row in rows(admin_client, "searches")} == {"<script>", "'=1+1", "'@sum"}


def test_only_who_has_the_right_sees_it(client):
    allowed = set()
    for name in ROLES:
        person = UserFactory(is_staff=True)
        person.groups.add(Group.objects.get(name=name))
        client.force_login(person)
        answers = {client.get(address).status_code for address in (PAGE, *(f"{PAGE}{file}.csv" for file in FILES))}
        assert answers in ({200}, {302}, {403}), name
        if answers == {200}:
            allowed.add(name)
        assert (PAGE in client.get("/admin/").content.decode()) is (answers == {200}), name
    assert allowed == {"Manager"}
    client.logout()
    assert client.get(PAGE)["Location"].startswith("/admin/login/")
    assert client.get("/admin/insight/none.csv").status_code == 302


def test_a_file_that_there_is_not(admin_client):
    assert admin_client.get(f"{PAGE}none.csv").status_code == 404
    assert admin_client.post(PAGE).status_code == 405


def test_the_number_of_queries_depends_on_nothing(admin_client, django_assert_max_num_queries):
    for n in range(40):
        figure("sold", n, 1, 100 + n, key=VariantFactory().sku)
        figure("sale", n, 1, 100)
        figure("in_all", n, 1, key=str(n))
    admin_client.get(PAGE)
    with django_assert_max_num_queries(14):
        assert admin_client.get(PAGE, {"range": "90"}).status_code == 200


def test_a_chart_has_a_bar_for_each_day_and_words_for_each_bar(admin_client):
    figure("sale", 0, 2, 5000)
    figure("sale", 7, 1, 2500)
    sales = admin_client.get(PAGE, {"range": "7"}).context["charts"][0]
    assert len(sales.bars) == 7
    assert [bar.height for bar in sales.bars] == [0, 0, 0, 0, 0, 0, 100]
    assert sales.bars[-1].mark == 50.0
    assert sales.bars[-1].words.endswith("€50.00 (before: €25.00)")
