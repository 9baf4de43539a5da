"""What follows an order: it is paid, an invoice is drawn, a mail is sent.

The same functions, called in the request or by handlers.

The payment provider and the mail server are processes beside (`outside`), which take as long as they are told.
"""

import os
import uuid
from types import SimpleNamespace
from typing import Any

import httpx
from django.conf import settings

from orders.models import Order
from orders.notifications import mail

CHECKOUT = os.environ.get("BENCH_CHECKOUT", "")
"""`inline`: in the request; `events`: by handlers; else none of it."""

_provider = httpx.Client(base_url=os.environ.get("BENCH_PROVIDER", "http://127.0.0.1:1"), timeout=30)


def charge(order: Order) -> None:
    """Ask the payment provider, once for each order."""
    body = {"reference": order.ref, "amount": str(order.total.amount), "idempotency_key": f"charge:{order.ref}"}
    _provider.post("/charges", json=body).raise_for_status()


def invoice(order: Order) -> None:
    """A page of PDF, kept beside the shop's files."""
    from reportlab.lib.pagesizes import A4  # the tests of the other steps run without it
    from reportlab.pdfgen.canvas import Canvas

    folder = settings.DATA_DIR / "invoices"
    folder.mkdir(exist_ok=True)
    page = Canvas(str(folder / f"{order.ref}.pdf"), pagesize=A4)
    page.setFont("Helvetica-Bold", 18)
    page.drawString(60, 770, f"Invoice {order.ref}")
    page.setFont("Helvetica", 11)
    for n, text in enumerate((order.name, order.address, f"{order.postal_code} {order.city}", str(order.country))):
        page.drawString(60, 730 - 15 * n, text)
    rows = [(f"{line.quantity} × {line.title}", line.unit_price * line.quantity) for line in order.lines.all()]
    rows += [(order.delivery_method.title, order.delivery_price), ("Total", order.total)]
    for n, (text, amount) in enumerate(rows):
        page.drawString(60, 640 - 18 * n, text)
        page.drawRightString(530, 640 - 18 * n, str(amount))
    page.save()


def confirmation(order: Order) -> None:
    """The mail that the shop's own handler sends, without its event."""
    data = SimpleNamespace(order=order.state(), reason="")
    event: Any = SimpleNamespace(
        type="order.placed", id=uuid.uuid4(), handler="inline", data=data, idempotency_key=order.ref, sequence=1
    )
    mail.send(order, event)
