"""A push service on loopback, and browsers with keys of their own."""

import base64
import json
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import http_ece
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from events.delivery import registry
from events.models import Delivery
from orders import access_links
from orders.lifecycle import Actor, Status
from orders.transitions import transition
from tests.support.factories import make_order


def unpadded(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Service:
    """What a browser vendor runs: takes a message for a browser, and answers as it is told."""

    def __init__(self):
        self.posts, self.status, self.headers = [], 201, {}
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                service.posts.append((self.path, dict(self.headers), body))
                self.send_response(service.status)
                for name, value in service.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()


@pytest.fixture
def service(settings):
    settings.WEBPUSH_HOSTS = ["127.0.0.1"]
    running = Service()
    yield running
    running.server.shutdown()
    running.server.server_close()


class Browser:
    def __init__(self, service, name="one"):
        self.key, self.secret = ec.generate_private_key(ec.SECP256R1()), os.urandom(16)
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        keys = {"p256dh": unpadded(point), "auth": unpadded(self.secret)}
        self.subscription = {"endpoint": f"{service.url}/{name}", "expirationTime": None, "keys": keys}

    def read(self, body):
        return json.loads(http_ece.decrypt(body, private_key=self.key, auth_secret=self.secret, version="aes128gcm"))


@pytest.fixture
def guest(client):
    order = make_order()
    client.get(access_links.path(order), follow=True)
    return order, client


def ask(client, order, browser, method="post"):
    return getattr(client, method)(f"/orders/{order.ref}/push/", json.dumps(browser.subscription), "application/json")


def pay(order):
    transition(order.ref, Status.PAID, by=Actor.GATEWAY, actor="gateway")
    Delivery.objects.exclude(handler="webpush").delete()
    return registry.get("webpush")
