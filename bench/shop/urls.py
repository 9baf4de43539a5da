"""The site's addresses; with `BENCH_CHECKOUT=inline` the checkout does everything before it answers."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from bench.shop import steps
from orders.models import Order
from orders.pages import checkout as page
from shop.urls import handler404, handler500, urlpatterns

__all__ = ["handler404", "handler500", "urlpatterns"]


def checkout(request: HttpRequest) -> HttpResponse:
    """As a shop without events does it: place, pay, draw, send, answer."""
    response = page.checkout(request)
    if request.method == "POST" and response.status_code == 302 and response["Location"].endswith("/pay/"):
        ref = response["Location"].split("/")[-3]
        order = Order.objects.select_related("delivery_method").get(ref=ref)
        steps.charge(order)
        steps.invoice(order)
        steps.confirmation(order)
    return response


if steps.CHECKOUT == "inline":
    urlpatterns = [path("checkout/", checkout), *urlpatterns]
