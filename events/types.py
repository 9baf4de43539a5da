"""Event types: what can happen, as typed, versioned, registered payloads."""

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

import msgspec


class DomainEvent(msgspec.Struct, frozen=True, kw_only=True):
    """The `data` of an event. Subclass it, declare fields with types, register it with `@event`."""

    type: ClassVar[str] = ""
    version: ClassVar[int] = 0


class UnknownEvent(LookupError):
    """This code does not know the event's type, or not in that version."""


class DuplicateEvent(ValueError):
    """Two classes claim the same type and version."""


_registry: dict[tuple[str, int], type[DomainEvent]] = {}

E = TypeVar("E", bound=DomainEvent)


def event(name: str, *, version: int = 1) -> Callable[[type[E]], type[E]]:
    """Register a payload class as event type `name` in schema `version` (1, 2, …).

    Raises `DuplicateEvent` when that pair is taken.
    """

    def register(cls: type[E]) -> type[E]:
        if (name, version) in _registry:
            raise DuplicateEvent(f"{name} version {version} is registered already")
        cls.type = name
        cls.version = version
        _registry[name, version] = cls
        return cls

    return register


def payload_class(name: str, version: int) -> type[DomainEvent]:
    """The class registered for that type and version; `UnknownEvent` if there is none."""
    try:
        return _registry[name, version]
    except KeyError:
        raise UnknownEvent(f"{name} version {version} is not known to this code") from None


def known_types() -> list[str]:
    """Every registered type's name, sorted."""
    return sorted({name for name, _ in _registry})


def decode(name: str, version: int, data: bytes | msgspec.Raw) -> Any:
    """JSON `data` as its payload class. Raises `UnknownEvent` or `msgspec.ValidationError`."""
    return msgspec.json.decode(data, type=payload_class(name, version))
