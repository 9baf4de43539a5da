"""Lists: what fits the filters, how many there would be with one more, and how each is taken off."""

import re

import pytest
from djmoney.money import Money

from shop.catalog import facets
from shop.catalog.models import Category, Product, Rating
from shop.catalog.views import PER_PAGE
from tests.support.factories import CategoryFactory, ProductFactory, VariantFactory, set_price

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture
def shop():
    """A mug in two colours and a pan in Kitchen, a kite elsewhere."""
    kitchen = CategoryFactory(title="Kitchen", slug="kitchen")
    cups = Category.objects.add_child(kitchen, instance=Category(title="Cups", slug="cups"))
    mug = ProductFactory(title="Mug", category=cups)
    VariantFactory(product=mug, option="Sage", option_zh_hans="鼠尾草绿", price=Money("16.00", "EUR"))
    VariantFactory(product=mug, option="Clay", price=Money("18.00", "EUR"), stocked=0)
    VariantFactory(product=ProductFactory(title="Pan", category=kitchen), option="Clay", price=Money("60.00", "EUR"))
    kite = ProductFactory(title="Kite", category=CategoryFactory(title="Play", slug="play"))
    VariantFactory(product=kite, price=Money("27.00", "EUR"), stocked=0)


def asked(client, path="/products/", **query):
    return client.get(path, query)


def titles(client, path="/products/", **query):
    return sorted(product.title for product in asked(client, path, **query).context["products"])


def counts(tree):
    return {row["category"].title: row["n"] for top in tree for row in (top, *top["children"])}


def test_each_count_is_what_a_click_shows(client, shop):
    context = asked(client).context
    assert counts(context["categories"]) == {"Kitchen": 2, "Cups": 1, "Play": 1}
    assert dict(context["options"]) == {"Clay": 2, "Sage": 1}
    assert context["facets"].in_stock == 2
    assert (context["facets"].low, context["facets"].high) == (16, 60)
    for band in context["bands"]:
        assert len(client.get(f"/products/{band['address']}").context["products"]) == band["n"]
    assert sum(band["n"] for band in context["bands"]) >= 3


def test_counts_follow_the_other_filters(client, shop):
    context = asked(client, max="30", option="Clay").context
    assert counts(context["categories"]) == {"Kitchen": 1, "Cups": 1, "Play": 0}
    assert dict(context["options"]) == {"Clay": 1, "Sage": 1}
    assert context["facets"].in_stock == 0


def test_a_colour_that_is_sold_out_is_not_in_stock_because_another_one_is(client, shop):
    assert titles(client, option="Clay") == ["Mug", "Pan"]
    assert titles(client, option="Clay", in_stock="1") == ["Pan"]
    assert titles(client, option=["Clay", "Sage"], in_stock="1") == ["Mug", "Pan"]


def test_a_list_that_was_filtered_in_another_language_opens(client, shop):
    assert titles(client, option="鼠尾草绿") == ["Mug"]


def test_a_price_counts_in_the_visitors_currency_alone(client, shop):
    jug = VariantFactory(product=ProductFactory(title="Jug"), price=Money("200.00", "EUR"))
    set_price(jug, Money("20.00", "USD"))
    assert titles(client, min="15", max="30") == ["Kite", "Mug"]


def test_filters_stay_when_category_or_sort_changes(client, shop):
    page = asked(client, max="30", in_stock="1", option="Sage", sort="dearest").content.decode()
    assert "?category=kitchen&amp;max=30&amp;in_stock=1&amp;option=Sage&amp;sort=dearest" in page
    page = asked(client, category="kitchen", max="30").content.decode()
    assert '<input type="hidden" name="category" value="kitchen">' in page
    assert '<a href="?max=30">' in re.sub(r"\s+", " ", page)


def test_a_chip_takes_one_filter_off_and_another_one_all(client, shop):
    answer = asked(client, category="kitchen", max="30", in_stock="1", option=["Sage", "Clay"])
    assert answer.context["chips"] == [
        ("Sage", "?category=kitchen&max=30&in_stock=1&option=Clay"),
        ("Clay", "?category=kitchen&max=30&in_stock=1&option=Sage"),
        ("up to €30.00", "?category=kitchen&in_stock=1&option=Sage&option=Clay"),
        ("In stock", "?category=kitchen&max=30&option=Sage&option=Clay"),
    ]
    assert answer.context["without_filters"] == "?category=kitchen"
    assert "(4)" in answer.content.decode()


def test_the_pages_of_a_list_keep_its_filters(client, shop):
    for _ in range(25):
        VariantFactory()
    assert 'href="?max=30&amp;page=2"' in asked(client, max="30").content.decode()


@pytest.mark.parametrize(
    "query",
    [
        {"min": "NaN", "max": "1e999", "in_stock": "yes", "sort": "sideways"},
        {"min": "-1", "max": "Infinity"},
        {"option": ["", "\0", " "]},
        {"min": "9" * 400},
    ],
)
def test_nonsense_filters_nothing(client, shop, query):
    answer = asked(client, **query)
    assert len(answer.context["products"]) == 3
    assert answer.context["chips"] == []


