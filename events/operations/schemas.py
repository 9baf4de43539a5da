"""The registry as documents for other programs: a JSON Schema for each event type, and one AsyncAPI 3 page."""

import inspect
import json
from typing import Any

import msgspec
from django.conf import settings

from events.delivery import registry
from events.log import types
from events.log.envelope import CloudEvent

_REF = "#/$defs/{name}"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema(name: str) -> dict[str, Any]:
    """JSON Schema (2020-12) of the `data` of the newest version of an event type. Raises `UnknownEvent`."""
    cls = types.payload_class(name)
    return _document(f"{name}.v{cls.version}.json", cls)


def _document(identity: str, cls: type[msgspec.Struct]) -> dict[str, Any]:
    """The schema of a struct. The parts that have a schema of their own are referred to by their file."""
    (top,), definitions = msgspec.json.schema_components([cls], ref_template=_REF)
    files = {part.__name__: file for file, part in _parts().items() if part is not cls}
    document: dict[str, Any] = {"$schema": _DIALECT, "$id": identity, **top, "$defs": definitions}
    document = _redirect(document, {_REF.format(name=title): file for title, file in files.items()})
    document["$defs"] = _used(document)
    described: dict[str, Any] = _described(document)
    return described


def _described(node: Any) -> Any:
    """A copy whose descriptions are not indented.

    They are docstrings, and only since Python 3.13 has it taken that away.
    """
    if isinstance(node, dict):
        return {
            key: inspect.cleandoc(value) if key == "description" and isinstance(value, str) else _described(value)
            for key, value in node.items()
        }
    return [_described(value) for value in node] if isinstance(node, list) else node


def _parts() -> dict[str, type[msgspec.Struct]]:
    """The file name of each part's schema."""
    return {f"{name}.v{version}.json": cls for name, (cls, version) in types.parts().items()}


def _redirect(node: Any, targets: dict[str, str]) -> Any:
    """A copy in which every `$ref` to one of `targets` points to its file."""
    if isinstance(node, dict):
        if node.get("$ref") in targets:
            return {**node, "$ref": targets[node["$ref"]]}
        return {key: _redirect(value, targets) for key, value in node.items()}
    return [_redirect(value, targets) for value in node] if isinstance(node, list) else node


def _used(document: dict[str, Any]) -> dict[str, Any]:
    """The definitions that the document still refers to, directly or through another one."""
    found: dict[str, Any] = {}
    todo = [document.get("$ref", "")]
    while todo:
        name = todo.pop().removeprefix("#/$defs/")
        if name in document["$defs"] and name not in found:
            found[name] = document["$defs"][name]
            todo += references(found[name])
    return {name: found[name] for name in sorted(found)}


def references(node: Any) -> list[str]:
    """Every `$ref` inside a document."""
    if isinstance(node, dict):
        here = [node["$ref"]] if "$ref" in node else []
        return here + [ref for value in node.values() for ref in references(value)]
    return [ref for value in node for ref in references(value)] if isinstance(node, list) else []


def pages() -> dict[str, str]:
    """Every generated file by its path under `docs/`: `events/<type>.v<version>.json` and `asyncapi.json`."""
    found = {f"events/{name}.v{types.payload_class(name).version}.json": schema(name) for name in types.known_types()}
    found |= {f"events/{file}": _document(file, cls) for file, cls in _parts().items()}
    found["asyncapi.json"] = asyncapi()
    return {path: json.dumps(page, indent=2, ensure_ascii=False) + "\n" for path, page in found.items()}


def asyncapi() -> dict[str, Any]:
    """AsyncAPI 3.0.0 (https://www.asyncapi.com/docs/reference/specification/v3.0.0): the log, its messages, and each
    handler as an operation.
    """
    names = types.known_types()
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": settings.EVENT_TITLE,
            "version": "1",
            "description": "Every event, as CloudEvents 1.0. Delivered to each handler at least once, "
            "in order per stream; "
            "its effect in the database exactly once. Generated from the registry by `make docs`.",
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": {
            "log": {
                "address": "{stream}",
                "description": "The durable log, ordered by `sequence` within a stream.",
                "parameters": {"stream": {"description": "<kind>:<key>"}},
                "messages": {_key(name): {"$ref": f"#/components/messages/{_key(name)}"} for name in names},
            }
        },
        "operations": {
            _key(handler.name): {
                "action": "receive",
                "channel": {"$ref": "#/channels/log"},
                "summary": (inspect.getdoc(handler.function) or "").partition("\n")[0],
                "tags": [{"name": f"queue {handler.queue}"}, *_kind(handler)],
                "messages": [
                    {"$ref": f"#/channels/log/messages/{_key(name)}"} for name in names if handler.wants(name)
                ],
            }
            for handler in registry.all_handlers()
            if handler.queue in settings.EVENT_QUEUES
        },
        "components": {
            "messages": {_key(name): _message(name) for name in names},
            "schemas": {"CloudEvent": _envelope()},
        },
    }


def _key(name: str) -> str:
    return name.replace(".", "_")


def _kind(handler: registry.Handler) -> list[dict[str, str]]:
    kinds = {
        "external: at least once, with an idempotency key": handler.external,
        f"timer: {handler.after} later": bool(handler.after),
        f"batches of up to {handler.batch}": bool(handler.batch),
    }
    return [{"name": name} for name, yes in kinds.items() if yes]


def _message(name: str) -> dict[str, Any]:
    cls = types.payload_class(name)
    return {
        "name": name,
        "title": cls.__name__,
        "summary": inspect.getdoc(cls) or "",
        "contentType": "application/cloudevents+json",
        "payload": {
            "allOf": [
                {"$ref": "#/components/schemas/CloudEvent"},
                {
                    "type": "object",
                    "properties": {
                        "type": {"const": name},
                        "data": {"$ref": f"./events/{name}.v{cls.version}.json"},
                    },
                },
            ]
        },
    }


def _envelope() -> dict[str, Any]:
    _, definitions = msgspec.json.schema_components([CloudEvent], ref_template=_REF)
    envelope: dict[str, Any] = _described(definitions["CloudEvent"])
    return envelope
