"""The shop's counter: an order's page (`order`, with `money` and `parcels`), and the lists beside it."""

from orders.admin import documents, order, payments, shipping

__all__ = ["documents", "order", "payments", "shipping"]
