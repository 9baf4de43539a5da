"""Products side by side: up to four, chosen without an account or a script, with what differs marked."""

import re

import pytest
from djmoney.money import Money

from shop.catalog.models import Rating, Stock
from tests.support.factories import DeliveryMethodFactory, ProductFactory, VariantFactory

pytestmark = pytest.mark.django_db
PAGE = "/compare/"


@pytest.fixture
def mug():
    product = ProductFactory(title="Mug", text="Holds tea.")
    for option, price, stocked in (("Sage", "16.00", 9), ("Clay", "18.00", 0)):
        VariantFactory(product=product, option=option, price=Money(price, "EUR"), stocked=stocked)
    Rating.objects.create(product=product, count=12, total=55)
    return product


@pytest.fixture
def pan(mug):
    return VariantFactory(
        product=ProductFactory(title="Pan", category=mug.category, text="Holds milk."), option="", stocked=3
    ).product


def press(client, back="/products/", **sent):
    return client.post(PAGE, sent, HTTP_REFERER=f"http://testserver{back}")


def words(html):
    return " ".join(re.sub("<[^>]+>", " ", html).split())


def table(client):
    """The rows of the page, with what is marked: title, cells."""
    page = client.get(PAGE).content.decode()
    rows = re.findall(r"<tr( class=\"differs\")?>\s*<th scope=\"row\">(.*?)</th>(.*?)</tr>", page, re.DOTALL)
    cells = {words(title): list(map(words, re.findall("<td>(.*?)</td>", row, re.DOTALL))) for _, title, row in rows}
    return page, cells, {words(title) for mark, title, _ in rows if mark}


def test_two_products_stand_side_by_side_and_what_differs_is_marked_in_words(client, mug, pan):
    DeliveryMethodFactory()
    press(client, product=mug.pk)
    press(client, product=pan.pk)
    page, cells, marked = table(client)
    assert re.findall(r'<th scope="col" id="product-(\d+)"', page) == [str(mug.pk), str(pan.pk)]
    assert cells["Price differs"] == ["from €16.00", "€20.00"]
    assert cells["Stock differs"] == ["1 of 2 options in stock", "3 left"]
    assert cells["Reviews differs"] == ["★ 4.6 (12) 4.6 of 5, 12 reviews", "none yet"]
    assert cells["Options differs"] == ["Sage Clay", "one size and colour"]
    assert cells["Delivery"][0] == cells["Delivery"][1]
    assert "At your door" in cells["Delivery"][0]
    assert cells["Category"] == [mug.category.title] * 2
    assert marked == {"Price differs", "Stock differs", "Reviews differs", "Options differs", "Description differs"}
    assert '<meta name="robots" content="noindex">' in page
    assert "no-store" in client.get(PAGE)["Cache-Control"]


def button_of(product, page):
    """What the button of a card sends, and whether it is pressed."""
    return re.search(rf'form="compare" value="{product.pk}"\s+name="(\w+)" aria-pressed="(\w+)"', page).groups()


def test_the_button_is_beside_every_product_and_leads_back_to_its_card(client, mug, pan):
    listed = client.get("/products/").content.decode()
    assert button_of(mug, listed) == ("product", "false")
    answer = press(client, f"/products/?sort=name#product-{pan.pk}", product=mug.pk)
    assert answer["Location"].endswith(f"/products/?sort=name#product-{mug.pk}")
    listed = client.get("/products/").content.decode()
    assert button_of(mug, listed) == ("off", "true")
    assert button_of(pan, listed) == ("product", "false")
    assert "Compare 1 product<" in listed
    for product, button in ((mug, "off"), (pan, "product")):
        assert f'name="{button}"' in client.get(product.get_absolute_url()).content.decode()


def test_one_is_taken_off_and_all_are_cleared(client, mug, pan):
    for product in (mug, pan, mug):
        press(client, product=product.pk)
    assert [each.title for each in client.get(PAGE).context["products"]] == ["Mug", "Pan"]
    press(client, PAGE, off=mug.pk)
    page, _cells, marked = table(client)
    assert "Choose another product" in page
    assert marked == set()
    press(client, PAGE, clear="1")
    assert "Press “Compare” beside up to 4 products" in client.get(PAGE).content.decode()
    assert "compare" not in client.cookies or not client.cookies["compare"].value


def test_a_fifth_is_refused_in_words_and_the_four_stay(client):
    products = [VariantFactory().product for _ in range(5)]
    for product in products:
        answer = press(client, product=product.pk)
    assert "You compare 4 products already." in client.get(answer["Location"]).content.decode()
    assert client.get(PAGE).context["products"] == products[:4]


def test_what_is_sold_no_more_is_named_once_and_what_never_was_is_not_found(client, mug, pan):
    for product in (mug, pan):
        press(client, product=product.pk)
    type(pan).objects.filter(pk=pan.pk).update(active=False)
    assert "1 product that you chose is not sold here any more." in client.get(PAGE).content.decode()
    assert "any more" not in client.get(PAGE).content.decode()
    for sent in ({"product": pan.pk}, {"product": "999999999999999999"}, {"product": "x"}, {}):
        assert press(client, **sent).status_code == 404
    press(client, off="x")
    assert client.get(PAGE).context["products"] == [mug]


@pytest.mark.parametrize("cookie", ["x", "1.2.3.4.5.6.7", "-1", "9" * 400, "1;drop", "..", "\u0661"])
def test_a_cookie_written_by_hand_shows_an_empty_page_at_worst(client, cookie, db):
    client.cookies["compare"] = cookie.encode("ascii", "ignore").decode()
    assert client.get(PAGE).status_code == 200
    assert client.get("/products/").status_code == 200


def test_the_page_needs_as_many_queries_for_four_as_for_one(client, mug, pan, django_assert_max_num_queries):
    for product in (mug, pan, *(VariantFactory().product for _ in range(2))):
        press(client, product=product.pk)
    client.get(PAGE)
    with django_assert_max_num_queries(6):
        assert len(client.get(PAGE).context["products"]) == 4


def test_what_has_no_stock_row_is_sold_out_and_leads_to_its_page(client, pan):
    Stock.objects.all().delete()
    press(client, product=pan.pk)
    page, cells, _marked = table(client)
    assert cells["Stock"] == ["Sold out"]
    assert cells["Delivery"] == ["–"]
    assert "Look at it" in page
    assert "Add to cart" not in page
