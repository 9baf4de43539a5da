"""The wish list: of a guest in the session, of a member in rows."""

from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest
from django.utils.safestring import SafeString

from shop.catalog import page_parts
from shop.wishes.models import Wish

SESSION_KEY = "wishes"
MOST = 100
"""Products on one list. The oldest one goes."""


def keys(request: HttpRequest) -> list[int]:
    """The keys of the products on the visitor's list, the newest first."""
    if request.user.is_authenticated:
        return of_member(request.user.pk)
    return [int(key) for key in request.session.get(SESSION_KEY, [])][:MOST]


def of_member(user: int) -> list[int]:
    """The same of a member's list."""
    return list(Wish.objects.filter(user=user).order_by("-pk").values_list("product", flat=True)[:MOST])


def put(request: HttpRequest, product: int) -> None:
    """Put a product on the list; it is there once."""
    if request.user.is_authenticated:
        _put(request.user, [product])
    else:
        request.session[SESSION_KEY] = [product, *(key for key in keys(request) if key != product)][:MOST]


def take_off(request: HttpRequest, product: int) -> None:
    """Take a product off the list."""
    if request.user.is_authenticated:
        Wish.objects.filter(user=request.user, product=product).delete()
    else:
        request.session[SESSION_KEY] = [key for key in keys(request) if key != product]


def _put(user: Any, products: list[int]) -> None:
    Wish.objects.bulk_create([Wish(user=user, product_id=key) for key in products], ignore_conflicts=True)
    old = Wish.objects.filter(user=user).order_by("-pk").values_list("pk", flat=True)[MOST:]
    Wish.objects.filter(pk__in=list(old)).delete()


def merge_at_sign_in() -> None:
    """Connect to Django's sign-in signal: what a guest wished for goes to the member's list."""

    def signed_in(request: HttpRequest | None, user: Any, **_: object) -> None:
        if request is None or not hasattr(request, "session"):
            return
        wished = [int(key) for key in request.session.pop(SESSION_KEY, [])][:MOST]
        there = set(Wish.products_of(wished))
        _put(user, [key for key in reversed(wished) if key in there])

    user_logged_in.connect(signed_in, dispatch_uid="wishes.merge", weak=False)


def action(request: HttpRequest, product: int, token: str) -> SafeString:
    """The button of a product's page, with the one that shares it."""
    return page_parts.drawn("wishes/_action.html", token, product=product, wished=product in keys(request))
