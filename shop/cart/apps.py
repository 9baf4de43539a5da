from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CartConfig(AppConfig):
    name = "shop.cart"
    verbose_name = _("Carts")

    def ready(self) -> None:
        """Guests take their cart along when they sign in."""
        from shop.cart import sign_in

        sign_in.merge_at_sign_in()
