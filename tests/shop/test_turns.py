"""Requests wait for their turn: a crowd does not become a crowd of threads."""

import asyncio

from shop.turns import a_few_at_a_time
from tests.support.live import in_loop


class Slow:
    """An application whose requests last until they are let go."""

    def __init__(self):
        self.inside, self.most, self.go = 0, 0, asyncio.Event()

    async def __call__(self, scope, receive, send):
        self.inside += 1
        self.most = max(self.most, self.inside)
        try:
            await self.go.wait()
            if scope.get("fails"):
                raise RuntimeError("no")
        finally:
            self.inside -= 1


def run(scenario):
    return in_loop(asyncio.wait_for(scenario(), 5))


def test_more_requests_than_may_be_inside_wait_and_all_are_answered():
    async def scenario():
        slow = Slow()
        application = a_few_at_a_time(slow, 3)
        requests = [asyncio.create_task(application({}, None, None)) for _ in range(50)]
        await asyncio.sleep(0.05)
        assert slow.inside == 3
        slow.go.set()
        await asyncio.gather(*requests)
        return slow.most

    assert run(scenario) == 3


def test_who_leaves_while_waiting_and_who_fails_inside_keep_no_turn():
    async def scenario():
        slow = Slow()
        application = a_few_at_a_time(slow, 1)
        failing = asyncio.create_task(application({"fails": True}, None, None))
        leaving = asyncio.create_task(application({}, None, None))
        staying = asyncio.create_task(application({}, None, None))
        await asyncio.sleep(0.05)
        leaving.cancel()
        slow.go.set()
        await asyncio.gather(failing, leaving, return_exceptions=True)
        await staying

    run(scenario)
