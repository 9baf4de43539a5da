"""The shop brings parcels itself: a rider takes several along and says at each door what became of one."""

from django.utils.translation import gettext_lazy as _

from orders.shipping.carriers.base import Carrier


class OwnRider(Carrier):
    """There is nothing to hear: `orders.shipping.tours` books the scans."""

    name = "rider"
    title = _("the shop's own riders")
