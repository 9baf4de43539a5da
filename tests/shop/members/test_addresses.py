"""Saved addresses: kept, changed, one of them first, and used at checkout by one press."""

import pytest

from shop.accounts import saved_addresses
from shop.accounts.models import SavedAddress
from tests.orders.conftest import fill
from tests.support.factories import DeliveryMethodFactory, UserFactory, VariantFactory

pytestmark = pytest.mark.django_db
HOME = {
    "name": "Ann Example",
    "address": "Hauptstr. 1",
    "city": "Berlin",
    "region": "",
    "postal_code": "10115",
    "country": "DE",
}
WORK = HOME | {"name": "Ann at work", "address": "Lindenstr. 5", "postal_code": "10969"}
PAGE = "/account/addresses/"


def saved(person, **fields):
    return SavedAddress.objects.create(user=person, **(HOME | fields))


def test_the_first_address_is_the_one_to_begin_with(client, ann):
    client.post(PAGE, HOME)
    client.post(PAGE, WORK)
    assert list(ann.saved_addresses.values_list("name", "is_default")) == [
        ("Ann Example", True),
        ("Ann at work", False),
    ]


def test_another_one_can_be_first_and_only_one_is(client, ann):
    saved(ann, is_default=True)
    work = saved(ann, name="Ann at work")
    client.post(f"{PAGE}{work.pk}/default/")
    assert ann.saved_addresses.get(is_default=True) == work


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"postal_code": "1"}, "This is not a postal code of that country."),
        ({"name": ""}, "This field is required."),
        ({"country": "XX"}, "Select a valid choice"),
    ],
)
def test_a_wrong_address_is_said_beside_it_and_kept(client, ann, changed, said):
    answer = client.post(PAGE, HOME | {"city": "Potsdam"} | changed)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert "Potsdam" in answer.content.decode()
    assert not SavedAddress.objects.exists()


def test_an_address_is_changed_and_deleted(client, ann):
    one = saved(ann)
    client.post(f"{PAGE}{one.pk}/", WORK)
    one.refresh_from_db()
    assert one.name == "Ann at work"
    for _twice in range(2):
        client.post(f"{PAGE}{one.pk}/delete/")
    assert not SavedAddress.objects.exists()


def test_somebody_elses_address_is_not_there(client, ann):
    other = saved(UserFactory())
    assert client.get(f"{PAGE}{other.pk}/").status_code == 404
    assert client.post(f"{PAGE}{other.pk}/", WORK).status_code == 404
    assert client.post(f"{PAGE}{other.pk}/default/").status_code == 404
    client.post(f"{PAGE}{other.pk}/delete/")
    other.refresh_from_db()
    assert (other.name, other.is_default) == ("Ann Example", False)


def test_nobody_keeps_more_than_fit(client, ann, monkeypatch):
    monkeypatch.setattr(saved_addresses, "MOST", 1)
    client.post(PAGE, HOME)
    answer = client.post(PAGE, WORK)
    assert "You can keep at most 1 addresses." in answer.content.decode()
    assert ann.saved_addresses.count() == 1


def test_the_checkout_begins_with_the_first_and_takes_another_by_one_press(client, ann):
    DeliveryMethodFactory()
    client.post("/cart/add/", {"variant": VariantFactory(stocked=5).pk, "quantity": 1})
    saved(ann, is_default=True)
    work = saved(ann, name="Ann at work", address="Lindenstr. 5")
    others = saved(UserFactory(), name="Somebody Else")
    page = client.get("/checkout/").content.decode()
    assert 'value="Ann Example"' in page
    assert f"?address={work.pk}#where" in page
    assert "Somebody Else" not in page
    assert 'value="Ann at work"' in client.get(f"/checkout/?address={work.pk}").content.decode()
    assert "Somebody Else" not in client.get(f"/checkout/?address={others.pk}").content.decode()


def test_a_guests_checkout_has_none(client):
    DeliveryMethodFactory()
    fill(client, VariantFactory(stocked=5))
    assert "saved-addresses" not in client.get("/checkout/?address=1").content.decode()
