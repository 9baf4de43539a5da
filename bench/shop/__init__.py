"""The shop itself beside another: what a page, and a purchase, cost."""
