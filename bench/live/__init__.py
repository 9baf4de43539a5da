"""The live layer's figures, beside its peers: `python -m bench.live`, a child of `python -m bench`."""
