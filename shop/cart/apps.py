"""The Django app of carts."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CartConfig(AppConfig):
    """Merges the cart of a guest into that of the member at sign-in."""

    name = "shop.cart"
    verbose_name = _("Carts")

    def ready(self) -> None:
        from shop.cart import sign_in

        sign_in.merge_at_sign_in()
