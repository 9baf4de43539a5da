"""How staff sign in: with a second factor, a code from an app or a passkey; and again after some hours."""

import time
from collections.abc import Callable
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from shop.staff import sessions

OPEN = ("/accounts/", "/static/", "/media/", "/i18n/", "/service-worker.js", "/manifest.webmanifest")
"""What staff reach without a second factor: the pages where they set one up, and what these pages need."""


SINCE = "signed_in_at"  # key in the session: when this person signed in, in seconds since 1970


class GuardStaff:
    """Middleware: staff who signed in too long ago are signed out; those without a second factor are led to the page
    where they set one up, wherever they go.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(OPEN) or not request.user.is_authenticated or not request.user.is_staff:
            return self.get_response(request)
        if SINCE not in request.session:  # signed in before this was noted
            request.session[SINCE] = time.time()
        if time.time() - request.session[SINCE] > settings.STAFF_SESSION_HOURS * 3600:
            logout(request)
        elif settings.STAFF_SECOND_FACTOR and not is_mfa_enabled(request.user):
            messages.warning(request, _("Staff sign in with a second factor. Please set one up first."))
            return redirect("mfa_index")
        else:
            sessions.note(request, request.user)
        return self.get_response(request)


def connect() -> None:
    """Note when somebody signs in. Called once, when the apps are loaded."""
    user_logged_in.connect(_note, dispatch_uid="shop.staff.signed_in_at")


def _note(request: HttpRequest | None, user: Any, **_: Any) -> None:
    if request is not None and hasattr(request, "session") and user.is_staff:
        request.session[SINCE] = time.time()
        sessions.note(request, user)
