"""The check of sockets that are open: who of them may still watch."""

import logging
from collections.abc import Iterable
from functools import partial
from typing import Any

from events.live import protocol, reading, reauthorization, streams
from events.live.database import in_database
from events.live.members import Member, safely
from events.live.reading import QUERY_TOPICS

logger = logging.getLogger(__name__)


def suspects(connections: Iterable[Member], message: dict[str, Any]) -> list[Member]:
    """The connections that a message of `reauthorization.look_at` names."""
    users, session, topic = set(message["users"]), message["session"], message.get("topic", "")
    return [
        member
        for member in connections
        if member.viewer.user_id in users or (session and member.viewer.session == session) or topic in member.names
    ]


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
        await _take_ended_links_away([member for member, fine in zip(some, good, strict=True) if fine])


async def _take_ended_links_away(members: list[Member]) -> None:
    """A link that opened a stream may have been ended. Its session still has the grant, which opens nothing."""
    grants = frozenset().union(*(member.viewer.grants for member in members))
    if not grants:
        return
    try:
        ended = await in_database(partial(_ended, grants))
        for member in [member for member in members if member.viewer.grants & ended]:
            for name in list(member.names.values()):
                if await in_database(partial(reading.topic_of, name, member.viewer)) is None:
                    safely(member.do, member.session.refused(name))
    except Exception as problem:  # the database is away; the next check finds it
        logger.warning("cannot check which links have ended: %s", problem)


def _ended(grants: frozenset[str]) -> set[str]:
    return set().union(*(stream.ended(grants) for stream in streams.all_streams()))
