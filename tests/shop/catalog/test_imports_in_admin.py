"""A price list in admin: what it would change is shown, then done, then undone while nobody changed the same."""

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from djmoney.money import Money

from shop.catalog import list_imports, publication, stock, stock_history
from shop.catalog.models import ListImport, Product, Stock, Variant
from tests.support.factories import UserFactory, VariantFactory, price_of, set_price

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

PAGE = "/admin/catalog/listimport/"


@pytest.fixture
def clerk(client):
    person = UserFactory(is_staff=True, first_name="Kim", last_name="Clerk")
    person.groups.add(Group.objects.get(name="Catalogue"))
    client.force_login(person)
    return client


@pytest.fixture
def mug():
    return VariantFactory(sku="MUG", product__title="Mug", stocked=5)


def given(client, text, name="prices.csv", **more):
    content = text if isinstance(text, bytes) else text.encode()
    return client.post(f"{PAGE}read/", {"file": SimpleUploadedFile(name, content), **more}, follow=True)


def words(answer):
    return " ".join(answer.content.decode().split())


def press(client, what):
    made = ListImport.objects.latest("pk")
    answer = client.post(f"{PAGE}{made.pk}/{what}/", follow=True)
    made.refresh_from_db()
    return made, words(answer)


def shown(made):
    return [(change["line"], change["sku"], change["name"], change["old"], change["new"]) for change in made.changes]


LIST = "sku,title,price,stock\nMUG,Big mug,22.50,8\nJUG,Jug,9.00,3\nPOT,Pot,cheap,1\n"


def test_a_check_says_line_by_line_what_would_change_and_changes_nothing(clerk, mug):
    page = words(given(clerk, LIST))
    made = ListImport.objects.get()
    assert shown(made) == [
        (2, "MUG", "price_eur", "20.00", "22.50"),
        (2, "MUG", "title_en", "Mug", "Big mug"),
        (2, "MUG", "stock", "5", "8"),
        (3, "JUG", "new", "", "Jug, €9.00"),
    ]
    assert made.person == "Kim Clerk"
    assert "Line 4: POT has the price &#x27;cheap&#x27;, which is not a number" in page
    assert price_of(mug) == Money("20.00", "EUR")
    assert Variant.objects.count() == 1
    assert "1 product is new. It is for sale as soon as you apply this" in page


def test_a_press_applies_it_and_the_page_can_be_opened_again(clerk, mug):
    given(clerk, LIST)
    made, _ = press(clerk, "apply")
    assert made.state == "applied"
    assert price_of(mug) == Money("22.50", "EUR")
    assert Product.objects.get(pk=mug.product_id).title_en == "Big mug"
    row = stock_history.read(Stock.objects.get(sku="MUG")).rows[0]
    assert (row.on_hand, row.sentence, row.who, row.note) == (8, "imported", "Kim Clerk", "prices.csv")
    jug = Variant.objects.get(sku="JUG")
    assert (price_of(jug), jug.stock.on_hand) == (Money("9.00", "EUR"), 3)
    assert "22.50" in words(clerk.get(f"{PAGE}{made.pk}/change/"))
    assert "prices.csv" in words(clerk.get(PAGE))


def test_it_is_applied_once_however_often_somebody_presses(clerk, mug):
    given(clerk, LIST)
    press(clerk, "apply")
    set_price(mug, Money("1.00", "EUR"))
    press(clerk, "apply")
    assert price_of(mug) == Money("1.00", "EUR")
    assert Variant.objects.count() == 2


def test_what_somebody_changed_since_the_check_is_left_alone_and_named(clerk, mug):
    given(clerk, LIST)
    set_price(mug, Money("30.00", "EUR"))
    made, page = press(clerk, "apply")
    assert price_of(mug) == Money("30.00", "EUR")
    assert "1 value was left alone" in page
    assert "Somebody changed this to “30.00” meanwhile." in page
    assert Stock.objects.get(sku="MUG").on_hand == 8
    assert made.state == "applied"


