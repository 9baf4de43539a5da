"""Undo: for a minute staff take back a move that told nobody outside. After that, or another move, they do not."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.core import mail as outbox
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import override

from events.log.envelope import open_for
from events.models import Event
from orders import undoing
from orders.lifecycle import EDGES, Actor, IllegalTransition, Status, buttons
from orders.models import Order, PushSubscription, Scan
from orders.notifications import mail, webpush
from orders.shipping import scans, tours
from orders.transitions import transition
from tests.orders.conftest import admin_page, member_of
from tests.orders.shipping.conftest import prepared
from tests.support.factories import UserFactory, make_order
from tests.support.together import at_once

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
OUT = (Status.PAID, Status.PREPARING, Status.SHIPPED, Status.OUT_FOR_DELIVERY)


def moved(*targets, **fields):
    order = make_order(**fields)
    for target in targets:
        order = transition(order.ref, target, by=Actor.STAFF, actor="staff:1")
    return order


def undo(order, sequence=None):
    return undoing.undo(order.ref, sequence or order.version, actor="staff:2")


def seen(order):
    """What a fresh look finds: the status, and how many events there are."""
    found = Order.objects.get(pk=order.pk)
    return found.status, found.version


def an_hour_ago(order):
    """As if its last move had been made then."""
    timeline = order.timeline
    timeline[-1]["at"] = (timezone.now() - timedelta(hours=1)).isoformat()
    QuerySet(Order).filter(pk=order.pk).update(timeline=timeline)


def pressed(client, order, sequence):
    """The words that the page says after Undo was pressed."""
    address = admin_page(order).replace("/change/", "/undo/")
    answer = client.post(address, {"undo": sequence}, follow=True)
    return answer.content.decode()


def test_an_undone_move_is_an_event_and_the_order_has_its_status_again(process_all):
    order = moved(Status.PAID, Status.PREPARING)
    process_all()
    letters = len(outbox.outbox)
    back = undo(order)
    process_all()
    assert seen(order) == (Status.PAID, back.version) == (Status.PAID, order.version + 1)
    event = Event.objects.get(stream=order.stream, seq=back.version)
    data = open_for("test", event.header, event.sealed).data
    assert event.type == "order.move_undone"
    assert (data.previous, data.order.status, data.undone, data.actor) == ("preparing", "paid", 3, "staff:2")
    assert len(outbox.outbox) == letters  # that it is paid was mailed before
    assert transition(order.ref, Status.PREPARING, by=Actor.STAFF, actor="staff:1").status == Status.PREPARING


def test_only_moves_that_mail_nothing_and_move_no_money_can_be_undone():
    can = {(each.source, each.target) for each in EDGES if each.undo}
    assert can == {(Status.PAID, Status.PREPARING), (Status.SHIPPED, Status.OUT_FOR_DELIVERY)}
    for each in EDGES:
        assert not (each.undo and (each.event.type in mail.SUBJECTS or each.final))


@pytest.mark.parametrize("targets", [OUT[:1], OUT[:3], (Status.CANCELLED,)])
def test_other_moves_are_offered_no_undo_and_refuse_it(staff, targets):
    order = moved(*targets)
    assert "data-undo" not in staff.get(admin_page(order)).content.decode()
    assert "This move cannot be undone." in pressed(staff, order, order.version)
    assert seen(order) == (targets[-1], order.version)


def test_the_page_offers_it_beside_one_button_for_each_legal_transition(staff):
    order = moved(Status.PAID, Status.PREPARING)
    page = staff.get(admin_page(order)).content.decode()
    assert page.count("data-undo=") == 1
    assert page.count("/move/") == len(buttons(order.status))
    said = pressed(staff, order, order.version)
    assert f"Undone. {order.ref} is again: Paid" in said
    assert "A move was undone" in said
    assert "Preparing → Paid" in said
    assert "data-undo=" not in said
    assert seen(order)[0] == Status.PAID


def test_a_second_press_says_that_it_is_undone_and_changes_nothing(staff):
    order = moved(Status.PAID, Status.PREPARING)
    undo(order)
    assert "This move is undone already. The order is: Paid." in pressed(staff, order, order.version)
    again = transition(order.ref, Status.PREPARING, by=Actor.STAFF, actor="staff:1")
    assert "This move is undone already. The order is: Preparing." in pressed(staff, order, order.version)
    assert seen(order) == (Status.PREPARING, again.version)


def test_after_a_minute_it_is_neither_offered_nor_done(staff):
    order = moved(Status.PAID, Status.PREPARING)
    an_hour_ago(order)
    assert "data-undo" not in staff.get(admin_page(order)).content.decode()
    assert "That is over; the order stays: Preparing." in pressed(staff, order, order.version)
    assert seen(order) == (Status.PREPARING, order.version)


def test_after_another_move_it_says_where_the_order_is(staff):
    order = moved(Status.PAID, Status.PREPARING)
    shipped = transition(order.ref, Status.SHIPPED, by=Actor.STAFF, actor="staff:1")
    assert "it is Shipped now. Nothing was undone." in pressed(staff, order, order.version)
    assert seen(order) == (Status.SHIPPED, shipped.version)


@pytest.mark.parametrize("sequence", ["", "99", "-1", "9" * 30, "²"])
def test_what_is_no_move_of_the_order_is_refused_in_words(staff, sequence):
    order = moved(Status.PAID, Status.PREPARING)
    assert "This move cannot be undone." in pressed(staff, order, sequence)
    assert seen(order) == (Status.PREPARING, order.version)


def test_who_may_not_take_the_edge_is_neither_offered_it_nor_let_in(client):
    order = moved(Status.PAID, Status.PREPARING)
    onlooker = member_of()
    onlooker.user_permissions.add(Permission.objects.get(codename="view_order"))
    client.force_login(onlooker)
    assert "data-undo" not in client.get(admin_page(order)).content.decode()
    address = admin_page(order).replace("/change/", "/undo/")
    assert client.post(address, {"undo": order.version}).status_code == 403
    assert undoing.offer(order, onlooker) is None
    assert undoing.offer(order, member_of("Fulfilment")) is not None
    assert seen(order) == (Status.PREPARING, order.version)


def test_the_shopper_sees_the_step_to_come_again_and_that_it_was_taken_back(client):
    order = moved(Status.PAID, Status.PREPARING, user=(owner := UserFactory()))
    client.force_login(owner)
    undo(order)
    steps = {step["key"]: step for step in client.get(f"/orders/{order.ref}/").context["d"]["steps"]}
    assert (steps["paid"]["state"], steps["preparing"]["state"]) == ("now", "next")
    assert steps["preparing"]["at"] == ""
    assert steps["preparing"]["by"].startswith("taken back")
    transition(order.ref, Status.PREPARING, by=Actor.STAFF, actor="staff:1")
    again = {step["key"]: step for step in client.get(f"/orders/{order.ref}/").context["d"]["steps"]}
    assert (again["preparing"]["state"], again["preparing"]["by"]) == ("now", "")
    assert again["preparing"]["at"] > steps["paid"]["at"]


def test_out_for_delivery_takes_its_scans_back_with_it():
    order = moved(*OUT)
    parcel = order.parcels.get()
    assert parcel.state == Scan.Kind.OUT_FOR_DELIVERY
    back = undo(order)
    parcel.refresh_from_db()
    assert (back.status, parcel.state) == (Status.SHIPPED, Scan.Kind.PRE_TRANSIT)
    assert [scan.kind for scan in parcel.scans.all()] == [Scan.Kind.PRE_TRANSIT]
    assert [scan.kind for scan in back.state().parcels[0].scans] == [Scan.Kind.PRE_TRANSIT]


def test_what_the_carrier_says_too_is_not_undone(staff):
    order = moved(*OUT)
    scans.scan(order.parcels.get().pk, Scan.Kind.OUT_FOR_DELIVERY, timezone.now(), actor="carrier:wren")
    assert "data-undo" not in staff.get(admin_page(order)).content.decode()
    assert "A scan of the parcel says the same." in pressed(staff, order, order.version)
    assert Order.objects.get(pk=order.pk).status == Status.OUT_FOR_DELIVERY
    assert order.parcels.get().scans.filter(kind=Scan.Kind.OUT_FOR_DELIVERY).count() == 2


def test_what_was_pushed_to_a_browser_is_not_undone(staff):
    order = moved(*OUT[:3])
    key = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
    PushSubscription.objects.create(order=order, endpoint="https://push.example/1", p256dh=key, auth="a", language="en")
    assert webpush.anybody_asked(order.ref)
    order = transition(order.ref, Status.OUT_FOR_DELIVERY, by=Actor.STAFF, actor="staff:1")
    assert "data-undo" not in staff.get(admin_page(order)).content.decode()
    assert "The shopper was told of this move at once." in pressed(staff, order, order.version)
    assert seen(order) == (Status.OUT_FOR_DELIVERY, order.version)


def test_what_a_scan_moved_is_not_undone_even_if_a_member_of_staff_made_it():
    order = moved(*OUT[:3])
    tours.take_along([order.parcels.get().pk], rider=1, at=timezone.now())
    order.refresh_from_db()
    assert order.status == Status.OUT_FOR_DELIVERY
    with pytest.raises(IllegalTransition):
        undo(order)


def test_the_pack_page_offers_it_and_takes_it(client):
    client.force_login(member_of("Fulfilment"))
    order = prepared(2)
    page = f"/admin/pack/{order.ref}/"
    assert "data-undo=" in client.get(page).content.decode()
    assert client.post(page, {"undo": order.version})["Location"] == page
    assert seen(order)[0] == Status.PAID
    refused = client.post(page, {"undo": order.version})
    assert (refused.status_code, "is undone already" in refused.content.decode()) == (409, True)


def test_its_words_are_in_chinese(staff):
    order = moved(Status.PAID, Status.PREPARING)
    with override("zh-hans"):
        undo(order)
        with pytest.raises(IllegalTransition, match="此操作已被撤销"):
            undo(order)


@pytest.mark.django_db(transaction=True)
def test_of_two_presses_and_a_shipping_at_the_same_moment_one_wins():
    def trying(work):
        def call():
            try:
                work()
            except IllegalTransition:
                return "refused"
            return "done"

        return call

    for _ in range(4):
        order = moved(Status.PAID, Status.PREPARING)

        def ship(ref=order.ref):
            transition(ref, Status.SHIPPED, by=Actor.STAFF, actor="staff:1")

        came = at_once(*[trying(lambda order=order: undo(order))] * 2, trying(ship))
        assert sorted(came) == ["done", "refused", "refused"]
        assert seen(order) == ((Status.PAID, 4) if came[2] == "refused" else (Status.SHIPPED, 4))
        assert Event.objects.filter(stream=order.stream).count() == 4
