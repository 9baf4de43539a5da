"""Categories in admin: a list that is the tree, moved by buttons, keys or drag; and a deletion that asks."""

from collections.abc import Collection, Sequence
from contextlib import nullcontext
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import IS_POPUP_VAR
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.db.models import Count, ProtectedError, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from treebeard.forms import TreeNodeChoiceField
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.views import ChangeList
from unfold.widgets import UnfoldAdminSelectWidget

from shop.catalog import tree
from shop.catalog.models import Category, Product
from shop.catalog.removal import Removal, RemovalForm
from shop.catalog.tree import DEEPEST, Place, Step, Tree
from shop.lib.language_tabs import LanguageTabsAdmin
from shop.lib.typed_text import whole_number

LIST = "admin:catalog_category_changelist"
MOST = 1000
"""Categories of one page: the tree is shown whole."""


class NewCategoryForm(forms.ModelForm):
    """A new category, and where it belongs. Later it is moved in the list."""

    parent = TreeNodeChoiceField(
        label=gettext_lazy("In"),
        queryset=Category.objects.filter(depth__lt=DEEPEST),
        required=False,
        empty_label=gettext_lazy("Top level"),
        widget=UnfoldAdminSelectWidget,
    )


class TreeList(ChangeList):
    """The list, with the tree as it is now, and how many products are in each category."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.tree = Tree()
        own = dict(Product.objects.order_by().values_list("category").annotate(n=Count("pk")))
        total = self.tree.totals(own)
        # Rows of the tree itself, so that none of them is of another moment.
        self.result_list: Any = self.tree.rows
        may_move = self.model_admin.has_change_permission(request)
        for row in self.result_list:
            row.own, row.total = own.get(row.pk, 0), total[row.pk]
            row.steps = self.tree.steps(row) if may_move else {}
            row.may_move = may_move
            row.place = self.tree.place(row)


WAYS = {
    Step.UP: ("↑", gettext_lazy("Up")),
    Step.DOWN: ("↓", gettext_lazy("Down")),
    Step.OUT: ("←", gettext_lazy("Out")),
    Step.IN: ("→", gettext_lazy("Into the one above")),
}
"""The sign and the name of each button."""


@admin.action(description=gettext_lazy("Delete selected categories"), permissions=["delete"])
def delete_selected(model_admin: Any, request: HttpRequest, queryset: QuerySet[Category]) -> HttpResponse:
    """Ask where things go."""
    answer: HttpResponse = model_admin.ask(request, list(queryset.values_list("pk", flat=True)))
    return answer


@admin.register(Category)
class CategoryAdmin(LanguageTabsAdmin, ModelAdmin):
    """Categories. Their form has their texts; where they are is changed in the list."""

    exclude = Category.MOVENODE_FORM_EXCLUDED_FIELDS
    list_display = ("titled", "products_in_it", "slug", "moves")
    list_display_links = None
    list_per_page = MOST
    list_before_template = "admin/catalog/tree_head.html"
    sortable_by: ClassVar[tuple[str, ...]] = ()
    ordering = ("path",)
    actions = (delete_selected,)
    prepopulated_fields: ClassVar[dict[str, Sequence[str]]] = {"slug": ("title",)}

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return TreeList

    def get_urls(self) -> list[URLPattern]:
        """Plus a move, and the answer to the question of a deletion."""
        return [
            path("move/", self.admin_site.admin_view(require_POST(self.move_view)), name="catalog_category_move"),
            path("remove/", self.admin_site.admin_view(require_POST(self.remove_view)), name="catalog_category_remove"),
            *super().get_urls(),
        ]

    @display(description=gettext_lazy("title"))
    def titled(self, category: Any) -> SafeString:
        """At its level in the tree, with the handle to drag it by."""
        return mark_safe(render_to_string("admin/catalog/tree_title.html", {"category": category}))

    @display(description=gettext_lazy("products"))
    def products_in_it(self, category: Any) -> str:
        """How many are in it, those of the categories below among them."""
        if category.own in (0, category.total):
            return str(category.total)
        return _("%(total)s (%(own)s directly)") % {"total": category.total, "own": category.own}

    @display(description=gettext_lazy("move"))
    def moves(self, category: Any) -> SafeString:
        """A button for each step that it can go."""
        steps = [(step, *words) for step, words in WAYS.items() if step in category.steps]
        return mark_safe(render_to_string("admin/catalog/tree_moves.html", {"category": category, "steps": steps}))

    def get_list_display(self, request: HttpRequest) -> Any:
        """Without what somebody cannot do."""
        found = super().get_list_display(request)
        return found if self.has_change_permission(request) else [name for name in found if name != "moves"]

    def move_view(self, request: HttpRequest) -> HttpResponse:
        """Move one: `move` is its key and a step, or its key, a place and the key of another category."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        key, verb, other = (*request.POST.get("move", "").split(":"), "", "", "")[:3]
        moved, target, seen = whole_number(key) or 0, whole_number(other) or 0, request.POST.get("tree", "")
        back = reverse(LIST)
        if verb not in set(Step) | set(Place):
            messages.error(request, _("Nothing was moved: it was not said where to."))
            return HttpResponseRedirect(back)
        try:
            if verb in set(Step):
                category, place = tree.step(moved, Step(verb), seen)
            else:
                category, place = tree.move(moved, target, Place(verb), seen)
        except tree.Refused as problem:
            messages.error(request, str(problem))
            return HttpResponseRedirect(back)  # not to the row: the reason stands above the list
        words = _("“%(title)s” was moved. It is here now: %(place)s.")
        messages.success(request, words % {"title": category.title, "place": place})
        return HttpResponseRedirect(f"{back}#move-{moved}")

    def get_form(  # type: ignore[override]  # as the class of the translated fields has it
        self, request: HttpRequest, obj: Any = None, **kwargs: Any
    ) -> Any:
        """Only a new category is asked where it belongs."""
        return super().get_form(request, obj, **{"form": self.form if obj else NewCategoryForm, **kwargs})

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Saving writes the place in the tree, too: nobody may change it meanwhile."""
        with tree.changing() if request.method == "POST" else nullcontext():
            return super().changeform_view(request, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Category, form: Any, change: bool) -> None:
        """A new one gets its place; a changed slug leaves the old address behind."""
        if not change:
            tree.add(obj, form.cleaned_data.get("parent"))
            return
        super().save_model(request, obj, form, change)
        if "slug" in form.changed_data:
            tree.renamed([form.initial["slug"]], obj)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Ask where things go; on POST do it."""
        if not self.has_delete_permission(request):
            raise PermissionDenied
        keys = [whole_number(object_id) or 0]
        return self._remove(request, keys) if request.method == "POST" else self.ask(request, keys)

    def remove_view(self, request: HttpRequest) -> HttpResponse:
        """The answer to the question."""
        if not self.has_delete_permission(request):
            raise PermissionDenied
        return self._remove(request, [whole_number(key) or 0 for key in request.POST.getlist("key")[:MOST]])

    def ask(self, request: HttpRequest, keys: Collection[int]) -> HttpResponse:
        """The page that says what is in these categories, and asks where it goes."""
        removal = Removal(keys)
        return self._question(request, removal, RemovalForm(removal))

    def _remove(self, request: HttpRequest, keys: Collection[int]) -> HttpResponse:
        try:
            with tree.changing():
                removal = Removal(keys)
                form = RemovalForm(removal, request.POST)
                if not removal.chosen or self._objections(request, removal) or not form.is_valid():
                    return self._question(request, removal, form)
                self.log_deletions(request, Category.objects.filter(pk__in=removal.keys))
                things = removal.things()
                removal.carry_out(*form.ways())
        except tree.Refused as problem:
            messages.error(request, str(problem))
            return self.ask(request, keys)
        except (ProtectedError, IntegrityError):
            messages.error(request, _("Nothing was deleted: a product was put there meanwhile."))
            return HttpResponseRedirect(reverse(LIST))
        if IS_POPUP_VAR in request.POST and len(removal.chosen) == 1:
            return self.response_delete(request, removal.titles(), removal.chosen[0].pk)
        messages.success(request, _("Deleted: %(titles)s.") % {"titles": removal.titles()})
        if things:
            messages.success(request, _("Moved: %(things)s.") % {"things": things})
        return HttpResponseRedirect(reverse(LIST))

    def _objections(self, request: HttpRequest, removal: Removal) -> list[str]:
        found = removal.objections()
        if removal.children and not self.has_change_permission(request):
            found.append(_("You may not move the categories that are in it."))
        if removal.products and not request.user.has_perm("catalog.change_product"):
            found.append(_("You may not move the products that are in it."))
        return found

    def _question(self, request: HttpRequest, removal: Removal, form: RemovalForm) -> HttpResponse:
        if not removal.chosen:
            messages.error(request, _("The category is gone already."))
            return HttpResponseRedirect(reverse(LIST))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Delete %(titles)s") % {"titles": removal.titles()},
            "opts": self.model._meta,
            "removal": removal,
            "objections": self._objections(request, removal),
            "form": form,
            "popup": IS_POPUP_VAR if IS_POPUP_VAR in request.GET or IS_POPUP_VAR in request.POST else "",
        }
        return render(request, "admin/catalog/remove.html", context)
