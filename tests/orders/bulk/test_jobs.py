"""A bulk move of any size is a job: it keeps the filter, survives a crash, can be stopped, and tells what it did."""

import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.core import mail as outbox
from django.db import OperationalError
from django.utils import timezone

from events.models import Event
from events.operations import periodic
from orders.bulk import actions, selection, work
from orders.bulk.presentation import present
from orders.lifecycle import Actor, Status
from orders.models import BulkMove, BulkRefusal, Order
from orders.transitions import transition
from tests.orders.conftest import member_of
from tests.orders.test_bulk_moves import LIST, ask, many, sent_by
from tests.support.factories import make_order

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def _few_are_many(monkeypatch):
    """More than two orders are a job."""
    monkeypatch.setattr(actions, "AT_ONCE", 2)


def begin(client, target="cancelled", url=LIST, **typed):
    """Choose all of a list, and say yes."""
    answer = client.post(url, sent_by(ask(client, target, url=url, across=True)) | typed)
    assert answer.status_code == 302
    return BulkMove.objects.get(pk=int(answer["Location"].split("/")[-3]))


def fresh(move):
    return BulkMove.objects.get(pk=move.pk)


def page(client, move):
    return " ".join(client.get(move.staff_page).content.decode().split())


def test_all_of_a_list_are_moved_by_the_workers_and_the_result_can_be_read_again(staff, process_all):
    for _ in range(4):
        make_order()
    move = begin(staff, note="storm")
    assert Order.objects.filter(status=Status.CANCELLED).count() == 0, "the request moves none"
    assert "0 done, 4 to do" in page(staff, move)
    process_all("bulk_moves")
    move = fresh(move)
    assert (move.state, move.done, move.refused) == ("done", 4, 0)
    assert all(order.timeline[-1]["note"] == "storm" for order in Order.objects.all())
    actors = {entry.timeline[-1]["actor"] for entry in Order.objects.all()}
    assert actors == {f"staff:{move.person_id}"}
    assert "4 done" in page(staff, move)


def test_the_question_says_number_sums_mails_and_what_cannot_in_few_queries(staff, django_assert_max_num_queries):
    many(60)
    stuck = make_order()
    transition(stuck.ref, Status.CANCELLED, by=Actor.STAFF, actor="staff:1")
    with django_assert_max_num_queries(40):
        asked = " ".join(ask(staff, "paid", across=True).split())
    assert "Mark paid: 60 orders?" in asked
    assert "Will move: 60 (€1,494.00 in all)" in asked
    assert f"Cannot, and will be left as they are: 1 – {stuck.ref} (Cancelled)" in asked
    assert "Mails to shoppers: 60" in asked
    assert "in the background" in asked


def test_the_form_has_the_filter_and_no_orders_however_many_they_are(staff):
    many(40)
    sealed = selection.opened(sent_by(ask(staff, "paid", url=f"{LIST}?q=ann&p=1", across=True))["orders"], Status.PAID)
    assert (sealed.chosen, sealed.query, sealed.total) == (None, "q=ann", 40)


def test_only_what_the_filter_finds_is_moved(staff, process_all):
    paid = [make_order() for _ in range(3)]
    for order in paid:
        transition(order.ref, Status.PAID, by=Actor.GATEWAY, actor="gateway:test")
    for _ in range(3):
        make_order()
    begin(staff, url=f"{LIST}?status__exact=paid")
    process_all("bulk_moves")
    assert set(Order.objects.filter(status=Status.CANCELLED)) == set(paid)


def test_what_came_or_moved_after_the_question_stays_as_it_is(staff, process_all):
    orders = [make_order() for _ in range(4)]
    sent = sent_by(ask(staff, "cancelled", across=True))
    later = make_order()
    transition(orders[0].ref, Status.PAID, by=Actor.GATEWAY, actor="gateway:test")
    staff.post(LIST, sent)
    process_all("bulk_moves")
    assert Order.objects.get(pk=later.pk).status == Status.PLACED
    assert Order.objects.get(pk=orders[0].pk).status == Status.PAID
    move = BulkMove.objects.get()
    assert (move.done, move.refused) == (3, 1)
    assert f"{orders[0].ref} moved after the orders were chosen." in page(staff, move)


