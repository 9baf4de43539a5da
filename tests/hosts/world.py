"""The two companies that a shop works with, in one process: one takes payments and refunds, one takes mails.

    python -m tests.hosts.world FOLDER

Each appends what came to a file of FOLDER, a line of JSON each: `mails`, `payments`, `refunds`.
"""

import asyncio
import email.policy
import json
import ssl
import sys
import threading
import time
from email import message_from_bytes
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx

from tests.hosts import network
from tests.hosts.payments import SIGNATURE, sign

FOLDER = Path(sys.argv[1])
writing = threading.Lock()
browser = httpx.Client(limits=httpx.Limits(max_keepalive_connections=0))


def note(kind: str, **what: Any) -> None:
    with writing, (FOLDER / kind).open("a") as file:
        file.write(json.dumps({"at": time.time(), **what}) + "\n")


def send_webhook(session: str, minor: str, currency: str, hook: str) -> None:
    """Until the shop says that it has heard it, as such companies do."""
    body = json.dumps({"id": f"hook-{session}", "session": session, "minor": int(minor), "currency": currency}).encode()
    while True:
        try:
            answer = browser.post(hook, content=body, headers={SIGNATURE: sign(body)}, timeout=10)
            if answer.status_code == 200:
                note("payments", session=session)
                return
        except httpx.HTTPError:
            pass
        time.sleep(1)


class Company(BaseHTTPRequestHandler):
    """GET shows the page; POST pays and leads back."""

    def do_GET(self) -> None:
        page = "<!doctype html><html lang=en><title>Pay</title><form method=post><button>Pay now</button></form>"
        self._answer(200, page)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == "/refunds":
            note("refunds", **json.loads(body))
            self._answer(200, "")
            return
        asked = dict(parse_qsl(urlsplit(self.path).query))
        what = (asked["session"], asked["minor"], asked["currency"], asked["hook"])
        threading.Thread(target=send_webhook, args=what, daemon=True).start()
        self._answer(303, f"<a href='{escape(asked['back'])}'>back</a>", Location=asked["back"])

    def _answer(self, status: int, text: str, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "text/html", "Content-Length": str(len(text)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *args: Any) -> None:
        """Nothing."""


class Server(ThreadingHTTPServer):
    """A browser that does not know the certificate yet hangs up: nothing to tell of."""

    def handle_error(self, *args: Any) -> None:
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(*args)


async def mail_server(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """RFC 5321, as far as a client needs it that has one thing to say."""

    async def say(text: str) -> None:
        writer.write(f"{text}\r\n".encode())
        await writer.drain()

    await say("220 mail.example")
    while line := await reader.readline():
        word = line.split()[0].upper() if line.split() else b""
        if word == b"DATA":
            await say("354 go on")
            content = await reader.readuntil(b"\r\n.\r\n")
            mail = message_from_bytes(content, policy=email.policy.default)
            # Noted before it is acknowledged: a mail that the shop believes to be sent is here.
            note("mails", id=mail["Message-ID"], subject=mail["Subject"], to=mail["To"])
            await say("250 kept")
        elif word == b"QUIT":
            await say("221 bye")
            break
        else:
            await say(
                "250 mail.example" if word in (b"EHLO", b"HELO", b"MAIL", b"RCPT", b"RSET", b"NOOP") else "502 no"
            )
    writer.close()


async def main() -> None:
    network.know({network.SITE: network.NAMES_OUTSIDE[network.SITE]})
    plain = Server(("0.0.0.0", 8080), Company)
    secure = Server(("0.0.0.0", 443), Company)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(FOLDER / network.PAY / "cert.pem", FOLDER / network.PAY / "key.pem")
    secure.socket = context.wrap_socket(secure.socket, server_side=True, do_handshake_on_connect=False)
    for server in (plain, secure):
        threading.Thread(target=server.serve_forever, daemon=True).start()
    async with await asyncio.start_server(mail_server, "0.0.0.0", 25) as mails:
        await mails.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
