"""Paying an order and refunding it."""
