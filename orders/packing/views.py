"""Packing by scans: the slip opens the order, its goods are ticked off, the carrier's number ships it."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from orders import refs, undoing
from orders.lifecycle import Actor, IllegalTransition, Status
from orders.models import Order
from orders.packing import codes, who_packs
from orders.photos import service as photos
from orders.queues.table import BY_KEY
from orders.shipping import parcels
from orders.staff_input import typed
from orders.transitions import transition
from shop.accounts.actors import names
from shop.catalog.models import Variant
from shop.lib.rate_limits import exceeded
from shop.lib.typed_text import whole_number

View = Callable[..., HttpResponse]
NEAR = 50
"""Orders of the queue that are looked at for one that nobody else packs."""
PICTURES = 300
"""Of a camera, that one person may have read in a minute: those of two phones that send as fast as the page does."""


def _page(view: View) -> View:
    """For who may pack. It is the one place where the shop may use a camera."""

    def allowed(request: HttpRequest, **parts: Any) -> HttpResponse:
        if not request.user.has_perm("orders.change_order"):  # type: ignore[union-attr]
            raise PermissionDenied
        answer = view(request, **parts)
        answer.headers["Permissions-Policy"] = settings.PERMISSIONS_POLICY.replace("camera=()", "camera=(self)")
        return answer

    page: View = admin.site.admin_view(allowed)
    return page


@_page
def start(request: HttpRequest) -> HttpResponse:
    """Scan a slip. POST leads to the next order, which is chosen then: not the order `after`, where one is left."""
    if request.method == "POST":
        return HttpResponseRedirect(_next_page(request, refs.normalize(typed(request, "after", 24))))
    code = request.GET.get("code", "").replace("\0", "")
    if code.strip():
        order = Order.objects.filter(ref=refs.normalize(code)).first()
        if order is not None:
            return HttpResponseRedirect(page_of(order.ref))
    who_packs.let_go(_actor(request))
    context = {
        "title": _("Pack"),
        "unknown": code.strip()[:60],
        "shipped": _shipped(request),
        "waiting": _waiting("").count(),
    }
    return render(request, "admin/pack/start.html", {**admin.site.each_context(request), **context})


@_page
def order(request: HttpRequest, ref: str) -> HttpResponse:
    """One order. POST begins to pack it, or ships all that is left of it and goes on to the next one."""
    found = get_object_or_404(Order.objects.select_related("delivery_method"), ref=ref)
    problem = ""
    if request.method == "POST":
        try:
            return HttpResponseRedirect(_act(request, found))
        except IllegalTransition as refusal:
            problem = str(refusal)
            found.refresh_from_db()
    return render(
        request,
        "admin/pack/order.html",
        {**admin.site.each_context(request), **_shown(request, found), "problem": problem},
        status=409 if problem else 200,
    )


@_page
@require_POST
def read_codes(request: HttpRequest) -> HttpResponse:
    """The codes in the JPEG that is the body, as `{"codes": […]}`. Nothing of it is kept."""
    if exceeded("read-codes", str(request.user.pk), PICTURES, 60):
        return _refused(429, "too_many", "Too many pictures.", {"Retry-After": "60"})
    try:
        return JsonResponse({"codes": codes.read(request.read(codes.MOST_BYTES + 1))})
    except codes.TooLarge:
        return _refused(413, "too_large", "The picture is too large.")
    except codes.UnreadablePicture:
        return _refused(400, "unreadable", "The body is no whole JPEG.")


def page_of(ref: str) -> str:
    """The address on which an order is packed."""
    return reverse("orders:pack_order", args=[ref])


def _refused(status: int, code: str, detail: str, headers: dict[str, str] | None = None) -> HttpResponse:
    """For a script: the page has a sentence for each status."""
    return JsonResponse({"code": code, "detail": detail}, status=status, headers=headers)


def _act(request: HttpRequest, found: Order) -> str:
    """Do what was asked for, and return where to go then. Raises `IllegalTransition`."""
    actor = _actor(request)
    if "undo" in request.POST:
        undoing.undo(found.ref, whole_number(request.POST["undo"], 18) or 0, actor=actor)
        return page_of(found.ref)
    if "begin" in request.POST:
        transition(found.ref, Status.PREPARING, by=Actor.STAFF, actor=actor)
        return page_of(found.ref)
    number = typed(request, "tracking", parcels.LONGEST * 2)
    if not number:
        raise IllegalTransition(_("Scan or type the tracking number of the parcel."))
    if Variant.objects.filter(sku__iexact=number).exists() or Order.objects.filter(ref=refs.normalize(number)).exists():
        raise IllegalTransition(_("“%(code)s” is on goods or on a slip, and no tracking number.") % {"code": number})
    known = whole_number(request.POST.get("seen", ""), 8)
    photo = photos.read(request.FILES.get("photo"))
    parcels.send(found.ref, None, actor=actor, tracking=number, seen=known, photo=photo)
    return f"{_next_page(request, found.ref)}?shipped={found.ref}"


def _shown(request: HttpRequest, found: Order) -> dict[str, Any]:
    """The goods that are left, with their pictures, and what can be done."""
    left = dict(parcels.to_pack(found))
    lines = found.lines.select_related("variant__product")
    goods = [{"line": line, "left": left[line]} for line in lines if line in left]
    packing = found.status in (Status.PREPARING, Status.PARTLY_SHIPPED)
    other = who_packs.take(found.ref, _actor(request))
    return {
        "title": _("Pack %(ref)s") % {"ref": found.ref},
        "order": found,
        "goods": goods,
        "pieces": sum(each["left"] for each in goods),
        "seen": found.parcels.count(),
        "packing": packing and bool(goods),
        "can_begin": found.status == Status.PAID,
        "other": other and {"name": names({other.actor})[other.actor], "since": other.since},
        "undo": undoing.offer(found, request.user),
        "more": _waiting(found.ref).exists(),
        "shipped": _shipped(request),
        "typed_number": typed(request, "tracking", parcels.LONGEST * 2),
    }


def _waiting(ref: str) -> QuerySet[Order]:
    """Those of **To ship**, but for this one, in the order of the queue."""
    queue = BY_KEY["to_ship"]
    return Order.objects.filter(queue.condition()).exclude(ref=ref).order_by(*queue.order)


def _next_page(request: HttpRequest, ref: str) -> str:
    """Lead this packer on from an order. Returns the page of the next one; that of the start where none waits."""
    following = who_packs.lead(_waiting(ref).values_list("ref", flat=True)[:NEAR], _actor(request))
    return page_of(following) if following else reverse("orders:pack")


def _actor(request: HttpRequest) -> str:
    return f"staff:{request.user.pk}"


def _shipped(request: HttpRequest) -> str:
    """The order that the page before has shipped, if the address tells the truth."""
    ref = refs.normalize(request.GET.get("shipped", "")[:24])
    return ref if refs.is_ref(ref) and Order.objects.filter(ref=ref, parcels__isnull=False).exists() else ""
