"""The Django app of orders."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrdersConfig(AppConfig):
    """Checkout, orders, payments, parcels and the board."""

    name = "orders"
    verbose_name = _("Orders")

    def ready(self) -> None:
        from orders import companions
        from orders.pages import sign_in, visitors
        from orders.shipping import promise
        from orders.staff_pages import staff_pages
        from shop.catalog import page_parts, search, stock_history

        sign_in.keep_own_at_sign_in()
        search.elsewhere.append(visitors.address_by_number)
        page_parts.promises.append(promise.words)
        stock_history.order_pages.append(staff_pages)
        page_parts.companions.append(companions.bought_with)
