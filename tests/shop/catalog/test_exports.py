"""Lists of the admin as files: filtered as the list is, harmless in a spreadsheet, and read again as they were."""

import csv
import io

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from djmoney.money import Money
from python_calamine import CalamineWorkbook

from orders.lifecycle import Status
from shop.catalog.models import ListImport
from shop.lib import admin_lists
from shop.lib.tables import defused, without_mark
from tests.journeys.conftest import move
from tests.support.factories import ProductFactory, UserFactory, VariantFactory, make_order, set_price

pytestmark = pytest.mark.django_db

PRODUCTS = "/admin/catalog/product/"
STOCK = "/admin/catalog/stock/"
ORDERS = "/admin/orders/order/"


@pytest.fixture
def boss(client):
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    return client


XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"  # as IANA lists it


def rows(answer):
    assert answer.status_code == 200
    if answer["Content-Type"].startswith("text/csv"):
        return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    return CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_products_have_a_row_for_each_variant_as_the_list_is_filtered(boss, kind):
    product = ProductFactory(title="Jug", title_zh_hans="壶")
    one = VariantFactory(product=product, option="Green", stocked=3)
    set_price(one, Money("20.00", "EUR"), Money("24.50", "USD"))
    VariantFactory(product=ProductFactory(title="Kettle"))
    answer = boss.get(f"{PRODUCTS}export/{kind}/?q=jug")
    assert answer["Content-Disposition"] == f'attachment; filename="products.{kind}"'
    header, *found = rows(answer)
    assert len(found) == 1
    row = dict(zip(header, found[0], strict=True))
    assert (row["sku"], row["title"], row["title_zh_hans"], row["option"]) == (one.sku, "Jug", "壶", "Green")
    assert row["status"] == "for_sale"
    assert (float(row["price"]), float(row["price_usd"]), row["price_cny"], int(row["stock"])) == (20, 24.5, "", 3)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_what_was_exported_is_read_again_without_a_change(boss, kind):
    VariantFactory(product=ProductFactory(title="=1+1 Mug"), stocked=3)
    VariantFactory(product=ProductFactory(title="'Quoted' mug"), stocked=0)
    answer = boss.get(f"{PRODUCTS}export/{kind}/")
    assert answer["Content-Type"] == {"csv": "text/csv; charset=utf-8", "xlsx": XLSX}[kind]
    file = SimpleUploadedFile(f"products.{kind}", answer.content)
    boss.post("/admin/catalog/listimport/read/", {"file": file})
    made = ListImport.objects.get()
    assert (made.changes, made.refused, made.unchanged) == ([], [], 2)


@pytest.mark.parametrize("text", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_cell_of_a_csv_file_is_never_a_formula(boss, text):
    assert defused(text) == f"'{text}"
    assert without_mark(defused(text)) == text
    order = make_order(name=text.strip() or "x")
    found = rows(boss.get(f"{ORDERS}export/csv/"))
    name = found[1][found[0].index("name")]
    assert name == defused(order.name)


def test_a_cell_of_a_spreadsheet_is_text(boss):
    make_order(name='=HYPERLINK("https://evil.example")')
    import zipfile

    answer = boss.get(f"{ORDERS}export/xlsx/")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        page = packed.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in page
    assert "HYPERLINK" in page


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_orders_are_those_of_the_queue_with_what_is_in_them(boss, kind):
    order = make_order()
    move(order, Status.PAID)
    make_order()
    header, *found = rows(boss.get(f"{ORDERS}export/{kind}/?queue=to_pack"))
    assert len(found) == 1
    row = dict(zip(header, found[0], strict=True))
    line = order.lines.get()
    assert (row["ref"], row["status"], row["currency"]) == (order.ref, "paid", "EUR")
    assert row["items"] == f"{line.quantity} × {line.title} ({line.sku})"
    assert float(row["total"]) == float(order.total.amount)


def test_stock_has_what_is_on_hand_promised_and_available(boss):
    variant = VariantFactory(stocked=3)
    VariantFactory(stocked=90)
    header, *found = rows(boss.get(f"{STOCK}export/csv/?level=low"))
    assert [dict(zip(header, row, strict=True)) for row in found] == [
        {
            "sku": variant.sku,
            "title": str(variant),
            "on_hand": "3",
            "promised": "0",
            "available": "3",
            "low_below": "",
        }
    ]


def test_a_list_that_is_too_long_is_refused_and_not_cut_off(boss, monkeypatch):
    monkeypatch.setattr(admin_lists, "MOST", 1)
    VariantFactory()
    VariantFactory()
    answer = boss.get(f"{PRODUCTS}export/csv/?status=for_sale", follow=True)
    assert "A file has at most 1 rows. Please filter the list." in answer.content.decode()
    assert answer.redirect_chain[0][0].endswith("?status=for_sale")


def test_nonsense_in_the_address(boss):
    assert boss.get(f"{PRODUCTS}export/pdf/").status_code == 404
    assert boss.get(f"{PRODUCTS}export/csv/?nonsense=1").status_code == 302


def test_each_list_says_where_its_files_are(boss):
    for page in (PRODUCTS, STOCK, ORDERS):
        assert f"{page}export/xlsx/?q=a" in boss.get(f"{page}?q=a").content.decode()


def test_who_may_not_see_a_list_gets_no_file_of_it(client):
    person = UserFactory(is_staff=True)
    person.groups.add(Group.objects.get(name="Fulfilment"))
    client.force_login(person)
    assert client.get(f"{PRODUCTS}export/csv/").status_code == 403
    assert client.get(f"{STOCK}export/csv/").status_code == 200
    person.groups.set([Group.objects.get(name="Catalogue")])
    assert client.get(f"{ORDERS}export/csv/").status_code == 403


def test_a_file_of_many_orders_asks_the_database_a_bounded_number_of_times(boss, django_assert_max_num_queries):
    for _ in range(12):
        make_order()
    with django_assert_max_num_queries(22):
        boss.get(f"{ORDERS}export/csv/")
