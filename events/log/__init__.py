"""What happened: typed events, signed, written in the transaction of the change."""
