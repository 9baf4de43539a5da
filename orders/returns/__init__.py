"""The way back: lines that are cancelled or paid back, and goods that shoppers send back."""
