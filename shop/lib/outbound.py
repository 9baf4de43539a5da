"""HTTP requests to addresses that strangers name.

A host name may lead to an address inside our own network, and a server may answer a byte at a time for ever. So a
session of this module checks each address at the moment it connects to it (a check before that could be answered by
another address of the same name), follows no redirect, uses no proxy of the environment, and ends each exchange by a
deadline.
"""

import ipaddress
import socket
import threading
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NameResolutionError, NewConnectionError

MOST_BYTES = 2048  # of an answer that are read
_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # IPv4 addresses as an IPv6-only network writes them
_UNICAST = ipaddress.ip_network("2000::/3")  # all that is assigned of global IPv6


class Unreachable(Exception):
    """The address leads to no server that we may talk to."""


class NoSuchHost(Unreachable):
    """The name has no address at all."""


def is_public(text: str) -> bool:
    """Whether an IP address is public: not private, loopback, link-local, shared (CGNAT), multicast or reserved."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        if address in _NAT64:
            address = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        # 6to4 and Teredo carry an IPv4 address inside; IPv4-mapped ones are outside of the unicast range.
        elif address not in _UNICAST or address.sixtofour or address.teredo:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


class Session(requests.Session):
    """A session for one thread.

    `deadline` is the seconds that each request may take, from the first packet to the end of the answer.

    `trusted` are IP addresses that may be connected to although they are not public. Of an answer at most `MOST_BYTES`
    are read. Raises what `requests` raises, and `Unreachable`.
    """

    def __init__(self, deadline: float, trusted: Collection[str] = ()) -> None:
        super().__init__()
        self.deadline, self.trusted = deadline, frozenset(trusted)
        self.trust_env = False
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._sockets: list[socket.socket] = []
        for scheme in ("http://", "https://"):
            self.mount(scheme, _Adapter(self._connect))

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """As `requests.Session.send`, with the limits of this class."""
        self._ends = time.monotonic() + self.deadline
        # Timeouts of `requests` are for each packet. This thread ends the exchange as a whole.
        timer = threading.Timer(self.deadline, self._cut)
        timer.daemon = True
        timer.start()
        try:
            options |= {"allow_redirects": False, "stream": True, "timeout": self.deadline}
            response = super().send(request, **options)
            response._content = _beginning(response)
            response.close()
            return response
        finally:
            timer.cancel()

    def close(self) -> None:
        super().close()
        while self._sockets:
            self._sockets.pop().close()

    def _cut(self) -> None:
        for connected in tuple(self._sockets):
            with suppress(OSError):
                connected.shutdown(socket.SHUT_RDWR)

    def _connect(self, host: str, port: int) -> socket.socket:
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
        allowed = [row for row in found if row[4][0] in self.trusted or is_public(str(row[4][0]))]
        if not allowed:
            raise Unreachable(f"{host} leads to {found[0][4][0]}, which is no public address")
        problem: OSError = TimeoutError("the time was over before a connection was made")
        for left, (family, kind, protocol, _, address) in zip(range(len(allowed), 0, -1), allowed, strict=True):
            seconds = (self._ends - time.monotonic()) / left
            if seconds <= 0:
                break
            connecting = socket.socket(family, kind, protocol)
            try:
                connecting.settimeout(seconds)
                connecting.connect(address)
            except OSError as refusal:
                connecting.close()
                problem = refusal
                continue
            # A second handle of the same connection: TLS takes the first one over, and shutting this one down ends
            # both.
            self._sockets.append(connecting.dup())
            return connecting
        raise problem


def _beginning(response: requests.Response) -> bytes:
    """The first bytes of an answer. Its status is known, so an answer that breaks off is answer enough."""
    try:
        return bytes(response.raw.read(MOST_BYTES, decode_content=False))
    except (HTTPError, OSError):
        return b""
    finally:
        response._content_consumed = True


class _Adapter(HTTPAdapter):
    """Opens connections by the session's own function."""

    def __init__(self, connect: Callable[[str, int], socket.socket]) -> None:
        self.connect = connect
        super().__init__()

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        connect = self.connect

        class Plain(HTTPConnection):
            def _new_conn(self) -> socket.socket:
                return _opened(self, connect)

        class Encrypted(HTTPSConnection):
            def _new_conn(self) -> socket.socket:
                return _opened(self, connect)

        class PlainPool(urllib3.HTTPConnectionPool):
            ConnectionCls = Plain

        class EncryptedPool(urllib3.HTTPSConnectionPool):
            ConnectionCls = Encrypted

        self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": EncryptedPool}


def _opened(connection: HTTPConnection, connect: Callable[[str, int], socket.socket]) -> socket.socket:
    """A connection, or the errors of urllib3.

    `NoSuchHost` means that the name has no address.
    """
    try:
        return connect(connection.host, connection.port)
    except socket.gaierror as problem:
        if problem.errno in (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)):
            raise NoSuchHost(f"{connection.host} has no address") from problem
        raise NameResolutionError(connection.host, connection, problem) from problem
    except TimeoutError as problem:
        raise ConnectTimeoutError(connection, f"Connecting to {connection.host} took too long") from problem
    except OSError as problem:
        raise NewConnectionError(connection, f"Connecting to {connection.host} failed: {problem}") from problem
