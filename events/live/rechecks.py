"""The check of sockets that are open: who of them may still watch."""

import logging
from collections.abc import Iterable
from functools import partial
from typing import Any

from events.live import protocol, reauthorization
from events.live.database import in_database
from events.live.members import Member, safely
from events.live.reading import QUERY_TOPICS

logger = logging.getLogger(__name__)


def suspects(connections: Iterable[Member], message: dict[str, Any]) -> list[Member]:
    """The connections that a message of `reauthorization.look_at` names."""
    users, session = set(message["users"]), message["session"]
    return [m for m in connections if m.viewer.user_id in users or (session and m.viewer.session == session)]


async def recheck(members: list[Member]) -> None:
    """Close the sockets of those who may no longer watch."""
    for start in range(0, len(members), QUERY_TOPICS):
        some = [member for member in members[start : start + QUERY_TOPICS] if member.session.welcomed]
        watchers = [(member.session_key, member.viewer) for member in some]
        try:
            good = await in_database(partial(reauthorization.still_good, watchers))
        except Exception as problem:  # the database is away; the next check finds it
            logger.warning("cannot check who may still watch: %s", problem)
            return
        for member, fine in zip(some, good, strict=True):
            if not fine:
                safely(member.do, [protocol.Close(protocol.NOT_SIGNED_IN, "no longer signed in")])
