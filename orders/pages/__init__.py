"""The shopper's pages of an order."""
