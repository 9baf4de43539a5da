"""Tests of orders/bulk."""
