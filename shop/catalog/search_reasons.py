"""Why a search has found what it has: in the words of the products, by a category's name, or with another spelling."""

import re
from collections.abc import Iterable

from shop.catalog import search
from shop.catalog.models import Category, Product
from shop.lib.kept_briefly import kept_briefly


@kept_briefly(60)
def _titles() -> list[tuple[int, str, set[str]]]:
    """Key, path and words of each category, in every language."""
    rows = Category.objects.order_by("depth", "path").values_list("pk", "path", "title_en", "title_zh_hans")
    return [(pk, path, set(search.words(f"{en or ''} {zh or ''}"))) for pk, path, en, zh in rows]


_titles.forget_with(Category)


def category_of(text: str) -> Category | None:
    """The category whose name has every word of the text; the topmost of several."""
    typed = search.words(text)
    found = (pk for pk, _path, there in _titles() if typed and all(_named(word, there) for word in typed))
    pk = next(found, None)
    return Category.objects.filter(pk=pk).first() if pk else None


def keys_in(category: Category) -> list[int]:
    """The keys of the products of a category and of those below it, the featured ones first."""
    inside = Product.objects.filter(category__path__startswith=category.path, active=True)
    return list(inside.order_by("-featured", "pk").values_list("pk", flat=True)[: search.CANDIDATES])


def respelled(text: str, products: Iterable[Product]) -> str:
    """The text with those words exchanged that none of the products has; "" if they have all of them."""
    titles: set[str] = set()
    there: set[str] = set()
    for product in products:
        titles |= set(search.words(f"{product.title_en or ''} {product.title_zh_hans or ''}"))  # type: ignore[attr-defined]
        there |= set(search.words(product.text_en or "", whole=True)) | titles  # type: ignore[attr-defined]
    typed = search.words(text)
    instead = [word if _named(word, there) else _nearest(word, titles) for word in typed]
    return " ".join(instead) if all(instead) and instead != typed else ""


def _named(word: str, there: Iterable[str]) -> bool:
    """Whether one of these words begins with it, or has it inside (as Chinese does), or is its singular or plural."""
    stem = re.sub("(es|s)$", "", word) if len(word) > 3 else word
    return any(word in other or (len(stem) > 2 and other.startswith(stem)) for other in there)


def _nearest(word: str, titles: Iterable[str]) -> str:
    known = set(titles)
    if swapped := next((other for other in search.exchanged(word) if other in known), ""):
        return swapped
    best = max(known, key=lambda other: (search.alike(word, other), other), default="")
    return best if best and search.alike(word, best) >= search.FARTHEST else ""
