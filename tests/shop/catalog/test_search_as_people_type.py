"""Search finds what people type: without accents, in the plural, with letters exchanged, in one Chinese character."""

import pytest
from django.core.management import call_command

from shop.catalog.models import Product
from shop.catalog.search import folded, search, suggest
from tests.support.factories import CategoryFactory, ProductFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def titles():
    """Makes products with these titles; a title after a slash is the Chinese one."""

    def make(*given):
        for title in given:
            english, _, chinese = title.partition("/")
            ProductFactory(title=english, title_en=english, title_zh_hans=chinese or None)

    return make


def found(typed):
    return [product.title_en for product in search(typed, Product.objects.all())]


@pytest.mark.parametrize(
    ("title", "typed"),
    [
        ("Crème brûlée dish", "creme"),
        ("Crème brûlée dish", "creme brulee"),
        ("Crème brûlée dish", "CRÈME BRULEE"),
        ("Crème brûlée dish", "creme brulle"),
        ("Creme dish", "crème"),
        ("Café mug", "cafe"),
        ("Müller scale", "muller"),
        ("Müller scale", "mueller"),
        ("Smørrebrød board", "smorrebrod"),
        ("SMØRREBRØD board", "smorrebrod"),
        ("Straßenkarte", "strassenkarte"),
        ("Łódź print", "lodz"),
        ("Jalapeño pot", "jalapeno"),
        ("Pho\u031b bowl", "phơ"),
        ("Wide lamp", "ｗｉｄｅ"),
    ],
)
def test_accents_may_be_typed_or_not(titles, title, typed):
    titles("Iron skillet", title)
    assert found(typed)[0] == title
    assert "Iron skillet" not in found(typed)


@pytest.mark.parametrize(
    ("title", "typed"),
    [("Stoneware mug", "mugs"), ("Beeswax candles", "candle"), ("Glass dish", "dishes"), ("Berry bowl", "berries")],
)
def test_a_plural_and_its_singular_are_one_word(titles, title, typed):
    titles("Muffin tin", "Candid frame", "Disco ball", "Beret", title)
    assert found(typed)[0] == title


@pytest.mark.parametrize(
    ("title", "typed"),
    [("Stoneware mug", "mgu"), ("Stoneware mug", "umg"), ("Oak bowl", "bwol"), ("Beeswax candles", "candels")],
)
def test_two_exchanged_letters_are_forgiven(titles, title, typed):
    titles("Iron skillet", title)
    assert found(typed) == [title]


def test_exchanged_letters_add_nothing_to_a_word_that_is_found(titles):
    titles("Letter form", "Far from home")
    assert found("form") == ["Letter form"]


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("杯", "Mug"),
        ("杯子", "Mug"),
        ("马克杯", "Mug"),
        ("陶杯", "Mug"),
        ("克杯", "Mug"),
        ("水壶", "Kettle"),
        ("壶", "Kettle"),
    ],
)
def test_few_chinese_characters_are_enough(titles, typed, first):
    titles("Mug/陶瓷马克杯", "Kettle/铜水壶", "Blanket/羊毛毯")
    assert found(typed)[0] == first
    assert "Blanket" not in found(typed)


def test_the_title_counts_more_than_the_text():
    ProductFactory(title_en="Rack", text_en="For six mugs, and a mug more. Mugs, mugs.")
    ProductFactory(title_en="Stoneware mug with a long name of many words", text_en="")
    assert found("mugs")[0].startswith("Stoneware")


def test_rows_that_no_save_wrote_are_found():
    category = CategoryFactory()
    Product.objects.bulk_create([Product(slug="a", category=category, title_en="Pâté knife")])
    assert found("pate") == ["Pâté knife"]
    Product.objects.update(title_en="Brötchen box")
    assert found("pate") == []
    assert [product.title_en for product in suggest("brotchen")] == ["Brötchen box"]
    Product.objects.all().delete()
    assert found("brotchen") == []


def test_folding_is_the_same_in_the_query_and_in_the_index(titles):
    letters = "àáâãäåçèéêëìíîïñòóôõöøùúûüýÿāăąćčďđēęěğīıłńňőœřśšşţťūůűźżžßæ"
    titles(f"x{letters}")
    assert found(f"x{folded(letters)}") == [f"x{letters}"]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_the_index_can_be_taken_back_and_made_again(titles):
    titles("Crème dish")
    try:
        call_command("migrate", "catalog", "0001", verbosity=0)
    finally:
        call_command("migrate", verbosity=0)  # what depends on the catalogue was taken back, too
    assert found("creme") == ["Crème dish"]
