"""All that is known of a person as one file."""

import json

import pytest
from django.contrib.auth import get_user_model

from orders.lifecycle import Actor, Status
from orders.questions import service as questions
from orders.transitions import transition
from shop.accounts.models import SavedAddress
from shop.reviews.models import Review
from shop.wishes.models import StockAlert, Wish
from tests.shop.members.conftest import PASSWORD
from tests.support.factories import UserFactory, VariantFactory, make_order

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


def exported(client):
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return json.loads(client.get("/account/data/export/").content)


def test_the_file_has_the_account_and_everything_of_its_orders(client, ann):
    order = make_order(user=ann, name="Ann Müller", is_gift=True, gift_note="For Mei")
    transition(order.ref, Status.PAID, by=Actor.STAFF, actor="staff:1", note="Rude on the phone.", message="Thanks!")
    make_order(user=UserFactory(), name="Somebody Else")
    SavedAddress.objects.create(user=ann, name="Ann", address="Hauptstr. 1", city="Berlin", country="DE")
    known = exported(client)
    assert known["account"]["email"] == "ann@example.com"
    assert known["saved_addresses"][0]["city"] == "Berlin"
    assert known["sign_ins"][0]["ip"] == "127.0.0.1"
    (one,) = known["orders"]
    assert (one["reference"], one["name"], one["total"]) == (order.ref, "Ann Müller", "€24.90")
    assert (one["gift"], one["gift_note"]) == (True, "For Mei")
    assert one["timeline"][1]["message"] == "Thanks!"
    assert one["payments"][0]["state"] == "captured"
    text = client.get("/account/data/export/").content.decode()
    assert "Somebody Else" not in text
    assert "Rude" not in text
    assert get_user_model().objects.get(pk=ann.pk).password not in text


def test_the_file_has_what_the_person_wrote_and_wished_for(client, ann):
    order, variant = make_order(user=ann), VariantFactory()
    questions.ask(order, "When does it come?")
    questions.ask(questions.Sender("Ann", "ANN@example.com", "en"), "Do you repair lamps?")
    questions.ask(questions.Sender("Bob", "bob@example.com", "en"), "Mine alone")
    Review.objects.create(line=order.lines.first(), product=variant.product, stars=4, text="Good.", name="A.")
    Wish.objects.create(user=ann, product=variant.product)
    StockAlert.objects.create(variant=variant, sku=variant.sku, email="ann@example.com", language="en")
    known = exported(client)
    assert {each["text"] for each in known["questions"]} == {"When does it come?", "Do you repair lamps?"}
    assert [each["text"] for each in known["reviews"]] == ["Good."]
    assert known["wishes"] == [variant.product.slug]
    assert [each["sku"] for each in known["stock_alerts"]] == [variant.sku]


def test_the_file_asks_for_the_password_again(client, ann):
    make_order(user=ann)
    assert client.get("/account/data/export/")["Location"].startswith("/accounts/reauthenticate/")


def test_more_orders_cost_no_more_queries(client, ann, django_assert_max_num_queries):
    for _each in range(5):
        make_order(user=ann)
    with django_assert_max_num_queries(36):
        exported(client)
