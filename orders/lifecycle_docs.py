"""`docs/lifecycle.md`, written from the table that runs."""

from django.utils.translation import override

from orders.lifecycle import EDGES, ENDINGS, PATH, WORDING, Status
from orders.returns.lifecycle import EDGES as RETURN_EDGES
from orders.returns.lifecycle import WORDS as RETURN_WORDS
from orders.shipping.table import STAGES, TABLE

HEAD = """# The life of an order

*Generated from `orders/lifecycle.py` by `make docs`; `make lint` checks that it is current.*

An order moves along the edges below and no others, one row lock and one event for each move. It goes back by
[Undo](#undo) alone. What a carrier reports late is kept with the parcel under its own time and does not move the order.

"""

UNDO = """
## Undo

An order goes back in one way only: staff undo their last move, where the table says so. It is possible for one minute,
for whoever may take the edge, and as long as nothing else has moved the order. It is an event, `order.move_undone`,
with the status before and after and the sequence of the undone event; nothing is taken out of the log. A move can be
undone if it tells nobody outside and moves neither money, goods nor paper:

| move | undo | because |
|---|---|---|
| **Start preparing** | yes | only pages, queues and figures follow from it, and they follow the way back, too |
| **Out for delivery** | unless it was pushed | a push cannot be taken back; where a scan says the same, it stays |
| **Mark paid** | no | it books money, issues the invoice and mails |
| **Ship**, whole or in part | no | it makes a parcel, takes the goods out of the stock, captures money and mails |
| **Mark delivered** | no | it mails at once, starts the time for returns and counts for the ranges promised to others |
| **Cancel**, **Refund** | no | they return money, release stock and vouchers, and mail; they ask first |

What carriers, gateways, shoppers and the shop itself do cannot be undone.
"""


def lifecycle() -> str:
    with override("en"):
        return HEAD + _diagram() + _statuses() + _edges() + UNDO + _parcels() + _returns()


def _diagram() -> str:
    lines = ["```mermaid", "stateDiagram-v2", "    [*] --> placed: order.placed"]
    lines += [f"    {e.source} --> {e.target}: {e.event.type}" for e in EDGES]
    return "\n".join([*lines, "```", "", ""])


def _statuses() -> str:
    lines = ["## Statuses", "", "| status | the shopper reads | and then |", "|---|---|---|"]
    for status in sorted(Status, key=lambda s: PATH.index(s) if s in PATH else 99):
        words = WORDING[status]
        lines.append(f"| `{status}` | **{words.label}** – {words.sentence} | {words.next} |")
    lines += ["", "What is said of an order that ended depends on what becomes of its money:", ""]
    lines += ["| status | its money | the shopper reads |", "|---|---|---|"]
    lines += [f"| `{status}` | {refund} | {sentence} |" for (status, refund), sentence in ENDINGS.items()]
    return "\n".join([*lines, "", ""])


def _edges() -> str:
    lines = ["## Edges", "", "| from | to | event | staff's button | who may | undo |", "|---|---|---|---|---|---|"]
    for e in EDGES:
        verb = f"**{e.verb}**" + (" (asks first)" if e.final else "") if e.verb else ""
        undo = "for a minute" if e.undo else ""
        by = ", ".join(sorted(e.by))
        lines.append(f"| `{e.source}` | `{e.target}` | `{e.event.type}` | {verb} | {by} | {undo} |")
    return "\n".join([*lines, ""])


def _parcels() -> str:
    lines = [
        "",
        "## Parcels",
        "",
        "Generated from `orders/shipping/table.py`: an order has the status that its parcels",
    ]
    lines += ["parcels have earned it.", "", "| all is sent | the parcel that is least far | status |", "|---|---|---|"]
    for row in TABLE:
        states = sorted(state for state, stage in STAGES.items() if stage == row.least)
        least = ", ".join(f"`{state}`" for state in states) or "any"
        lines.append(f"| {'yes' if row.all_sent else 'no'} | {least} | `{row.status}` |")
    return "\n".join([*lines, ""])


def _returns() -> str:
    lines = ["", "## Returns", "", "Generated from `orders/returns/lifecycle.py`.", ""]
    lines += ["| state | the shopper reads |", "|---|---|"]
    lines += [f"| `{state}` | **{words.label}** – {words.sentence} |" for state, words in RETURN_WORDS.items()]
    lines += ["", "| from | to | event | button | who may |", "|---|---|---|---|---|"]
    for e in RETURN_EDGES:
        by = ", ".join(sorted(e.by))
        lines.append(f"| `{e.source}` | `{e.target}` | `{e.event.type}` | **{e.verb}** | {by} |")
    return "\n".join([*lines, ""])
