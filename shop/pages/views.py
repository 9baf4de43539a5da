"""The shop's own pages, and every version of them."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from shop.pages.markdown import html
from shop.pages.models import Kind, PageVersion


def newest(request: HttpRequest, **which: str) -> PageVersion | None:
    """The newest version of a page that this visitor may read: staff also read what is not published yet."""
    found = PageVersion.objects.filter(**{f"page__{name}": value for name, value in which.items()})
    version = found.select_related("page").first()
    if version is None or not (version.page.published or request.user.has_perm("pages.view_page")):
        return None
    return version


@require_safe
def page(request: HttpRequest, kind: str) -> HttpResponse:
    """The page of a kind."""
    return _shown(request, newest(request, kind=kind))


@require_safe
def other(request: HttpRequest, page_slug: str) -> HttpResponse:
    """Any other page; that of a kind is at the kind's address."""
    found = newest(request, slug=page_slug)
    if found is not None and found.page.kind != Kind.OTHER:
        return redirect(found.page, permanent=True)
    return _shown(request, found)


@require_safe
def version(request: HttpRequest, page_slug: str, version_number: int) -> HttpResponse:
    """A version by its number, as orders name it."""
    versions = PageVersion.objects.select_related("page")
    found = get_object_or_404(versions, page__slug=page_slug, number=version_number)
    last = newest(request, slug=page_slug)
    if last is None:
        raise Http404(_("There is no such page."))
    return _shown(request, found, replaced=found.number != last.number)


def _shown(request: HttpRequest, found: PageVersion | None, replaced: bool = False) -> HttpResponse:
    if found is None:
        raise Http404(_("There is no such page."))
    text = found.text
    context = {
        "page": found.page,
        "version": found,
        "replaced": replaced,
        "title": text["title"],
        "body": html(text["body"]),
    }
    return render(request, "pages/page.html", context)
