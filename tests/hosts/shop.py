"""The shop on its hosts: installed by the page, asked for the truth, and looked at while a host is gone."""

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from deploy import check
from tests.hosts import guide, network
from tests.hosts.host import Host, Layer, fresh_debian, with_packages
from tests.support.servers import ROOT, wait_until

ADMIN, PASSWORD = "boss@shop.example.com", "a good password 9"
OWN = {
    "EMAIL_URL": f"smtp://{network.MAIL}:25",
    "PAYMENT_GATEWAY": "tests.hosts.payments.Company",
    "ORDERS_PER_HOUR": "0",  # all buyers come from one address
}
"""What this shop fills in where the page has an example, and what it sets besides."""

ONE_LINE = {"db": "POSTGRES_PASSWORD", "cache": "VALKEY_PASSWORD", "mq": "RABBITMQ_PASSWORD", "proxy": "SITE_URL"}
"""What hosts that do not run the shop get of its environment."""

GOODS = """
from djmoney.money import Money
from shop.catalog import prices, stock
from shop.catalog.models import Category, Product, Variant
tea = Category.add_root(title="Tea", slug="tea")
mug = Product.objects.create(title="Mug", slug="mug", category=tea)
variant = Variant.objects.create(product=mug, sku="MUG-1")
prices.put(variant, "EUR", Money("9.00", "EUR"))
stock.adjust(variant, 100_000)
"""

MOVE = """
from orders.lifecycle import Actor, Status
from orders.transitions import transition
import sys
for ref in {refs!r}:
    for target in {targets!r}:
        transition(ref, Status(target), by=Actor.STAFF, actor="staff:1")
"""

TRUTH = """
import json
from django.utils import timezone
from events.models import Delivery
from orders.models import Order
open = Delivery.objects.filter(acknowledged_at=None, dead_lettered_at=None)
open = open.exclude(handler="orders.expire", due_at__gt=timezone.now())  # timers
orders = {}
for order in Order.objects.prefetch_related("payments"):
    orders[order.ref] = [order.status, sum(p.state == "captured" for p in order.payments.all())]
print(json.dumps({
    "orders": orders,
    "open": open.count(),
    "waiting": list(open.values_list("handler", "attempts", "last_error")[:5]),
    "dead": list(Delivery.objects.exclude(dead_lettered_at=None).values_list("handler", "last_error")[:5]),
}))
"""


