"""What others do for the same, as small as it is usually shown.

Each is a program of its own; none of it is part of the shop.
"""
