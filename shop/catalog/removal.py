"""Deleting categories: what is in them goes elsewhere first, and old addresses lead to where it went."""

from collections.abc import Callable, Collection
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.widgets import UnfoldAdminSelectWidget

from shop.catalog import tree
from shop.catalog.models import Category, FormerSlug, Product
from shop.catalog.tree import Place, Tree

ABOVE, TOP = "above", "top"
"""Choices of the form beside the keys of categories: the next one above that stays, and the top level."""

objections: list[Callable[[Collection[int]], list[str]]] = []
"""Why the categories with these keys cannot be deleted, in sentences. Apps above add theirs when they are loaded."""


class Removal:
    """The categories to delete, and what is in them now."""

    def __init__(self, keys: Collection[int]) -> None:
        self.tree = Tree()
        self.chosen = [row for row in self.tree.rows if row.pk in keys]
        self.keys = {row.pk for row in self.chosen}
        below = [row for category in self.chosen for row in self.tree.below(category)]
        self.children = [row for row in below if row.pk not in self.keys]
        in_them = Product.objects.filter(category__in=self.keys)
        self.products = dict.fromkeys(in_them.order_by().values_list("category", flat=True).distinct())
        self.count = in_them.count()

    def titles(self) -> str:
        """The names of what is to be deleted."""
        return ", ".join(category.title for category in self.chosen)

    def things(self) -> str:
        """How much is in them, in words; "" for nothing."""
        children, products = len(self.children), self.count
        parts = [ngettext("%(n)s product", "%(n)s products", products) % {"n": products}] if products else []
        parts += [ngettext("%(n)s category", "%(n)s categories", children) % {"n": children}] if children else []
        return _(" and ").join(parts)

    def objections(self) -> list[str]:
        """Why they cannot be deleted now."""
        if self.products and len(self.chosen) == len(self.tree.rows):
            return [_("A product is always in a category. Add another category for the products first.")]
        return [sentence for each in objections for sentence in each(self.keys)]

    def above(self, category: Any) -> Any:
        """The next one above it that stays; None for the top level."""
        return self.tree.above(self._stem(category))

    def _stem(self, category: Any) -> Any:
        """The topmost one of those above it that go, or itself."""
        above = self.tree.above(category)
        return self._stem(above) if above and above.pk in self.keys else category

    def carry_out(self, categories: str, products: str) -> None:
        """Move what is in them, and delete them. Whoever calls holds the lock of the tree. Raises `tree.Refused`."""
        heirs = {category.pk: self._heir(category, categories, products) for category in self.chosen}
        for child in self.children:
            self._move(child, categories)
        for product in Product.objects.select_for_update().filter(category__in=self.keys).order_by("pk"):
            category = self.tree.by_key[product.category_id]
            product.category = self.above(category) if products == ABOVE else self.tree.by_key[int(products)]
            product.save(update_fields=["category"])
        for category in self.chosen:
            if heir := heirs[category.pk]:
                FormerSlug.objects.filter(category=category).update(category=heir)
                tree.renamed([category.slug], heir)
        Category.objects.filter(pk__in=self.keys).delete()

    def _heir(self, category: Any, categories: str, products: str) -> Any:
        """Where shoppers find what was in a category: its products, else its categories, else the one above."""
        way = ABOVE
        if category.pk in self.products:
            way = products
        elif any(child in self.children for child in self.tree.below(category)):
            way = categories
        if way == TOP:
            return None
        return self.above(category) if way == ABOVE else self.tree.by_key[int(way)]

    def _move(self, child: Any, way: str) -> None:
        before = self.tree.place(child)
        if way == ABOVE:  # it takes the place of what it was in
            Category.objects.move(child, self._stem(self.tree.above(child)), "left")
        elif way == TOP:
            Category.objects.move(child, Category.objects.get_last_root_node(), "right")
        else:
            target = self.tree.by_key[int(way)]
            self.tree.check(child, target, Place.INSIDE)
            Category.objects.move(child, target, "last-child")
        after = Tree().place(child)
        tree.category_moved.send(Category, category=child, before=before, after=after)


class RemovalForm(forms.Form):
    """Where things go. It asks for no more than there is."""

    def __init__(self, removal: Removal, data: Any = None) -> None:
        super().__init__(data)
        now = removal.tree
        if removal.children:
            gone = {row.pk for category in removal.chosen for row in now.branch(category)}
            above = {removal.above(child) for child in removal.children}
            choices = [(ABOVE, _first(above))]
            choices += [(TOP, gettext_lazy("Top level"))] if above != {None} else []
            self.fields["categories"] = _choice(
                gettext_lazy("The categories go to"),
                choices + [(str(row.pk), _indented(row)) for row in now.rows if row.pk not in gone],
            )
        if removal.products:
            above = {removal.above(now.by_key[key]) for key in removal.products}
            choices = [("", "–")] if None in above else [(ABOVE, _first(above))]
            self.fields["products"] = _choice(
                gettext_lazy("The products go to"),
                choices + [(str(row.pk), _indented(row)) for row in now.rows if row.pk not in removal.keys],
            )

    def ways(self) -> tuple[str, str]:
        """What was chosen for the categories and the products."""
        return self.cleaned_data.get("categories", ABOVE), self.cleaned_data.get("products", ABOVE)


def _choice(label: Any, choices: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=choices, widget=UnfoldAdminSelectWidget)


def _first(above: set[Any]) -> Any:
    """The words for the next one above."""
    if len(above) > 1:
        return gettext_lazy("Each to the category above it")
    (one,) = above
    if one is None:
        return gettext_lazy("Top level")
    return format_lazy(gettext_lazy("{title} (the category above)"), title=one.title)


def _indented(category: Any) -> str:
    return "\u00a0\u00a0" * (category.depth - 1) + category.title
