"""The pages of the catalogue: home, categories, one product, search."""

import hashlib
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.paginator import Paginator
from django.db.models import F, Max, Min, Prefetch, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.utils.cache import add_never_cache_headers
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET

from events.live import tickets
from shop.catalog import page_parts, prices, product_page_cache, search
from shop.catalog.models import Category, Product, Variant
from shop.markets.places import here

PER_PAGE = 24
SORTS = {
    "featured": (_("Featured"), ("-featured", "-created", "pk")),
    "newest": (_("Newest"), ("-created", "-pk")),
    "cheapest": (_("Price, low to high"), ("lowest", "pk")),
    "dearest": (_("Price, high to low"), ("-lowest", "pk")),
    "name": (_("Name"), ("title", "pk")),
}
BY_PRICE = ("cheapest", "dearest")


def for_sale(currency: str) -> Any:
    """Active products that are sold in the currency, with variants, stock and prices: three queries for any number."""
    variants = Variant.objects.select_related("stock").prefetch_related(prices.prefetch(currency))
    return Product.objects.filter(prices.sold_in(currency), active=True).prefetch_related(
        Prefetch("variants", variants)
    )


def category_tree() -> list[dict[str, Any]]:
    """The category tree, in one query."""
    tree: list[dict[str, Any]] = []
    for category in Category.objects.order_by("path"):
        node = {"category": category, "children": []}
        if category.depth == 1 or not tree:
            tree.append(node)
        else:
            tree[-1]["children"].append(node)
    return tree


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
    tree = category_tree()
    category = None
    products = for_sale(here(request).currency)
    if slug := request.GET.get("category", ""):
        every = [c for top in tree for c in (top, *top["children"])]
        node = next((n for n in every if n["category"].slug == slug), None)
        if node is None:
            return render(request, "catalog/no_category.html", {"categories": tree}, status=404)
        category = node["category"]
        below = [n["category"].pk for n in (node, *node["children"])]
        products = products.filter(category__in=below)
    return _listing(
        request,
        products,
        {"category": category, "categories": tree, "title": category.title if category else _("Everything")},
    )


@require_GET
def search_page(request: HttpRequest) -> HttpResponse:
    """The search results for `q`. Search tolerates typing errors. A SKU or an order's number leads to where it is."""
    text = request.GET.get("q", "").strip()[: search.LONGEST]
    if text and (variant := search.by_sku(text)):
        return redirect(f"{variant.product.get_absolute_url()}?variant={variant.sku}")
    if address := next(filter(None, (look(request, text) for look in search.elsewhere)), ""):
        return redirect(address)
    found: Any = search.search(text, for_sale(here(request).currency)) if text else Product.objects.none()
    return _listing(request, found, {"q": text, "categories": [], "title": text, "searching": True}, sort="")


def _listing(request: HttpRequest, products: Any, context: dict[str, Any], sort: str = "featured") -> HttpResponse:
    chosen = request.GET.get("sort", sort)
    if chosen not in SORTS:
        chosen = sort
    asked = {name: _price(request.GET.get(name, "")) for name in ("min", "max")}
    if chosen in BY_PRICE or any(price is not None for price in asked.values()):
        # Only then: to know the price of every product, all of them are read.
        paid = Q(variants__prices__amount_currency=here(request).currency)
        products = products.annotate(
            lowest=Min("variants__prices__amount", filter=paid), highest=Max("variants__prices__amount", filter=paid)
        )
    if asked["min"] is not None:
        products = products.filter(highest__gte=asked["min"])
    if asked["max"] is not None:
        products = products.filter(lowest__lte=asked["max"])
    in_stock = request.GET.get("in_stock") == "1"
    if in_stock:
        some_left = Variant.objects.filter(stock__on_hand__gt=0).exclude(stock__on_hand=F("stock__reserved"))
        products = products.filter(pk__in=some_left.values("product"))
    if chosen:
        products = products.order_by(*SORTS[chosen][1])
    page = Paginator(products, PER_PAGE).get_page(request.GET.get("page"))
    if context.get("q") and not page.paginator.count and not in_stock and set(asked.values()) == {None}:
        for tell in search.missed:
            tell(context["q"])
    query = request.GET.copy()
    query.pop("page", None)
    context |= {
        "page": page,
        "sort": chosen,
        "sorts": [(key, entry[0]) for key, entry in SORTS.items()],
        "in_stock": in_stock,
        "query": query.urlencode(),
        "pages": page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1),
    }
    return render(request, "catalog/browse.html", context)


def _price(raw: str) -> Decimal | None:
    try:
        value = Decimal(raw.replace(",", "."))
    except InvalidOperation:
        return None
    return value if value.is_finite() and 0 <= value < 10**9 else None


@require_GET
def product(request: HttpRequest, slug: str) -> HttpResponse:
    """One product: picture, text, variants and stock. What is not published yet, staff see as a preview."""
    currency = here(request).currency
    found = product_page_cache.find(slug, request.GET.get("variant", ""), currency)
    if found.unpublished and not request.user.has_perm("catalog.view_product"):
        raise Http404

    def related() -> list[Product]:
        """Called by the template when its cached part has expired."""
        siblings = for_sale(currency).filter(category=found.category_id).exclude(pk=found.product_id)
        return list(siblings.order_by("-featured", "pk")[:4])

    token = get_token(request)  # one for all forms of the page: each call makes another
    context = {
        "product": found,
        "article": found.article_with(token, page_parts.promise(here(request))),
        "head": mark_safe(found.head),
        "csrf_token": token,
        "related": related,
        "ticket": tickets.issue(request),
    }
    answer = render(request, "catalog/product.html", context, status=200 if found.active or found.unpublished else 410)
    if found.unpublished:
        add_never_cache_headers(answer)
    return answer


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
