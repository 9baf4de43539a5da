"""The queues in words of one language: the `d` of their frames, and the context of **Today**."""

from typing import Any

from django.utils.translation import gettext as _

from orders.lifecycle import Status, label
from orders.queues.read import State


def present(state: State) -> dict[str, Any]:
    """The `d` of a frame: by its key the size of each queue, whether it has any, and its mark; and two short lists."""
    shown: dict[str, Any] = {"label": _("Today"), "status": "queues", "calm": "" if state.troubled else "1"}
    for key, figure in state.figures.items():
        shown |= {key: str(figure.size), f"{key}_any": "1" if figure.size else "", f"{key}_mark": figure.mark}
    shown["questions"] = str(state.questions)
    shown["newest"] = [
        {"ref": order.ref, "url": order.staff_page, "status": label(Status(order.status)), "total": str(order.total)}
        for order in state.newest
    ]
    shown["problem_rows"] = [
        {"ref": order.ref, "url": order.staff_page, "sentence": " ".join(each.sentence for each in problems)}
        for order, problems in state.troubled
    ]
    return shown
