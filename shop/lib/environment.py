"""Reads settings from the environment.

Every function raises `ImproperlyConfigured` with one sentence for the operator.
"""

import contextlib
import ipaddress
import math
import os
import re
import secrets
import sys
from collections.abc import Collection, Sequence
from email.utils import quote, unquote
from pathlib import Path
from types import TracebackType
from typing import TypeVar
from urllib.parse import SplitResult, urlsplit

from django.core.exceptions import ImproperlyConfigured

Number = TypeVar("Number", int, float)
_HOST_NAME = re.compile(r"\.?[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?", re.IGNORECASE)


def text(name: str, default: str = "") -> str:
    """The value without spaces around it; the default when it is unset or empty."""
    return os.environ.get(name, "").strip() or default


def boolean(name: str, default: bool = False) -> bool:
    """1, true, yes, on – or 0, false, no, off."""
    value = text(name).lower()
    if not value:
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name} must be 1 or 0, not {value!r}.")


def number(name: str, default: Number, least: float, most: float = math.inf) -> Number:
    """A number from `least` to `most`; a whole one if the default is whole."""
    value = text(name)
    try:
        found = type(default)(value) if value else default
    except ValueError:
        kind = "a whole number" if isinstance(default, int) else "a number"
        raise ImproperlyConfigured(f"{name} must be {kind}, not {value!r}.") from None
    if not math.isfinite(found) or not least <= found <= most:
        limits = f"at least {least:g}" if most == math.inf else f"from {least:g} to {most:g}"
        raise ImproperlyConfigured(f"{name} must be {limits}, not {value}.")
    return found


def one_of(name: str, default: str, allowed: Collection[str]) -> str:
    """One of the allowed words."""
    value = text(name, default)
    if value not in allowed:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(allowed)}, not {value!r}.")
    return value


def listed(name: str, default: Sequence[str] = ()) -> list[str]:
    """Values separated by commas."""
    return [part.strip() for part in text(name).split(",") if part.strip()] or list(default)


def _parts(name: str, value: str) -> SplitResult:
    try:
        parts = urlsplit(value)
        _ = parts.port  # raises for a port that is not a number from 0 to 65535
    except ValueError as problem:
        raise ImproperlyConfigured(f"{name} is not an address: {problem}.") from None
    return parts


def origin(name: str, value: str, schemes: Collection[str] = ("http", "https")) -> str:
    """`value` as scheme://host or scheme://host:port, in lower case. Anything more than that is refused."""
    parts = _parts(name, value)
    more = parts.path.strip("/") or parts.query or parts.fragment or parts.username or parts.password
    if parts.scheme not in schemes or not parts.hostname or more or not is_host(parts.hostname):
        wanted = " or ".join(f"{scheme}://host" for scheme in schemes)
        raise ImproperlyConfigured(f"{name} must be an address such as {wanted}, with nothing after it, not {value!r}.")
    return f"{parts.scheme}://{parts.netloc.lower()}"


def server(name: str, value: str, schemes: Collection[str]) -> str:
    """The address of a server, with one of these schemes. The value is never repeated: it may hold a password."""
    parts = _parts(name, value)
    if parts.scheme not in schemes or not (parts.hostname or (parts.scheme == "unix" and parts.path)):
        wanted = ", ".join(f"{scheme}://" for scheme in schemes)
        raise ImproperlyConfigured(f"{name} must start with one of {wanted} and name a server.")
    return value


def is_host(value: str) -> bool:
    """Whether it is a host name or an IP address, as `ALLOWED_HOSTS` takes them."""
    with contextlib.suppress(ValueError):
        return bool(ipaddress.ip_address(value.removeprefix("[").removesuffix("]")))
    return bool(_HOST_NAME.fullmatch(value))


def hosts(name: str) -> list[str]:
    """Host names and IP addresses, separated by commas; no scheme, no port."""
    found = listed(name)
    for value in found:
        if value != "*" and not is_host(value):
            raise ImproperlyConfigured(f"{name} must be host names without scheme and port, not {value!r}.")
    return found


def mail_address(name: str, default: str) -> str:
    """`shop@example.com` or `The Shop <shop@example.com>`; the name is quoted, whatever stands in it."""
    value = text(name, default)
    found = re.fullmatch(r"(?:(?P<name>.*?)\s*<)?(?P<address>[^@\s<>,;]+@[^@\s<>,;]+?)>?", value)
    if not found or ("<" in value) != value.endswith(">"):
        raise ImproperlyConfigured(f"{name} must be a mail address, not {value!r}.")
    words = (found["name"] or "").strip()
    if len(words) > 1 and words[0] == words[-1] == '"':  # quoted already
        words = unquote(words)
    return f'"{quote(words)}" <{found["address"]}>' if words else found["address"]


def kept_secret(folder: Path, name: str) -> str:
    """A random secret of this installation: made once, kept in `folder`, readable by its owner only."""
    path = folder / name
    try:
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            fresh = folder / f"{name}.{secrets.token_hex(8)}"
            fresh.touch(mode=0o600)
            fresh.write_text(secrets.token_urlsafe(48))
            with contextlib.suppress(FileExistsError):
                os.link(fresh, path)  # the first of several processes wins, with the whole file
            fresh.unlink()
        return path.read_text()
    except OSError as problem:
        raise ImproperlyConfigured(
            f"DATA_DIR {folder} cannot be written: {problem.strerror}. Set DATA_DIR to a folder that can."
        ) from problem


def report_in_one_sentence() -> None:
    """From now on, a process that a wrong setting ends says so in one sentence, without a stack. Its exit code is 1."""
    if sys.excepthook is not _report:
        sys.excepthook = _report


def _report(kind: type[BaseException], problem: BaseException, stack: TracebackType | None) -> None:
    if issubclass(kind, ImproperlyConfigured):
        print(f"doorbell: {problem}", file=sys.stderr)  # noqa: T201 - logging may not be set up yet
    else:
        sys.__excepthook__(kind, problem, stack)
