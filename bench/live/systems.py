"""What is loaded: a system starts its own processes on the run's PostgreSQL and Valkey, and says how to speak to it.

Ours; the peers are in `peers`.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any, ClassVar

import httpx
import psutil

from bench import kit
from bench.copies import copy
from bench.kit import ROOT, celery, daphne
from bench.live.load import Dialect
from tests.support.servers import free_port


class Missing(Exception):
    """This machine lacks what the peer needs; the results say so."""


class System:
    """A way to tell browsers of a change."""

    name = ""
    title = ""
    connects = 2000.0
    """Sockets a second that it lets in without a wait: how fast the load connects."""
    changes_of_one = 10**9
    """How often one topic can change before `begin_again`."""
    follows_up = False
    """Whether work follows a change besides its frames."""
    environment: ClassVar[dict[str, str]] = {}
    """For its processes and its producers."""

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

    def unwatched(self, count: int) -> list[str]:
        """So many that nobody can watch: cheaper to make."""
        return self.topics(count)

    def begin_again(self, topics: Sequence[str]) -> None:
        """Let these topics change as often as at first."""

    def finish(self) -> None:
        """Wait until nothing is left of what follows the changes."""

    @property
    def dialect(self) -> Dialect:
        return Dialect(url=lambda topic: f"ws://127.0.0.1:{self.port}/{topic}")

    # -- The same for all --------------------------------------------------------------------------

    def start(self, *command: str, **extra: str) -> subprocess.Popen[Any]:
        process = kit.start(*command, **self.environment, **extra)
        self.running.append(process)
        return process

    def produce(self, topics: list[str], rate: float, producers: int = 1, give_up: float | None = None) -> "Job":
        """One change for each topic named, at that rate altogether; a producer that is `give_up` seconds late ends its
        part.
        """
        while len(self.producers) < producers:
            process = subprocess.Popen(
                [sys.executable, "-m", "bench.live.produce", self.name],
                cwd=ROOT,
                env=os.environ | self.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            assert process.stdout
            process.stdout.readline()
            self.producers.append(process)
        used = self.producers[:producers]
        for n, process in enumerate(used):
            part = {"topics": topics[n::producers], "rate": rate / producers, "offset": n / rate, "give_up": give_up}
            assert process.stdin
            process.stdin.write(json.dumps(part) + "\n")
            process.stdin.flush()
        return Job(used)

    def memory(self) -> int:
        """Bytes of the web server and its children that nobody else holds."""
        assert self.web
        server = psutil.Process(self.web.pid)
        return sum(p.memory_full_info().uss for p in (server, *server.children(recursive=True)))

    def wait_for_port(self, seconds: float = 90.0) -> None:
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

    def result(self) -> list[list[Any]]:
        """[topic, number, due, before COMMIT, after it] of each change. Blocks."""
        changes: list[list[Any]] = []
        for process in self.producers:
            assert process.stdout
            changes += json.loads(process.stdout.readline())["changes"]
        return changes


class Doorbell(System):
    """The shop as `serve` runs it: web, a worker for the pushes, a worker for everything else, relay."""

    name = "doorbell"
    title = "Doorbell (daphne)"
    connects = 290.0
    changes_of_one = 5
    follows_up = True
    sessions: dict[str, str]
    staff: Any
    # One session stands for the thousand that watch one order: with the shipped 60 a person, most would be refused.
    environment = {"LIVE_PER_PERSON": "10000"}

    def prepare(self) -> None:
        self.sessions = {}
        others = ",".join(f"events.{queue}.0" for queue in ("orders", "payments", "mail", "webhooks"))
        self.start(*kit.live_worker())
        self.start("nice", "-n", "10", *celery("shop", others, "work", 4))  # as `serve` does
        self.start(sys.executable, "manage.py", "relay")
        self.start_web()

    def start_web(self) -> None:
        self.web = self.start(*daphne("shop.asgi:application", self.port), SITE_URL=f"http://127.0.0.1:{self.port}")
        self.wait_for_port()

    def topics(self, count: int) -> list[str]:
        """Orders, each with a session of its own that may watch it; and a quiet backbone."""
        from django.contrib.sessions.backends.db import SessionStore
        from django.db import connection

        from events.delivery import publisher
        from events.live.tickets import GRANTS
        from orders import access_links
        from tests.support.factories import DeliveryMethodFactory, make_order

        method = DeliveryMethodFactory()
        found = []
        for _ in range(count):
            topic = make_order(delivery_method=method).stream
            session = SessionStore()
            session[GRANTS] = {access_links.grant(topic, 1, access_links.Strength.LOOK): time.time() + 86_400}
            session.create()
            self.sessions[topic] = session.session_key or ""
            found.append(topic)
        publisher.flush(30)
        self.finish()
        with (
            connection.cursor() as cursor
        ):  # as autovacuum does every minute: plans made for empty tables are nobody's daily life
            cursor.execute("ANALYZE")
        return found

    def unwatched(self, count: int) -> list[str]:
        from orders.models import Order, OrderLine

        made = Order.objects.exclude(ref__startswith="G0").latest("pk")
        start = Order.objects.filter(ref__startswith="G0").count()
        refs = f"generate_series({start + 1}, {start + count}) g"
        name = "'G0' || lpad(g::text, 8, '0')"
        copy(Order, made.pk, refs, ref=name, checkout_key="gen_random_uuid()")
        new = [f"G0{n:08}" for n in range(start + 1, start + count + 1)]
        those = f"(SELECT id FROM orders_order WHERE ref BETWEEN '{new[0]}' AND '{new[-1]}') g"
        line = OrderLine.objects.filter(order=made).first()
        assert line
        copy(OrderLine, line.pk, those, order_id="g.id")
        return [f"order:{ref}" for ref in new]

    def begin_again(self, topics: Sequence[str]) -> None:
        """Set these orders back to *placed* past their verbs, so that some hundred orders are enough for minutes of
        load.
        """
        from django.db import connection

        from orders.models import Parcel

        refs = [topic.removeprefix("order:") for topic in topics]
        Parcel.objects.filter(order__ref__in=refs).delete()
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE orders_order SET status = 'placed', timeline = jsonb_build_array(timeline -> 0)"
                " WHERE ref = ANY(%s) AND status <> 'placed'",
                [refs],
            )

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

    def finish(self) -> None:
        from django.utils import timezone

        from events.models import Delivery

        end = time.monotonic() + 240
        while Delivery.objects.open().filter(due_at__lte=timezone.now()).exists():
            if time.monotonic() > end:
                raise SystemExit("bench: the backbone did not become quiet")
            time.sleep(0.1)

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
        )
        self.wait_for_port()
