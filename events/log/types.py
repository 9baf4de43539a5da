"""Event types: typed, versioned, registered payloads, and how an old version becomes the newest.

What is compatible: an added field with a default. Old events decode with the default, and old code ignores the field.
What is a new version: a removed, renamed or retyped field. It needs an *upcaster* from the version before. The log
keeps the signed bytes; handlers only see the newest shape.

Each decoder is made when the module is imported, while the process has one thread. msgspec 0.22 collects what it knows
of a class at its first use, without a lock: two threads that decode their first event at once crash the process
(`tests/events/log/test_first_use.py` shows it).
"""

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

import msgspec
from django.core.exceptions import ImproperlyConfigured


class DomainEvent(msgspec.Struct, frozen=True, kw_only=True):
    """The `data` of an event. Subclass it, declare typed fields, register it with `@event`."""

    type: ClassVar[str] = ""
    version: ClassVar[int] = 0


class UnknownEvent(LookupError):
    """This code does not know the event type, or not in that version."""


class BadUpcast(ValueError):
    """An upcaster raised: it cannot convert every event of its version."""


class DuplicateEvent(ValueError):
    """Two classes have the same event type, or two upcasters the same step."""


Upcaster = Callable[[dict[str, Any]], dict[str, Any]]

_registry: dict[str, type[DomainEvent]] = {}
_decoders: dict[str, msgspec.json.Decoder[Any]] = {}
_upcasters: dict[tuple[str, int], Upcaster] = {}
_parts: dict[str, tuple[type[msgspec.Struct], int]] = {}

E = TypeVar("E", bound=DomainEvent)
S = TypeVar("S", bound=type[msgspec.Struct])


def event(name: str, *, version: int = 1) -> Callable[[type[E]], type[E]]:
    """Register a payload class as event type `name`, whose newest schema version (1, 2, …) it is.

    Raises `DuplicateEvent` when the name is taken. Each older version needs an `@upcast`: `check` refuses a start
    without.
    """

    def register(cls: type[E]) -> type[E]:
        if name in _registry:
            raise DuplicateEvent(f"{name} is registered already")
        cls.type = name
        cls.version = version
        _registry[name] = cls
        _decoders[name] = msgspec.json.Decoder(cls)
        return cls

    return register


def part(name: str, *, version: int = 1) -> Callable[[S], S]:
    """Give a struct that several event types contain a schema of its own, which their schemas refer to.

    So one new field of the struct changes one schema. The rules of compatibility are those of events.
    """

    def register(cls: S) -> S:
        _parts[name] = (cls, version)
        return cls

    return register


def parts() -> dict[str, tuple[type[msgspec.Struct], int]]:
    """Every registered part: name → (struct, version)."""
    return dict(_parts)


def upcast(name: str, *, from_version: int) -> Callable[[Upcaster], Upcaster]:
    """Register a function that turns the JSON object of `name` in `from_version` into that of the next version."""

    def register(function: Upcaster) -> Upcaster:
        if (name, from_version) in _upcasters:
            raise DuplicateEvent(f"{name} has an upcaster from version {from_version} already")
        _upcasters[name, from_version] = function
        return function

    return register


def check() -> None:
    """Refuse a start when an old version has no upcaster. Raises `ImproperlyConfigured`."""
    for name, cls in _registry.items():
        for version in range(1, cls.version):
            if (name, version) not in _upcasters:
                raise ImproperlyConfigured(
                    f"The event {name} is at version {cls.version}, "
                    f"and no @upcast leads from version {version} to the next."
                )


def payload_class(name: str) -> type[DomainEvent]:
    """The class registered for that type; `UnknownEvent` if there is none."""
    try:
        return _registry[name]
    except KeyError:
        raise UnknownEvent(f"{name} is not known to this code") from None


def understands(name: str, version: int) -> bool:
    """Whether this code can decode that version of that type."""
    return name in _registry and 1 <= version <= _registry[name].version


def known_types() -> list[str]:
    """Every registered type's name, sorted."""
    return sorted(_registry)


def decode(name: str, version: int, data: bytes | msgspec.Raw) -> Any:
    """JSON `data` of any released version as the newest payload class.

    Raises `UnknownEvent` for a type or version this code does not have, `msgspec.ValidationError` for data of another
    shape, `BadUpcast` when an upcaster fails.
    """
    newest = payload_class(name)
    if version == newest.version:
        return _decoders[name].decode(data)
    if not understands(name, version):
        raise UnknownEvent(f"{name} version {version} is not known to this code, which has up to {newest.version}")
    value = msgspec.json.decode(data, type=dict[str, Any])
    for step in range(version, newest.version):
        try:
            value = _upcasters[name, step](value)
        except Exception as problem:
            raise BadUpcast(f"{name} from version {step}: {type(problem).__name__}: {problem}") from problem
    return msgspec.convert(value, newest)


def forget(name: str) -> None:
    """Remove a type and its upcasters. For tests."""
    _registry.pop(name, None)
    _decoders.pop(name, None)
    for key in [key for key in _upcasters if key[0] == name]:
        del _upcasters[key]
