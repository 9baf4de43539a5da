"""From the worker to the web processes: the signed event, in no language, over the layer's own channels."""

import asyncio
import base64
import secrets

import pytest
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

from events.lib import metrics
from events.live import hub as hubs
from events.live import layer, protocol, push
from events.live.streams import Stream, Viewer
from events.log.envelope import BadEnvelope, open_for
from events.models import Event, Log
from orders import presentation
from orders.lifecycle import Actor, Status
from orders.transitions import transition
from tests.support.factories import make_order

pytestmark = pytest.mark.django_db


def newest(order):
    row = Event.objects.filter(stream=order.stream).latest("seq")
    return open_for("live", row.header, row.sealed)


def layer_message(order):
    (message,) = push.messages(newest(order))
    return message


def test_what_a_thread_publishes_is_what_the_layers_group_send_sends(redis_url, settings):
    settings.REDIS_URL = redis_url

    async def listen():
        channels = get_channel_layer()
        channel = await channels.new_channel()
        await channels.group_add(layer.group("order:K7QF3-M2XD9"), channel)
        await asyncio.sleep(0.2)
        pair = [(layer.group("order:K7QF3-M2XD9"), {"type": "t", "n": n}) for n in (1, 2)]
        await asyncio.to_thread(layer.publish, pair)
        return [(await asyncio.wait_for(channels.receive(channel), 30))["n"] for _ in range(2)]

    assert async_to_sync(listen)() == [1, 2]


def test_a_message_of_the_layer_opens_to_the_event():
    order = make_order()
    event = push.opened(layer_message(order))
    assert (event.stream, event.sequence, event.type) == (order.stream, 1, "order.placed")
    assert event.data.order == order.state()


@pytest.mark.parametrize(
    "damage",
    [
        lambda m: m.pop("header"),
        lambda m: m.update(header=[]),
        lambda m: m["header"].__setitem__(2, 7),
        lambda m: m["header"].__setitem__(3, "order.delivered"),
        lambda m: m["header"].__setitem__(0, "no uuid"),
        lambda m: m["sealed"].__setitem__(0, m["sealed"][0].replace(b'"placed"', b'"shipped"')),
        lambda m: m["sealed"].__setitem__(1, "unknown"),
        lambda m: m["sealed"].pop(),
        lambda m: m.update(sealed="x"),
        lambda m: m.update(topic="order:K7QF3-M2XD9"),
        lambda m: m.pop("topic"),
        lambda m: m.update(epoch="another1"),
        lambda m: m.pop("epoch"),
        lambda m: m.update(mac=b"x" * 32),
        lambda m: m.update(mac_kid="unknown"),
        lambda m: m.update(mac_kid=[]),
        lambda m: m.pop("mac"),
    ],
)
def test_who_can_write_to_redis_cannot_tell_a_browser_what_did_not_happen(damage):
    order = make_order()
    message = layer_message(order)
    damage(message)
    hub, watcher = hubs.Hub(), Watcher()
    hub.members[order.stream].add(watcher)
    before = metrics.refused.labels("layer")._value.get()
    async_to_sync(hub._pass)(order.stream, message)
    assert watcher.frames == []
    assert metrics.refused.labels("layer")._value.get() == before + 1
    async_to_sync(hub._pass)(order.stream, layer_message(order))
    assert [frame["n"] for frame in watcher.frames] == [1]


def test_a_connection_that_raises_keeps_the_push_from_no_other(caplog):
    order = make_order()
    hub, first, last = hubs.Hub(), Watcher(), Watcher()

    def breaks(topic, update):
        raise RuntimeError("this connection is broken")

    first.passed = breaks
    hub.members[order.stream] = [first, Watcher(), last]
    async_to_sync(hub._pass)(order.stream, layer_message(order))
    assert [frame["n"] for frame in last.frames] == [1]
    assert "the others go on" in caplog.text


def test_an_event_of_one_order_is_never_shown_under_another_order():
    """Both events are genuine: an attacker with access to Redis publishes one on the channel of the other."""
    watched, other = make_order(), make_order()
    transition(other.ref, Status.CANCELLED, by=Actor.STAFF, actor="staff:1")
    stolen = layer_message(other)
    hub, watcher = hubs.Hub(), Watcher()
    hub.members[watched.stream].add(watcher)
    for message in (stolen, stolen | {"topic": watched.stream}):
        async_to_sync(hub._pass)(watched.stream, message)
    assert watcher.frames == []


