"""The peers of the live layer: a floor, the tutorials' pipeline, socket.io and nchan."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bench import kit
from bench.kit import ROOT, celery, daphne
from bench.live.load import Dialect
from bench.live.systems import Missing, System

NODE_PACKAGES = ("socket.io@4.8.4", "ioredis@5.8.2")


class Tutorial(System):
    """save → `delay` → `async_to_sync(group_send)` on the core layer, under daphne."""

    name = "tutorial"
    title = "the tutorials' pipeline"
    queue = "tutorial"
    environment = {"TUTORIAL_QUEUE": queue}

    def worker(self) -> list[str]:
        return celery("bench.peers.tutorial:celery", self.queue, self.queue, 2)

    def prepare(self) -> None:
        self.start(*self.worker())
        self.web = self.start(*daphne("bench.peers.tutorial:application", self.port))
        self.wait_for_port()

    def topics(self, count: int) -> list[str]:
        code = (
            "import sys\n"
            "from bench.peers.tutorial import Order, connection, create_table\n"
            "if 'tutorial_order' not in connection.introspection.table_names(): create_table()\n"
            "start = Order.objects.count()\n"
            "Order.objects.bulk_create([Order(topic=f't{start + n}') for n in range(int(sys.argv[1]))])\n"
            "print(start)"
        )
        done = subprocess.run([sys.executable, "-c", code, str(count)], cwd=ROOT, stdout=subprocess.PIPE, check=True)
        start = int(done.stdout)
        return [f"t{start + n}" for n in range(count)]


class TutorialTuned(Tutorial):
    """The same, tuned: Celery keeps the database connection, which its Django fix-up else closes around each task; and
    the worker has ours' pool.
    """

    title = "the tutorials' pipeline, tuned"
    queue = "tutorial-tuned"
    environment = {"TUTORIAL_QUEUE": queue, "TUTORIAL_TUNED": "1"}

    def worker(self) -> list[str]:
        return celery("bench.peers.tutorial:celery", self.queue, self.queue, 1, "solo")


class Floor(System):
    """COMMIT → PUBLISH → a process that passes it on. Nothing is kept, nobody is asked who they are."""

    name = "floor"
    title = "floor: COMMIT → PUBLISH → socket"
    channel = "floor"

    def prepare(self) -> None:
        self.web = self.start(sys.executable, "-m", "bench.peers.floor", str(self.port), self.channel)
        self.wait_for_port()


class FloorTask(Floor):
    """The same with a Celery task between: COMMIT → task → PUBLISH. Still nothing is kept, and nobody is asked."""

    name = "floortask"
    title = "floor through a Celery task"
    channel = "floor.task"

    def prepare(self) -> None:
        self.start(*celery("bench.peers.floor_task:celery", "floor", "floor", 1, kit.live_pool()))
        super().prepare()


class SocketIO(System):
    """socket.io on Node, told through Valkey."""

    name = "socketio"
    title = "socket.io (Node)"

    def prepare(self) -> None:
        if not shutil.which("npm"):
            raise Missing("npm is not installed")
        self.folder = Path(tempfile.mkdtemp(prefix="doorbell-bench-node-"))
        (self.folder / "package.json").write_text('{"private": true, "type": "module"}')
        shutil.copy(ROOT / "bench" / "peers" / "socketio.mjs", self.folder)
        install = ["npm", "install", "--no-audit", "--no-fund", "--silent", *NODE_PACKAGES]
        if subprocess.run(
            install, check=False, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ).returncode:
            raise Missing("npm could not install it")
        self.web = self.start("node", str(self.folder / "socketio.mjs"), str(self.port))
        self.wait_for_port()

    def stop(self) -> None:
        super().stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def dialect(self) -> Dialect:
        def reply(frame: bytes, topic: str) -> bytes | None:
            if frame[:1] == b"0":
                return b"40"
            if frame[:2] == b"40":
                return b'42["join","%s"]' % topic.encode()
            return b"3" if frame == b"2" else None

        def read(frame: bytes) -> tuple[str, int] | None:
            if not frame.startswith(b'42["order"'):
                return None
            change = json.loads(frame[2:])[1]
            return change["s"], change["n"]

        return Dialect(
            url=lambda topic: f"ws://127.0.0.1:{self.port}/socket.io/?EIO=4&transport=websocket",
            reply=reply,
            ready=lambda frame: frame == b'42["ready"]',
            read=read,
        )


class Nchan(System):
    """nginx with nchan, in memory: published over HTTP, received over a websocket. C, and no Python in the way."""

    name = "nchan"
    title = "nchan (nginx)"
    MODULE = Path("/usr/lib/nginx/modules/ngx_nchan_module.so")

    def prepare(self) -> None:
        if not (self.MODULE.exists() and shutil.which("nginx")):
            raise Missing("nginx with nchan is not installed (Debian: nginx-light libnginx-mod-nchan)")
        self.folder = Path(tempfile.mkdtemp(prefix="doorbell-bench-nchan-"))
        user = "user root;" if os.getuid() == 0 else ""
        (self.folder / "nginx.conf").write_text(
            f"load_module {self.MODULE}; {user} daemon off; worker_processes 1; pid {self.folder}/pid;\n"
            f"error_log {self.folder}/error.log;\n"
            "events { worker_connections 10000; }\n"
            "http { access_log off;\n"
            + "".join(f" {name}_temp_path {self.folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi"))
            + f" uwsgi_temp_path {self.folder}/uwsgi; scgi_temp_path {self.folder}/scgi;\n"
            f" server {{ listen 127.0.0.1:{self.port};\n"
            "  location /pub { nchan_publisher; nchan_channel_id $arg_id; nchan_store_messages off; }\n"
            "  location /sub { nchan_subscriber websocket; nchan_channel_id $arg_id; }\n"
            "  location /healthz { return 200; } } }\n"
        )
        os.environ["NCHAN_URL"] = f"http://127.0.0.1:{self.port}"
        self.web = self.start("nginx", "-c", str(self.folder / "nginx.conf"), "-p", str(self.folder))
        self.wait_for_port()

    def stop(self) -> None:
        super().stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def dialect(self) -> Dialect:
        # nchan says nothing to a subscriber: its handshake is its welcome.
        return Dialect(url=lambda topic: f"ws://127.0.0.1:{self.port}/sub?id={topic}", greets=False)
