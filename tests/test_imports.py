"""The direction of imports: pyproject.toml has the contracts."""

import subprocess
import sys
from pathlib import Path

from tests.support.servers import ROOT


def test_imports_go_one_way():
    result = subprocess.run([Path(sys.executable).parent / "lint-imports"], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout
