"""What the catalogue does by itself: a product is for sale from its moment on."""

from datetime import timedelta

from events.operations.periodic import periodic
from shop.catalog import publication


@periodic("products for sale from now on", every=timedelta(minutes=1))
def publish() -> int:
    """Within a minute or two of the moment."""
    return publication.publish_due()
