"""What a browser that was a guest's keeps when somebody signs in there: what is theirs, and nothing of others."""

from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest

from events.live import tickets
from orders import access_links
from orders.models import Order


def keep_own_at_sign_in() -> None:
    """Connect to the sign-in. Called once, when the apps are loaded."""
    user_logged_in.connect(_keep_own, dispatch_uid="orders.keep_own_at_sign_in")


def _keep_own(request: HttpRequest | None, user: Any, **_: Any) -> None:
    if request is None or not hasattr(request, "session"):
        return
    session, address = request.session, user.email.lower()
    if session.get("contact", {}).get("email", address).lower() != address:
        del session["contact"]
    if tickets.GRANTS in session:
        orders = Order.objects.filter(email__iexact=address)
        own = set().union(*(access_links.grants(order.stream, order.link_version) for order in orders))
        session[tickets.GRANTS] = {name: until for name, until in session[tickets.GRANTS].items() if name in own}
