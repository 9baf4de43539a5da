"""Tests of what a member does with the account."""
