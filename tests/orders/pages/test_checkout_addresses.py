"""What people type into the checkout's address: kept as their post knows it, and asked about where it looks wrong."""

import pytest

from orders.models import Order
from tests.orders.conftest import fill, form

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture
def buy(client, variant, method):
    def send(**typed):
        key = fill(client, variant)
        return client.post("/checkout/", form(key, method, **typed))

    return send


AMERICAN = {"country": "US", "address": "1 Main St", "city": "New York", "region": "NY", "postal_code": "10001"}


def test_the_state_of_the_country_before_is_not_kept(buy):
    buy(country="DE", address="Hauptstr. 1", city="Berlin", postal_code="10115", region="CA")
    assert Order.objects.get().region == ""


def test_the_state_of_the_country_before_is_not_on_the_page_of_the_next_one(client, buy):
    page = buy(**AMERICAN | {"country": "DE", "postal_code": "10115"}, shape="1").content.decode()
    assert 'value="NY"' not in page
    assert not Order.objects.exists()


def test_an_address_that_needs_a_state_is_not_taken_without(buy):
    answer = buy(**AMERICAN | {"region": ""})
    assert answer.status_code == 422
    assert "required" in str(answer.context["form"].errors["region"])


def test_a_state_that_the_browser_filled_in_before_its_field_was_shown_is_kept(client, buy):
    page = buy(**AMERICAN | {"region": "New York"}, shape="1").content.decode()
    assert '<option value="NY" selected>New York</option>' in page


@pytest.mark.parametrize(("typed", "kept"), [("d-10115", "10115"), (" 10 115", "10115")])
def test_a_postal_code_is_kept_in_its_countrys_form(buy, typed, kept):
    buy(country="DE", postal_code=typed)
    assert Order.objects.get().postal_code == kept


def test_a_wrong_postal_code_is_named_with_what_was_typed(buy):
    answer = buy(country="DE", postal_code="1011")
    assert answer.status_code == 422
    assert "not a postal code of that country" in answer.content.decode()
    assert 'value="1011"' in answer.content.decode()


def test_an_address_has_several_lines(client, buy):
    buy(**AMERICAN | {"address": "1 Main St\r\nApt 4"})
    order = Order.objects.get()
    assert order.address == "1 Main St\nApt 4"
    page = client.get(f"/orders/{order.ref}/").content.decode()
    assert "1 Main St<br> Apt 4<br> New York, NY 10001" in " ".join(page.split())


@pytest.mark.parametrize("field", ["name", "city"])
def test_a_line_end_in_a_name_starts_no_line_of_a_mail(buy, field):
    buy(**{field: "Ann\n\nYour account was closed"})
    assert getattr(Order.objects.get(), field) == "Ann Your account was closed"


@pytest.mark.parametrize("typed", ["verify at https://evil.example/login", "www.evil.example"])
def test_a_name_with_a_web_address_is_refused(buy, typed):
    answer = buy(name=typed)
    assert answer.status_code == 422
    assert "leave out web addresses" in answer.content.decode()


def test_a_mail_address_that_looks_wrong_is_asked_about_once(client, variant, method):
    key = fill(client, variant)
    typed = form(key, method, email="anna@gmial.con")
    answer = client.post("/checkout/", typed)
    assert answer.status_code == 422
    assert "Do you mean anna@gmail.com?" in answer.content.decode()
    sure = answer.context["form"]["sure_of_email"].value()
    assert sure == "anna@gmial.con"
    client.post("/checkout/", typed | {"sure_of_email": sure})
    assert Order.objects.get().email == "anna@gmial.con"


def test_being_sure_of_one_address_is_not_being_sure_of_another(client, variant, method):
    key = fill(client, variant)
    sent = form(key, method, email="anna@hotmial.com", sure_of_email="anna@gmial.con")
    assert client.post("/checkout/", sent).status_code == 422
