"""What is this shop's own way in django-allauth: mails through the outbox, limits on wrong passwords, a log of them."""

import hashlib
import logging
import re
from collections.abc import Iterable
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import ratelimit
from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from allauth.usersessions.models import UserSession
from django.contrib.sites.shortcuts import get_current_site
from django.db import transaction
from django.http import HttpRequest

from events.lib.client_address import UNKNOWN
from events.live import reauthorization, tickets
from shop.accounts.domain_events import MailRequested
from shop.accounts.models import OutgoingMail
from shop.lib import letters
from shop.lib.addresses import client_address

logger = logging.getLogger(__name__)

NO_ADDRESS = "0.0.0.0"  # noqa: S104 - nothing listens there


class AccountAdapter(DefaultAccountAdapter):
    """`ACCOUNT_ADAPTER`."""

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Write the mail down, and an event that has it sent: no request waits for a mail server, or fails with it."""
        mail = self.written(template_prefix, email, context)
        mail.record(MailRequested(mail=mail.pk))
        with transaction.atomic():
            mail.save()

    def written(self, template_prefix: str, email: str, context: dict[str, Any]) -> OutgoingMail:
        """The mail in the active language, not stored: allauth's words in the frame of all mails of the shop."""
        values = {"request": self.request, "email": email, "current_site": get_current_site(self.request), **context}
        message = self.render_mail(template_prefix, email, values)
        body, subject = str(message.body).strip(), str(message.subject)
        return OutgoingMail(
            recipient=email,
            subject=subject,
            text=letters.text("mail/account", {"body": body}),
            html=letters.html("mail/account", {"paragraphs": _paragraphs(body), "subject": subject}),
        )

    def get_client_ip(self, request: HttpRequest) -> str:
        """Counted behind the trusted proxies. A unix socket has none; the list of sign-ins needs one all the same."""
        address = client_address(request)
        return NO_ADDRESS if address == UNKNOWN else address

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Refuse a sign-in after too many wrong passwords: from this address, for this account from this address, or
        for it at all.
        """
        login = _login(credentials)
        if not ratelimit.consume(request, action="login_failed_anywhere", key=login, dry_run=True):
            raise self.validation_error("too_many_login_attempts")
        super().pre_authenticate(request, **credentials | {"email": f"{login} from {client_address(request)}"})

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Count it against the account, and log it.

        The account is named by a hash: people type passwords there, too.
        """
        login = _login(credentials)
        ratelimit.consume(request, action="login_failed_anywhere", key=login)
        account = hashlib.sha256(login.encode()).hexdigest()[:12]
        logger.warning("sign-in failed from %s for account %s", client_address(request), account)


class SessionsAdapter(DefaultUserSessionsAdapter):
    """`USERSESSIONS_ADAPTER`."""

    def end_sessions(self, sessions: Iterable[UserSession]) -> None:
        """Sign these browsers out, and close their live sockets."""
        ended = list(sessions)
        super().end_sessions(ended)
        for session in ended:
            reauthorization.look_at(session=tickets.fingerprint(session.session_key))


def _paragraphs(body: str) -> list[dict[str, str]]:
    """A text in parts: one that is an address alone is a button in HTML."""
    parts = [part.strip() for part in re.split(r"\n\s*\n", body)]
    return [{"address": part} if re.fullmatch(r"https?://\S+", part) else {"words": part} for part in parts if part]


def _login(credentials: dict[str, Any]) -> str:
    return str(credentials.get("email") or credentials.get("username") or "").strip().lower()
