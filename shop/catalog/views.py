"""The pages of the catalogue: home, categories, one product, search."""

import hashlib
from collections.abc import Sequence
from functools import partial
from typing import Any

from django.contrib import messages
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.utils.cache import add_never_cache_headers
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET
from djmoney.money import Money

from events.live import tickets
from shop.catalog import (
    compare,
    facets,
    listing,
    page_parts,
    prices,
    product_page_cache,
    recently_seen,
    search,
    search_reasons,
)
from shop.catalog.listing import Asked
from shop.catalog.models import Category, FormerSlug, Product, Variant
from shop.catalog.tree import Tree
from shop.markets.places import here

PER_PAGE = 24
BESIDE = 4
"""Products that are shown below another one."""


def for_sale(currency: str) -> Any:
    """Active products that are sold in the currency, with stars, variants, stock and prices.

    Three queries for any number: the stars come with the products.
    """
    variants = Variant.objects.filter(active=True).select_related("stock").prefetch_related(prices.prefetch(currency))
    sold = Product.objects.filter(prices.sold_in(currency), active=True).select_related("rating")
    return sold.prefetch_related(Prefetch("variants", variants))


def category_tree(tree: Tree | None = None) -> list[dict[str, Any]]:
    """The category tree, in one query."""
    known = tree or Tree()

    def nodes(above: Category | None) -> list[dict[str, Any]]:
        return [{"category": each, "children": nodes(each)} for each in known.below(above)]

    return nodes(None)


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    sold = for_sale(here(request).currency)
    context = {
        "featured": list(sold.filter(featured=True).order_by("pk")[:8]),
        "newest": list(sold.filter(featured=False).order_by("-created", "-pk")[:8]),
        "categories": category_tree(),
    }
    return render(request, "catalog/home.html", context)


@require_GET
def browse(request: HttpRequest) -> HttpResponse:
    """The products of one category or of all, with filters, sorting and pages."""
    return _listing(request, Asked.read(request.GET), Product.objects.filter(active=True), {"sort": "featured"})


@require_GET
def search_page(request: HttpRequest) -> HttpResponse:
    """The search results for `q`. Search tolerates typing errors. A SKU or an order's number leads to where it is."""
    text = request.GET.get("q", "").strip()[: search.LONGEST]
    if text and (variant := search.by_sku(text)):
        messages.info(request, _("%(sku)s is the SKU of this.") % {"sku": variant.sku})
        return redirect(f"{variant.product.get_absolute_url()}?variant={variant.sku}")
    if address := next(filter(None, (look(request, text) for look in search.elsewhere)), ""):
        return redirect(address)
    named = search_reasons.category_of(text) if text else None
    found = list(dict.fromkeys([*search.keys(text), *(search_reasons.keys_in(named) if named else ())]))
    context = {"q": text, "searching": True, "named": named, "scope": found}
    return _listing(request, Asked.read(request.GET, text), Product.objects.filter(active=True, pk__in=found), context)


def _listing(request: HttpRequest, asked: Asked, products: Any, context: dict[str, Any]) -> HttpResponse:
    """One page of the products. Without `sort` in the context, they are in the order of its `scope`, a search's."""
    currency, tree = here(request).currency, Tree()
    category, below = None, []
    if asked.category:
        category = next((row for row in tree.rows if row.slug == asked.category), None)
        if category is None:
            return _no_category(request, asked, tree)
        below = [row.pk for row in tree.branch(category)]
    counts = facets.count(asked, currency, tree, below, context.get("scope"))
    fitting = listing.narrowed(products, asked, currency, below)
    sort = asked.sort or context.get("sort", "")
    keys = listing.ordered(fitting, sort, currency) if sort else listing.those_of(context["scope"], fitting, currency)
    page, on_it = listing.page_of(keys, request.GET.get("page"), PER_PAGE, counts.total)
    shown = _in_order(for_sale(currency), on_it)
    if asked.q and not page.paginator.count and not asked.filters and not asked.category:
        for tell in search.missed:
            tell(asked.q)
    respelled = search_reasons.respelled(asked.q, shown) if asked.q and page.number == 1 else ""
    context |= {
        "page": page,
        "products": shown,
        "compared": compare.keys(request),
        "asked": asked,
        "sort": sort,
        "category": category,
        "title": category.title if category else _("Everything"),
        "respelled": respelled,
        "everything": asked.address(category=""),
        "categories": _counted(category_tree(tree), asked, counts.categories, searching="q" in context),
        "facets": counts,
        "bands": [
            {"low": Money(a, currency), "high": Money(b, currency), "n": n, "address": asked.address(low=a, high=b)}
            for a, b, n in counts.bands
        ],
        # What is chosen stays to be taken off, even if nothing has it any more.
        "options": [*counts.options, *((o, 0) for o in asked.options if o not in dict(counts.options))],
        "chips": listing.chips(asked, currency),
        "without_filters": asked.address(low=None, high=None, in_stock=False, options=()),
        "sorts": [(key, entry[0]) for key, entry in listing.SORTS.items()],
        "query": asked.address(),
        "pages": page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1),
    }
    return render(request, "catalog/browse.html", context)


