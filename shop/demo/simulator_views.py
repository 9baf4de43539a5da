"""The simulator's page for staff. One run at a time, as a process that this page starts, watches and stops."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.decorators import user_passes_test
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget

from shop.demo.arrivals import SHAPES

WORDS = {
    "steady": _("Steady"),
    "random": _("Random, as people are"),
    "bursts": _("Bursts of twenty"),
    "wave": _("A wave with a peak"),
}


class SimulationForm(forms.Form):
    """The number of orders, their rate and their shape."""

    orders = forms.IntegerField(
        label=_("Orders"), min_value=1, max_value=5000, initial=40, widget=UnfoldAdminIntegerFieldWidget
    )
    rate = forms.FloatField(
        label=_("Orders per second"), min_value=0.1, max_value=50, initial=2, widget=UnfoldAdminDecimalFieldWidget
    )
    shape = forms.ChoiceField(
        label=_("They arrive"), choices=[(shape, WORDS[shape]) for shape in SHAPES], widget=UnfoldAdminSelectWidget
    )
    pace = forms.FloatField(
        label=_("Seconds between an order's steps"),
        min_value=0,
        max_value=600,
        initial=3,
        widget=UnfoldAdminDecimalFieldWidget,
    )
    seed = forms.IntegerField(
        label=_("Seed"),
        required=False,
        min_value=0,
        help_text=_("The same seed gives the same run; empty for a new one."),
        widget=UnfoldAdminIntegerFieldWidget,
    )


def _may(user: Any) -> bool:
    """Whether the user may place orders and move them."""
    return user.is_active and user.is_staff and user.has_perm("orders.change_order")


staff_only = user_passes_test(_may, login_url="admin:login")


def status_file() -> Path:
    """The file in which a run reports its progress."""
    return settings.DATA_DIR / "run" / "simulation.json"


def status() -> dict[str, Any]:
    """The last report of the run. `state` is none, running, done, failed or stopped."""
    try:
        found: dict[str, Any] = json.loads(status_file().read_text())
    except (OSError, ValueError):
        return {"state": "none"}
    if found["state"] in ("starting", "running") and not _alive(found["pid"]):
        found["state"] = "stopped"
    return found


def _alive(pid: int) -> bool:
    try:
        return b"simulate" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        if sys.platform == "linux":
            return False
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


@never_cache
@staff_only
def page(request: HttpRequest) -> HttpResponse:
    """The page: the form and the progress of the run."""
    form = SimulationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if status()["state"] in ("starting", "running"):
            messages.warning(request, _("One is running already."))
        else:
            start(form.cleaned_data)
        return HttpResponseRedirect(reverse("demo:simulator"))
    context = {**admin.site.each_context(request), "title": _("Simulator"), "form": form, "run": status()}
    return render(request, "demo/simulator.html", context, status=422 if form.errors else 200)


@never_cache
@staff_only
def progress(request: HttpRequest) -> HttpResponse:
    """The part of the page that is refreshed."""
    return render(request, "demo/_simulation.html", {"run": status()})


@require_POST
@staff_only
def stop(request: HttpRequest) -> HttpResponse:
    """Stop the run. Its orders stay as they are."""
    found = status()
    if found["state"] in ("starting", "running"):
        os.kill(found["pid"], signal.SIGTERM)
    return HttpResponseRedirect(reverse("demo:simulator"))


def start(values: dict[str, Any]) -> None:
    """Start `manage.py simulate` as a process of its own that reports to the status file."""
    path = status_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    given = {name: value for name, value in values.items() if value not in (None, "")}
    arguments = [part for name, value in given.items() for part in (f"--{name}", str(value))]
    process = subprocess.Popen(
        [sys.executable, str(settings.BASE_DIR / "manage.py"), "simulate", *arguments, "--status", str(path)],
        env={**os.environ, "SITE_URL": settings.SITE_URL},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    path.write_text(json.dumps({"state": "starting", "pid": process.pid, "total": values["orders"]}))
