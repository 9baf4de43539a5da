"""The simulator: shapes of arrival, a real day again, and the staff's page."""

import gzip
import json

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from orders.lifecycle import Status
from orders.models import DeliveryMethod, Order, Scan
from shop.demo import content, simulator_views
from shop.demo.arrivals import SHAPES, BadDay, arrivals, read_day
from shop.demo.simulator import Simulation
from tests.support.factories import UserFactory

pytestmark = pytest.mark.slow

HEAD = "purchased,approved,carrier,delivered,status\n"


@given(st.integers(1, 300), st.floats(0.1, 100), st.sampled_from(SHAPES), st.integers())
def test_arrivals_are_as_many_as_asked_for_in_order_and_the_same_for_a_seed(count, rate, shape, seed):
    times = arrivals(count, rate, shape, seed)
    assert len(times) == count
    assert times == sorted(times)
    assert times[0] >= 0
    assert times == arrivals(count, rate, shape, seed)


def test_a_wave_has_its_peak_in_the_middle_and_bursts_come_at_once():
    wave = arrivals(1000, 10, "wave", 1)
    thirds = [sum(low <= t < low + 100 / 3 for t in wave) for low in (0, 100 / 3, 200 / 3)]
    assert thirds[1] > 2 * thirds[0]
    assert abs(thirds[0] - thirds[2]) < 20
    assert len(set(arrivals(100, 10, "bursts", 1))) == 5


def day(tmp_path, *rows, name="day.csv"):
    path = tmp_path / name
    text = HEAD + "\n".join(rows) + "\n"
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


def test_a_day_keeps_its_order_and_its_waits_scaled(tmp_path):
    path = day(
        tmp_path,
        "2017-11-24 00:01:00,2017-11-24 00:02:00,2017-11-24 01:00:00,2017-11-25 00:00:00,delivered",
        "2017-11-24 00:00:00,,,,canceled",
        name="day.csv.gz",
    )
    times, histories = read_day(path, speed=60, waits=60)
    assert times == [0.0, 1.0]
    assert [step.kind for step in histories[0].steps] == ["cancelled"]
    assert [(step.kind, round(step.after)) for step in histories[1].steps] == [
        ("paid", 1),
        ("shipped", 59),
        ("delivered", 1439),
    ]


@pytest.mark.parametrize(
    ("row", "said"),
    [("yesterday,,,,delivered", "line 2"), ("2017-11-24 00:01:00,soon,,,x", "line 2"), ("", "no orders")],
)
def test_a_file_that_is_no_day_is_refused_with_its_line(tmp_path, row, said):
    with pytest.raises(BadDay, match=said):
        read_day(day(tmp_path, row), 1, 1)


def test_a_file_that_is_no_csv_at_all_is_refused(tmp_path):
    (tmp_path / "x.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadDay):
        read_day(tmp_path / "x.csv", 1, 1)
    with pytest.raises(CommandError, match="No day to replay"):
        call_command("simulate", "--replay", str(tmp_path / "missing.csv"))


@pytest.mark.slow
def test_real_orders_are_lived_through_also_where_their_times_are_out_of_order(transactional_db, tmp_path):
    """A hand-over before the approval, a delivery before the hand-over: the order still goes forward in order."""
    content.load()
    DeliveryMethod.objects.update(sent_by="courier")
    path = day(
        tmp_path,
        "2017-11-24 00:00:00,2017-11-24 03:00:00,2017-11-24 01:00:00,2017-11-24 04:00:00,delivered",
        "2017-11-24 00:00:01,2017-11-24 01:00:00,2017-11-24 03:00:00,2017-11-24 02:00:00,delivered",
        "2017-11-24 00:00:02,2017-11-24 01:00:00,,,unavailable",
    )
    times, histories = read_day(path, speed=2, waits=36_000)
    client, posted = Client(), []

    def post(headers, body):
        answer = client.post("/carriers/courier/webhook/", body, content_type="application/json", headers=headers)
        posted.append((answer.status_code, answer.json()["outcome"]))

    simulation = Simulation(times, 1, 1, None, histories, post)
    simulation.run(lambda placed, finished: None)
    assert simulation.refused == []
    orders = [Order.objects.get(ref=ref) for ref in simulation.placed]
    assert [o.status for o in orders] == [Status.DELIVERED, Status.DELIVERED, Status.PREPARING]
    assert posted == [(200, "1 booked")] * 6
    fast_path = orders[1].parcels.get().scans
    assert fast_path.get(kind=Scan.Kind.DELIVERED).at < fast_path.get(kind=Scan.Kind.IN_TRANSIT).at


@pytest.fixture
def staff(client, db):
    content.load()
    client.force_login(UserFactory(email="boss@example.com", is_staff=True, is_superuser=True))
    simulator_views.status_file().unlink(missing_ok=True)
    return client


def test_the_page_is_for_staff_who_may_move_orders(client, db):
    assert client.get("/admin/simulator/").status_code == 302
    client.force_login(UserFactory(is_staff=True))
    assert client.get("/admin/simulator/").status_code == 302


def test_a_run_is_started_with_what_was_asked_for(staff, monkeypatch):
    started = []
    monkeypatch.setattr(simulator_views, "start", started.append)
    answer = staff.post("/admin/simulator/", {"orders": 5, "rate": 2, "shape": "bursts", "pace": 1, "seed": ""})
    assert answer.status_code == 302
    assert started[0] | {"seed": None} == {"orders": 5, "rate": 2.0, "shape": "bursts", "pace": 1.0, "seed": None}


@pytest.mark.parametrize("wrong", [{"orders": 0}, {"orders": 10**9}, {"rate": 0}, {"shape": "square"}, {"pace": -1}])
def test_wrong_values_are_refused_in_words_and_start_nothing(staff, monkeypatch, wrong):
    monkeypatch.setattr(simulator_views, "start", pytest.fail)
    page = staff.post("/admin/simulator/", {"orders": 5, "rate": 2, "shape": "steady", "pace": 1, **wrong})
    assert page.status_code == 422
    assert b'role="alert"' in page.content


def test_the_page_tells_of_a_run_its_end_and_its_death(staff):
    path = simulator_views.status_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"state": "running", "pid": 2**22 + 1, "total": 5, "placed": 3, "finished": 1}))
    assert "was stopped" in staff.get("/admin/simulator/progress/").content.decode()
    rows = [["→ browser", 30, 8.0, 12.0, 20.0, 30.0]]
    path.write_text(json.dumps({"state": "done", "placed": 5, "frames": 30, "seed": 7, "rows": rows}))
    page = staff.get("/admin/simulator/").content.decode()
    assert "Nothing lost" in page
    assert "→ browser" in page
    path.write_text("{half")
    assert staff.get("/admin/simulator/").status_code == 200
    assert settings.DEMO
