"""A run's plots, as SVG beside its JSON."""

from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot as plt
from matplotlib.ticker import FuncFormatter, NullFormatter

from bench.report.names import NINE_TENTHS
from bench.report.reading import void

# One look for all, the same bytes for the same figures; ours is the one in the shop's colour.
plt.rcParams.update(
    {
        "svg.hashsalt": "doorbell",
        "svg.fonttype": "none",
        "font.size": 10,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "grid.alpha": 0.25,
        "figure.figsize": (8.6, 3.6),
        "figure.constrained_layout.use": True,
        "legend.frameon": False,
        "axes.prop_cycle": matplotlib.cycler(linestyle=["-", "--"])
        * matplotlib.cycler(color=["#c1694c", "#e0a48c", "#7a8a72", "#4f7184", "#b98c2e", "#8c6a86"]),
    }
)


PLAIN = FuncFormatter(lambda value, _: f"{value:,.10g}")


def _plain(axis: Any) -> None:
    """1,000 and not 10³."""
    axis.set_major_formatter(PLAIN)
    axis.set_minor_formatter(NullFormatter())


def _legend(place: Any) -> None:
    """Beside the lines, not over them."""
    place.legend(fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))


def _save(folder: Path, name: str) -> None:
    plt.savefig(folder / f"{name}.svg", metadata={"Date": None})
    plt.close()


def _distribution(folder: Path, name: str, title: str, curves: dict[str, list[list[float]]]) -> None:
    """Latency over the share of all that were no slower: each step of the axis is ten times rarer."""
    _, axes = plt.subplots()
    for label, points in curves.items():
        axes.plot([1 / (1 - q) for q, _ in points], [max(0.1, ms) for _, ms in points], label=label, linewidth=1.6)
    axes.set(xscale="log", yscale="log", title=title, ylabel="ms", xlabel="so many were no slower")
    axes.set_xticks([1, 2, 10, 100, 1000], ["0 %", "50 %", "90 %", "99 %", "99.9 %"])
    _plain(axes.yaxis)
    axes.minorticks_off()
    _legend(axes)
    _save(folder, name)


def _growth(folder: Path, growth: dict[str, list[dict[str, float]]]) -> None:
    figure, axes = plt.subplots(1, len(growth), figsize=(12, 3.4))
    for place, (name, measured) in zip(axes, growth.items(), strict=True):
        first: dict[float, dict[str, float]] = {}
        for row in measured:
            first.setdefault(row["rows"], row)  # what was measured again is in the tables
        rows = list(first.values())
        columns = [column for column in rows[0] if column.endswith("_ms")]
        for column in columns:
            label = column.removesuffix("_ms").replace("_", " ")
            place.plot([r["rows"] for r in rows], [r[column] for r in rows], marker="o", label=label)
        costs = [row[column] for row in rows for column in columns]
        # Decades where there are some, else from nothing on: a difference of a tenth is not to look like a cliff.
        place.set(xscale="log", xlabel=f"{name} in the database")
        if max(costs) > 10 * min(costs):
            place.set(yscale="log")
        else:
            place.set_ylim(0, max(costs) * 1.2)
        _plain(place.yaxis)
        _plain(place.xaxis)
        _legend(place)
    axes[0].set_ylabel("ms")
    figure.suptitle("What it costs as it grows", fontsize=11)
    _save(folder, "growth")


def write(found: dict[str, Any], folder: Path) -> None:
    """Those for which the run has what they show."""
    folder.mkdir(parents=True, exist_ok=True)
    latency = found.get("latency_valkey", {})
    if rows := latency.get("idle"):
        curves = {system: row["curve"] for system, row in rows.items() if not void(row)}
        _distribution(folder, "latency-idle", "Commit → browser, idle", curves)
    if rows := latency.get("loaded"):
        at = {system: row["at"][NINE_TENTHS] for system, row in rows.items() if NINE_TENTHS in row["at"]}
        curves = {system: row["curve"] for system, row in at.items() if not void(row)}
        _distribution(folder, "latency-nine-tenths", "Due → browser at nine tenths of what each carries", curves)
    if rows := found.get("growth"):
        _growth(folder, rows)
