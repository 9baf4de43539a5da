"""Event types: what can happen, as typed, versioned, registered payloads – and how old versions become new ones.

A released version never changes. A field more, or one less, is a new version with an *upcaster* from the one before; the
log keeps what was signed, and handlers only ever see the newest shape.

A decoder is made for each class when the module is imported, while there is one thread: what msgspec knows of a class is gathered at its
first use, and two threads that meet there crash the process (msgspec 0.22; `tests/events/log/test_first_use.py` shows it).
"""

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

import msgspec
from django.core.exceptions import ImproperlyConfigured


class DomainEvent(msgspec.Struct, frozen=True, kw_only=True):
    """The `data` of an event. Subclass it, declare fields with types, register it with `@event`."""

    type: ClassVar[str] = ""
    version: ClassVar[int] = 0


class UnknownEvent(LookupError):
    """This code does not know the event's type, or not yet in that version."""


class BadUpcast(ValueError):
    """An upcaster raised: it does not do for every event of its version."""


class DuplicateEvent(ValueError):
    """Two classes claim the same type, or two upcasters the same step."""


Upcaster = Callable[[dict[str, Any]], dict[str, Any]]

_registry: dict[str, type[DomainEvent]] = {}
_decoders: dict[str, msgspec.json.Decoder[Any]] = {}
_upcasters: dict[tuple[str, int], Upcaster] = {}

E = TypeVar("E", bound=DomainEvent)


def event(name: str, *, version: int = 1) -> Callable[[type[E]], type[E]]:
    """Register a payload class as event type `name`, whose newest schema version (1, 2, …) it is.

    Raises `DuplicateEvent` when the name is taken. Each version before needs an `@upcast`; a start without one is refused.
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


def upcast(name: str, *, from_version: int) -> Callable[[Upcaster], Upcaster]:
    """Register a function that turns the JSON object of `name` in `from_version` into that of the next version."""

    def register(function: Upcaster) -> Upcaster:
        if (name, from_version) in _upcasters:
            raise DuplicateEvent(f"{name} has an upcaster from version {from_version} already")
        _upcasters[name, from_version] = function
        return function

    return register


def check() -> None:
    """Refuse a start with a version that nothing leads away from. Raises `ImproperlyConfigured`."""
    for name, cls in _registry.items():
        for version in range(1, cls.version):
            if (name, version) not in _upcasters:
                raise ImproperlyConfigured(
                    f"The event {name} is at version {cls.version}, and no @upcast leads from version {version} to the next."
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

    Raises `UnknownEvent` for a type or version this code does not have, `msgspec.ValidationError` for data of another shape,
    `BadUpcast` when the way from an old version fails.
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
    """Take a type and its upcasters out again (tests)."""
    _registry.pop(name, None)
    _decoders.pop(name, None)
    for key in [key for key in _upcasters if key[0] == name]:
        del _upcasters[key]
