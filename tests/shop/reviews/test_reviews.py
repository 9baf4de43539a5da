"""Reviews: only who has received something may review it, once, and others read it after staff did."""

import json
import re

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from djmoney.money import Money

from orders import access_links
from orders.access_links import Strength
from orders.lifecycle import Actor, Status
from orders.models import Order, OrderLine
from orders.transitions import transition
from shop.catalog.models import Rating
from shop.reviews.models import LONGEST, Review
from tests.support.factories import ProductFactory, UserFactory, VariantFactory, make_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def mug():
    return VariantFactory(product=ProductFactory(title="Mug"))


def bought(variant, status=Status.DELIVERED, **fields):
    """A line of an order with that status."""
    order = make_order(**fields)
    # As if it had gone all the way: no test here is about the way.
    QuerySet(Order).filter(pk=order.pk).update(status=status)
    price = Money("20.00", "EUR")
    return OrderLine.objects.create(
        order=order, variant=variant, sku=variant.sku, title="Mug", quantity=1, unit_price=price, net=price
    )


def by_link(client, line, strength=Strength.ACT):
    client.get(access_links.path(line.order, strength))
    return client


def address(line):
    return f"/orders/{line.order.ref}/reviews/{line.pk}/"


def send(client, line, **sent):
    return client.post(address(line), {"stars": "4", "text": "It holds tea.", "name": "Ann"} | sent)


def staff(client):
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    return client


def act(client, action, *reviews):
    sent = {"action": action, "_selected_action": [review.pk for review in reviews], "post": "yes"}
    return client.post(reverse("admin:reviews_review_changelist"), sent)


def page(client, variant):
    return client.get(variant.product.get_absolute_url()).content.decode()


def known(text):
    return json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', text, re.DOTALL)[1])


def test_a_review_waits_until_staff_publish_it_and_counts_from_then_on(client, mug):
    first, second = bought(mug), bought(mug)
    send(by_link(client, first), first)
    send(by_link(client, second), second, stars="5", text="")
    assert "It holds tea." not in page(client, mug)
    assert "aggregateRating" not in known(page(client, mug))
    act(staff(client), "publish", *Review.objects.all())
    shown = page(client, mug)
    assert "It holds tea." in shown
    assert known(shown)["aggregateRating"] == {"@type": "AggregateRating", "ratingValue": "4.5", "reviewCount": 2}
    act(client, "refuse", Review.objects.get(stars=5))
    assert known(page(client, mug))["aggregateRating"]["ratingValue"] == "4.0"
    act(client, "delete_selected", *Review.objects.all())
    assert "aggregateRating" not in known(page(client, mug))
    assert Rating.objects.get().count == 0


def test_the_page_of_a_delivered_order_leads_to_it_and_a_member_finds_the_way_too(client, mug):
    member = UserFactory()
    line = bought(mug, Status.PLACED, user=member)
    for target in (Status.PAID, Status.PREPARING, Status.SHIPPED, Status.DELIVERED):
        transition(line.order.ref, target, by=Actor.STAFF, actor="staff:1")
    client.force_login(member)
    assert address(line) in client.get(f"/orders/{line.order.ref}/").content.decode()
    assert send(client, line).status_code == 302
    assert Review.objects.get().product == mug.product


@pytest.mark.parametrize("status", [Status.PLACED, Status.PAID, Status.SHIPPED, Status.CANCELLED, Status.REFUNDED])
def test_what_has_not_arrived_cannot_be_reviewed(client, mug, status):
    line = bought(mug, status)
    assert send(by_link(client, line), line).status_code == 404
    assert not Review.objects.exists()


def test_neither_a_stranger_nor_who_may_only_look_writes_one(client, mug):
    line = bought(mug, user=UserFactory())
    assert send(client, line).status_code == 404
    assert send(by_link(client, line, Strength.LOOK), line).status_code == 404
    client.force_login(UserFactory())
    assert send(client, line).status_code == 404
    assert not Review.objects.exists()


def test_a_line_of_another_order_is_not_reached_through_the_own_one(client, mug):
    mine, other = bought(mug), bought(mug)
    by_link(client, mine)
    assert client.post(f"/orders/{mine.order.ref}/reviews/{other.pk}/", {"stars": "1", "name": "x"}).status_code == 404


def test_a_line_has_one_review_and_a_changed_one_waits_again(client, mug):
    line = bought(mug)
    send(by_link(client, line), line)
    act(staff(client), "publish", Review.objects.get())
    client.logout()
    send(by_link(client, line), line, stars="1", text="It broke.")
    review = Review.objects.get()
    assert (review.stars, review.state) == (1, "waiting")
    assert Rating.objects.get().count == 0


def test_its_writer_deletes_it(client, mug):
    line = bought(mug)
    send(by_link(client, line), line)
    assert "Delete my review" in client.get(address(line)).content.decode()
    client.post(address(line), {"delete": "1"})
    assert not Review.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [{"stars": ""}, {"stars": "6"}, {"stars": "0"}, {"stars": "many"}, {"text": "x" * (LONGEST + 1)}, {"name": " "}],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_typed_is_lost(client, mug, wrong):
    line = bought(mug)
    answer = send(by_link(client, line), line, **{"text": "It holds tea."} | wrong)
    assert answer.status_code == 422
    assert "errorlist" in answer.content.decode()
    assert wrong.get("text", "It holds tea.") in answer.content.decode()
    assert not Review.objects.exists()


def test_a_review_is_plain_text(client, mug):
    line = bought(mug)
    send(by_link(client, line), line, text="<script>alert(1)</script> http://spam.example", name="<b>Ann</b>")
    act(staff(client), "publish", Review.objects.get())
    shown = page(client, mug)
    assert "<script>alert" not in shown
    assert "<b>Ann" not in shown
    assert 'href="http://spam.example' not in shown


def test_the_side_bar_counts_what_waits(client, mug):
    line = bought(mug)
    send(by_link(client, line), line)
    entry = rf'{reverse("admin:reviews_review_changelist")}".*?</a>'
    text = staff(client).get("/admin/catalog/product/").content.decode()
    assert re.search(r">\s*1\s*<", re.search(entry, text, re.DOTALL)[0])
    act(client, "publish", Review.objects.get())
    text = client.get("/admin/catalog/product/").content.decode()
    assert re.sub(r"<[^>]+>|\s", "", "<" + re.search(entry, text, re.DOTALL)[0]) == "reviewsReviews"


def test_a_page_seen_before_needs_no_query_more_for_its_reviews(client, mug):
    line = bought(mug)
    send(by_link(client, line), line)
    act(staff(client), "publish", Review.objects.get())
    client.logout()
    client.cookies.clear()
    page(client, mug)
    client.cookies.clear()
    with CaptureQueriesContext(connection) as captured:
        page(client, mug)
    assert not [query for query in captured.captured_queries if "reviews_review" in query["sql"]]