class Hosts:
    """All ten, and the companies outside."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="doorbell-hosts-"))
        # Changes of hosts are kept in memory: a file system may not lie over itself.
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=70%", "tmpfs", self.folder], check=True)
        self.outside = self.folder / "outside"
        self.outside.mkdir()
        self.trusted = self.outside / "trusted.pem"
        self.trusted.write_bytes(b"".join(self._certificate(name) for name in (network.SITE, network.PAY)))
        self.hosts: dict[str, Host] = {}
        self.world: subprocess.Popen[bytes] | None = None

    def __getitem__(self, name: str) -> Host:
        return self.hosts[name]

    def start(self) -> None:
        """Boot ten fresh hosts, and start the companies. Nothing of the shop is installed."""
        steps = guide.steps()
        debian = fresh_debian(self.folder / "debian")
        pip = [line for step in steps for line in guide.lines(step.commands) if "/.venv" in line]
        shop = with_packages(self.folder / "shop", debian, ROOT, "\n".join(pip))
        pictures = self.folder / "pictures"
        pictures.mkdir()
        os.chown(pictures, 870, 870)  # the user of docs/operations.md
        for name in network.SHOP:
            below: list[Layer] = [shop, debian]
            binds = [f"{pictures}:/var/lib/doorbell/media"] if name.startswith("web") else []
            self.hosts[name] = Host(name, self.folder / name, below, binds)
            self.hosts[name].boot()
        dies_with_us = ["setpriv", "--pdeathsig", "KILL"]
        command = [*dies_with_us, "nsenter", f"--net=/run/netns/{network.namespace('world')}", sys.executable, "-m"]
        trusting = os.environ | {"SSL_CERT_FILE": str(self.trusted)}
        self.world = subprocess.Popen([*command, "tests.hosts.world", self.outside], cwd=ROOT, env=trusting)

    def install(self) -> None:
        """Type the commands of docs/operations.md."""
        self._certify()
        for step in guide.steps():
            if "new_env.py" in step.commands:
                self._environment(step)
            else:
                self.follow(step)

    def follow(self, step: guide.Step) -> None:
        """Type commands on each of their hosts."""
        for name in step.hosts:
            self._type(self[name], step.commands)

    def _type(self, host: Host, commands: str) -> None:
        """All of them in one shell; what asks questions gets a terminal."""
        if "createsuperuser" not in commands:
            host.run(commands)
            return
        for line in guide.lines(commands):
            if "createsuperuser" in line:
                host.talk(line, {"Email": ADMIN, "Password:": PASSWORD, "Password (again)": PASSWORD})
            else:
                host.run(line)

    def _environment(self, step: guide.Step) -> None:
        """Give the values that are ours besides, which come before those of the page; copy the file to each host."""
        first = self[step.hosts[0]]
        ours = shlex.join(f"{name}={value}" for name, value in OWN.items())
        first.run(f"{step.commands.rstrip()} {ours}")
        text = first.run("cat /root/doorbell.env")
        for name, host in self.hosts.items():
            only = ONE_LINE.get(name)
            kept = [line for line in text.splitlines() if only is None or line.startswith(f"{only}=")]
            path = host.layer.root / "root/doorbell.env"
            path.write_text("\n".join(kept) + "\n")
            path.chmod(0o600)

    def _certificate(self, name: str) -> bytes:
        """A certificate for that name, with its key in a folder of the same name."""
        folder = self.outside / name
        folder.mkdir()
        return check.certificate(folder, name)[0].read_bytes()

    def _certify(self) -> None:
        """Put the proxy's certificate where certbot would."""
        folder = self["proxy"].layer.root / "etc/letsencrypt/live" / network.SITE
        folder.mkdir(parents=True)
        for made, kept in (("cert.pem", "fullchain.pem"), ("key.pem", "privkey.pem")):
            shutil.copy(self.outside / network.SITE / made, folder / kept)

    # -- as staff

    def python(self, code: str, on: str = "worker1") -> str:
        """Run code in the shop on that host; returns what it prints."""
        return self[on].run(f"doorbell-manage shell --no-imports --command {shlex.quote(code)}")

    def move(self, refs: list[str], *targets: str, on: str = "worker1") -> None:
        """Staff move these orders."""
        self.python(MOVE.format(refs=refs, targets=targets), on)

    def truth(self, on: str = "worker1") -> dict[str, Any]:
        """Orders, payments and deliveries, as the database has them."""
        told: dict[str, Any] = json.loads(self.python(TRUTH, on))
        return told

    def when_all_is_handled(self, seconds: float = 150) -> dict[str, Any]:
        """The truth when every event has been handled."""
        told: dict[str, Any] = {}

        def nothing_open() -> bool:
            told.update(self.truth())
            return not told["open"]

        end = time.monotonic() + seconds
        while not nothing_open():
            assert time.monotonic() < end, told["waiting"]
            time.sleep(2)
        return told

    # -- what came to the companies

    def heard(self, kind: str) -> list[dict[str, Any]]:
        """`mails`, `payments` or `refunds`, in their order."""
        path = self.outside / kind
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def stop(self) -> None:
        for host in self.hosts.values():
            host.stop()
        if self.world:
            self.world.kill()
            self.world.wait()


def site_answers() -> None:
    """The shop's first page can be had from outside."""
    import httpx

    def answers() -> bool:
        try:
            return httpx.get(f"https://{network.SITE}/").status_code == 200
        except httpx.HTTPError:
            return False

    wait_until(answers, 60, "the shop's first page")
