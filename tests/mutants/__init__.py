"""Faults that a user would see, one in each patch, and the tests that must find them."""
