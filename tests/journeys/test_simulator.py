"""The simulator's page, by hand: what a member of staff starts runs to its verdict, on the page."""

import json

from playwright.sync_api import expect

from shop.demo import content, simulator_views


def test_staff_start_a_run_and_read_its_verdict_on_the_page(demo, someone):
    simulator_views.status_file().unlink(missing_ok=True)
    staff = someone(viewport={"width": 390, "height": 844})
    staff.goto(f"{demo}/admin/login/?next=/admin/simulator/")
    staff.get_by_label("Email").fill("staff@example.com")
    staff.get_by_label("Password").fill(content.PASSWORD)
    staff.locator("main").get_by_role("button", name="Sign in").click()
    staff.get_by_label("Orders", exact=True).fill("3")
    staff.get_by_label("Orders per second").fill("5")
    staff.get_by_label("Seconds between an order's steps").fill("0.2")
    staff.get_by_role("button", name="Start").click()
    expect(staff.get_by_text("Nothing lost, nothing doubled")).to_be_visible(timeout=60_000)
    expect(staff.get_by_role("row", name="→ browser")).to_be_visible()
    assert json.loads(simulator_views.status_file().read_text())["placed"] == 3
