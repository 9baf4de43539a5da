"""The peer of the shop: the smallest django-oscar project that sells, and a guest who buys there."""
