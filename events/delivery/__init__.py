"""Who handles an event: handlers, messages, workers, the relay."""
