"""The tables of a run, from its JSON: in the terminal, in `docs/performance.md`, and five figures in the README.

`python -m bench.report`.
"""
