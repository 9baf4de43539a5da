"""The Django app of what shoppers want and did not buy yet."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WishesConfig(AppConfig):
    """Mails about what is back in stock, and the wish list."""

    name = "shop.wishes"
    verbose_name = _("Wishes")

    def ready(self) -> None:
        from shop.catalog import page_parts
        from shop.wishes import wish_list

        page_parts.actions.insert(0, wish_list.action)  # before **Compare**, whose link ends the row
        wish_list.merge_at_sign_in()
