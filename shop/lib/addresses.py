"""The address of the client that sent a request, for limits and for the log."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest

UNKNOWN = "unknown"


def client_address(request: HttpRequest) -> str:
    """The client's IP address, or `UNKNOWN` where there is none (a unix socket).

    Each of the `TRUSTED_PROXIES` proxies adds the address of its own client at the right of X-Forwarded-For. So the
    client stands that many places from the right; whatever is left of it, the client wrote itself. A request with fewer
    entries did not come through the proxies, and is its peer's.
    """
    peer = _address(request.META.get("REMOTE_ADDR", ""))
    count: int = settings.TRUSTED_PROXIES
    entries = request.headers.get("X-Forwarded-For", "").split(",")
    if count and len(entries) >= count:
        return _address(entries[-count]) or peer or UNKNOWN
    return peer or UNKNOWN


def from_this_machine(request: HttpRequest) -> bool:
    """Whether a process of this machine asks for itself, not a proxy for somebody else."""
    peer = _address(request.META.get("REMOTE_ADDR", ""))
    forwarded = any(name.startswith(("X-Forwarded", "Forwarded", "X-Real-Ip", "Via")) for name in request.headers)
    return bool(peer) and ipaddress.ip_address(peer).is_loopback and not forwarded


def is_local(address: str) -> bool:
    """Whether it is a loopback address, or none."""
    return address == UNKNOWN or ipaddress.ip_address(address).is_loopback


def _address(value: str) -> str:
    """The address in its one usual form; empty if it is none. Some proxies write a port, and brackets."""
    value = value.strip()
    if value.startswith("["):
        value = value[1:].partition("]")[0]
    elif value.count(":") == 1:
        value = value.partition(":")[0]
    try:
        found = ipaddress.ip_address(value)
    except ValueError:
        return ""
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return str(mapped or found)
