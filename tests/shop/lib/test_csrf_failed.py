"""A form whose token is not this session's, mostly because somebody signed in in another tab."""

import re

import pytest
from django.test import Client

from shop.cart.models import CartLine
from tests.support.factories import UserFactory, VariantFactory

pytestmark = pytest.mark.django_db
OURS = {"Origin": "http://testserver"}


@pytest.fixture
def visitor():
    client = Client(enforce_csrf_checks=True)
    client.get("/accounts/login/")  # it has a cookie
    return client


def test_what_was_typed_is_sent_again_by_one_press(visitor):
    variant = VariantFactory(stocked=5)
    typed = {"variant": variant.pk, "quantity": "2", "csrfmiddlewaretoken": "x" * 64}
    answer = visitor.post("/cart/add/", typed, headers=OURS)
    page = answer.content.decode()
    assert answer.status_code == 403
    assert "Please send that once more" in page
    assert "no-store" in answer["Cache-Control"]
    assert not CartLine.objects.exists()
    form = re.search(r'<form method="post" action="/cart/add/">(.*?)</form>', page, re.DOTALL)[1]
    again = dict(re.findall(r'<textarea name="(\w+)" hidden>\n(.*?)</textarea>', form, re.DOTALL))
    assert again == {"variant": str(variant.pk), "quantity": "2"}
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form)[1]
    visitor.post("/cart/add/", again | {"csrfmiddlewaretoken": token}, headers=OURS)
    assert CartLine.objects.get().quantity == 2


@pytest.mark.parametrize("origin", [None, "null", "https://evil.example", "http://testserver.evil.example"])
def test_what_another_site_sent_cannot_be_sent_by_a_press(visitor, origin):
    answer = visitor.post("/cart/add/", {"variant": "1"}, headers={"Origin": origin} if origin else {})
    assert answer.status_code == 403
    assert "<textarea" not in answer.content.decode()
    assert "did not come from our own page" in answer.content.decode()


def test_a_password_is_never_written_into_the_page(visitor):
    answer = visitor.post("/accounts/login/", {"login": "a@example.com", "password": "hunter2 hunter2"}, headers=OURS)
    assert answer.status_code == 403
    assert "hunter2" not in answer.content.decode()


def test_what_was_typed_is_text_and_no_markup(visitor):
    typed = {"name": "</textarea><script>alert(1)</script>"}
    page = visitor.post("/checkout/", typed, headers=OURS).content.decode()
    assert "<script>alert" not in page


def test_a_part_of_a_page_is_loaded_again_as_a_whole(visitor):
    answer = visitor.post("/cart/add/", {"variant": "1"}, headers=OURS | {"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Refresh"]) == (403, "true")


def test_it_is_said_in_the_shoppers_language(visitor):
    UserFactory()
    page = visitor.post("/cart/add/", {"variant": "1"}, headers=OURS | {"accept-language": "zh-hans"}).content.decode()
    assert "Please send that once more" not in page
