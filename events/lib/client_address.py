"""The address of a client behind proxies, for HTTP and for websockets."""

import ipaddress

UNKNOWN = "unknown"


def client_address(peer: str, forwarded_for: str, proxies: int) -> str:
    """The client's IP address, or `UNKNOWN` where there is none (a unix socket).

    Each of `proxies` trusted proxies adds the address of its own client at the right of `forwarded_for`, the value of
    X-Forwarded-For. So the client stands that many places from the right; whatever is left of it, the client wrote
    itself. A request with fewer entries did not come through the proxies, and is its peer's.
    """
    entries = forwarded_for.split(",")
    if proxies and len(entries) >= proxies and (found := parsed(entries[-proxies])):
        return found
    return parsed(peer) or UNKNOWN


def network(address: str) -> str:
    """What to count an address by: one client of IPv6 has all addresses of a /64 network (RFC 6177)."""
    if ":" not in address:
        return address
    return str(ipaddress.ip_network(f"{address.partition('%')[0]}/64", strict=False))


def parsed(value: str) -> str:
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
