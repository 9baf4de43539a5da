"""The processes of `deploy/`: one worker for each queue, in Compose and systemd, and only the rights they need."""

import re
import shlex
from collections import Counter
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.core.management import load_command_class
from prometheus_client import CollectorRegistry

from deploy import check
from events.delivery import queues
from shop.lib import health
from tests.support.servers import ROOT


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / "deploy/compose.yaml").read_text())["services"])


def wanted() -> Counter[str]:
    return Counter(name for queue in settings.EVENT_QUEUES for name in queues.names(queue))


def test_every_queue_has_one_worker_in_compose(services: dict[str, Any]) -> None:
    found: Counter[str] = Counter()
    for service in services.values():
        command = service.get("command", [])
        if "celery" in command:
            found.update(command[command.index("--queues") + 1].split(","))
    assert found == wanted()


def test_every_queue_has_one_worker_in_systemd() -> None:
    found: Counter[str] = Counter()
    for group in (ROOT / "deploy/systemd/workers").iterdir():
        found.update(re.search(r"^QUEUES=(.*)$", group.read_text(), re.MULTILINE)[1].split(","))  # type: ignore[index]
    assert found == wanted()


def test_pushes_wait_for_nothing_else(services: dict[str, Any]) -> None:
    alone = [s["command"] for s in services.values() if "events.live.0" in str(s.get("command"))]
    assert [command[-1] for command in alone] == ["events.live.0"]


def test_the_shop_starts_after_its_migrations_and_the_proxy_after_the_shop(services: dict[str, Any]) -> None:
    for name, service in services.items():
        if service.get("image") == "doorbell" and name != "migrate":
            assert service["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}, name
    assert set(services["proxy"]["depends_on"]) == {"web1", "web2"}
    assert services["proxy"]["environment"]["UPSTREAMS"] == "web1:8000 web2:8000"


def test_no_container_has_more_rights_than_it_needs(services: dict[str, Any]) -> None:
    for name, service in services.items():
        if service.get("image") == "doorbell":
            assert service["read_only"], name
            assert service["cap_drop"] == ["ALL"], name
    ports = {name for name, service in services.items() if service.get("ports")}
    assert ports == {"proxy"}
    for name in ("db", "valkey", "rabbitmq"):
        assert services[name]["networks"] == ["shop"], name


def test_a_process_is_given_the_time_that_it_needs_to_stop(services: dict[str, Any]) -> None:
    worker = float(settings.EVENT_HANDLER_TIMEOUT)
    web = float(settings.LIVE_SHUTDOWN_SECONDS) + 3  # --application-close-timeout
    for name, service in services.items():
        seconds = float(str(service.get("stop_grace_period", "10s")).rstrip("s"))
        if name.startswith("worker"):
            assert seconds > worker
        if name.startswith("web"):
            assert seconds > web
    for unit, least in (("doorbell-worker@", worker), ("doorbell-web@", web)):
        text = (ROOT / f"deploy/systemd/{unit}.service").read_text()
        assert float(re.search(r"^TimeoutStopSec=(\d+)$", text, re.MULTILINE)[1]) > least  # type: ignore[index]


def test_daphne_is_started_as_serve_starts_it(services: dict[str, Any]) -> None:
    dockerfile = (ROOT / "deploy/Dockerfile").read_text().replace("\\\n", "")
    image = yaml.safe_load(re.search(r"^CMD (\[.*\])$", dockerfile, re.MULTILINE)[1])  # type: ignore[index]
    text = (ROOT / "deploy/systemd/doorbell-web@.service").read_text().replace("\\\n", "")
    unit = shlex.split(re.search(r"^ExecStart=(.*)$", text, re.MULTILINE)[1])  # type: ignore[index]
    serve = load_command_class("shop", "serve")
    by_serve = next(p for p in serve._processes("127.0.0.1", 8000) if p.name == "web").command
    for option in ("--websocket_connect_timeout", "--application-close-timeout"):
        values = {command[command.index(option) + 1] for command in (image, unit, list(by_serve))}
        assert len(values) == 1, option
    # It would believe the left end of X-Forwarded-For, which the client writes.
    assert "--proxy-headers" not in [*image, *unit, *by_serve]


@pytest.mark.django_db
def test_alerts_and_dashboard_ask_for_metrics_that_there_are() -> None:
    registry: CollectorRegistry = health.everything()
    there = {sample.name for family in registry.collect() for sample in family.samples}
    there |= {f"{family.name}_total" for family in registry.collect() if family.type == "counter"}
    there |= {f"{family.name}_bucket" for family in registry.collect() if family.type == "histogram"}
    there |= {family.name for family in registry.collect() if family.type == "gauge"} | {"up"}
    asked = {
        name for _, expression in check.expressions(ROOT) for name in re.findall(r"\b(?:up|events_\w+)\b", expression)
    }
    assert len(asked) > 8
    assert asked - there == set()
