"""Where a photo of a parcel is seen: by the owner of its order, who acts for them, and staff who may see orders."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from orders.models import ParcelPhoto
from orders.pages import visitors

KEPT_BY_BROWSERS = "private, max-age=600"
"""A live page shows the same photo again with each of its frames; another photo has another address."""


@require_GET
def photo(request: HttpRequest, ref: str, photo: int) -> HttpResponse:
    """The picture. Who was only shown the order sees none: it shows a label with the address, or a door."""
    order = visitors.order_of(request, ref, may=visitors.may_read)
    found = ParcelPhoto.objects.filter(parcel__order=order, pk=photo).first()
    if found is None:
        raise Http404
    response = HttpResponse(bytes(found.picture), content_type="image/webp")
    response["Cache-Control"] = KEPT_BY_BROWSERS
    response["Content-Disposition"] = f'inline; filename="{order.ref}-{found.kind}.webp"'
    return response
