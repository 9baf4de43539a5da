"""The live stream of an order's conversation."""

from typing import Any

from django.utils.translation import override

from events.live.streams import Stream, Viewer, register
from events.log.stream_names import StreamName
from orders import access_links
from orders.access_links import Strength
from orders.models import Order, Question
from orders.presentation import moment

PERMISSION = "orders.view_question"


@register
class QuestionStream(Stream):
    """`question:<ref>`, for whoever may act on the order, and for staff who may see questions.

    What was written is in no frame: a page that hears of another number of messages asks for them.
    """

    prefix = "question"
    permissions = frozenset({PERMISSION})

    def topic(self, key: str, viewer: Viewer) -> str | None:
        """The name of the stream, if the viewer may read the conversation. One without an order is for staff alone."""
        if not viewer.permissions and not viewer.grants and viewer.user_id is None:
            return None
        found = Question.objects.filter(key=key).values_list("order__user_id", "order__link_version").first()
        if found is None:
            return None
        user, version = found
        order = str(StreamName("order", key))
        visible = (
            PERMISSION in viewer.permissions
            or (user is not None and user == viewer.user_id)
            or (version is not None and access_links.grant(order, version, Strength.ACT) in viewer.grants)
        )
        return str(StreamName("question", key)) if visible else None

    def present(self, state: Any, language: str) -> dict[str, Any]:
        """`ref`, `status`, `label`, and how many messages there are."""
        with override(language):
            label = str(Question.State(state.state).label)
        return {"ref": state.ref, "status": state.state, "label": label, "messages": state.messages}


def shown(order: Order, language: str) -> dict[str, Any]:
    """What the order's page shows of its conversation."""
    question = Question.objects.filter(order=order).first()
    said = question.messages.all() if question else ()
    return {"question": question, "thread": [(each, moment(each.at, language)) for each in said]}
