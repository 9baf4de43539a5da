"""Reading a stream: the same truth by snapshot, by events, by polling."""

import contextlib
import itertools
import json
import time
from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.live import reading, tickets
from events.live.streams import Viewer
from events.log.envelope import BadEnvelope
from events.models import Event, Log
from orders import access_links
from orders.lifecycle import Actor, Status, buttons
from orders.models import Order, Parcel, Scan
from orders.shipping.scans import scan
from orders.transitions import transition
from orders.undoing import undo
from shop.catalog import stock
from tests.support.factories import UserFactory, VariantFactory, make_order

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
STAFF = Viewer(permissions=frozenset({"orders.view_order"}))


def read(order, n=None, epoch=None, language="en"):
    stream, topic = reading.topic_of(order.stream, STAFF)
    return reading.read(
        order.stream, stream, topic, language, epoch or (Log.current_epoch() if n is not None else None), n
    )


def moved(*targets):
    order = make_order()
    for target in targets:
        order = transition(order.ref, target, by=Actor.STAFF, actor="staff:1")
    return order


def test_a_newcomer_gets_a_snapshot_of_the_newest_version():
    order = moved(Status.PAID)
    (frame,) = read(order).frames
    assert (frame["t"], frame["n"], frame["d"]["status"], frame["d"]["label"]) == ("snap", 2, "paid", "Paid")
    assert frame["d"]["ref"] == order.ref


def test_who_resumes_gets_what_came_since():
    order = moved(Status.PAID, Status.PREPARING)
    frames = read(order, n=1).frames
    assert [(f["t"], f["n"], f["type"], f["d"]["status"]) for f in frames] == [
        ("ev", 2, "order.paid", "paid"),
        ("ev", 3, "order.preparing", "preparing"),
    ]


def test_who_is_at_the_head_gets_nothing():
    assert read(moved(Status.PAID), n=2).frames == []


@pytest.mark.parametrize(("n", "epoch"), [(1, "otherlog"), (99, None)])
def test_who_stands_somewhere_impossible_gets_a_snapshot(n, epoch):
    assert [f["t"] for f in read(moved(Status.PAID), n=n, epoch=epoch).frames] == ["snap"]


@pytest.mark.parametrize("n", [None, 1], ids=["a snapshot", "what came since"])
def test_a_row_that_was_changed_in_the_database_is_shown_to_nobody(n):
    order = moved(Status.PAID, Status.PREPARING)
    row = Event.objects.filter(stream=order.stream).latest("seq")
    changed = bytes(row.body).replace(b'"preparing"', b'"delivered"')
    assert changed != bytes(row.body)
    Event.objects.filter(pk=row.pk).update(body=changed)
    with pytest.raises(BadEnvelope):
        read(order, n=n)


def test_who_is_far_behind_gets_a_snapshot():
    order = moved(Status.PAID, Status.PREPARING, Status.SHIPPED)
    parcel = Parcel.objects.get()
    for n in range(reading.REPLAY_LIMIT + 1):
        order = scan(parcel, Scan.Kind.IN_TRANSIT, order.placed_at + timedelta(minutes=n))
    assert [f["t"] for f in read(order, n=1).frames] == ["snap"]
    assert len(read(order, n=order.version - 2).frames) == 2


def test_who_is_a_few_large_events_behind_gets_a_snapshot():
    """What is read for a client goes out at once: it must not be more than a client may be sent without an ack."""
    order = moved(Status.PAID, Status.PREPARING, Status.SHIPPED)
    parcel = Parcel.objects.get()
    for n in range(60):
        order = scan(parcel, Scan.Kind.IN_TRANSIT, order.placed_at + timedelta(minutes=n), place="x" * 100)
    assert [f["t"] for f in read(order, n=order.version - 20).frames] == ["snap"]
    assert [f["t"] for f in read(order, n=order.version - 2).frames] == ["ev", "ev"]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_an_old_snapshot_and_the_events_since_are_a_fresh_snapshot(data):
    order = make_order()
    steps = data.draw(st.lists(st.integers(0, 5), max_size=7))
    at = data.draw(st.integers(1, 1 + len(steps)))
    old = read(order).frames[0]["d"] if at == 1 else None
    for number, choice in enumerate(steps, start=2):
        edges = buttons(order.status)
        if not edges:
            break
        if choice == 5 and order.timeline[-1].get("can_undo"):
            order = undo(order.ref, order.version, actor="staff:1")
        else:
            order = transition(order.ref, edges[choice % len(edges)].target, by=Actor.STAFF, actor="staff:1")
        if number == at:
            old = read(order).frames[0]["d"]
    if old is None:
        return
    shown = old
    for frame in read(order, n=min(at, order.version)).frames:
        shown = frame["d"]
    assert shown == read(order).frames[0]["d"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.booleans(), st.integers(0, 9)), min_size=1, max_size=8))
