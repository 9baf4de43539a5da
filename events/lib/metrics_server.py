"""/metrics of a process that answers no other requests: a worker or a relay in a container of its own."""

import hmac
import logging
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from django.conf import settings
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest

logger = logging.getLogger(__name__)


class _Answer(BaseHTTPRequestHandler):
    """`GET /metrics` with METRICS_TOKEN; anything else is not found."""

    timeout = 10  # seconds that a client may take to ask

    def do_GET(self) -> None:
        given = self.headers.get("Authorization", "").encode()
        known = hmac.compare_digest(given, f"Bearer {settings.METRICS_TOKEN}".encode())
        found = self.path == "/metrics" and known
        body = generate_latest(REGISTRY) if found else b"Not found\n"
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", CONTENT_TYPE_LATEST if found else "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: Prometheus asks every few seconds."""


def start() -> ThreadingHTTPServer | None:
    """Answer at METRICS_PORT in a thread of its own, until the process ends.

    Does nothing without a port or a METRICS_TOKEN, or where the processes of a host count together
    (PROMETHEUS_MULTIPROC_DIR): then the web processes answer for all. A port that is taken is logged, and the process
    works without.
    """
    shared = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    if not settings.METRICS_PORT or not settings.METRICS_TOKEN or shared:
        return None
    try:
        server = ThreadingHTTPServer(("", settings.METRICS_PORT), _Answer)
    except OSError as problem:
        logger.error("METRICS_PORT %s cannot be opened: %s", settings.METRICS_PORT, problem.strerror)
        return None
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    return server
