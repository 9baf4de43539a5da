"""Tests of orders/packing."""
