"""What the systemd units start, for tests that start it without systemd."""

import re
import shlex
import socket

from tests.support.servers import ROOT

UNITS = ROOT / "deploy/systemd"


def settings(name: str) -> dict[str, str]:
    """The values of a file such as `workers/live` or `doorbell-.service.d/common.conf`."""
    return dict(re.findall(r"^(?:Environment=)?([A-Z_]+)=(.*)$", (UNITS / name).read_text(), re.MULTILINE))


def command(unit: str, instance: str, **values: str) -> list[str]:
    """The command line of an instance of `doorbell-<unit>@`, without the path of its program: `["daphne", "--bind",
    …]`.
    """
    text = (UNITS / f"doorbell-{unit}@.service").read_text().replace("\\\n", " ")
    found = re.search(r"^ExecStart=/srv/doorbell/\.venv/bin/(.*)$", text, re.MULTILINE)
    assert found
    values = settings("doorbell-.service.d/common.conf") | values
    line = found[1].replace("%i", instance).replace("%H", socket.gethostname())
    return [re.sub(r"\$\{(\w+)\}", lambda name: values[name[1]], word) for word in shlex.split(line)]
