"""Statements that are composed once, and database connections. The lowest layer."""
