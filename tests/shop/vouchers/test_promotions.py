"""What staff may type into a promotion, and what pricing gets of it."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from djmoney.money import Money

from shop.catalog.models import Category
from shop.pricing.promotions import Refusal, Why
from shop.vouchers import claims
from shop.vouchers.models import Promotion
from shop.vouchers.offers import MOST_CODES, offers, reason, usable
from tests.support.factories import CategoryFactory, ProductFactory, PromotionFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"percent": None}, "percent"),
        ({"percent": Decimal(101)}, "percent"),
        ({"percent": Decimal(-1)}, "percent"),
        ({"kind": "amount"}, "amount"),
        ({"kind": "amount", "amount": Money("-1", "EUR")}, "amount"),
        ({"kind": "amount", "amount": Money("1.005", "EUR")}, "amount"),
        ({"kind": "x_for_y", "buy": 3}, "pay"),
        ({"kind": "x_for_y", "buy": 2, "pay": 2}, "pay"),
        ({"kind": "x_for_y", "buy": 2, "pay": 3}, "pay"),
        ({"code": "two words"}, "code"),
        ({"code": "x" * 41}, "code"),
        ({"starts": datetime(2026, 2, 1, tzinfo=UTC), "ends": datetime(2026, 1, 1, tzinfo=UTC)}, "ends"),
        ({"kind": "amount", "amount": Money(5, "EUR"), "minimum": Money(9, "USD")}, "minimum"),
        ({"kind": "nonsense"}, "kind"),
    ],
)
def test_a_promotion_that_cannot_work_is_refused_at_its_field(fields, named):
    with pytest.raises(ValidationError) as refused:
        Promotion(**{"title": "x", "title_en": "x", "kind": "percent", "percent": Decimal(10)} | fields).full_clean()
    assert named in refused.value.message_dict


def test_the_form_of_the_admin_says_what_is_wrong(admin_client):
    answer = admin_client.post("/admin/vouchers/promotion/add/", {"title_en": "x", "kind": "percent", "code": "A"})
    assert answer.status_code == 200
    assert "This kind of promotion needs it." in answer.content.decode()


def test_a_code_is_the_same_in_small_letters():
    PromotionFactory(code="SPRING")
    again = Promotion(title="x", title_en="x", kind="percent", percent=Decimal(1), code="spring")
    with pytest.raises(ValidationError, match="already exists"):
        again.full_clean()


def test_numbers_of_another_kind_are_forgotten():
    made = Promotion(title="x", title_en="x", kind="free_delivery", percent=Decimal(50), buy=3, pay=2)
    made.full_clean()
    assert (made.percent, made.buy, made.pay) == (None, None, None)


def test_promotions_without_a_code_are_for_everybody_and_vouchers_for_those_who_type_them():
    PromotionFactory(title_en="All")
    PromotionFactory(code="SPRING", title_en="Code")
    PromotionFactory(active=False, title_en="Off")
    assert [each.title for each in offers([], "")] == ["All"]
    assert [each.title for each in offers(["SPRING", "NOPE"], "")] == ["All", "Code"]


def test_a_category_is_meant_with_those_below_it():
    top = CategoryFactory()
    child = Category.objects.add_child(top, instance=Category(slug="child", title="Child"))
    other = CategoryFactory()
    product = ProductFactory()
    promotion = PromotionFactory()
    promotion.categories.add(top)
    promotion.products.add(product)
    (offer,) = offers([], "")
    assert offer.categories == {top.pk, child.pk}
    assert other.pk not in offer.categories
    assert offer.products == {product.pk}


def test_promotions_for_everybody_are_read_once_in_some_seconds(django_assert_num_queries):
    PromotionFactory(title_en="All").categories.add(CategoryFactory())
    offers([], "")
    with django_assert_num_queries(0):
        assert [each.title for each in offers([], "ann@example.com")] == ["All"]


def test_a_changed_promotion_counts_at_once_in_the_process_that_changed_it():
    made, product = PromotionFactory(title_en="All"), ProductFactory()
    assert offers([], "")[0].products == frozenset()
    made.products.add(product)
    assert offers([], "")[0].products == {product.pk}
    made.active = False
    made.save()
    assert offers([], "") == []


def test_the_uses_of_a_limited_promotion_are_counted_each_time():
    made = PromotionFactory(most_uses=2)
    assert offers([], "")[0].left == 2
    with transaction.atomic():
        claims.claim([made.pk], "ORDER-1", "ann@example.com")
    assert offers([], "")[0].left == 1


def test_any_number_of_promotions_needs_as_many_queries(django_assert_num_queries):
    for n in range(4):
        made = PromotionFactory(code=f"C{n}", most_uses=n)
        made.products.add(ProductFactory())
        made.categories.add(CategoryFactory())
    with django_assert_num_queries(7):
        assert len(offers(["C0", "C1", "C2", "C3"], "ann@example.com")) == 4


@pytest.mark.parametrize("typed", [["x" * 10_000], [""], ["\0"], ["a\0b"]])
def test_what_cannot_be_a_code_is_not_asked_for(typed):
    assert usable(typed) == []


def test_a_cart_of_a_thousand_codes_asks_for_a_few():
    assert len(usable([f"C{n}" for n in range(1000)])) == MOST_CODES


@pytest.mark.parametrize("why", Why)
def test_every_refusal_has_words(why):
    said = reason(Refusal("SPRING", why, 1250), "EUR")
    assert "SPRING" in said
    assert ("€12.50" in said) == (why is Why.BELOW_MINIMUM)
