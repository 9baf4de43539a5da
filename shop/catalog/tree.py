"""The tree of categories: read as a whole, and changed by one at a time.

A move rewrites the paths of whole branches, so two at once would tear the tree. Whoever changes it holds its lock.
"""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.dispatch import Signal
from django.utils.translation import gettext as _

from shop.catalog.models import Category, FormerSlug
from shop.lib import kept_briefly

DEEPEST = 8
"""Levels of the tree that pages can show."""

category_moved = Signal()
"""Sent in the transaction of a move, with the `category`, and its place `before` and `after` in words."""


class Place(StrEnum):
    """Where something is put, seen from another category. `INSIDE` is as its last one."""

    BEFORE = "before"
    AFTER = "after"
    INSIDE = "inside"


class Step(StrEnum):
    """A move by one: past the one above or below, into the one above, out of the one that it is in."""

    UP = "up"
    DOWN = "down"
    IN = "in"
    OUT = "out"


class Refused(Exception):
    """Nothing was moved. Its text is a sentence for whoever wanted it."""


class Tree:
    """All categories as they were at one moment."""

    def __init__(self) -> None:
        self.rows: list[Any] = list(Category.objects.order_by("path"))
        self.by_key: dict[int, Any] = {row.pk: row for row in self.rows}
        self._above: dict[int, Any] = {}
        self._below: dict[int | None, list[Any]] = {None: []}
        paths: dict[str, Any] = {}
        for row in self.rows:
            paths[row.path] = row
            above = paths.get(row.path[: -Category.steplen])
            self._above[row.pk] = above
            self._below.setdefault(above.pk if above else None, []).append(row)

    @property
    def seen(self) -> str:
        """A word for the shape of the tree. Another shape has another one."""
        shape = repr([(row.pk, row.depth) for row in self.rows])
        return hashlib.blake2b(shape.encode(), digest_size=12).hexdigest()

    def above(self, category: Any) -> Any:
        """The category that it is in; None at the top level."""
        return self._above[category.pk]

    def below(self, category: Any) -> list[Any]:
        """The categories that are directly in it; those of the top level for None."""
        return self._below.get(category.pk if category else None, [])

    def branch(self, category: Any) -> list[Any]:
        """It and all below it."""
        return [row for row in self.rows if row.path.startswith(category.path)]

    def beside(self, category: Any) -> tuple[list[Any], int]:
        """All that are in the same one, and which of them it is."""
        siblings = self.below(self.above(category))
        return siblings, siblings.index(category)

    def steps(self, category: Any) -> dict[Step, tuple[Any, Place]]:
        """The steps that it can go now, each with the category and the place that it leads to."""
        siblings, position = self.beside(category)
        found: dict[Step, tuple[Any, Place]] = {}
        if position:
            found[Step.UP] = siblings[position - 1], Place.BEFORE
            if not self._too_deep(category, siblings[position - 1], Place.INSIDE):
                found[Step.IN] = siblings[position - 1], Place.INSIDE
        if position + 1 < len(siblings):
            found[Step.DOWN] = siblings[position + 1], Place.AFTER
        if above := self.above(category):
            found[Step.OUT] = above, Place.AFTER
        return found

    def where(self, category: Any) -> str:
        """The titles from the top level down to it."""
        titles: list[str] = []
        while category:
            titles.insert(0, category.title)
            category = self.above(category)
        return " › ".join(titles)

    def place(self, category: Any) -> str:
        """Where it is, in words: the way down to it, and which one of how many it is there."""
        siblings, position = self.beside(category)
        known = {"where": self.where(category), "n": position + 1, "of": len(siblings)}
        return _("%(where)s, %(n)s of %(of)s") % known

    def totals(self, own: dict[int, int]) -> dict[int, int]:
        """What is counted in each category, with what is counted in those below it."""
        found = {row.pk: own.get(row.pk, 0) for row in self.rows}
        for row in sorted(self.rows, key=lambda row: -row.depth):
            if above := self.above(row):
                found[above.pk] += found[row.pk]
        return found

    def check(self, category: Any, target: Any, place: Place) -> None:
        """Raises `Refused` for a place that cannot be."""
        if target.path.startswith(category.path):
            raise Refused(
                _("“%(title)s” cannot be moved into itself, or to what is in it.") % {"title": category.title}
            )
        if self._too_deep(category, target, place):
            raise Refused(_("Nothing was moved: there can be %(n)s levels at most.") % {"n": DEEPEST})

    def _too_deep(self, category: Any, target: Any, place: Place) -> bool:
        down = (target.depth + (place == Place.INSIDE)) - category.depth
        return down > 0 and max(row.depth for row in self.branch(category)) + down > DEEPEST


@contextmanager
def changing() -> Iterator[None]:
    """A transaction in which nobody else changes the tree. After it, pages show the new one.

    On SQLite every transaction has the database for itself. Elsewhere the rows are the lock; products can meanwhile be
    put into categories.
    """
    with transaction.atomic():
        list(Category.objects.select_for_update(no_key=True).order_by("pk").values_list("pk"))
        transaction.on_commit(kept_briefly.forget_everything)
        yield


def move(key: int, target: int, place: Place, seen: str) -> tuple[Any, str]:
    """Put a category and all below it beside another one, or into it. Returns it, and where it is now.

    `seen` is the shape of the tree as the person saw it; if it has changed, nothing is moved. Raises `Refused`.
    """
    with changing():
        tree = Tree()
        category = _found(tree, key, key, seen)
        return _moved(tree, category, _found(tree, target, key, seen), place)


def step(key: int, direction: Step, seen: str) -> tuple[Any, str]:
    """Move a category by one, as `move` does. Raises `Refused`."""
    with changing():
        tree = Tree()
        category = _found(tree, key, key, seen)
        steps = tree.steps(category)
        if direction not in steps:
            raise Refused(_("“%(title)s” cannot be moved there.") % {"title": category.title})
        return _moved(tree, category, *steps[direction])


def add(category: Any, parent: Any) -> None:
    """Store a new category as the last one in its parent, or of the top level."""
    with changing():
        if parent is None:
            Category.objects.add_root(instance=category)
        else:
            Category.objects.add_child(parent, instance=category)


def renamed(former: Iterable[str], category: Any) -> None:
    """Have the addresses with these slugs lead to the category from now on."""
    for slug in former:
        FormerSlug.objects.update_or_create(slug=slug, defaults={"category": category})


def _found(tree: Tree, key: int, moved: int, seen: str) -> Any:
    """A category, if it and the rest of the tree are as they were seen."""
    if key not in tree.by_key:
        raise Refused(_("Nothing was moved: the category is gone. The list shows what is there now."))
    if tree.seen != seen:
        now = tree.by_key[moved]
        raise Refused(
            _("Nothing was moved: the tree has changed meanwhile. “%(title)s” is here now: %(place)s.")
            % {"title": now.title, "place": tree.place(now)}
        )
    return tree.by_key[key]


def _moved(tree: Tree, category: Any, target: Any, place: Place) -> tuple[Any, str]:
    tree.check(category, target, place)
    before = tree.place(category)
    position = {Place.BEFORE: "left", Place.AFTER: "right", Place.INSIDE: "last-child"}[place]
    Category.objects.move(category, target, position)
    after = Tree().place(category)
    category_moved.send(Category, category=category, before=before, after=after)
    return category, after
