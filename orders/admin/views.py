"""The list of orders: its facets, and the views that people keep of it."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from unfold.views import ChangeList

from orders.lists import filters, saved
from orders.lists.filtered import Question, filter_of
from orders.models import SavedView


class OnlyFilter(ChangeList):
    """A list of which nobody wants a page: the orders are not read."""

    def get_results(self, request: HttpRequest) -> None:
        """Read nothing."""
        self.result_list = ()


class ViewList:
    """The part of `OrderAdmin` that narrows the list."""

    admin_site: Any

    def get_urls(self) -> list[URLPattern]:
        """The addresses of views, before those of Django."""
        view = self.admin_site.admin_view
        return [
            path("views/", view(self.save_view), name="orders_order_views"),
            path("views/<int:pk>/", view(self.change_saved_view), name="orders_order_view"),
            *super().get_urls(),  # type: ignore[misc]
        ]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        """Without a page for who only asks which orders a filter finds."""
        return OnlyFilter if isinstance(request, Question) else super().get_changelist(request, **kwargs)  # type: ignore[misc]

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Without the theme's panel of filters: the page has the facets in their place."""
        found = super().get_changelist_instance(request)  # type: ignore[misc]
        found.has_filters = False
        return found

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """With facets, chips and views."""
        page = reverse("admin:orders_order_changelist")
        extra = filters.shown(request.GET) | saved.shown(request.GET, request.user, page) | (extra_context or {})
        answer: HttpResponse = super().changelist_view(request, extra)  # type: ignore[misc]
        return answer

    def save_view(self, request: HttpRequest) -> HttpResponse:
        """Keep a filter under a name."""
        person = self._person(request)
        query = filter_of(QueryDict(request.POST.get("query", "")[: saved.LONGEST]))
        page = reverse("admin:orders_order_changelist")
        if request.method == "POST" and query:
            form = saved.ViewForm(request.POST, person=person, instance=SavedView(person=person, query=query))
            self._save(request, form, _("The view “%(name)s” is kept."))
        return HttpResponseRedirect(f"{page}?{query}" if query else page)

    def change_saved_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Rename, share or delete one's own view."""
        person = self._person(request)
        view = SavedView.objects.filter(pk=pk, person=person).first()
        if view is None:
            raise Http404
        page = reverse("admin:orders_order_changelist")
        if request.method == "POST" and "delete" in request.POST:
            view.delete()
            messages.success(request, _("The view “%(name)s” is deleted.") % {"name": view.name})
            return HttpResponseRedirect(page)
        query = view.query
        if request.method == "POST":
            form = saved.ViewForm(request.POST, person=person, instance=view)
            self._save(request, form, _("The view “%(name)s” is kept."))
        return HttpResponseRedirect(f"{page}?{query}")

    def _person(self, request: HttpRequest) -> Any:
        if not request.user.has_perm("orders.view_order"):  # type: ignore[union-attr]
            raise PermissionDenied
        return request.user

    def _save(self, request: HttpRequest, form: saved.ViewForm, said: Any) -> None:
        if form.is_valid():
            messages.success(request, said % {"name": form.save().name})
            return
        for problems in form.errors.values():
            for problem in problems:
                messages.error(request, str(problem))
