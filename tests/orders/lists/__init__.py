"""Tests of orders/lists."""
