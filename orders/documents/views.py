"""Where a document is read: by the owner of its order, who acts for them, and staff who may see orders."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from orders.documents import rendering
from orders.pages import visitors


@never_cache
@require_GET
def document(request: HttpRequest, ref: str, number: str) -> HttpResponse:
    """The PDF. Who was only shown the order sees no paper: it has the address."""
    order = visitors.order_of(request, ref, may=visitors.may_read)
    found = order.documents.filter(number=number).first()
    if found is None:
        raise Http404
    response = HttpResponse(rendering.pdf(found), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{found.number}.pdf"'
    return response
