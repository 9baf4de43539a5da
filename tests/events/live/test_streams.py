"""What the backbone knows of streams comes from those who register them."""

from pathlib import Path

import pytest

import events
from events.live import streams
from events.live.tickets import viewer_for
from events.log.stream_names import StreamName
from tests.support.factories import UserFactory


@pytest.mark.parametrize(
    ("name", "parts"), [("order:K7QF3", ("order", "K7QF3")), ("a:b:c", ("a", "b:c")), ("board", ("board", ""))]
)
def test_a_name_comes_apart_and_together_again(name, parts):
    assert StreamName.parse(name) == parts
    assert str(StreamName(*parts)) == name


@pytest.mark.parametrize("typed", ["K7QF3-M2XD9", "k7qf3m2xd9", "k7qf3 m2xd9", "order:K7QF3-M2XD9"])
def test_a_reference_is_understood_as_people_type_it(typed):
    assert streams.parse(typed) == "order:K7QF3-M2XD9"


def test_a_stream_of_any_kind_is_taken_as_it_is():
    assert streams.parse("stock:tp-1") == "stock:tp-1"


@pytest.mark.django_db
def test_a_ticket_proves_the_permissions_that_streams_look_for_and_no_others(monkeypatch):
    boss = UserFactory(is_staff=True, is_superuser=True)
    looked_for = {"orders.view_order", "orders.view_bulkmove", "orders.view_question"}
    assert viewer_for(boss, {}, "en").permissions == looked_for
    monkeypatch.setattr(streams.of_topic("board"), "permissions", frozenset({"catalog.view_product"}), raising=False)
    assert viewer_for(boss, {}, "en").permissions == looked_for | {"catalog.view_product"}
    assert viewer_for(UserFactory(is_superuser=True), {}, "en").permissions == frozenset()


def test_the_backbone_names_no_app_of_the_shop():
    """No permission, no import, no stream of theirs; examples in texts are allowed."""
    for path in Path(events.__file__).parent.rglob("*.py"):
        code = "\n".join(line for line in path.read_text().splitlines() if not line.lstrip().startswith(("#", '"""')))
        for word in ('"orders.', '"order:', 'f"order:', 'f"stock:', '"catalog.', "Doorbell"):
            assert word not in code, f"{path}: {word}"
