"""Whatever is typed, sent or asked for, no page breaks: seeded nonsense in every form, query and JSON door.

The suite sends some hundred requests, always the same ones. `make fuzz` sends 10,000 others; FUZZ_SEED repeats a run.
"""

import json
import os
import random
import re
import time
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from orders import access_links
from orders.models import Order, Payment
from orders.payments.gateways.test import gateway
from tests.support.factories import DeliveryMethodFactory, UserFactory, VariantFactory, make_order
from tests.support.routes import routes

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

REQUESTS = int(os.environ.get("FUZZ_REQUESTS", "900"))
SEED = int(os.environ.get("FUZZ_SEED", "7"))

TEXTS = [
    *(
        "",
        " ",
        "0",
        "-1",
        "1",
        "2147483648",
        "9223372036854775808",
        "1" * 400,
        "1e400",
        "NaN",
        "-0",
        "１２",
        "1,5",
        "0x1",
    ),
    *("\0", "a\0b", "\x1b[2J", "\r\nX-Injected: yes", "%00", "%", "%s%n", "{{ 7*7 }}", "${7*7}", "../../etc/passwd"),
    *(
        "'; DROP TABLE orders_order; --",
        '"',
        "<script>alert(1)</script>",
        "\u202eabc",
        "e\u0301" * 50,
        "😀" * 40,
    ),
    *("null", "true", "[]", "{}", '{"a": [1]}', "A" * 5000, "2026-02-30", "9999-12-31", "0000-00-00T00:00", "é", "好"),
    *("shopper@example.com", "a@b", "@", "x" * 250 + "@example.com", "javascript:alert(1)", "//evil.example/", "\t"),
]
QUERY = [
    *("q", "page", "sort", "min", "max", "in_stock", "category", "variant", "s", "e", "n", "next", "o", "p", "_popup"),
    *("_facets", "id__in", "status__exact", "placed_at_from", "all", "_to_field", "ref__startswith", "e"),
]
ANYTHING = [
    None,
    True,
    0,
    -1,
    2**70,
    1.5,
    "",
    "\0",
    "x" * 3000,
    [],
    [[]],
    {},
    {"a": {"b": [None]}},
    "😀",
    "\ud83d",
    float("inf"),
]


class Forms(HTMLParser):
    """The forms and links of a page."""

    def __init__(self, address, page):
        super().__init__()
        self.address = address
        self.forms = []
        self.links = set()
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "form":
            method = (given.get("method") or "get").lower()
            self.forms.append((method, urljoin(self.address, given.get("action") or self.address), {}))
        elif tag in ("input", "textarea", "select", "button") and self.forms and given.get("name"):
            value = "file" if given.get("type") == "file" else given.get("value") or ""
            self.forms[-1][2].setdefault(given["name"], value)
        elif tag == "a" and (given.get("href") or "").startswith("/"):
            self.links.add(given["href"])