def _no_category(request: HttpRequest, asked: Asked, tree: Tree) -> HttpResponse:
    """An old address leads to where the things of the category went."""
    slug = FormerSlug.objects.filter(slug=asked.category[:80]).values_list("category__slug", flat=True).first()
    if slug:
        return redirect(request.path + asked.address(category=slug), permanent=True)
    return render(request, "catalog/no_category.html", {"categories": category_tree(tree)}, status=404)


def _counted(
    tree: list[dict[str, Any]], asked: Asked, counts: dict[int, int], *, searching: bool
) -> list[dict[str, Any]]:
    """The categories with the number of products that a visit would show; of a search those that have any."""

    def row(node: dict[str, Any]) -> dict[str, Any]:
        below = [row(child) for child in node["children"]]
        n = counts.get(node["category"].pk, 0) + sum(child["n"] for child in below)
        address = asked.address(category=node["category"].slug)
        return {"category": node["category"], "children": below, "n": n, "address": address}

    return [found for found in map(row, tree) if found["n"] or not searching]


@require_GET
def product(request: HttpRequest, slug: str) -> HttpResponse:
    """One product: picture, text, variants and stock. What is not published yet, staff see as a preview."""
    currency = here(request).currency
    found = product_page_cache.find(slug, request.GET.get("variant", ""), currency)
    if found.unpublished and not request.user.has_perm("catalog.view_product"):
        raise Http404

    def related() -> list[Product]:
        """Called by the template when its cached part has expired."""
        others = for_sale(currency).exclude(pk=found.product_id)
        together = _in_order(others, page_parts.companions_of(found.product_id))
        siblings = others.filter(category=found.category_id).exclude(pk__in=[each.pk for each in together])
        return [*together, *siblings.order_by("-featured", "pk")[:BESIDE]][:BESIDE]

    before = [key for key in recently_seen.keys(request) if key != found.product_id][:BESIDE]
    token = get_token(request)  # one for all forms of the page: each call makes another
    actions = page_parts.actions_for(request, found.product_id, token)
    context = {
        "product": found,
        "article": found.article_with(token, page_parts.promise(here(request)), actions),
        "head": mark_safe(found.head),
        "csrf_token": token,
        "related": related,
        "said": partial(page_parts.sections_of, found.product_id),
        "seen": _in_order(for_sale(currency), before) if before else [],
        "ticket": tickets.issue(request),
    }
    status = 200 if found.active or found.unpublished else 410
    response = render(request, "catalog/product.html", context, status=status)
    if found.unpublished:
        add_never_cache_headers(response)
    if found.active:
        recently_seen.remember(request, response, found.product_id)
    return response


def _in_order(products: Any, keys: Sequence[int]) -> list[Product]:
    """Those of the products that have these keys, in the order of the keys."""
    found = {product.pk: product for product in products.filter(pk__in=keys)} if keys else {}
    return [found[key] for key in keys if key in found]


@require_GET
def suggestions(request: HttpRequest) -> HttpResponse:
    """The suggestions below the search box, as a fragment."""
    text = request.GET.get("q", "").strip()[: search.LONGEST]
    return render(
        request, "catalog/_suggestions.html", {"products": search.suggest(text) if len(text) > 1 else [], "q": text}
    )


@require_GET
@cache_control(max_age=86_400, public=True)
def placeholder(request: HttpRequest, slug: str) -> HttpResponse:
    """A generated picture for a product without one: a pattern made from its name."""
    digest = hashlib.sha256(slug.encode()).digest()
    grounds = ("#efe6d8", "#e3e8dd", "#dfe7ea", "#f2e3d6", "#e9e2ea")
    inks = ("#c9785a", "#8fa58a", "#6d8fa0", "#d9a441", "#6b4a5e")
    shapes = [
        {"x": 100 + 150 * (n % 5), "y": 100 + 150 * (n // 5), "r": 14 + digest[n] % 46, "kind": digest[n] % 3}
        for n in range(25)
    ]
    context = {"ground": grounds[digest[30] % 5], "ink": inks[digest[31] % 5], "shapes": shapes}
    return render(request, "catalog/placeholder.svg", context, content_type="image/svg+xml")
