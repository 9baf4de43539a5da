"""What a member does with the account."""