def test_an_option_that_nothing_has_can_be_taken_off(client, shop):
    answer = asked(client, option="<b>Plaid</b>")
    assert list(answer.context["products"]) == []
    assert ("<b>Plaid</b>", "?") in answer.context["chips"]
    assert "<b>Plaid" not in answer.content.decode()


def test_a_list_needs_as_many_queries_for_forty_products_as_for_three(client, shop, django_assert_max_num_queries):
    with django_assert_max_num_queries(8):
        asked(client, min="1")
    for _ in range(40):
        VariantFactory(option="Blue")
    with django_assert_max_num_queries(6):
        asked(client, min="2")


# -- Search ---------------------------------------------------------------------------------------


def test_a_search_is_narrowed_by_category_and_filters(client, shop):
    VariantFactory(product=ProductFactory(title="Toy mug", category=Category.objects.get(slug="play")))
    context = asked(client, "/search/", q="mug").context
    assert counts(context["categories"]) == {"Kitchen": 1, "Cups": 1, "Play": 1}
    assert titles(client, "/search/", q="mug", category="play") == ["Toy mug"]
    assert titles(client, "/search/", q="mug", max="17") == ["Mug"]


def test_a_category_that_is_searched_for_is_found_with_its_products_and_said(client, shop):
    answer = asked(client, "/search/", q="kitchen")
    assert sorted(product.title for product in answer.context["products"]) == ["Mug", "Pan"]
    assert "This is a category, too:" in answer.content.decode()


@pytest.mark.parametrize(("typed", "meant"), [("mgu", "mug"), ("kiet", "kite"), ("kitte", "kite")])
def test_a_spelling_that_was_corrected_is_said(client, shop, typed, meant):
    page = asked(client, "/search/", q=typed).content.decode()
    assert f"Nothing here is called “{typed}”" in page
    assert f'href="?q={meant}"' in page


@pytest.mark.parametrize("typed", ["mug", "MUGS", "pours", "Müg"])
def test_a_word_that_is_there_needs_no_correction(client, shop, typed):
    answer = asked(client, "/search/", q=typed)
    assert answer.context["products"]
    assert answer.context["respelled"] == ""


def test_a_sku_leads_to_its_variant_and_says_why(client, shop):
    variant = VariantFactory(sku="CUP-7")
    answer = client.get("/search/", {"q": "cup-7"}, follow=True)
    assert answer.redirect_chain[-1][0] == f"{variant.product.get_absolute_url()}?variant=CUP-7"
    assert "CUP-7 is the SKU of this." in answer.content.decode()


def test_a_card_says_the_stars_in_words_and_asks_the_database_no_more(client, shop, django_assert_max_num_queries):
    assert "of 5" not in client.get("/products/").content.decode()
    first, second, *_rest = Product.objects.order_by("pk")
    Rating.objects.create(product=first, count=12, total=55)
    Rating.objects.create(product=second, count=1, total=3)
    for address in ("/", "/products/", f"/search/?q={first.title}"):
        assert "4.6 of 5, 12 reviews" in " ".join(client.get(address).content.decode().split())
    for _ in range(10):
        VariantFactory()  # and without any review
    client.get("/products/")  # the counts are kept for a minute
    with django_assert_max_num_queries(6):
        page = client.get("/products/").content.decode()
    assert page.count("of 5,") == 2
    assert "3.0 of 5, 1 review<" in page


@pytest.mark.parametrize("sort", ["cheapest", "dearest"])
def test_a_list_by_price_has_the_page_that_any_other_list_has(client, sort):
    """A product has one place, that of its lowest price; the rule for a page that is not there is the same for all."""
    amounts = [10 + n for n in range(2 * PER_PAGE + 5)]
    for amount in amounts:
        variant = VariantFactory(price=Money(amount, "EUR"))
        VariantFactory(product=variant.product, price=Money(100 - amount // 10, "EUR"))
    in_order = sorted(amounts, reverse=sort == "dearest")
    for wanted in ("", "1", "2", "3", "4", "0", "-1", "x", "9" * 30):
        other, mine = (asked(client, sort=each, page=wanted).context for each in ("name", sort))
        page = mine["page"]
        assert (page.number, page.paginator.count) == (other["page"].number, len(amounts)), wanted
        found = [product.variants.all()[0].price.amount for product in mine["products"]]
        assert found == in_order[(page.number - 1) * PER_PAGE : page.number * PER_PAGE], wanted


def test_a_list_by_price_of_nothing_is_empty(client, shop):
    answer = asked(client, sort="cheapest", min="500", page="2")
    assert (answer.status_code, answer.context["page"].paginator.count) == (200, 0)


def test_the_ends_of_the_prices_are_shown_as_people_write_them(client, shop):
    page = asked(client, option="Clay").content.decode()
    assert 'placeholder="16"' in page
    assert 'placeholder="60"' in page
    VariantFactory(price=Money("9.50", "EUR"), option="Clay")
    facets.on_sale.forget()
    assert 'placeholder="9.50"' in asked(client, option="Clay").content.decode()


def test_on_a_phone_the_filters_have_a_way_out(client, shop):
    page = " ".join(asked(client).content.decode().split())
    assert 'popovertarget="filters" popovertargetaction="hide">Close</button>' in page
