"""Vouchers and promotions: who may have which discount, and how often. `shop.pricing` works out what it is."""
