"""The demo's courier, which brings nothing."""
