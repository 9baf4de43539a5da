"""The page on which staff look at every mail of the shop."""

from typing import Any

from csp.decorators import csp_replace
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET

from orders.notifications import samples

MAY_LOOK = "orders.change_seller"
"""Who may say who the seller is may see how the shop writes."""
# The page shows the mail in a frame; a mail has its styles inline, and runs nothing.
_FRAMED: Any = csp_replace({"frame-ancestors": ["'self'"], "style-src": ["'unsafe-inline'"], "default-src": ["'none'"]})


@never_cache
@require_GET
@permission_required(MAY_LOOK, login_url="admin:login")
def page(request: HttpRequest) -> HttpResponse:
    """One mail in one language, as HTML in a frame and as text, and links to all others."""
    sample, language = _chosen(request)
    letter = sample.make(request, language)
    context = {
        **admin.site.each_context(request),
        "title": _("Mails"),
        "samples": samples.every(),
        "sample": sample,
        "language": language,
        "languages": settings.LANGUAGES,
        "letter": letter,
    }
    return render(request, "admin/mails.html", context)


@never_cache
@xframe_options_sameorigin
@_FRAMED
@require_GET
@permission_required(MAY_LOOK, login_url="admin:login")
def html(request: HttpRequest) -> HttpResponse:
    """The HTML part, for the frame."""
    sample, language = _chosen(request)
    return HttpResponse(str(sample.make(request, language).alternatives[0][0]))


def _chosen(request: HttpRequest) -> tuple[samples.Sample, str]:
    every = samples.every()
    wanted = request.GET.get("mail") or every[0].name
    language = request.GET.get("in") or settings.LANGUAGE_CODE
    found = next((each for each in every if each.name == wanted), None)
    if found is None or language not in dict(settings.LANGUAGES):
        raise Http404(_("There is no such mail."))
    return found, language
