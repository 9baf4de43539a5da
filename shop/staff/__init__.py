"""What staff have: the side bar of the admin, and their roles."""
