"""One soak: one database, one broker, one seed.

Prints its verdict as JSON; exit code 1 if anything was lost, doubled or out of order.

Everything is a process of its own, forked from this one (an import takes a second, a fork a few milliseconds):
producers, relays, workers. In bursts a random one is killed every 10–40 ms and started again at once; between the
bursts they get to work. The broker comes back empty and the database is restarted on the way; a tenth of the wake-up
messages is dropped, a tenth sent twice, a twentieth of the handler runs raises after its effect. Then the chaos stops,
what is left is processed, and the rows are counted.
"""

import argparse
import ctypes
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import defaultdict
from multiprocessing.sharedctypes import RawArray
from pathlib import Path

BURST, CALM = 10, 1.0  # kills; seconds between bursts
STREAMS = 150
DROPPED, DOUBLED, ROLLED_BACK = 0, 1, 2
SLOTS = 4000


class Soak:
    """The processes, and what happened to them."""

    def __init__(self, args, broker, database) -> None:
        self.args, self.broker, self.database = args, broker, database
        self.random = random.Random(args.seed)
        self.children: dict[int, str] = {}
        self.counts = RawArray(ctypes.c_long, SLOTS * 3)
        self.spawned = 0
        self.kills = 0
        self.restarts = {"broker": 0, "database": 0}
        self.ended: list[str] = []  # processes that ended without being killed

    # -- processes

    def spawn(self, role: str, chaos: bool = True) -> None:
        slot = self.spawned % SLOTS
        self.spawned += 1
        seed = self.random.random()
        pid = os.fork()
        if pid:
            self.children[pid] = role
            return
        try:
            ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)  # it does not outlive this process
            random.seed(seed)
            if chaos:
                self.disturb(slot)
            else:
                from tests.support.probe import handlers

                handlers.FAIL = 0.0
            getattr(self, role)(slot)
        except BaseException:
            traceback.print_exc()
        os._exit(1)

    def disturb(self, slot: int) -> None:
        from events.delivery import ordered_queue, publisher, statements

        if self.args.without_lock:  # the negative control
            acknowledge = ordered_queue.acknowledge
            statements.lock = lambda: ""
            ordered_queue.acknowledge = lambda *given: (
                acknowledge(*given) or True
            )  # nor does it see that another worker has acknowledged it
        send = publisher.send

        def unreliable(*wake_ups) -> None:
            given = []
            for wake_up in wake_ups:
                luck = random.random()
                self.counts[slot * 3 + DROPPED] += luck < 0.1
                self.counts[slot * 3 + DOUBLED] += luck > 0.9
                given += [wake_up] * ((luck >= 0.1) + (luck > 0.9))
            if given:
                send(*given)

        publisher.send = unreliable

    def producer(self, slot: int) -> None:
        from django.db import Error, close_old_connections

        from tests.support.probe.counting import RolledBack, count

        while True:
            time.sleep(random.uniform(0, 0.005))
            try:
                count(f"c{random.randrange(STREAMS)}", roll_back=random.random() < 0.1)
            except RolledBack:
                self.counts[slot * 3 + ROLLED_BACK] += 1
            except Error:
                close_old_connections()
                time.sleep(0.05)

    def relay(self, slot: int) -> None:
        import threading

        from events.delivery import relay

        relay.run(threading.Event())

    def worker(self, slot: int) -> None:
        from celery.platforms import SecurityWarning

        from shop.celery import app

        warnings.simplefilter("ignore", SecurityWarning)  # root is what a container gives
        names = [q.name for q in app.conf.task_queues]
        app.Worker(
            hostname=f"w{os.getpid()}@soak",
            pool="threads",
            concurrency=2,
            queues=names,
            loglevel="CRITICAL",
            quiet=True,
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
        ).start()

    def kill(self, pid: int) -> str:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        return self.children.pop(pid)

    def reap(self) -> None:
        """Start again what ended by itself."""
        for pid in list(self.children):
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                self.ended.append(f"{self.children[pid]}, exit code {os.waitstatus_to_exitcode(status)}")
                self.spawn(self.children.pop(pid))

    # -- the course of things

    def run(self) -> dict[str, object]:
        started = time.monotonic()
        for role, n in (("worker", 2), ("relay", 2), ("producer", 2)):
            for _ in range(n):
                self.spawn(role)
        self.wait_for_workers()
        outages = [self.restart_broker] * 2 + ([self.restart_database] * 2 if self.database else [])
        self.random.shuffle(outages)
        due = [(n + 1) / (len(outages) + 1) for n in range(len(outages))]
        while (done := self.progress()) < 1 or outages:
            if time.monotonic() - started > self.args.patience:
                break
            if self.kills < self.args.kills:
                self.burst()
            if due and done >= due[0]:
                due.pop(0)
                outages.pop()()
            time.sleep(CALM)
            self.reap()
        steady = dict(self.children) if not self.args.kills else {}
        for pid, role in list(self.children.items()):
            if pid not in steady or role == "producer":
                self.kill(pid)
        chaos = time.monotonic() - started
        return {
            **self.process_rest(bool(steady)),
            **self.verdict(),
            "chaos_seconds": round(chaos, 1),
            "ended": self.ended,
        }

    def progress(self) -> float:
        """How much of the kills and events that were asked for there has been."""
        kills = self.kills / self.args.kills if self.args.kills else 1.0
        return min(kills, self.events() / self.args.events)

    def burst(self) -> None:
        for _ in range(BURST):
            time.sleep(self.random.uniform(0.01, 0.04))
            role = self.kill(self.random.choice(list(self.children)))
            self.kills += 1
            self.spawn(role)

    def wait_for_workers(self) -> None:
        """Both have handled something: a worker that loses its broker while it still starts ends, and its supervisor
        starts another.
        """
        from django.db import connections

        from tests.support.probe.models import Effect

        end = time.monotonic() + 40
        while time.monotonic() < end and Effect.objects.values("pid").distinct().count() < 2:
            time.sleep(0.2)
        connections.close_all()

    def restart_broker(self) -> None:
        self.broker.restart_empty()
        self.restarts["broker"] += 1

    def restart_database(self) -> None:
        self.database.stop()
        time.sleep(0.3)
        self.database.start()
        self.restarts["database"] += 1

    def events(self) -> int:
        """Counted by a connection that is closed again before anything is forked."""
        from django.db import Error, connections

        from events.models import Event

        try:
            return Event.objects.count()
        except Error:
            return 0
        finally:
            connections.close_all()

    def process_rest(self, steady: bool) -> dict[str, object]:
        """No more chaos: what is left is handled by one relay and two workers, or by those that were never killed."""
        from django.db import connections

        from events.delivery import dead_letters
        from events.models import Delivery

        left = Delivery.objects.open().count()
        connections.close_all()
        for role in () if steady else ("worker", "worker", "relay"):
            self.spawn(role, chaos=False)
        started = time.monotonic()
        retried = 0
        while time.monotonic() - started < self.args.patience:
            retried += dead_letters.retry()
            if not Delivery.objects.open().exists():
                break
            time.sleep(0.2)
        self.reap()
        seconds = time.monotonic() - started
        connections.close_all()
        for pid in list(self.children):
            self.kill(pid)
        return {"backlog": left, "retried": retried, "processing_seconds": round(seconds, 1)}

    def verdict(self) -> dict[str, object]:
        """From the rows alone."""
        from django.db.models import Sum

        from events.models import Delivery, Event
        from events.operations import verification
        from tests.support.probe.handlers import ALL
        from tests.support.probe.models import Counter, Effect

        log: defaultdict[str, list[int]] = defaultdict(list)
        for stream, seq in Event.objects.order_by("stream", "seq").values_list("stream", "seq"):
            log[stream].append(seq)
        gaps = sum(seqs != list(range(1, len(seqs) + 1)) for seqs in log.values())
        heads = sum(row.version != len(log[row.stream]) for row in Counter.objects.all())
        effects: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
        for handler, stream, seq in Effect.objects.order_by("pk").values_list("handler", "stream", "seq"):
            effects[handler, stream].append(seq)
        lost = doubled = disordered = phantom = 0
        for stream, seqs in log.items():
            for handler in ALL:
                seen = effects[handler, stream]
                lost += len(set(seqs) - set(seen))
                doubled += len(seen) - len(set(seen))
                disordered += seen != sorted(seen)
                phantom += len(set(seen) - set(seqs))
        sums = [sum(self.counts[n::3]) for n in range(3)]
        return {
            "events": sum(map(len, log.values())),
            "effects": sum(map(len, effects.values())),
            "rolled_back": sums[ROLLED_BACK],
            "kills": self.kills,
            **{f"{name}_restarts": n for name, n in self.restarts.items()},
            "dropped": sums[DROPPED],
            "doubled_wake_ups": sums[DOUBLED],
            "failures": Delivery.objects.aggregate(n=Sum("attempts"))["n"] or 0,
            "lost": lost,
            "doubled": doubled,
            "out_of_order": disordered,
            "uncommitted": phantom + gaps + heads,
            "left": Delivery.objects.open().count(),
            "bad_signatures": sum(1 for _ in verification.verify()),
        }


