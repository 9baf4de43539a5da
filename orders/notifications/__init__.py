"""Messages to the shopper: mail and Web Push."""