def test_what_left_the_filter_is_counted(staff, process_all):
    orders = [make_order() for _ in range(4)]
    move = begin(staff, url=f"{LIST}?status__exact=placed")
    transition(orders[0].ref, Status.PAID, by=Actor.GATEWAY, actor="gateway:test")
    process_all("bulk_moves")
    assert "3 done, 1 left the list meanwhile" in page(staff, move)


def test_each_order_that_was_not_moved_is_named_with_its_reason(staff, process_all):
    for _ in range(3):
        make_order()
    stuck = make_order()
    transition(stuck.ref, Status.CANCELLED, by=Actor.STAFF, actor="staff:1")
    move = begin(staff)
    process_all("bulk_moves")
    shown = page(staff, move)
    assert "3 done, 1 not" in shown
    assert f"{stuck.ref} is Cancelled; from there it cannot become Cancelled." in shown
    assert stuck.staff_page in shown


def test_ticked_orders_beyond_a_few_are_a_job_of_just_these(staff, process_all):
    ticked, other = [make_order() for _ in range(3)], make_order()
    answer = staff.post(LIST, sent_by(ask(staff, "cancelled", ticked)))
    process_all("bulk_moves")
    assert "/bulkmove/" in answer["Location"]
    assert set(Order.objects.filter(status=Status.CANCELLED)) == set(ticked)
    assert Order.objects.get(pk=other.pk).status == Status.PLACED


def test_a_double_click_begins_one_job(staff):
    for _ in range(3):
        make_order()
    sent = sent_by(ask(staff, "cancelled", across=True))
    first, second = staff.post(LIST, sent), staff.post(LIST, sent)
    assert first["Location"] == second["Location"]
    assert Event.objects.filter(type="bulk_move.started").count() == 1


def test_it_works_in_portions_and_goes_on_where_it_was(staff, process_all, monkeypatch):
    for _ in range(3):
        make_order()
    move = begin(staff)
    now = iter(range(0, 10_000, 2))
    monkeypatch.setattr(work.time, "monotonic", lambda: next(now))
    monkeypatch.setattr(work, "SECONDS", 5)
    for _ in range(9):
        process_all("bulk_moves")
    assert fresh(move).done == 3
    assert Event.objects.filter(type="bulk_move.advanced").count() >= 2
    assert Event.objects.filter(type="order.cancelled").count() == 3


def test_a_portion_that_runs_twice_moves_each_order_once(staff, process_all):
    for _ in range(3):
        make_order()
    move = begin(staff)
    work.portion(move.pk)
    work.portion(move.pk)
    process_all("bulk_moves")
    assert Event.objects.filter(type="order.cancelled").count() == fresh(move).done == 3
    assert Event.objects.filter(type="bulk_move.ended").count() == 1


def test_the_cursor_and_the_order_are_one_transaction(staff, monkeypatch):
    orders = [make_order() for _ in range(3)]
    move = begin(staff)

    def away(*args, **kwargs):
        raise OperationalError("the connection broke")

    monkeypatch.setattr(BulkMove, "save", away)
    with pytest.raises(OperationalError):
        work.portion(move.pk)
    assert fresh(move).cursor == 0
    assert Order.objects.get(pk=orders[0].pk).status == Status.PLACED


def test_an_error_at_one_order_is_its_reason_and_the_others_go_on(staff, process_all, monkeypatch):
    orders = [make_order() for _ in range(3)]

    def broken(ref, *args, **kwargs):
        if ref == orders[1].ref:
            raise ValueError("a fault")
        return transition(ref, *args, **kwargs)

    move = begin(staff)
    monkeypatch.setattr(work, "transition", broken)
    process_all("bulk_moves")
    assert (fresh(move).done, fresh(move).refused) == (2, 1)
    assert f"{orders[1].ref} could not be moved." in page(staff, move)


