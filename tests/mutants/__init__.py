"""Faults that a user would notice, one a patch, and the tests that ought to notice them first."""
