"""The page behind the link of an invitation."""

from typing import Any

from django import forms
from django.contrib.auth import login
from django.contrib.auth.password_validation import password_validators_help_text_html, validate_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from shop.accounts.models import User
from shop.lib.addresses import counted_by
from shop.lib.errors import too_many
from shop.lib.rate_limits import exceeded
from shop.staff import invitations
from shop.staff.models import Invitation

TRIES = 60
"""Links that one client address may open in an hour."""
BACKEND = "django.contrib.auth.backends.ModelBackend"


def _password(label: Any, meaning: Any = "") -> forms.CharField:
    typed = forms.PasswordInput(attrs={"autocomplete": "new-password"})
    return forms.CharField(label=label, strip=False, max_length=200, widget=typed, help_text=meaning)


class AccountForm(forms.Form):
    """The account of somebody new."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    password1 = _password(gettext_lazy("Password"), password_validators_help_text_html)
    password2 = _password(gettext_lazy("The same password again"))

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean(self) -> dict[str, Any]:
        """Both passwords are the same, and a good one for this person."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        password = values.get("password1")
        if password and "password2" in values:
            if password != values["password2"]:
                self.add_error("password2", _("The two passwords differ."))
            try:
                validate_password(password, User(email=self.email, first_name=values.get("name", "")))
            except ValidationError as problem:
                self.add_error("password1", problem)
        return values


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "POST"])
def answer(request: HttpRequest, secret: str) -> HttpResponse:
    """Accept an invitation: with a new account, or signed in to the one that the address has.

    A GET changes nothing: mail servers open links, too.
    """
    if (client := counted_by(request)) and exceeded("invitation", client, TRIES):
        return too_many(request)
    try:
        found = invitations.find(secret)
        owner = invitations.account_of(found)
        if request.user.is_authenticated and request.user != owner:
            return _page(request, found, "other", status=409 if request.method == "POST" else 200)
        if owner is None:
            return _new(request, found, secret)
        return _known(request, found, secret)
    except invitations.Over:
        return render(request, "staff/invitation_over.html", status=404)
    except invitations.HasAccount:
        return redirect(request.path)


def _new(request: HttpRequest, found: Invitation, secret: str) -> HttpResponse:
    posted = request.POST if request.method == "POST" else None
    form = AccountForm(posted, email=found.email, initial={"name": found.name})
    if not form.is_valid():
        return _page(request, found, "new", form=form, status=422 if form.is_bound else 200)
    user = invitations.accept(secret, form.cleaned_data["name"], form.cleaned_data["password1"])
    login(request, user, backend=BACKEND)
    return redirect("admin:index")


def _known(request: HttpRequest, found: Invitation, secret: str) -> HttpResponse:
    if not request.user.is_authenticated:
        return _page(request, found, "sign_in", status=409 if request.method == "POST" else 200)
    if request.method == "GET":
        return _page(request, found, "agree")
    invitations.accept_as(secret, request.user)
    return redirect("admin:index")


def _page(request: HttpRequest, found: Invitation, step: str, status: int = 200, **more: Any) -> HttpResponse:
    return render(request, "staff/invitation.html", {"invitation": found, "step": step, **more}, status=status)