def main() -> int:
    """0 if nothing was lost, doubled, out of order or left."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--database", choices=["sqlite", "postgres"], required=True)
    parser.add_argument("--broker", choices=["valkey", "rabbitmq"], required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--events", type=int, default=3000)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument(
        "--without-lock", action="store_true", help="the negative control: heads are taken without a lock"
    )
    parser.add_argument("--patience", type=float, default=240)
    args = parser.parse_args()

    from tests.support.brokers import Broker
    from tests.support.servers import Postgres, valkey

    folder = Path(tempfile.mkdtemp(prefix="doorbell-soak-"))
    broker = Broker(args.broker)
    database = Postgres(safe=True) if args.database == "postgres" else None
    try:
        with valkey() as layer:
            os.environ.update(
                DJANGO_SETTINGS_MODULE="tests.settings",
                DATA_DIR=str(folder),
                AS_SHIPPED="1",
                DATABASE_URL=database.start() if database else f"sqlite:///{folder}/soak.sqlite3",
                REDIS_URL=layer,
                BROKER_URL=broker.start(),
                EVENT_NOTIFY_LEASE="0.5",
                EVENT_NOTIFY_LONGEST="3",
                # Where nobody may end, nor may the watchdog end a worker that a busy machine keeps waiting.
                EVENT_HANDLER_TIMEOUT="2" if args.kills else "60",
                CHAOS_FAIL="0.05",
                LOG_LEVEL="CRITICAL",
            )
            import django

            django.setup()
            import logging

            from django.core.management import call_command
            from django.db import connections

            import shop.celery  # noqa: F401

            logging.disable(logging.CRITICAL)
            call_command("migrate", run_syncdb=True, interactive=False, verbosity=0)
            connections.close_all()
            result = Soak(args, broker, database).run()
    finally:
        broker.stop()
        if database:
            database.remove()
    print(json.dumps(result))
    shutil.rmtree(folder, ignore_errors=True)
    wrong = ("lost", "doubled", "out_of_order", "uncommitted", "left", "bad_signatures")
    short = result["kills"] < args.kills or result["events"] < args.events
    ended = result["ended"] if not args.kills else []  # among kills one that ends by itself is one more
    return 1 if short or ended or any(result[name] for name in wrong) else 0


if __name__ == "__main__":
    sys.exit(main())
