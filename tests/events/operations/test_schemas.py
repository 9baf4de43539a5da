"""What was released stays readable: a golden file and a schema for each version, and a page of them all."""

import json
from pathlib import Path

import msgspec
import pytest
from django.conf import settings
from jsonschema import Draft202012Validator, ValidationError
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from events.delivery import registry
from events.log import types
from events.operations import schemas
from orders.domain_events import OrderEvent

GOLDEN = Path(__file__).parent / "golden"
DOCS = settings.BASE_DIR / "docs"
RELEASED = [
    (name, version)
    for name in types.known_types()
    if not name.startswith("probe.")
    for version in range(1, types.payload_class(name).version + 1)
]


def at_least(new, old):
    """Whether `new` says all that `old` says: it may have more fields, and must have each old one with its value."""
    if isinstance(old, dict):
        return isinstance(new, dict) and all(key in new and at_least(new[key], old[key]) for key in old)
    if isinstance(old, list):
        return isinstance(new, list) and len(new) == len(old) and all(map(at_least, new, old))
    return new == old


def documents():
    """The written schemas, as a validator finds them: each by the name of its file."""
    files = {path.name: json.loads(path.read_text()) for path in (DOCS / "events").glob("*.json")}
    return Registry().with_resources((name, DRAFT202012.create_resource(page)) for name, page in files.items())


@pytest.mark.parametrize(("name", "version"), RELEASED)
def test_every_version_ever_released_has_a_golden_file_that_its_schema_allows_and_this_code_reads(name, version):
    body = (GOLDEN / f"{name}.v{version}.json").read_bytes()
    schema = json.loads((DOCS / "events" / f"{name}.v{version}.json").read_text())
    Draft202012Validator(schema, registry=documents()).validate(json.loads(body))
    types.decode(name, version, body)


@pytest.mark.parametrize("name", [name for name, _ in RELEASED])
def test_a_released_version_loses_nothing(name):
    """A removed, renamed or retyped field fails here: then it is a new version, with an upcaster and a golden file."""
    version = types.payload_class(name).version
    body = (GOLDEN / f"{name}.v{version}.json").read_bytes()
    again = msgspec.json.encode(types.decode(name, version, body))
    assert at_least(json.loads(again), json.loads(body))


OLD = b'{"ref": "A", "total": 5}'


@pytest.mark.parametrize(
    ("fields", "compatible"),
    [
        ([("ref", str), ("total", int), ("note", str, "")], True),
        ([("ref", str), ("total", int), ("parcels", tuple[str, ...], ())], True),
        ([("ref", str), ("total", int), ("note", str)], False),  # no default: an old event cannot be read
        ([("ref", str)], False),  # removed
        ([("ref", str), ("amount", int, 0)], False),  # renamed
        ([("ref", str), ("total", str)], False),  # retyped, and refused
        ([("ref", str), ("total", float)], True),  # 5 and 5.0 are one number in JSON
    ],
)
def test_only_a_field_more_with_a_default_is_compatible(fields, compatible):
    new = msgspec.defstruct("New", fields)
    try:
        kept = at_least(json.loads(msgspec.json.encode(msgspec.json.decode(OLD, type=new))), json.loads(OLD))
    except msgspec.ValidationError:
        kept = False
    assert kept is compatible


def test_a_schema_that_does_not_hold_is_noticed():
    """The registry of documents is really asked: a status that is a number is refused inside the referred part."""
    body = json.loads((GOLDEN / "order.paid.v1.json").read_bytes())
    body["order"]["status"] = 7
    schema = json.loads((DOCS / "events" / "order.paid.v1.json").read_text())
    with pytest.raises(ValidationError):
        Draft202012Validator(schema, registry=documents()).validate(body)


def test_the_state_of_an_order_has_one_schema_that_the_events_refer_to():
    written = {path.name: json.loads(path.read_text()) for path in (DOCS / "events").glob("*.json")}
    defining = [name for name, page in written.items() if "OrderState" in page["$defs"]]
    referring = {name for name, page in written.items() if "order.state.v1.json" in schemas.references(page)}
    assert defining == ["order.state.v1.json"]
    of_orders = [cls for name in types.known_types() if issubclass(cls := types.payload_class(name), OrderEvent)]
    assert referring == {f"{cls.type}.v{cls.version}.json" for cls in of_orders}


def test_no_golden_file_is_of_a_type_or_version_that_the_code_lost():
    kept = {path.stem for path in GOLDEN.glob("*.json")}
    assert kept == {f"{name}.v{version}" for name, version in RELEASED}


def test_the_asyncapi_page_names_every_event_and_every_handler_and_every_reference_leads_somewhere():
    page = json.loads((DOCS / "asyncapi.json").read_text())
    assert page["asyncapi"] == "3.0.0"
    assert {m["name"] for m in page["components"]["messages"].values()} == {name for name, _ in RELEASED}
    mine = {h.name.replace(".", "_") for h in registry.all_handlers() if not h.name.startswith("probe")}
    assert set(page["operations"]) == mine
    for operation in page["operations"].values():
        assert operation["messages"], operation
        assert operation["summary"]

    for reference in schemas.references(page):
        if reference.startswith("#/"):
            node = page
            for part in reference.removeprefix("#/").split("/"):
                node = node[part]
        else:
            assert (DOCS / reference).exists(), reference


def test_a_generated_page_that_is_not_current_fails_the_check(monkeypatch):
    from django.core.management import CommandError, call_command

    pages = schemas.pages()
    monkeypatch.setattr(schemas, "pages", lambda: {**pages, "events/new.thing.v1.json": "{}\n"})
    with pytest.raises(CommandError, match=r"new\.thing"):
        call_command("docs", "--check")


def test_every_python_generates_the_same_pages():
    """Before Python 3.13 a docstring keeps the indentation of the code."""
    pages = schemas.pages()
    assert any("\\n\\n" in page for page in pages.values())  # a docstring of several paragraphs
    assert [path for path, page in pages.items() if "\\n " in page] == []