def test_it_can_be_stopped_and_says_what_was_not_reached(staff, process_all):
    for _ in range(3):
        make_order()
    move = begin(staff)
    staff.post(f"/admin/orders/bulkmove/{move.pk}/stop/")
    process_all("bulk_moves")
    assert Order.objects.filter(status=Status.CANCELLED).count() == 0
    assert "0 done, 3 were not reached" in page(staff, move)
    again = staff.post(f"/admin/orders/bulkmove/{move.pk}/stop/", follow=True).content.decode()
    assert "It had ended before." in again


def test_who_lost_the_right_moves_no_more(staff, process_all):
    for _ in range(3):
        make_order()
    move = begin(staff)
    move.person.groups.set(Group.objects.filter(name="Fulfilment"))
    process_all("bulk_moves")
    assert fresh(move).state == BulkMove.State.NO_RIGHT
    assert Order.objects.filter(status=Status.CANCELLED).count() == 0
    assert "the right was taken away" in page(staff, move)


def test_who_may_not_move_orders_there_stops_nobodys_job(staff, client):
    for _ in range(3):
        make_order()
    move = begin(staff)
    client.force_login(member_of("Fulfilment"))
    assert "bulkmove" in page(client, move)
    assert client.post(f"/admin/orders/bulkmove/{move.pk}/stop/").status_code == 403
    client.force_login(member_of("Catalogue"))
    assert client.get(move.staff_page).status_code == 403
    assert client.post(f"/admin/orders/bulkmove/{move.pk}/stop/").status_code == 403
    assert fresh(move).running


def test_the_list_has_ones_own_moves_and_everybodys_on_request(staff, client):
    for _ in range(3):
        make_order()
    move = begin(staff)
    assert move.staff_page in staff.get("/admin/orders/bulkmove/").content.decode()
    client.force_login(member_of("Manager"))
    assert move.staff_page not in client.get("/admin/orders/bulkmove/").content.decode()
    assert move.staff_page in client.get("/admin/orders/bulkmove/?whose=all").content.decode()


def test_the_message_goes_with_every_mail(staff, process_all, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    for _ in range(3):
        make_order()
    process_all()
    outbox.outbox.clear()
    begin(staff, target="paid", message="Thank you all.", note="counted twice")
    process_all()
    assert len(outbox.outbox) == 3
    assert all("Thank you all." in mail.body and "counted twice" not in mail.body for mail in outbox.outbox)


def test_the_result_of_hundreds_is_a_number_and_pages_of_reasons(staff, django_assert_max_num_queries):
    many(150)
    move = BulkMove.objects.create(
        target="paid", newest=0, total=150, asked_at=timezone.now(), refused=150, key=uuid.uuid4(), state="done"
    )
    rows = [BulkRefusal(move=move, order=order, reason="no") for order in Order.objects.all()]
    BulkRefusal.objects.bulk_create(rows)
    with django_assert_max_num_queries(30):
        shown = page(staff, move)
    assert "Not moved: 150" in shown
    assert shown.count("</a> no</li>") == 100
    assert staff.get(move.staff_page, {"refusals": 2}).content.decode().count("</a> no</li>") == 50


def test_what_a_frame_says_is_what_the_page_says(staff, process_all):
    for _ in range(3):
        make_order()
    move = begin(staff)
    process_all("bulk_moves")
    d = present(fresh(move).progress())
    assert (d["sentence"], d["worked"], d["total"], d["running"]) == ("3 done", "3", "3", "")


def test_old_results_are_deleted_and_running_moves_are_not():
    moments = [timezone.now() - timedelta(days=days) if days else None for days in (91, 89, 0)]
    for moment in moments:
        BulkMove.objects.create(target="paid", newest=0, total=1, asked_at=timezone.now(), ended_at=moment)
    assert next(task for task in periodic.all_tasks() if task.name == "bulk moves").run() == 1
    assert BulkMove.objects.count() == 2
