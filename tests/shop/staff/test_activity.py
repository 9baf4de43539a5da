"""**Activity**: who did what, filtered, paged by key, as a file; for who may, and changed by nobody."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from orders.payments import service as payments
from shop.staff import activity
from shop.staff.models import TrailEntry
from tests.support.factories import UserFactory, VariantFactory, make_order

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
PAGE = reverse("admin:staff_trailentry_changelist")


@pytest.fixture
def owner(client):
    client.force_login(UserFactory(email="olga@example.com", is_staff=True, is_superuser=True))
    return client


def entry(**fields):
    usual = {"person": "bob@example.com", "action": "changed", "kind": "orders.order", "object_id": "7"}
    return TrailEntry.objects.create(
        **usual | {"object": "K7QF3-M2XD9", "changes": {"city": ["Bonn", "Köln"]}} | fields
    )


def many(number, **fields):
    now = timezone.now()
    TrailEntry.objects.bulk_create(
        TrailEntry(
            **{
                "person": f"person{n % 7}@example.com",
                "person_id": n % 7,
                "action": "changed",
                "kind": ("orders.order", "catalog.product", "catalog.stock")[n % 3],
                "object_id": str(n),
                "object": f"Thing {n}",
                "at": now - timedelta(minutes=n // 3),
                "changes": {"title": ["old", "new"]},
            }
            | fields
        )
        for n in range(number)
    )


def objects(client, **query):
    return [row["entry"].object for row in client.get(PAGE, query).context["rows"]]


def test_the_page_says_who_what_when_and_the_values(owner):
    entry()
    page = " ".join(owner.get(PAGE).content.decode().split())  # as a browser shows white space
    assert all(word in page for word in ("bob@example.com", "K7QF3-M2XD9", "Bonn → Köln", "city", "Order"))


def test_a_move_a_count_and_a_mailed_link_are_there_with_their_person(owner, process_all):
    order, variant = make_order(), VariantFactory(stocked=5)
    owner.post(reverse("admin:orders_order_payment_link", args=[order.pk]))
    process_all("staff.trail")
    owner.post(reverse("admin:orders_order_move", args=[order.pk, "paid"]))
    owner.post(reverse("admin:catalog_stock_change", args=[variant.stock.pk]), {"counted": "9"})
    rows = owner.get(PAGE).context["rows"]
    assert {row["entry"].person for row in rows} == {"olga@example.com"}
    counted = next(row["entry"].changes for row in rows if row["entry"].kind == "catalog.stock")
    assert counted["on_hand"] == ["5", "9"]
    changes = [row["entry"].changes for row in rows if row["entry"].object == order.ref]
    assert {"payment.link_sent": [None, None]} in changes
    assert ["placed", "paid"] in [each.get("status") for each in changes]


def test_a_link_that_a_shopper_asked_for_is_nobodys_doing(process_all):
    order = make_order()
    payments.send_link(order.ref, "shopper")
    process_all("staff.trail")
    assert not TrailEntry.objects.exists()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"person": "BOB@example.com"}, {"A"}),
        ({"person": "gone@example.com"}, {"B"}),
        ({"kind": "catalog.stock"}, {"C"}),
        ({"object": "A"}, {"A"}),
        ({"object": "77"}, {"C"}),
        ({"first": "2026-11-02", "last": "2026-11-02"}, {"B"}),
        ({"search": "gone"}, {"B"}),
        ({"search": "c"}, {"A", "B", "C"}),  # everybody is of example.com
        ({"person": "bob@example.com", "kind": "catalog.stock"}, set()),
    ],
)
def test_a_filter_lets_through_what_it_names(owner, query, found):
    bob = UserFactory(email="bob@example.com")
    entry(object="A", person="rob@example.com", person_id=bob.pk, at=datetime(2026, 11, 1, 12, tzinfo=UTC))
    entry(object="B", person="gone@example.com", at=datetime(2026, 11, 2, 12, tzinfo=UTC))
    entry(object="C", person="ann@example.com", kind="catalog.stock", object_id="77")
    assert set(objects(owner, **query)) == found


@pytest.mark.parametrize(
    "query",
    [
        {"first": "yesterday"},
        {"last": "0001-01-01"},
        {"kind": "auth.nothing"},
        {"person": "x" * 400},
        {"search": "\0"},
        {"after": "x"},
        {"after": "9" * 40},
    ],
)
def test_a_wrong_filter_is_said_and_shows_what_there_is(owner, query):
    entry()
    answer = owner.get(PAGE, query)
    assert answer.status_code == 200
    assert len(answer.context["rows"]) == 1


def test_pages_follow_each_other_without_a_gap_or_a_repeat(owner):
    many(120)
    seen, query = [], {}
    for _page in range(3):
        answer = owner.get(PAGE, query)
        seen += [row["entry"].pk for row in answer.context["rows"]]
        query = {"after": answer.context["next"]}
    assert answer.context["next"] is None
    assert len(seen) == len(set(seen)) == 120
    assert seen == list(TrailEntry.objects.values_list("pk", flat=True))


def test_the_link_to_the_next_page_keeps_the_filter(owner):
    many(160)
    page = owner.get(PAGE, {"kind": "orders.order"}).content.decode()
    assert 'href="?kind=orders.order&amp;after=' in page


def test_the_page_needs_as_many_queries_for_a_full_page_as_for_one_row(owner, django_assert_max_num_queries):
    many(200)
    owner.get(PAGE)
    with django_assert_max_num_queries(9):
        owner.get(PAGE, {"person": "person1@example.com", "after": TrailEntry.objects.first().pk})


@pytest.mark.parametrize(
    "query", [{}, {"kind": "orders.order"}, {"person": "gone@example.com"}, {"first": "2026-01-01"}]
)
def test_a_page_is_read_from_an_index_without_sorting(query):
    many(300)
    rows = activity.after(activity.ActivityFilter(query).rows(), str(TrailEntry.objects.first().pk))
    if connection.vendor == "postgresql":  # which takes another way for so few rows, unless there is an index for all
        with connection.cursor() as cursor:
            cursor.execute(
                "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off"
            )
    plan = rows[:50].explain()
    assert re.search("USING INDEX trail_|Index (Only )?Scan (Backward )?using trail_", plan), plan
    assert not re.search("TEMP B-TREE|Sort", plan), plan


def test_the_file_has_the_filtered_rows_and_no_formula(owner):
    entry(changes={"title": ["=1+1", "fine"], "city": [None, "Köln"]})
    entry(kind="catalog.stock")
    answer = owner.get(PAGE, {"csv": "1", "kind": "orders.order"})
    assert answer["Content-Type"].startswith("text/csv")
    assert "attachment" in answer["Content-Disposition"]
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[0] == ["time", "person", "action", "kind", "object", "field", "old", "new"]
    assert [row[5:] for row in rows[1:]] == [["city", "", "Köln"], ["title", "'=1+1", "fine"]]


def test_the_file_goes_on_past_one_read(owner, monkeypatch):
    monkeypatch.setattr(activity, "CHUNK", 10)
    many(35)
    assert owner.get(PAGE, {"csv": "1"}).content.count(b"\n") == 36


@pytest.mark.parametrize(("role", "status"), [("Manager", 200), ("Support", 403), ("Fulfilment", 403)])
def test_it_has_a_right_of_its_own(client, role, status):
    person = UserFactory(is_staff=True)
    person.groups.add(Group.objects.get(name=role))
    client.force_login(person)
    assert client.get(PAGE).status_code == status
    assert client.get(PAGE, {"csv": "1"}).status_code == status


def test_the_page_has_no_way_to_change_or_delete(owner):
    key = entry().pk
    owner.post(PAGE, {"action": "delete_selected", "_selected_action": [key], "post": "yes"})
    assert owner.post(reverse("admin:staff_trailentry_delete", args=[key]), {"post": "yes"}).status_code == 403
    assert owner.post(reverse("admin:staff_trailentry_change", args=[key]), {"person": "x"}).status_code == 403
    for refused in (TrailEntry.objects.get().delete, TrailEntry.objects.all().delete, TrailEntry.objects.get().save):
        with pytest.raises(TypeError):
            refused()
    assert TrailEntry.objects.get().person == "bob@example.com"


def test_who_may_not_see_an_object_gets_no_link_to_it(client):
    entry()
    entry(kind="auth.group", object="Support")
    person = UserFactory(is_staff=True)
    person.groups.add(Group.objects.get(name="Manager"))
    client.force_login(person)
    rows = client.get(PAGE).context["rows"]
    assert {row["entry"].kind: bool(row["link"]) for row in rows} == {"orders.order": True, "auth.group": False}


def test_a_kind_that_the_shop_has_no_more_is_still_shown(owner):
    entry(kind="gone.thing")
    entry(kind="x")
    assert "gone.thing" in owner.get(PAGE).content.decode()
