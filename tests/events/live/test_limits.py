"""How many sockets may come, and how fast."""

import pytest

from events.live.limits import BURST, LONGEST, Limits, Places


@pytest.fixture
def limits(settings):
    settings.LIVE_CONNECT_RATE = 100.0
    return Limits()


@pytest.mark.slow
def test_a_crowd_is_let_in_by_its_rate_each_at_the_moment_it_was_told(limits):
    """3,000 at once: some come in, the others are given turns, and who keeps to the turn comes in then."""
    waiting = [(0.0, n) for n in range(3000)]
    tries = dict.fromkeys(range(3000), 0)
    admitted = []
    while waiting:
        waiting.sort()
        now, who = waiting.pop(0)
        tries[who] += 1
        if wait := limits.wait(now):
            waiting.append((now + wait / 1000, who))
        else:
            admitted.append(now)
    assert len(admitted) == 3000
    assert sum(at == 0 for at in admitted) <= 100 * BURST + 1
    assert max(admitted) < 3000 / 100 + LONGEST
    assert sum(tries.values()) / 3000 < 3


def test_nobody_waits_longer_than_the_longest(limits):
    assert max(limits.wait(0.0) for _ in range(100_000)) <= LONGEST * 1000


def test_one_address_has_so_many_and_may_come_again_when_one_left(limits):
    assert [limits.enter("10.0.0.1", 2) for _ in range(3)] == [True, True, False]
    assert limits.enter("10.0.0.2", 2)
    limits.leave("10.0.0.1")
    assert limits.enter("10.0.0.1", 2)


def test_a_socket_that_leaves_frees_what_it_took_and_nothing_else(limits):
    first, second = Places(limits), Places(limits)
    assert first.take("10.0.0.1", 1)
    assert not second.take("10.0.0.1", 1)
    second.release()  # it was refused: it frees nothing
    assert not Places(limits).take("10.0.0.1", 1)
    first.release()
    first.release()
    assert Places(limits).take("10.0.0.1", 1)
    assert not Places(limits).take("10.0.0.1", 1)
