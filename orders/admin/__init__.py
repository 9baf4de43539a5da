"""The shop's counter: an order's page (`order`, with `money`, `parcels` and `returns`), and the lists beside it."""

from orders.admin import bulk, documents, order, payments, questions, returns, shipping

__all__ = ["bulk", "documents", "order", "payments", "questions", "returns", "shipping"]
