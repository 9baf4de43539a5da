"""What of orders is deleted by itself: browsers that wanted to be told, what mails and webhooks said, and photos."""

from datetime import timedelta

from django.utils import timezone

from events.operations.periodic import delete_in_batches, periodic
from orders import webhook_bodies
from orders.bulk import periodic_tasks as bulk_periodic_tasks  # noqa: F401 - they register themselves
from orders.models import PushSubscription
from orders.notifications import kept_mails
from orders.photos import service as photos
from orders.shipping import lateness, periodic_tasks  # noqa: F401 - they register themselves

DAYS = 180


@periodic("push subscriptions", every=timedelta(days=1))
def delete_old() -> int:
    """No order moves that long after somebody asked to be told of it."""
    return delete_in_batches(PushSubscription.objects.filter(created_at__lt=timezone.now() - timedelta(days=DAYS)))


@periodic("contents of mails", every=timedelta(days=1))
def delete_old_contents() -> int:
    """That a mail was sent is kept with its order."""
    return kept_mails.delete_old_contents()


@periodic("photos of parcels", every=timedelta(days=1))
def delete_old_photos() -> int:
    """They show where somebody lives. By then nobody asks where a parcel is."""
    return photos.delete_old()


@periodic("bodies of webhooks", every=timedelta(days=1))
def delete_old_bodies() -> int:
    """They name shoppers, also those whose account is gone."""
    return webhook_bodies.delete_old()
