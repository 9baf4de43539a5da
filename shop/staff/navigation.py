"""The side bar of the admin."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from orders.questions import service as questions
from shop.reviews import reading


def _demo() -> list[dict[str, Any]]:
    if not settings.DEMO:
        return []
    simulator = {"title": _("Simulator"), "icon": "play_circle", "link": reverse_lazy("demo:simulator")}
    return [simulator | {"permission": lambda r: r.user.has_perm("orders.change_order")}]


def _badge(request: HttpRequest, permission: str, waiting: Callable[[], int]) -> dict[str, str]:
    """The number beside an entry, for who may see it; none where nothing waits."""
    n = waiting() if request.user.has_perm(permission) else 0  # type: ignore[union-attr]
    return {"badge": str(n)} if n else {}


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The entries that this user may see, in the order of daily work."""

    def link(title: Any, icon: str, model: str) -> dict[str, Any]:
        app, name = model.split(".")
        return {
            "title": title,
            "icon": icon,
            "link": reverse_lazy(f"admin:{app}_{name}_changelist"),
            "permission": lambda r: r.user.has_perm(f"{app}.view_{name}"),
        }

    return [
        {
            "title": _("Orders"),
            "items": [
                {"title": _("Today"), "icon": "today", "link": reverse_lazy("admin:index")},
                {
                    "title": _("Board"),
                    "icon": "space_dashboard",
                    "link": reverse_lazy("orders:board"),
                    "permission": lambda r: r.user.has_perm("orders.view_order"),
                },
                {
                    "title": _("Insight"),
                    "icon": "insights",
                    "link": reverse_lazy("insight:page"),
                    "permission": lambda r: r.user.has_perm("insight.view_insight"),
                },
                {
                    "title": _("Pack"),
                    "icon": "barcode_scanner",
                    "link": reverse_lazy("orders:pack"),
                    "permission": lambda r: r.user.has_perm("orders.change_order"),
                },
                link(_("Orders"), "package_2", "orders.order"),
                {
                    "title": _("Tour"),
                    "icon": "directions_bike",
                    "link": reverse_lazy("orders:tour"),
                    "permission": lambda r: r.user.has_perm("orders.ride_tour"),
                },
                link(_("Bulk moves"), "done_all", "orders.bulkmove"),
                {
                    "title": _("New order"),
                    "icon": "add_shopping_cart",
                    "link": reverse_lazy("desk:new_order"),
                    "permission": lambda r: r.user.has_perm("orders.take_order"),
                },
                link(_("Returns"), "assignment_return", "orders.return"),
                link(_("Questions"), "forum", "orders.question")
                | _badge(request, "orders.view_question", questions.waiting_lately),
                link(_("Texts for replies"), "quickreply", "orders.replytemplate"),
                link(_("Payments"), "credit_card", "orders.payment"),
                link(_("Bank lines"), "account_balance", "banktransfer.bankline"),
                link(_("Documents"), "receipt_long", "orders.document"),
                link(_("Gateway webhooks"), "mark_email_read", "orders.webhookevent"),
            ],
        },
        {
            "title": _("Catalogue"),
            "items": [
                link(_("Products"), "shelves", "catalog.product"),
                link(_("Categories"), "account_tree", "catalog.category"),
                link(_("Stock"), "inventory", "catalog.stock"),
                link(_("Imports"), "upload_file", "catalog.listimport"),
                link(_("Promotions"), "sell", "vouchers.promotion"),
                link(_("Reviews"), "reviews", "reviews.review")
                | _badge(request, "reviews.view_review", reading.waiting_lately),
            ],
        },
        {
            "title": _("Selling"),
            "items": [
                link(_("Markets"), "public", "markets.market"),
                link(_("Tax rates"), "percent", "markets.taxrate"),
                link(_("Seller"), "storefront", "orders.seller"),
                link(_("Pages"), "article", "pages.page"),
                {
                    "title": _("Mails"),
                    "icon": "mail",
                    "link": reverse_lazy("orders:mails"),
                    "permission": lambda r: r.user.has_perm("orders.change_seller"),
                },
                link(_("Delivery methods"), "local_shipping", "orders.deliverymethod"),
            ],
        },
        {
            "title": _("Backbone"),
            "items": [
                link(_("Events"), "history", "events.event"),
                link(_("Deliveries"), "move_to_inbox", "events.delivery"),
                *_demo(),
            ],
        },
        {
            "title": _("People"),
            "items": [
                link(_("People"), "group", "accounts.user"),
                link(_("Roles"), "badge", "auth.group"),
                link(_("Invitations"), "forward_to_inbox", "staff.invitation"),
                {"title": _("Sessions"), "icon": "devices", "link": reverse_lazy("staff_sessions")},
                link(_("Activity"), "history_edu", "staff.trailentry"),
            ],
        },
    ]