def test_undo_brings_everything_back_and_new_products_become_drafts(clerk, mug):
    given(clerk, LIST)
    press(clerk, "apply")
    made, _ = press(clerk, "undo")
    assert made.state == "undone"
    assert price_of(mug) == Money("20.00", "EUR")
    assert Product.objects.get(pk=mug.product_id).title_en == "Mug"
    assert Stock.objects.get(sku="MUG").on_hand == 5
    assert publication.status_of(Variant.objects.get(sku="JUG").product) == "draft"


def test_undo_takes_a_price_away_that_was_not_there(clerk, mug):
    given(clerk, "sku,title,price,price_usd\nMUG,Mug,20.00,25.00\n")
    press(clerk, "apply")
    assert price_of(mug, "USD") == Money("25.00", "USD")
    press(clerk, "undo")
    assert price_of(mug, "USD") is None


def test_undo_leaves_alone_what_somebody_changed_since(clerk, mug):
    given(clerk, LIST)
    press(clerk, "apply")
    set_price(mug, Money("30.00", "EUR"))
    _, page = press(clerk, "undo")
    assert price_of(mug) == Money("30.00", "EUR")
    assert Stock.objects.get(sku="MUG").on_hand == 5
    assert "Somebody changed this to “30.00” meanwhile." in page


def test_only_the_last_import_can_be_undone(clerk, mug):
    given(clerk, LIST)
    first, _ = press(clerk, "apply")
    given(clerk, "sku,title,price\nMUG,Big mug,23.00\n")
    press(clerk, "apply")
    clerk.post(f"{PAGE}{first.pk}/undo/")
    assert ListImport.objects.get(pk=first.pk).state == "applied"
    assert Stock.objects.get(sku="MUG").on_hand == 8
    assert "/undo/" not in words(clerk.get(f"{PAGE}{first.pk}/change/"))


def test_an_import_that_was_interrupted_goes_on(clerk, mug, monkeypatch):
    given(clerk, LIST)
    monkeypatch.setattr(list_imports, "SECONDS", -1.0)
    made, page = press(clerk, "apply")
    assert made.state == "applying"
    assert "Go on" in page
    monkeypatch.undo()
    made, _ = press(clerk, "apply")
    assert made.state == "applied"
    assert Variant.objects.filter(sku="JUG").count() == 1


def test_an_import_that_died_before_it_noted_what_it_did_goes_on(clerk, mug):
    given(clerk, LIST)
    checked = ListImport.objects.get().changes
    press(clerk, "apply")
    ListImport.objects.update(state="applying", changes=checked, applied_at=None)
    made, _ = press(clerk, "apply")
    assert made.state == "applied"
    assert all(change["done"] for change in made.changes)


def test_a_new_product_that_somebody_else_made_before_is_left_alone(clerk):
    given(clerk, "sku,title,price\nJUG,Jug,9.00\n")
    jug = VariantFactory(sku="JUG")
    Product.objects.filter(pk=jug.product_id).update(created="2020-01-01T00:00Z")
    made, page = press(clerk, "apply")
    assert price_of(jug) == Money("20.00", "EUR")
    assert "There is a variant with this SKU already." in page
    press(clerk, "undo")
    assert publication.status_of(Product.objects.get(pk=jug.product_id)) == "for_sale"


def test_a_count_below_what_is_promised_is_an_error_of_its_line(clerk, mug):
    with transaction.atomic():
        stock.reserve({mug.pk: 3}, "K7QF3-M2XD9")
    page = words(given(clerk, "sku,title,price,stock\nMUG,Mug,20.00,2\n"))
    assert "Line 2: MUG: 3 are promised to orders; there cannot be fewer." in page
    assert ListImport.objects.get().changes == []


