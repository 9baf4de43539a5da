"""Events handled exactly once, a second, beside tasks of others that do the same: `python -m bench.throughput`, a child
of `python -m bench`.
"""
