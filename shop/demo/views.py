"""The pages of the demo's mailbox."""

from typing import Any

from csp.decorators import csp_replace
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET

from shop.demo.models import Letter

# The letter's page shows it in a frame; a mail has its styles inline, and runs nothing.
_FRAMED: Any = csp_replace({"frame-ancestors": ["'self'"], "style-src": ["'unsafe-inline'"], "default-src": ["'none'"]})


@never_cache
@require_GET
def mailbox(request: HttpRequest) -> HttpResponse:
    """All mail, newest first."""
    page = Paginator(Letter.objects.all(), 30).get_page(request.GET.get("page"))
    return render(request, "demo/mailbox.html", {"page": page})


@never_cache
@require_GET
def letter(request: HttpRequest, letter_id: int) -> HttpResponse:
    """One mail, as text and as HTML in a frame."""
    return render(request, "demo/letter.html", {"letter": get_object_or_404(Letter, pk=letter_id)})


@xframe_options_sameorigin
@_FRAMED
@require_GET
def letter_html(request: HttpRequest, letter_id: int) -> HttpResponse:
    """The HTML part of a mail, for the frame."""
    return HttpResponse(get_object_or_404(Letter, pk=letter_id).html)
