"""Test databases that are kept between runs: making one takes longer than many a test."""

import hashlib
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "var" / "test"
SOURCES = ("events", "orders", "shop")


def state(root: Path = ROOT) -> str:
    """A name for the tables as the code wants them now. It changes with every migration, ours or a package's."""
    files = [path for app in SOURCES for path in (root / app).rglob("migrations/*.py")]
    files += [root / "requirements.lock", *(root / "tests/support/probe").glob("models.py")]
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def database(name: str, root: Path = ROOT, folder: Path = FOLDER) -> dict[str, str]:
    """The environment of a pytest that keeps its database under this name. One with other tables is thrown away."""
    mine = folder / f"{name}-{state(root)}"
    for other in folder.glob(f"{name}-*"):
        if other != mine:
            shutil.rmtree(other)
    mine.mkdir(parents=True, exist_ok=True)
    return {"DATA_DIR": str(mine)}
