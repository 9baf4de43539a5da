"""Who asks the database a lot keeps nobody waiting but himself."""

import asyncio

import pytest

from events.live.turns import Turns


def played(places, script):
    """Run `script(turns, done)`; the names in the order in which they had their turn."""
    done = []

    async def work(turns, who, name):
        async with turns.turn(who):
            done.append(name)
            await asyncio.sleep(0)

    async def run():
        turns = Turns(places)
        await script(turns, work)
        async with asyncio.timeout(1):  # every place is free again
            for _ in range(places):
                await turns.turn("last").__aenter__()

    asyncio.run(run())
    return done


def test_clients_have_turns_however_much_one_of_them_asks():
    async def script(turns, work):
        asked = [("greedy", f"g{n}") for n in range(5)] + [("a", "a0"), ("b", "b0"), ("a", "a1")]
        await asyncio.gather(*(work(turns, who, name) for who, name in asked))

    assert played(1, script) == ["g0", "g1", "a0", "b0", "g2", "a1", "g3", "g4"]


def test_so_many_are_at_it_at_the_same_time():
    most = 0

    async def script(turns, work):
        busy = 0

        async def one(who):
            nonlocal busy, most
            async with turns.turn(who):
                busy += 1
                most = max(most, busy)
                await asyncio.sleep(0)
                busy -= 1

        await asyncio.gather(*(one(n % 3) for n in range(20)))

    played(4, script)
    assert most == 4


@pytest.mark.parametrize("given", [False, True])
def test_who_gives_up_waiting_takes_no_place_away(given):
    async def script(turns, work):
        first = turns.turn("first")
        await first.__aenter__()
        waiting = asyncio.create_task(work(turns, "gone", "gone"))
        await asyncio.sleep(0)
        if given:  # the place is his, and he has not noticed yet
            await first.__aexit__(None, None, None)
            waiting.cancel()
        else:
            waiting.cancel()
            await asyncio.sleep(0)
            await first.__aexit__(None, None, None)
        await asyncio.gather(waiting, return_exceptions=True)
        await work(turns, "next", "next")

    assert played(1, script) == ["next"]


def test_a_question_that_fails_gives_its_place_back():
    async def script(turns, work):
        with pytest.raises(ValueError, match="away"):
            async with turns.turn("a"):
                raise ValueError("away")
        await work(turns, "b", "b")

    assert played(1, script) == ["b"]