def test_my_orders_never_change_without_a_new_version(steps):
    user = UserFactory()
    stream, topic = reading.topic_of("orders", Viewer(user_id=user.pk))
    orders = [make_order(user=user)]
    seen = [stream.snapshot(topic)]
    for place, choice in steps:
        if place:
            orders.append(make_order(user=user))
        else:
            order = orders[choice % len(orders)]
            if edges := buttons(Order.objects.get(pk=order.pk).status):
                transition(order.ref, edges[choice % len(edges)].target, by=Actor.STAFF, actor="staff:1")
        make_order(user=UserFactory())  # somebody else's changes nothing
        seen.append(stream.snapshot(topic))
    assert_versions_tell(stream, seen)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["reserve", "release", "ship", "adjust"]), st.integers(0, 12)),
        min_size=1,
        max_size=10,
    )
)
def test_stock_never_changes_without_a_new_version(steps):
    variant = VariantFactory(stocked=10)
    stream, topic = reading.topic_of(f"stock:{variant.sku}", Viewer())
    seen = [stream.snapshot(topic)]
    for verb, number in steps:
        with contextlib.suppress(stock.OutOfStock, ValueError), transaction.atomic():
            if verb == "reserve":
                stock.reserve({variant.pk: max(1, number)}, f"{variant.sku}-{number % 3}-{len(seen)}")
            elif verb == "adjust":
                stock.adjust(variant, number)
            else:
                getattr(stock, verb)(f"{variant.sku}-{number % 3}-{max(1, len(seen) - 1)}")
        seen.append(stream.snapshot(topic))
    assert_versions_tell(stream, seen)


def assert_versions_tell(stream, seen):
    """A client at the newest version is sent nothing: a version has one state, and versions only grow."""
    for before, after in itertools.pairwise(seen):
        assert after.n >= before.n
        if stream.present(before.state, "en") != stream.present(after.state, "en"):
            assert after.n > before.n


def test_the_page_shows_what_the_frames_say(client):
    from orders.presentation import present

    order = moved(Status.PAID, Status.PREPARING, Status.SHIPPED)
    assert present(Order.objects.get(pk=order.pk).state(), "en") == read(order).frames[0]["d"]


def test_words_are_in_the_viewers_language():
    assert read(moved(Status.PAID), language="zh-hans").frames[0]["d"]["label"] == "已付款"


@pytest.mark.parametrize("name", ["", "order", "order:", "nonsense:1", "orders:5", "testgateway:x"])
def test_a_stream_that_does_not_exist_is_nobodys(name):
    assert reading.topic_of(name, STAFF) is None


def test_an_order_is_its_members_its_guests_and_the_staffs():
    user = UserFactory()
    order = make_order(user=user)
    assert reading.topic_of(order.stream, Viewer(user_id=user.pk))
    assert reading.topic_of(
        order.stream, Viewer(grants=frozenset({access_links.grant(order.stream, 1, access_links.Strength.LOOK)}))
    )
    assert reading.topic_of(order.stream, STAFF)
    assert reading.topic_of(order.stream, Viewer(user_id=UserFactory().pk)) is None
    assert reading.topic_of(order.stream, Viewer()) is None


def test_my_orders_are_mine_and_grow_with_every_event():
    user = UserFactory()
    viewer = Viewer(user_id=user.pk)
    stream, topic = reading.topic_of("orders", viewer)
    assert topic == f"orders:{user.pk}"
    order = make_order(user=user)
    before = stream.snapshot(topic)
    transition(order.ref, Status.PAID, by=Actor.STAFF, actor="staff:1")
    after = stream.snapshot(topic)
    assert (before.n, after.n) == (1, 2)
    assert stream.present(after.state, "en")["orders"][0]["label"] == "Paid"


def test_stock_says_what_is_left_and_not_what_lies_in_the_store():
    plenty, few = VariantFactory(stocked=5000), VariantFactory(stocked=2)
    shown = {}
    for variant in (plenty, few):
        stream, topic = reading.topic_of(f"stock:{variant.sku}", Viewer())
        shown[variant.sku] = stream.present(stream.snapshot(topic).state, "en")
    assert shown[plenty.sku]["label"] == "In stock"
    assert shown[plenty.sku]["available"] == 99
    assert shown[few.sku]["label"] == "2 left"


# -- By HTTP ------------------------------------------------------------------------------------------


