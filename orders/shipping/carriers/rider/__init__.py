"""The shop's own riders."""
