"""The addresses of checkout, order pages, webhooks and the staff board."""

from django.urls import path, register_converter

from orders import refs
from orders.admin import tour
from orders.board import views as board
from orders.documents import views as documents
from orders.notifications import views as mails
from orders.packing import views as packing
from orders.pages import calendar, changes, checkout, find, gift, my_orders, order
from orders.payments import views as payments
from orders.photos import views as photos
from orders.questions import views as questions
from orders.returns import views as returns
from orders.shipping import views as shipping


class RefConverter:
    """A `ref` in an address: letters in either case, with or without the hyphen."""

    regex = "[0-9A-Za-z-]{8,24}"

    def to_python(self, value: str) -> str:
        return refs.normalize(value)

    def to_url(self, value: str) -> str:
        return value


register_converter(RefConverter, "ref")

app_name = "orders"
urlpatterns = [
    path("checkout/", checkout.checkout, name="checkout"),
    path("orders/", my_orders.my_orders, name="orders"),
    path("orders/find/", find.find, name="find"),
    path("orders/<ref:ref>/", order.order, name="order"),
    path("orders/<ref:ref>/pay/", order.pay, name="pay"),
    path("orders/<ref:ref>/cancel/", order.cancel, name="cancel"),
    path("orders/<ref:ref>/code.svg", calendar.code, name="code"),
    path("orders/<ref:ref>/address/", changes.address, name="address"),
    path("orders/<ref:ref>/gift/", gift.page, name="gift"),
    path("orders/<ref:ref>/missing/", changes.missing, name="missing"),
    path("orders/<ref:ref>/again/", changes.again, name="again"),
    path("orders/<ref:ref>/documents/<slug:number>.pdf", documents.document, name="document"),
    path("orders/<ref:ref>/photos/<int:photo>.webp", photos.photo, name="photo"),
    path("orders/<ref:ref>/return/", returns.ask, name="ask_return"),
    path("orders/<ref:ref>/returns/<int:place>/", returns.one, name="return"),
    path("orders/<ref:ref>/returns/<int:place>/label.pdf", returns.label, name="return_label"),
    path("orders/<ref:ref>/returns/<int:place>/<slug:target>/", returns.move, name="move_return"),
    path("orders/<ref:ref>/question/", questions.question, name="question"),
    path("orders/<ref:ref>/push/", order.push, name="push"),
    path("track/<str:token>/order.ics", calendar.feed, name="calendar"),
    path("track/<str:token>/", order.track, name="track"),
    # Before the admin's own addresses, and under them: staff look for it there.
    path("admin/board/", board.page, name="board"),
    path("admin/tour/", tour.page, name="tour"),
    path("admin/tour/start/", tour.start, name="start_tour"),
    path("admin/tour/<int:pk>/end/", tour.end, name="end_tour"),
    path("admin/tour/<int:pk>/<int:stop>/<slug:outcome>/", tour.arrive, name="arrive"),
    path("admin/pack/", packing.start, name="pack"),
    path("admin/pack/codes/", packing.read_codes, name="read_codes"),
    path("admin/pack/<ref:ref>/", packing.order, name="pack_order"),
    path("contact/", questions.contact, name="contact"),
    path("withdrawal/form/", questions.withdraw, name="withdraw"),
    path("admin/mails/", mails.page, name="mails"),
    path("admin/mails/html/", mails.html, name="mail_html"),
    path("payments/<slug:gateway>/webhook/", payments.webhook, name="webhook"),
    path("carriers/<slug:carrier>/webhook/", shipping.webhook, name="carrier_webhook"),
]
