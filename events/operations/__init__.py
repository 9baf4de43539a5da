"""Running the backbone: look, retry, replay, prune, rotate keys."""
