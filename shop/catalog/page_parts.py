"""What the apps above this one show on a product's page. Each adds its functions when it is loaded."""

import secrets
from collections.abc import Callable, Hashable
from functools import lru_cache

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.html import escape, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from shop.markets.places import Place

promises: list[Callable[[Place], str]] = []
"""When things would come to that place, and for how much, in words; "" where nothing is promised."""

actions: list[Callable[[HttpRequest, int, str], SafeString]] = []
"""HTML of what a visitor can do with a product beside buying it. They get its key and the token of the page's forms."""

companions: list[Callable[[int], list[int]]] = []
"""The keys of products that go with that one, the best first."""

sections: list[Callable[[int], SafeString]] = []
"""HTML of what is said about a product below it. They get its key."""


def sections_of(product: int) -> SafeString:
    """All sections, one after the other."""
    return format_html_join("", "{}", ((each(product),) for each in sections))


def promise(place: Place) -> str:
    """The first promise that somebody makes."""
    return next(filter(None, (each(place) for each in promises)), "")


def actions_for(request: HttpRequest, product: int, token: str) -> SafeString:
    """All actions, one after the other."""
    return format_html_join("", "{}", ((each(request, product, token),) for each in actions))


_TOKEN = secrets.token_hex()  # placeholder in a drawn action for each visitor's own CSRF token


def drawn(template: str, token: str, **told: Hashable) -> SafeString:
    """An action's HTML, from a template that knows what it is told, the language and the token of the form.

    It is rendered once for all visitors to whom it says the same.
    """
    return mark_safe(_drawn(template, get_language() or "", tuple(told.items())).replace(_TOKEN, escape(token)))


@lru_cache(maxsize=4096)
def _drawn(template: str, language: str, told: tuple[tuple[str, Hashable], ...]) -> str:
    return render_to_string(template, dict(told) | {"csrf_token": _TOKEN})


def companions_of(product: int) -> list[int]:
    """The keys of what goes with a product, without repeats."""
    return list(dict.fromkeys(key for each in companions for key in each(product)))
