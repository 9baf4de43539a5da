"""Ours and its peers: each starts its own processes on the run's PostgreSQL and Valkey, and says how to speak to it."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
import psutil

from bench import kit
from bench.kit import ROOT, celery, daphne
from bench.live.load import Dialect
from tests.support.servers import free_port

NODE_PACKAGES = ("socket.io@4.8.4", "ioredis@5.8.2")


class Missing(Exception):
    """This machine lacks what the peer needs; the results say so."""


class System:
    """A way to tell browsers of a change."""

    name = ""
    title = ""
    connects = 2000.0
    """Sockets a second that it lets in without a line: how fast the load connects."""

    def __init__(self) -> None:
        self.port = free_port()
        self.running: list[subprocess.Popen[Any]] = []
        self.web: subprocess.Popen[Any] | None = None
        self.producers: list[subprocess.Popen[str]] = []

    # -- For a peer to fill in ---------------------------------------------------------------------

    def prepare(self) -> None:
        """Start everything but the producers."""

    def topics(self, count: int) -> list[str]:
        """So many things to watch, that exist."""
        return [f"t{n}" for n in range(count)]

    @property
    def dialect(self) -> Dialect:
        return Dialect(url=lambda topic: f"ws://127.0.0.1:{self.port}/{topic}")

    # -- The same for all --------------------------------------------------------------------------

    def start(self, *command: str, **extra: str) -> subprocess.Popen[Any]:
        process = kit.start(*command, **extra)
        self.running.append(process)
        return process

    def produce(self, topics: list[str], rate: float, producers: int = 1) -> "Job":
        """One change for each topic named, at that rate altogether."""
        while len(self.producers) < producers:
            process = subprocess.Popen(
                [sys.executable, "-m", "bench.live.produce", self.name],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            assert process.stdout
            process.stdout.readline()
            self.producers.append(process)
        used = self.producers[:producers]
        for n, process in enumerate(used):
            assert process.stdin
            process.stdin.write(json.dumps({"topics": topics[n::producers], "rate": rate / producers}) + "\n")
            process.stdin.flush()
        return Job(used)

    def memory(self) -> int:
        """Bytes of the web server and its children that nobody else holds."""
        assert self.web
        server = psutil.Process(self.web.pid)
        return sum(p.memory_full_info().uss for p in (server, *server.children(recursive=True)))

    def wait_for_port(self, seconds: float = 30.0) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                httpx.get(f"http://127.0.0.1:{self.port}/healthz", timeout=2)
                return
            except httpx.RemoteProtocolError:
                return  # it speaks websocket only
            except httpx.HTTPError:
                time.sleep(0.1)
        raise SystemExit(f"bench: {self.name} did not start")

    def stop(self) -> None:
        for producer in self.producers:
            assert producer.stdin
            producer.stdin.close()
        kit.stop([*self.producers, *self.running])


class Job:
    """Changes under way."""

    def __init__(self, producers: list[subprocess.Popen[str]]) -> None:
        self.producers = producers

    def result(self) -> tuple[float, list[tuple[str, int, float, float]]]:
        """Seconds it took, and (topic, number, before COMMIT, after it) of each change. Blocks."""
        seconds, changes = 0.0, []
        for process in self.producers:
            assert process.stdout
            found = json.loads(process.stdout.readline())
            seconds = max(seconds, found["seconds"])
            changes += [tuple(change) for change in found["changes"]]
        return seconds, changes


class Doorbell(System):
    """The shop as `serve` runs it: web, a worker for the pushes, a worker for everything else, relay."""

    name = "doorbell"
    title = "Doorbell (daphne)"
    connects = 290.0
    sessions: dict[str, str]
    staff: Any
    # One session stands for the thousand that watch one order: with the shipped 60 a person, most would be refused.
    ENVIRONMENT = {"LIVE_PER_PERSON": "10000"}

    def prepare(self) -> None:
        self.sessions = {}
        others = ",".join(f"events.{queue}.0" for queue in ("orders", "payments", "mail", "webhooks"))
        self.start(*kit.live_worker())
        self.start("nice", "-n", "10", *celery("shop", others, "work", 4))  # as `serve` does
        self.start(sys.executable, "manage.py", "relay")
        self.start_web()

    def start_web(self) -> None:
        self.web = self.start(
            *daphne("shop.asgi:application", self.port), SITE_URL=f"http://127.0.0.1:{self.port}", **self.ENVIRONMENT
        )
        self.wait_for_port()

    def topics(self, count: int) -> list[str]:
        """Orders, each with a session of its own that may watch it; and a quiet backbone."""
        from django.contrib.sessions.backends.db import SessionStore
        from django.db import connection

        from events.delivery import publisher
        from events.live.tickets import GRANTS
        from tests.support.factories import DeliveryMethodFactory, make_order

        method = DeliveryMethodFactory()
        found = []
        for _ in range(count):
            topic = make_order(delivery_method=method).stream
            session = SessionStore()
            session[GRANTS] = [topic]
            session.create()
            self.sessions[topic] = session.session_key or ""
            found.append(topic)
        publisher.flush(30)
        self.acknowledge()
        with (
            connection.cursor() as cursor
        ):  # as autovacuum does every minute: plans made for empty tables are nobody's daily life
            cursor.execute("ANALYZE")
        return found

    def sign_in_staff(self) -> None:
        """Somebody who may watch the board, and still may when the web process looks again."""
        from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
        from django.contrib.sessions.backends.db import SessionStore

        from events.live.streams import Viewer
        from tests.support.factories import UserFactory

        user = UserFactory(is_staff=True, is_superuser=True)
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.create()
        self.sessions["board"] = session.session_key or ""
        self.staff = Viewer(user_id=user.pk, permissions=frozenset({"orders.view_order"}))

    def acknowledge(self, seconds: float = 240.0) -> None:
        """Wait until nothing is due."""
        from django.utils import timezone

        from events.models import Delivery

        end = time.monotonic() + seconds
        while Delivery.objects.open().filter(due_at__lte=timezone.now()).exists():
            if time.monotonic() > end:
                raise SystemExit("bench: the backbone did not become quiet")
            time.sleep(0.2)

    @property
    def dialect(self) -> Dialect:
        from django.conf import settings

        from events.live import tickets
        from events.live.streams import Viewer

        def hello(topic: str) -> list[bytes]:
            viewer = self.staff if topic == "board" else Viewer(grants=frozenset([topic]))
            ticket = tickets.sign(viewer, self.sessions[topic])
            return [json.dumps({"t": "hello", "v": 1, "ticket": ticket, "subs": [{"s": topic}]}).encode()]

        def reply(frame: bytes, topic: str) -> bytes | None:
            if not frame.startswith(b'{"t":"beat"'):
                return None
            return b'{"t":"ack","b":%d}' % json.loads(frame)["b"]

        return Dialect(
            url=lambda topic: f"ws://127.0.0.1:{self.port}/live/",
            headers=lambda topic: {"Cookie": f"{settings.SESSION_COOKIE_NAME}={self.sessions[topic]}"},
            hello=hello,
            reply=reply,
            ready=lambda frame: frame.startswith(b'{"t":"snap"'),
        )


class Uvicorn(Doorbell):
    """The same under uvicorn."""

    title = "Doorbell (uvicorn)"

    def start_web(self) -> None:
        self.web = self.start(
            *(sys.executable, "-m", "uvicorn", "--host", "127.0.0.1", "--port", str(self.port)),
            *("--log-level", "critical", "--lifespan", "off", "shop.asgi:application"),
            SITE_URL=f"http://127.0.0.1:{self.port}",
            **self.ENVIRONMENT,
        )
        self.wait_for_port()


class Tutorial(System):
    """save → `delay` → `async_to_sync(group_send)` on the core layer, under daphne."""

    name = "tutorial"
    title = "the tutorials' pipeline"

    def prepare(self) -> None:
        self.start(*celery("bench.peers.tutorial:celery", "tutorial", "tutorial", 2))
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


class Floor(System):
    """COMMIT → PUBLISH → a process that passes it on. Nothing is kept, nobody is asked who he is."""

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
