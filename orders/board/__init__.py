"""The board of the staff."""