@pytest.fixture
def guest(client):
    order = moved(Status.PAID)
    client.get(access_links.path(order), follow=True)
    return client, order


def poll(client, **query):
    return client.get("/live/poll", query)


def test_polling_gives_the_same_frames(guest):
    client, order = guest
    (frame,) = poll(client, s=order.stream).json()
    assert frame == json.loads(json.dumps(read(order).frames[0]))
    assert [f["n"] for f in poll(client, s=order.stream, e=frame["e"], n=1).json()] == [2]


def test_polling_with_nothing_new_is_304(guest):
    client, order = guest
    response = poll(client, s=order.stream, e=Log.current_epoch(), n=2)
    assert response.status_code == 304
    assert response.content == b""


def test_polling_a_foreign_order_and_none_are_the_same_answer(guest):
    client, _ = guest
    foreign, none = poll(client, s=make_order().stream), poll(client, s="order:NOBODY")
    assert (foreign.status_code, foreign.content) == (none.status_code, none.content)
    assert foreign.status_code == 404


def test_several_streams_are_polled_at_once(guest, django_assert_num_queries):
    client, order = guest
    second, foreign = moved(Status.PAID), make_order()
    client.get(access_links.path(second), follow=True)
    epoch = Log.current_epoch()
    streams = [order.stream, foreign.stream, second.stream, "order:NOBODY"]
    frames = poll(client, s=streams, e=[epoch, "", epoch, ""], n=["2", "", "1", ""]).json()
    assert [(frame["s"], frame["t"]) for frame in frames] == [
        (foreign.stream, "error"),
        (second.stream, "ev"),
        ("order:NOBODY", "error"),
    ]
    assert {frame["code"] for frame in frames if frame["t"] == "error"} == {"not_yours"}
    mine = {"s": [order.stream, second.stream], "e": [epoch, epoch], "n": ["2", "2"]}
    assert poll(client, **mine).status_code == 304
    # The session, each order's rights, the epoch, and the heads of all orders together.
    with django_assert_num_queries(5):
        poll(client, **mine)


@pytest.mark.parametrize(
    "query",
    [
        {"s": ["order:A", "order:B"]},
        {"s": ["order:A", "order:B"], "e": ["", ""], "n": [""]},
        {"s": ["order:A"] * 121, "e": [""] * 121, "n": [""] * 121},
        {"s": ["order:A", "order:B"], "e": ["", ""], "n": ["1", "x"]},
    ],
)
def test_a_poll_of_several_that_makes_no_sense_is_refused(client, query):
    answer = poll(client, **query)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


@pytest.mark.parametrize("n", ["-1", "x", "1.5", "9" * 20, "１"])
def test_polling_from_nowhere_is_refused(guest, n):
    client, order = guest
    assert poll(client, s=order.stream, e="e", n=n).status_code == 400


@pytest.mark.parametrize("s", ["", "x" * 121, "order:\x00", "stock:\x00"])
def test_polling_for_nothing_is_not_found(guest, s):
    assert poll(guest[0], s=s).status_code == 404


def test_a_ticket_is_good_for_its_session_only(guest):
    client, order = guest
    ticket = client.get("/live/ticket").json()["ticket"]
    viewer = tickets.redeem(ticket, client.session.session_key)
    assert access_links.grant(order.stream, 1, access_links.Strength.ACT) in viewer.grants
    for other in (None, "", "someoneelses"):
        with pytest.raises(tickets.BadTicket):
            tickets.redeem(ticket, other)


def test_a_ticket_expires_and_cannot_be_forged(guest, monkeypatch):
    import time

    client, _ = guest
    key = client.session.session_key
    ticket = client.get("/live/ticket").json()["ticket"]
    with pytest.raises(tickets.BadTicket, match="not ours"):
        tickets.redeem(ticket[:-1] + ("A" if ticket[-1] != "A" else "B"), key)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + tickets.LIFETIME + 1)
    with pytest.raises(tickets.BadTicket, match="expired"):
        tickets.redeem(ticket, key)


def test_events_and_rows_agree():
    order = moved(Status.PAID)
    assert Event.objects.filter(stream=order.stream).count() == order.version


def test_a_page_may_tell_the_epoch_of_a_second_ago(monkeypatch):
    """The browser that resumes with one that is no more is sent a snapshot, and so what is."""
    before, order = Log.recent_epoch(), make_order()
    Log.objects.update(epoch="another1")
    assert Log.recent_epoch() == before
    (frame,) = read(order, n=1, epoch=before).frames
    assert (frame["t"], frame["e"], frame["n"]) == ("snap", "another1", 1)
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 1.1)
    assert Log.recent_epoch() == "another1"
