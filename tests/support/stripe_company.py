"""A company that speaks the part of Stripe's HTTP API that the shop uses: form-encoded bodies, keys, errors.

What shoppers and banks do there are methods (`pay`, `dispute`); what goes wrong between two companies is switched on:
`timeouts` (it did it, and nobody heard), `broken` (it did nothing, and says 500).
"""

import hashlib
import hmac
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, urlsplit

SECRET = "whsec_only_for_the_tests"
KEY = "sk_test_only_for_the_tests"


class ApiError(Exception):
    """An answer of Stripe's that is an error: HTTP status, type, message."""

    def __init__(self, status: int, kind: str, message: str) -> None:
        super().__init__(message)
        self.status, self.kind, self.message = status, kind, message


class StripeCompany:
    """Its books, and the rules by which they change."""

    def __init__(self) -> None:
        self.sessions: dict[str, dict[str, Any]] = {}
        self.intents: dict[str, dict[str, Any]] = {}
        self.refunds: dict[str, dict[str, Any]] = {}
        self.answers: dict[str, tuple[str, dict[str, Any]]] = {}
        self.timeouts = self.broken = 0
        self.lock = threading.RLock()
        self.numbers = count(1)
        self.address = ""

    # -- What the API does ------------------------------------------------------------------------

    def create_session(self, body: dict[str, Any]) -> dict[str, Any]:
        line = body["line_items"]["0"]
        total = int(line["price_data"]["unit_amount"]) * int(line["quantity"])
        if total < 1:
            raise ApiError(400, "invalid_request_error", "The amount must be at least 1.")
        name = f"cs_test_{next(self.numbers)}"
        made = {
            "id": name,
            "object": "checkout.session",
            "amount_subtotal": total,
            "amount_total": total,
            "cancel_url": body["cancel_url"],
            "client_reference_id": body.get("client_reference_id"),
            "created": int(time.time()),
            "currency": line["price_data"]["currency"],
            "expires_at": int(time.time()) + 86_400,
            "livemode": False,
            "metadata": body.get("metadata", {}),
            "mode": body["mode"],
            "payment_intent": None,
            "payment_method_types": ["card"],
            "payment_status": "unpaid",
            "status": "open",
            "success_url": body["success_url"],
            "url": f"{self.address}/pay/{name}",
        }
        self.sessions[name] = made | {"_manual": body["payment_intent_data"]["capture_method"] == "manual"}
        return self.seen(self.sessions[name])

    def session(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        found = self.sessions.get(name)
        if found is None:
            raise ApiError(404, "invalid_request_error", f"No such checkout.session: '{name}'")
        shown = self.seen(found)
        if "payment_intent" in body.get("expand", {}).values() and shown["payment_intent"]:
            shown["payment_intent"] = self.intents[shown["payment_intent"]]
        return shown

    def list_sessions(self, body: dict[str, Any]) -> dict[str, Any]:
        found = [s for s in self.sessions.values() if s["payment_intent"] == body.get("payment_intent")]
        data = [self.seen(session) for session in found]
        return {"object": "list", "data": data, "has_more": False, "url": "/v1/checkout/sessions"}

    def capture(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        intent = self._intent(name)
        if intent["status"] != "requires_capture":
            raise ApiError(400, "invalid_request_error", f"This PaymentIntent is {intent['status']}.")
        taken = int(body.get("amount_to_capture", intent["amount"]))
        if taken > intent["amount"]:
            raise ApiError(400, "invalid_request_error", "The amount is more than was authorised.")
        intent |= {"status": "succeeded", "amount_received": taken, "amount_capturable": 0}
        next(s for s in self.sessions.values() if s["payment_intent"] == name)["payment_status"] = "paid"
        return intent

    def cancel(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        intent = self._intent(name)
        if intent["status"] == "succeeded":
            raise ApiError(400, "invalid_request_error", "A PaymentIntent that succeeded cannot be canceled.")
        intent |= {"status": "canceled", "amount_capturable": 0}
        return intent

    def refund(self, body: dict[str, Any]) -> dict[str, Any]:
        intent, amount = self._intent(body["payment_intent"]), int(body["amount"])
        gone = sum(r["amount"] for r in self.refunds.values() if r["payment_intent"] == intent["id"])
        if amount > intent["amount_received"] - gone:
            raise ApiError(400, "invalid_request_error", "Refund amount is greater than unrefunded amount on charge")
        made = {
            "id": f"re_{next(self.numbers)}",
            "object": "refund",
            "amount": amount,
            "created": int(time.time()),
            "currency": intent["currency"],
            "metadata": {},
            "payment_intent": intent["id"],
            "reason": None,
            "status": "succeeded",
        }
        self.refunds[made["id"]] = made
        return made

    def _intent(self, name: str) -> dict[str, Any]:
        if name not in self.intents:
            raise ApiError(404, "invalid_request_error", f"No such payment_intent: '{name}'")
        return self.intents[name]

    @staticmethod
    def seen(row: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in row.items() if not key.startswith("_")}

    # -- What people do ---------------------------------------------------------------------------

    def pay(self, name: str) -> dict[str, Any]:
        """The shopper pays on the hosted page. Returns the webhook that Stripe will send."""
        with self.lock:
            session = self.sessions[name]
            if session["status"] == "open":
                manual = session["_manual"]
                intent = {
                    "id": f"pi_{next(self.numbers)}",
                    "object": "payment_intent",
                    "amount": session["amount_total"],
                    "amount_capturable": session["amount_total"] if manual else 0,
                    "amount_received": 0 if manual else session["amount_total"],
                    "capture_method": "manual" if manual else "automatic",
                    "created": int(time.time()),
                    "currency": session["currency"],
                    "livemode": False,
                    "metadata": {},
                    "payment_method_types": ["card"],
                    "status": "requires_capture" if manual else "succeeded",
                }
                self.intents[intent["id"]] = intent
                session |= {
                    "payment_intent": intent["id"],
                    "status": "complete",
                    "payment_status": "unpaid" if manual else "paid",
                }
            return self.event("checkout.session.completed", self.seen(session))

    def expire(self, name: str) -> dict[str, Any]:
        with self.lock:
            self.sessions[name]["status"] = "expired"
            return self.event("checkout.session.expired", self.seen(self.sessions[name]))

    def dispute(self, name: str) -> dict[str, Any]:
        """The shopper's bank takes the money back."""
        session = self.sessions[name]
        about = {
            "id": f"dp_{next(self.numbers)}",
            "object": "dispute",
            "amount": session["amount_total"],
            "currency": session["currency"],
            "payment_intent": session["payment_intent"],
            "reason": "fraudulent",
            "status": "needs_response",
        }
        return self.event("charge.dispute.created", about)

    def event(self, kind: str, about: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": f"evt_{next(self.numbers)}",
            "object": "event",
            "api_version": "2026-10-28",
            "created": int(time.time()),
            "data": {"object": about},
            "livemode": False,
            "pending_webhooks": 1,
            "type": kind,
        }

    @property
    def taken(self) -> dict[str, int]:
        """Reference → what was received and not refunded, in Stripe's units."""
        found: dict[str, int] = {}
        for session in self.sessions.values():
            intent = self.intents.get(session["payment_intent"] or "")
            if intent:
                gone = sum(r["amount"] for r in self.refunds.values() if r["payment_intent"] == intent["id"])
                ref = session["client_reference_id"]
                found[ref] = found.get(ref, 0) + intent["amount_received"] - gone
        return found

    # -- HTTP -------------------------------------------------------------------------------------

    def answer(self, method: str, path: str, body: dict[str, Any], key: str) -> tuple[int, dict[str, Any]]:
        """One request. The same idempotency key gets the same answer, and another body with it an error."""
        with self.lock:
            said = json.dumps([method, path, body], sort_keys=True)
            if key and key in self.answers:
                before, kept = self.answers[key]
                if before != said:
                    return 400, _error("idempotency_error", "Keys for idempotent requests can only be used once.")
                return 200, kept
            try:
                for pattern, (verb, work) in self.routes().items():
                    found = re.fullmatch(pattern, path)
                    if found and verb == method:
                        made = json.loads(json.dumps(work(*found.groups(), body)))
                        if key:
                            self.answers[key] = (said, made)
                        return 200, made
            except ApiError as problem:
                return problem.status, _error(problem.kind, problem.message)
        return 404, _error("invalid_request_error", f"Unrecognized request URL ({method}: {path}).")

    def routes(self) -> dict[str, tuple[str, Callable[..., dict[str, Any]]]]:
        return {
            r"/v1/checkout/sessions": ("POST", self.create_session),
            r"/v1/checkout/sessions/?(?=\?|$)": ("GET", self.list_sessions),
            r"/v1/checkout/sessions/([^/]+)": ("GET", self.session),
            r"/v1/payment_intents/([^/]+)/capture": ("POST", self.capture),
            r"/v1/payment_intents/([^/]+)/cancel": ("POST", self.cancel),
            r"/v1/refunds": ("POST", self.refund),
        }


def _error(kind: str, message: str) -> dict[str, Any]:
    return {"error": {"type": kind, "message": message}}


def signed(event: dict[str, Any], secret: str = SECRET, at: float | None = None) -> tuple[bytes, str]:
    """A webhook's body and its `Stripe-Signature`."""
    body = json.dumps(event).encode()
    stamp = int(at if at is not None else time.time())
    mac = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return body, f"t={stamp},v1={mac}"


def nested(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """`a[b][0]=c` as Stripe reads it."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        parts = re.findall(r"[^\[\]]+", name)
        place = found
        for part in parts[:-1]:
            place = place.setdefault(part, {})
        place[parts[-1]] = value
    return found


@contextmanager
def running() -> Iterator[StripeCompany]:
    """The company, listening on loopback."""
    company = StripeCompany()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 65_536  # an answer leaves as one packet: two would wait for each other

        def handle_one(self) -> None:
            parts = urlsplit(self.path)
            sent = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            body = nested(parse_qsl(sent if self.command == "POST" else parts.query, keep_blank_values=True))
            if self.headers.get("Authorization") != f"Bearer {KEY}":
                return self.say(401, _error("invalid_request_error", "Invalid API Key provided"))
            with company.lock:
                broken, company.broken = company.broken > 0, max(0, company.broken - 1)
            if broken:
                return self.say(500, _error("api_error", "An unknown error occurred"))
            status, said = company.answer(self.command, parts.path, body, self.headers.get("Idempotency-Key") or "")
            with company.lock:
                unheard = company.timeouts > 0 and self.command == "POST"
                company.timeouts -= unheard
            if unheard:
                self.close_connection = True
                return self.connection.close()
            return self.say(status, said)

        do_GET = do_POST = handle_one

        def say(self, status: int, said: dict[str, Any]) -> None:
            body = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Request-Id", "req_1")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    company.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield company
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
