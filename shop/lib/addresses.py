"""The address of the client that sent a request, for limits and for the log."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest

from events.lib.client_address import UNKNOWN, network, parsed
from events.lib.client_address import client_address as behind_proxies


def client_address(request: HttpRequest) -> str:
    """The client's IP address, or `UNKNOWN` where there is none (a unix socket)."""
    peer, forwarded_for = request.META.get("REMOTE_ADDR", ""), request.headers.get("X-Forwarded-For", "")
    return behind_proxies(peer, forwarded_for, settings.TRUSTED_PROXIES)


def counted_by(request: HttpRequest) -> str:
    """What limits count this client by: its address, or network; empty for one that is not to be counted.

    Behind a proxy of which `TRUSTED_PROXIES` knows nothing everybody has the proxy's address.
    """
    address = client_address(request)
    return "" if is_local(address) else network(address)


def from_this_machine(request: HttpRequest) -> bool:
    """Whether a process of this machine asks for itself, not a proxy for somebody else."""
    peer = parsed(request.META.get("REMOTE_ADDR", ""))
    forwarded = any(name.startswith(("X-Forwarded", "Forwarded", "X-Real-Ip", "Via")) for name in request.headers)
    return bool(peer) and ipaddress.ip_address(peer).is_loopback and not forwarded


def is_local(address: str) -> bool:
    """Whether it is a loopback address, or none."""
    return address == UNKNOWN or ipaddress.ip_address(address).is_loopback
