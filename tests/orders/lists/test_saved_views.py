"""People keep filters of the list of orders as views, their own or shared with a role, with their sizes."""

import re

import pytest
from django.contrib.auth.models import Group

from orders.lists import saved
from orders.models import SavedView
from tests.orders.conftest import member_of
from tests.support.factories import make_order

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
LIST = "/admin/orders/order/"
VIEWS = "/admin/orders/order/views/"


def keep(client, name, query="country=DE&status=placed", **more):
    return client.post(VIEWS, {"name": name, "query": query, **more}, follow=True)


def names(client):
    text = client.get(LIST).content.decode()
    listed = re.search(r'<nav class="db-queues db-views".*?</nav>', text, re.S)
    pattern = r"<a [^>]*>\s*([^<]*?)\s*(?:<small>.*?</small>)?\s*<b>([^<]*)</b>"
    found = re.findall(pattern, listed[0], re.S) if listed else []
    return dict(found)


def test_a_filter_is_kept_and_shown_with_its_size(staff):
    for _ in range(3):
        make_order()
    answer = keep(staff, "Germans who have not paid", "status=placed&country=DE&p=2")
    assert answer.redirect_chain == [(f"{LIST}?country=DE&status=placed", 302)]
    assert "is kept" in answer.content.decode()
    assert names(staff) == {"Germans who have not paid": "3"}
    assert 'aria-current="page"' in re.search(r"db-views.*?</nav>", answer.content.decode(), re.S)[0]


def test_the_same_filter_in_another_order_is_the_view(staff):
    keep(staff, "Mine")
    text = staff.get(f"{LIST}?status=placed&country=DE").content.decode()
    assert "Change this view" in text
    assert "Keep this filter" not in text


def test_a_size_is_counted_up_to_a_bound_and_kept_for_a_while(staff, monkeypatch, django_assert_max_num_queries):
    monkeypatch.setattr(saved, "CAP", 2)
    for _ in range(3):
        make_order()
    keep(staff, "All Germans", "country=DE")
    assert names(staff) == {"All Germans": "2+"}
    monkeypatch.setattr(saved, "listed", lambda *args: pytest.fail("it was counted a moment ago"))
    assert names(staff) == {"All Germans": "2+"}
    assert saved.number_format(1000, force_grouping=True) == "1,000"


def test_it_is_renamed_and_deleted_by_its_person_only(staff, client):
    keep(staff, "Mine")
    view = SavedView.objects.get()
    staff.post(f"{VIEWS}{view.pk}/", {"name": "Ours"})
    assert list(names(staff)) == ["Ours"]
    client.force_login(member_of("Manager"))
    for sent in ({"name": "Theirs"}, {"delete": "1"}):
        assert client.post(f"{VIEWS}{view.pk}/", sent).status_code == 404
    assert SavedView.objects.get().name == "Ours"
    client.force_login(view.person)
    client.post(f"{VIEWS}{view.pk}/", {"delete": "1"})
    assert names(client) == {}


def test_a_view_is_shared_with_ones_own_role_and_seen_by_no_other(staff, client):
    manager, packer = Group.objects.get(name="Manager"), Group.objects.get(name="Fulfilment")
    keep(staff, "Shared", role=manager.pk)
    keep(staff, "Own")
    client.force_login(member_of("Manager"))
    assert list(names(client)) == ["Shared"]
    client.force_login(member_of("Fulfilment"))
    assert names(client) == {}
    answer = keep(client, "Not mine to share", role=manager.pk)
    assert not SavedView.objects.filter(name="Not mine to share").exists()
    assert "Select a valid choice" in answer.content.decode()
    keep(client, "For packers", role=packer.pk)
    assert list(names(client)) == ["For packers"]


@pytest.mark.parametrize(
    ("name", "said"), [("", "Give the view a name."), ("x" * 41, "at most 40 characters"), ("Mine", "already")]
)
def test_a_name_that_does_not_do_is_answered_in_words(staff, name, said):
    keep(staff, "Mine")
    answer = keep(staff, name, "country=CH")
    assert said in answer.content.decode()
    assert answer.redirect_chain == [(f"{LIST}?country=CH", 302)], "the filter is not lost"
    assert SavedView.objects.count() == 1


def test_a_person_has_a_dozen_views(staff):
    for n in range(saved.MOST):
        keep(staff, f"View {n}", f"q={n}")
    assert "Delete one first." in keep(staff, "One more", "q=more").content.decode()
    assert SavedView.objects.count() == saved.MOST


def test_a_view_whose_filter_is_gone_still_shows_the_list(staff):
    person = SavedView(person=member_of("Manager"), name="Broken", query="no_such_field=1")
    person.save()
    staff.force_login(person.person)
    assert names(staff) == {"Broken": ""}


def test_who_may_not_see_orders_keeps_no_view(client):
    client.force_login(member_of("Catalogue"))
    assert client.post(VIEWS, {"name": "x", "query": "q=1"}).status_code == 403


def test_a_list_with_views_costs_a_bounded_number_of_queries(staff, django_assert_max_num_queries):
    for n in range(saved.MOST):
        keep(staff, f"View {n}", f"q={n}")
    staff.get(LIST)
    with django_assert_max_num_queries(30):
        staff.get(LIST)
