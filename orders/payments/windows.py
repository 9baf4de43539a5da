"""How long an unpaid order waits for its money: a card is quick, a bank is not."""

from datetime import timedelta

from django.conf import settings

from orders.payments.gateways import base

LINK = timedelta(hours=48)
"""How long the goods are kept for somebody to whom staff mailed a link to pay: a mail is read in the evening."""


def of(gateway: str) -> timedelta:
    """The window of that gateway; the shop's own for one that is not installed, or not chosen yet."""
    usual = timedelta(minutes=settings.PAYMENT_WINDOW_MINUTES)
    if not gateway:
        return usual
    try:
        return base.named(gateway).window or usual
    except base.UnknownGateway:
        return usual


def longest() -> timedelta:
    """The longest window of any gateway where new payments begin."""
    try:
        return max(of(gateway.name) for gateway in base.every())
    except Exception:  # handlers are read before the settings are looked at: `start_checks.gateway` says what is wrong
        return of("")
