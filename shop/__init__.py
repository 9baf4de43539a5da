"""The site: settings, urls, and what a shopper walks through before an order exists."""

from shop.celery import app as celery_app

__all__ = ["celery_app"]
