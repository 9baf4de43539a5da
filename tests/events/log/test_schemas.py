"""What was released stays readable: a golden file and a schema for each version of each event type, and a page of them all."""

import json
from pathlib import Path

import jsonschema
import msgspec
import pytest
from django.conf import settings

from events.delivery import registry
from events.log import schemas, types

GOLDEN = Path(__file__).parent / "golden"
DOCS = settings.BASE_DIR / "docs"
RELEASED = [
    (name, version)
    for name in types.known_types()
    if not name.startswith("probe.")
    for version in range(1, types.payload_class(name).version + 1)
]


@pytest.mark.parametrize(("name", "version"), RELEASED)
def test_every_version_ever_released_has_a_golden_file_that_its_schema_allows_and_this_code_reads(name, version):
    body = (GOLDEN / f"{name}.v{version}.json").read_bytes()
    schema = json.loads((DOCS / "events" / f"{name}.v{version}.json").read_text())
    jsonschema.validate(json.loads(body), schema)
    types.decode(name, version, body)


@pytest.mark.parametrize("name", [name for name, _ in RELEASED])
def test_a_released_version_does_not_change(name):
    """A field more or less in the class shows here: then it is a new version, with an upcaster and a golden file."""
    version = types.payload_class(name).version
    body = (GOLDEN / f"{name}.v{version}.json").read_bytes()
    again = msgspec.json.encode(types.decode(name, version, body))
    assert json.loads(again) == json.loads(body)


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

    def references(node):
        if isinstance(node, dict):
            if "$ref" in node:
                yield node["$ref"]
            for value in node.values():
                yield from references(value)
        elif isinstance(node, list):
            for value in node:
                yield from references(value)

    for reference in references(page):
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