def test_an_event_is_not_published_under_a_topic_that_it_does_not_touch(monkeypatch):
    """Even a worker of ours that is wrong about the topic, and signs what it says, cannot show it there."""
    monkeypatch.setattr(Stream, "topics", lambda self, event: ["order:K7QF3-M2XD9"])
    message = next(m for m in push.messages(newest(make_order())) if "sealed" in m)
    monkeypatch.undo()
    with pytest.raises(BadEnvelope, match="does not belong to the topic"):
        push.opened(message)


@pytest.mark.parametrize(
    "nonsense",
    [
        {"type": "live.reauthorize"},
        {"type": "live.reauthorize", "users": 7, "session": ""},
        {"type": "live.heartbeat"},
        {"type": "live.event"},
        {"type": "live.event", "topic": ["a"]},
        {"type": "live.event", "sealed": []},
        {},
        "text",
        7,
    ],
)
def test_a_message_that_makes_no_sense_does_not_stop_the_next_one(redis_url, settings, nonsense):
    settings.REDIS_URL = redis_url
    order = make_order()
    genuine = layer_message(order)

    async def play():
        layers, hub, watcher = get_channel_layer(), hubs.Hub(), Watcher()
        hub.channel = await layers.new_channel()
        hub.members[order.stream].add(watcher)
        receiving = asyncio.create_task(hub._receive())
        await layers.send(hub.channel, nonsense)
        await layers.send(hub.channel, genuine)
        try:
            async with asyncio.timeout(30):
                while not watcher.frames:
                    await asyncio.sleep(0.01)
        finally:
            receiving.cancel()
        return [frame["n"] for frame in watcher.frames]

    assert async_to_sync(play)() == [1]


def test_an_encrypted_event_is_not_in_the_clear_in_redis(settings):
    settings.EVENT_ENCRYPTION_KEYS = f"k1:{base64.b64encode(secrets.token_bytes(32)).decode()}"
    order = make_order()
    message = layer_message(order)
    assert b"placed" not in message["sealed"][0]
    assert push.opened(message).data.order.ref == order.ref


class Watcher:
    """Enough of a connection for the hub."""

    def __init__(self, language="en"):
        self.frames, self.viewer = [], Viewer(language=language)
        self.session = protocol.Session(0.0)

    def passed(self, topic, update):
        self.frames.append(update.frame(topic, self.viewer.language))


def test_a_change_is_put_in_words_once_for_each_language_that_somebody_reads(monkeypatch):
    order = make_order()
    made = []

    def present(state, language):
        made.append(language)
        return presentation.present(state, language)

    monkeypatch.setattr("orders.streams.present", present)
    hub = hubs.Hub()
    async_to_sync(hub._pass)(order.stream, layer_message(order))
    assert made == [], "nobody watches"
    watchers = [Watcher("en"), Watcher("zh-hans"), Watcher("en")]
    hub.members[order.stream].update(watchers)
    async_to_sync(hub._pass)(order.stream, layer_message(order))
    assert sorted(made) == ["en", "zh-hans"]
    assert watchers[0].frames[0] is watchers[2].frames[0]
    assert watchers[1].frames[0]["d"]["label"] == "已下单"


def test_an_event_pushed_on_the_fast_path_is_not_pushed_again(monkeypatch):
    sent = []
    monkeypatch.setattr(layer, "publish", lambda pairs: sent.extend(message["header"][2] for _, message in pairs))
    order = make_order()
    placed = newest(order)
    transition(order.ref, Status.PAID, by=Actor.STAFF, actor="staff:1")
    push.tell(placed)
    push.push([placed, newest(order)])
    assert sent == [1, 2]


def test_a_push_that_failed_on_the_fast_path_is_sent_when_the_delivery_is_processed(monkeypatch):
    import redis

    sent, away = [], [True]

    def publish(pairs):
        if away.pop():
            raise redis.ConnectionError("away")
        sent.extend(message["header"][2] for _, message in pairs)

    monkeypatch.setattr(layer, "publish", publish)
    event = newest(make_order())
    with pytest.raises(redis.ConnectionError):
        push.tell(event)
    away.append(False)
    push.push([event])
    assert sent == [1]


def test_a_new_epoch_is_pushed_within_seconds(monkeypatch):
    order = make_order()
    assert layer_message(order)["epoch"] == Log.current_epoch()
    Log.objects.update(epoch="another1")
    monkeypatch.setattr(push, "EPOCH_SECONDS", 0.0)
    assert layer_message(order)["epoch"] == "another1"
