"""Two networks of network namespaces: the shop's own, and the world outside. Hosts are cut off at the switch."""

import socket
import subprocess
from typing import Any

PREFIX = "doorbell-"
SWITCH = f"{PREFIX}switch"
INSIDE, OUTSIDE = "10.77.0", "198.51.100"
"""The shop's network, and one of the networks that RFC 5737 keeps for examples."""

SHOP = {
    **{"db": 20, "cache": 21, "mq": 22, "proxy": 30, "web1": 41, "web2": 42},
    **{"worker1": 51, "worker2": 52, "relay1": 61, "relay2": 62},
}
"""The hosts of docs/operations.md, and the end of each one's address."""
WORLD = 99
"""The payment company and the mail company. Both networks reach it."""
CUSTOMER = 1
"""Where the browsers are; outside alone."""

SITE = "shop.example.com"
PAY, MAIL = "pay.example", "mail.example"

NAMES_INSIDE = {name: f"{INSIDE}.{end}" for name, end in {**SHOP, PAY: WORLD, MAIL: WORLD}.items()}
NAMES_OUTSIDE = {SITE: f"{OUTSIDE}.{SHOP['proxy']}", PAY: f"{OUTSIDE}.{WORLD}"}


def ip(*words: str) -> None:
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"ip {' '.join(words)}: {done.stderr.strip()}")


def namespace(name: str) -> str:
    """The network namespace of a host."""
    return f"{PREFIX}{name}"


def make() -> None:
    """All namespaces and cables."""
    ip("netns", "add", SWITCH)
    for bridge in ("inside", "outside"):
        ip("-n", SWITCH, "link", "add", bridge, "type", "bridge")
        ip("-n", SWITCH, "link", "set", bridge, "up")
    for name in (*SHOP, "world", "customer"):
        ip("netns", "add", namespace(name))
        ip("-n", namespace(name), "link", "set", "lo", "up")
    for name, end in {**SHOP, "world": WORLD}.items():
        _cable(name, "inside", f"{INSIDE}.{end}/24")
    for name, end in {"proxy": SHOP["proxy"], "world": WORLD, "customer": CUSTOMER}.items():
        _cable(name, "outside", f"{OUTSIDE}.{end}/24")


def _cable(name: str, bridge: str, address: str) -> None:
    """A cable from the host to a bridge of the switch."""
    host, port = namespace(name), _port(name, bridge)
    ip("link", "add", bridge, "netns", host, "type", "veth", "peer", "name", port, "netns", SWITCH)
    ip("-n", SWITCH, "link", "set", port, "master", bridge, "up")
    ip("-n", host, "address", "add", address, "dev", bridge)
    ip("-n", host, "link", "set", bridge, "up")


def _port(name: str, bridge: str) -> str:
    return f"{name}-{bridge[:3]}"


def cut(name: str, off: bool = True) -> None:
    """The cable is pulled at the switch, or put back: packets from and to the host are lost without a word."""
    for bridge in ("inside", "outside") if name == "proxy" else ("inside",):
        ip("-n", SWITCH, "link", "set", _port(name, bridge), *(("nomaster",) if off else ("master", bridge)))


def remove() -> None:
    """Every namespace whose name begins with ours, those of a run that was killed included."""
    listed = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=False).stdout
    for line in listed.splitlines():
        if line.startswith(PREFIX):
            subprocess.run(["ip", "netns", "delete", line.split()[0]], check=False)


def know(names: dict[str, str]) -> None:
    """This process resolves these names to these addresses, without asking anybody."""
    resolve = socket.getaddrinfo

    def getaddrinfo(host: Any, *rest: Any, **more: Any) -> Any:
        text = host.decode() if isinstance(host, bytes) else host
        return resolve(names.get(text, host), *rest, **more)

    socket.getaddrinfo = getaddrinfo