class Nonsense:
    """Somebody who sends it. `broken` has what was answered with a fault of ours."""

    def __init__(self, client, chance):
        self.client = client
        self.chance = chance
        self.broken = []
        self.sent = 0

    def ask(self, method, address, *given, **options):
        self.sent += 1
        try:
            answer = getattr(self.client, method)(address, *given, **options)
        except Exception as problem:
            self.broken.append(
                f"{method} {address!r} {given!r:.300} {options!r:.200}: {type(problem).__name__}: {problem}"
            )
            return None
        if answer.status_code >= 500:
            self.broken.append(f"{method} {address!r} {given!r:.300}: {answer.status_code}")
        return answer

    def text(self):
        kind = self.chance.random()
        if kind < 0.8:
            return self.chance.choice(TEXTS)
        return "".join(chr(self.chance.randrange(1, 0xD7FF)) for _ in range(self.chance.randrange(1, 40)))

    def address(self, route):
        return "/" + re.sub(r"<(?:\w+:)?\w+>", lambda _: self.part(), route)

    def part(self):
        known = [order.ref for order in Order.objects.all()[:3]] + ["1", "2", "stoneware-mug", "test"]
        return self.chance.choice(known) if self.chance.random() < 0.7 else self.text().strip("/") or "x"

    def query(self):
        return {name: self.text() for name in self.chance.sample(QUERY, self.chance.randrange(4))}

    def fill(self, fields):
        """The fields of a form: some as they were, some changed, some missing, some twice, some new."""
        filled = {}
        for name, value in fields.items():
            kind = self.chance.random()
            if value == "file":
                content = self.chance.randbytes(self.chance.randrange(200))
                filled[name] = SimpleUploadedFile(
                    self.chance.choice(["a.png", "a.svg", "x" * 300 + ".png", "a.csv"]), content
                )
            elif kind < 0.45:
                filled[name] = value
            elif kind < 0.85:
                filled[name] = self.text()
            elif kind < 0.92:
                filled[name] = [self.text(), value, self.text()]
        if self.chance.random() < 0.1:
            filled[self.text() or "x"] = self.text()
        return filled

    def webhook(self):
        """What the gateway would post, signed, with nonsense in some fields."""
        payment = self.chance.choice(Payment.objects.all()[:5] or [None])
        content = {
            "id": f"evt_{self.sent}",
            "session": (payment and payment.session) or "none",
            "result": self.chance.choice(["succeeded", "failed"]),
            "minor": int(payment.amount.amount * 100) if payment else 1,
            "currency": "EUR",
            "detail": "",
        }
        for key in self.chance.sample(sorted(content), self.chance.randrange(3)):
            content[key] = self.chance.choice([*ANYTHING, self.text()])
        body = json.dumps(content).encode()
        self.ask(
            *("post", "/payments/test/webhook/", body),
            content_type="application/json",
            headers={gateway.SIGNATURE: gateway.sign(body, int(time.time()))},
        )

    def json(self):
        kind = self.chance.random()
        if kind < 0.2:
            return self.text().encode(errors="replace")
        keys = ["endpoint", "keys", "p256dh", "auth", "id", "type", "session", "amount", "state", "ref"]
        content = {key: self.chance.choice(ANYTHING) for key in self.chance.sample(keys, 5)}
        if kind < 0.5:
            content["keys"] = {"p256dh": self.chance.choice(ANYTHING), "auth": self.chance.choice(ANYTHING)}
        return json.dumps(content if kind < 0.9 else self.chance.choice(ANYTHING)).encode()


@pytest.mark.parametrize("who", ["guest", "member", "owner of the shop"])
def test_nonsense_never_breaks_a_page(who, tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path
    chance = random.Random(f"{SEED} {who}")
    DeliveryMethodFactory()
    variants = [VariantFactory(stocked=50, product__slug=slug) for slug in ("stoneware-mug", "kettle")]
    person = UserFactory(is_staff=who.startswith("owner"), is_superuser=who.startswith("owner"))
    orders = [make_order(user=person if who == "member" else None) for _ in range(2)]
    nonsense = Nonsense(Client(), chance)
    if who == "guest":
        nonsense.ask("get", access_links.path(orders[0]), follow=True)
    else:
        nonsense.client.force_login(person)
    nonsense.ask("post", "/cart/add/", {"variant": variants[0].pk, "quantity": 2})
    for order in orders:
        Payment.objects.create(order=order, gateway="test", session=f"tg_{order.ref}", amount=order.total)
    addresses = [route for route, _ in routes() if "logout" not in route and "(" not in route]
    admin = [route for route in addresses if route.startswith("admin/")]
    seen = ["/", "/checkout/", "/cart/", "/accounts/login/", *(order.get_absolute_url() for order in orders)]
    while nonsense.sent < REQUESTS // 3:
        kind = chance.random()
        if kind < 0.15:
            address = nonsense.address(chance.choice(addresses))
            nonsense.ask(chance.choice(["get", "post", "put", "delete", "head"]), address)
        elif kind < 0.2:
            nonsense.webhook()
        elif kind < 0.27:
            door = chance.choice([f"{orders[0].get_absolute_url()}push/", "/payments/test/webhook/", "/live/poll"])
            method = chance.choice(["post", "delete", "put"])
            nonsense.ask(method, door, nonsense.json(), content_type="application/json")
        elif kind < 0.45:
            nonsense.ask("get", chance.choice(seen).partition("?")[0], nonsense.query())
        else:
            address = (
                chance.choice(seen) if chance.random() < 0.6 else nonsense.address(chance.choice(admin or addresses))
            )
            page = nonsense.ask("get", address)
            if page is None or page.status_code != 200 or "html" not in page.get("Content-Type", ""):
                continue
            found = Forms(address, page.content.decode(errors="replace"))
            seen += [link for link in sorted(found.links) if "logout" not in link and link not in seen][:20]
            forms = [form for form in found.forms if "logout" not in form[1]]
            if forms:
                method, action, fields = chance.choice(forms)
                if urlsplit(action).netloc in ("", "testserver"):
                    nonsense.ask("get" if method == "get" else "post", action, nonsense.fill(fields))
    assert nonsense.broken == [], f"FUZZ_SEED={SEED}\n" + "\n".join(nonsense.broken[:20])
