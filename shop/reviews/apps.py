"""The Django app of reviews."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReviewsConfig(AppConfig):
    """What buyers say of what they have got."""

    name = "shop.reviews"
    verbose_name = _("Reviews")

    def ready(self) -> None:
        from shop.catalog import page_parts
        from shop.reviews import reading

        page_parts.sections.append(reading.section)