def test_a_list_without_any_change_says_so_and_has_nothing_to_press(clerk, mug):
    page = words(given(clerk, "sku,title,price,stock\nMUG,Mug,20.00,5\n"))
    assert "The file changes nothing." in page
    assert "/apply/" not in page


def test_the_title_of_a_product_with_options_stays(clerk):
    VariantFactory(sku="A1", option="Green")
    given(clerk, "sku,title,price\nA1,Another,20.00\n")
    assert ListImport.objects.get().changes == []


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        ("sku,price\nA,1\n", "a.csv", "The file has no column"),
        ("", "a.csv", "The file has no column"),
        (b"PK\x03\x04nonsense", "a.xlsx", "The file is not a spreadsheet that can be read"),
        ("x", "a.pdf", "Please choose a CSV file or a spreadsheet."),
        ("x", "a.csv.gz", "Please choose a CSV file or a spreadsheet."),
        (LIST * 2, "many.csv", "A file has at most 3 rows here."),
        ("sku,title,price\n" + "x" * 200, "large.csv", "The file has more than 0 MB."),
    ],
)
def test_a_file_that_is_no_price_list_is_refused_in_words(clerk, text, name, said, monkeypatch):
    monkeypatch.setattr(list_imports, "MOST_ROWS", 3)
    if name == "large.csv":
        monkeypatch.setattr(list_imports, "LARGEST", 100)
    assert said in words(given(clerk, text, name)).replace("&#x27;", "'")
    assert not ListImport.objects.exists()


def test_no_file_and_an_unknown_encoding_are_no_fault(clerk, mug):
    assert "Please choose a file." in words(clerk.post(f"{PAGE}read/", follow=True))
    assert clerk.get(f"{PAGE}read/").status_code == 302
    given(clerk, LIST, encoding="klingon")
    assert ListImport.objects.count() == 1


def test_a_file_in_another_encoding_is_read_when_it_is_named(clerk, mug):
    text = "sku,title,price\nMUG,Käse,20.00\n".encode("cp1252")
    assert "is not UTF-8" in words(given(clerk, text))
    given(clerk, text, encoding="cp1252")
    assert shown(ListImport.objects.latest("pk")) == [(2, "MUG", "title_en", "Mug", "Käse")]


def test_titles_of_a_file_are_shown_as_text(clerk, mug):
    page = given(clerk, "sku,title,price\nMUG,<script>alert(1)</script>,20.00\n").content.decode()
    assert "<script>alert(1)" not in page


@pytest.mark.parametrize("role", ["Fulfilment", "Support", "Manager"])
def test_who_may_not_change_prices_imports_nothing(client, clerk, mug, role):
    given(clerk, LIST)
    made = ListImport.objects.get()
    person = UserFactory(is_staff=True)
    person.groups.add(Group.objects.get(name=role))
    client.force_login(person)
    for address in (f"{PAGE}read/", f"{PAGE}{made.pk}/apply/", f"{PAGE}{made.pk}/undo/"):
        assert client.post(address).status_code == 403, address
    assert client.get(f"{PAGE}{made.pk}/change/").status_code == 403
    assert price_of(mug) == Money("20.00", "EUR")


def test_looking_at_the_address_of_a_press_changes_nothing(clerk, mug):
    given(clerk, LIST)
    made = ListImport.objects.get()
    assert clerk.get(f"{PAGE}{made.pk}/apply/").status_code == 302
    assert clerk.post(f"{PAGE}{made.pk + 1}/apply/").status_code == 404
    assert price_of(mug) == Money("20.00", "EUR")


def test_a_check_of_many_rows_asks_the_database_a_bounded_number_of_times(clerk, django_assert_max_num_queries):
    for number in range(40):
        VariantFactory(sku=f"M{number}")
    text = "sku,title,price\n" + "".join(f"M{number},Mug,1.00\n" for number in range(40))
    with django_assert_max_num_queries(40):
        given(clerk, text)
    assert len(ListImport.objects.get().changes) == 80
