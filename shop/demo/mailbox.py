"""An email backend that keeps the mail, so that a visitor of the demo can read it."""

import uuid
from collections.abc import Sequence

from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend

from shop.demo.models import Letter


class Backend(BaseEmailBackend):
    """Stores each mail as a `Letter` and sends nothing."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Store each mail. A message id that is stored already is a repeat."""
        Letter.objects.bulk_create((_letter(message) for message in email_messages), ignore_conflicts=True)
        return len(email_messages)


def _letter(message: EmailMessage) -> Letter:
    html = ""
    if isinstance(message, EmailMultiAlternatives):
        html = next((str(content) for content, kind in message.alternatives if kind == "text/html"), "")
    return Letter(
        message_id=message.extra_headers.get("Message-ID") or f"<{uuid.uuid4()}@demo>",
        to=", ".join(message.to),
        subject=str(message.subject),
        text=str(message.body),
        html=html,
    )
