"""The page on which a visitor says where things are to be delivered, and in which language they read."""

from urllib.parse import urlsplit, urlunsplit

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from shop.lib.language_addresses import without_language
from shop.lib.returning import came_from
from shop.markets import places
from shop.markets.places import here


class PlaceForm(forms.Form):
    """A country that is sold to, and a language of the site."""

    country = forms.ChoiceField(label=_("Deliver to"))
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        country: forms.ChoiceField = self.fields["country"]  # type: ignore[assignment]
        country.choices = places.by_name(places.open_markets())


@require_http_methods(["GET", "POST"])
def deliver_to(request: HttpRequest) -> HttpResponse:
    """The choice, and where it was made from: that page is shown again."""
    back = request.POST.get("next", "") if request.method == "POST" else came_from(request)
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}):
        back = "/"
    if request.method == "GET":
        form = PlaceForm(initial={"country": here(request).country, "language": translation.get_language()})
        return render(request, "markets/deliver_to.html", {"form": form, "next": back})
    form = PlaceForm(request.POST)
    chosen = places.place(form.cleaned_data["country"]) if form.is_valid() else None
    if chosen is None:
        return render(request, "markets/deliver_to.html", {"form": form, "next": back}, status=422)
    parts = urlsplit(back)  # an address with a language would keep that one
    response = redirect(urlunsplit(("", "", without_language(parts.path) or "/", parts.query, "")))
    places.remember(request, response, chosen)
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        form.cleaned_data["language"],
        max_age=places.COOKIE_SECONDS,
        samesite="Lax",
        secure=settings.LANGUAGE_COOKIE_SECURE,
    )
    return response
