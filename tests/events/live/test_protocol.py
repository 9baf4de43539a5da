"""The protocol's rules, with no socket: what a session does with whatever comes."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.live import protocol
from events.live.protocol import Authenticate, Close, Leave, Load, Send, Session
from tests.support.live import Screen, Visitor, in_loop

HELLO = {"t": "hello", "v": 1, "ticket": "x", "subs": [{"s": "order:A"}]}


def frame(n, stream="order:A"):
    return {"t": "ev", "s": stream, "e": "e", "n": n, "d": {}}


def welcomed(*subs):
    session = Session(0.0)
    session.receive(json.dumps(HELLO | {"subs": list(subs) or HELLO["subs"]}), 0.0)
    session.welcome()
    return session


def live(n=5):
    session = welcomed()
    session.loaded("order:A", "e", n, [{"t": "snap", "s": "order:A", "n": n}], 0.0)
    return session


def sent(effects):
    return [e.frame.get("n") for e in effects if isinstance(e, Send) and e.frame["t"] in ("ev", "snap")]


def test_hello_is_answered_by_redeeming_the_ticket_then_reading_the_streams():
    session = Session(0.0)
    assert session.receive(json.dumps(HELLO), 0.0) == [Authenticate("x")]
    assert session.welcome() == [Load("order:A", None, None)]


def test_what_passes_while_the_stream_is_read_comes_after_it_and_once():
    session = welcomed()
    assert session.event("order:A", frame(5)) == []
    assert session.event("order:A", frame(6)) == []
    assert session.event("order:A", frame(7)) == []
    effects = session.loaded("order:A", "e", 6, [{"t": "snap", "s": "order:A", "n": 6}], 0.0)
    assert sent(effects) == [6, 7]


def test_a_repeat_is_dropped_and_the_next_is_sent():
    session = live(5)
    assert session.event("order:A", frame(5)) == []
    assert sent(session.event("order:A", frame(6))) == [6]
    assert session.event("order:A", frame(6)) == []


def test_a_gap_is_filled_from_the_log():
    session = live(5)
    assert session.event("order:A", frame(7)) == [Load("order:A", "e", 5)]
    assert sent(session.loaded("order:A", "e", 7, [frame(6), frame(7)], 0.0)) == [6, 7]


def test_a_gap_that_is_told_while_the_stream_is_read_is_filled_after_it():
    session = live(5)
    assert session.event("order:A", frame(8)) == [Load("order:A", "e", 5)]
    assert session.receive('{"t":"sync","s":"order:A","e":"e","n":3}', 1.0) == []  # a tab that missed 4 and 5
    effects = session.loaded("order:A", "e", 8, [frame(6), frame(7), frame(8)], 1.0)
    assert (sent(effects), effects[-1]) == ([6, 7, 8], Load("order:A", "e", 3))
    assert sent(session.loaded("order:A", "e", 8, [frame(n) for n in range(4, 9)], 1.0)) == [4, 5, 6, 7, 8]
    assert sent(session.event("order:A", frame(9))) == [9]


def test_a_gap_that_is_told_while_the_stream_waits_to_be_read_changes_where_it_is_read_from():
    names = [f"order:{c}" for c in "ABCDE"]
    session = welcomed(*({"s": name} for name in names))
    assert session.receive('{"t":"sync","s":"order:E","e":"e","n":3}', 1.0) == []  # four are under way
    assert session.loaded("order:A", "e", 1, [frame(1)], 1.0)[-1] == Load("order:E", "e", 3)


def test_a_lost_last_event_is_found_by_the_beat():
    session = live(5)
    beat, load = session.beat({"order:A": 6}, "e", 20.0)
    assert beat.frame == {"t": "beat", "b": 1, "h": {"order:A": 6}}
    assert load == Load("order:A", "e", 5)


def test_a_resume_at_the_head_is_confirmed_by_a_beat():
    session = welcomed({"s": "order:A", "e": "e", "n": 5})
    (beat,) = session.loaded("order:A", "e", 5, [], 0.0)
    assert beat.frame["t"] == "beat"
    assert beat.frame["h"] == {"order:A": 5}


def snap(n, epoch="e"):
    return {"t": "snap", "s": "order:A", "e": epoch, "n": n, "d": {}}


def test_a_stream_without_sequence_is_told_its_newer_states_only():
    session = live(5)
    assert sent(session.state("order:A", snap(8))) == [8]
    assert session.state("order:A", snap(8)) == []
    assert session.state("order:A", snap(7)) == []
    assert sent(session.state("order:A", snap(1, "another log"))) == [1]


def test_a_state_that_passes_while_the_stream_is_read_is_a_reason_to_read_again():
    session = welcomed()
    assert session.state("order:A", snap(8)) == []
    effects = session.loaded("order:A", "e", 7, [snap(7)], 0.0)
    assert effects[-1] == Load("order:A", "e", 7)


def test_an_unwatched_stream_is_left_and_silent():
    session = live()
    assert session.receive('{"t":"unsub","s":["order:A"]}', 1.0) == [Leave("order:A")]
    assert session.event("order:A", frame(6)) == []


def test_not_yours_and_not_there_are_one_answer():
    error, close = welcomed().refused("order:A")
    assert error.frame["code"] == "not_yours"
    assert close.code == protocol.NOT_YOURS


VECTORS = json.loads(Path(__file__).with_name("vectors.json").read_text())


@pytest.mark.parametrize("raw", [b"\x00\x01", None, *VECTORS["refused"]])
def test_a_first_frame_that_is_no_hello_closes_with_4400(raw):
    (close,) = Session(0.0).receive(raw, 0.0)
    assert close.code == 4400
    assert len(close.reason.encode()) <= 123


@given(st.one_of(st.text(), st.binary(), st.none()))
def test_no_frame_breaks_a_session(raw):
    session = live()
    effects = session.receive(raw, 1.0)
    assert all(isinstance(e, Close) for e in effects)


def test_a_second_hello_is_refused():
    (close,) = live().receive(json.dumps(HELLO), 1.0)
    assert close.code == 4400


def test_too_many_frames_close_with_4429():
    session = live()
    codes = [e.code for _ in range(100) for e in session.receive('{"t":"ack","b":0}', 1.0) if isinstance(e, Close)]
    assert codes[0] == 4429


def test_the_frame_limit_forgets_with_time():
    session = live()
    for second in range(200):
        assert session.receive('{"t":"ack","b":0}', float(second)) == []


def test_too_many_streams_close_with_4429():
    session = live()
    subs = [{"s": f"order:{n}"} for n in range(200)]
    (close,) = session.receive(json.dumps({"t": "sub", "subs": subs}), 1.0)
    assert close.code == 4429


def test_no_hello_in_time_closes_with_4401():
    assert Session(0.0).overdue(4.9) == []
    (close,) = Session(0.0).overdue(5.1)
    assert close.code == 4401


def test_an_hour_old_socket_is_asked_to_renew():
    session = live()
    (close,) = session.overdue(3601.0)
    assert close.code == 4408


def test_who_does_not_acknowledge_beats_is_let_go():
    session = live()
    for n in range(3):
        assert isinstance(session.beat({}, "e", 20.0 * n)[0], Send)
    (close,) = session.beat({}, "e", 80.0)
    assert close.code == 4409


def test_who_acknowledges_stays():
    session = live()
    for n in range(1, 50):
        session.beat({}, "e", 20.0 * n)
        assert session.receive(json.dumps({"t": "ack", "b": n}), 20.0 * n) == []


def test_an_ack_of_a_beat_that_was_never_sent_is_refused():
    (close,) = live().receive('{"t":"ack","b":7}', 1.0)
    assert close.code == 4400


@settings(deadline=None)
@given(
    first=st.integers(0, 3),
    steps=st.lists(st.one_of(st.integers(1, 12), st.sampled_from(["begin", "end"])), max_size=40),
    more=st.integers(0, 3),
)
def test_whatever_is_lost_doubled_or_reordered_the_client_ends_at_the_head_each_version_once(first, steps, more):
    """The model. Numbers are events that arrive, in any order. A reading that the session asks for reads the truth at
    "begin" and is answered at "end": in between, other events arrive. At the end all readings end, and a beat comes."""
    session = welcomed({"s": "order:A", "e": "e", "n": first})
    session.watched["order:A"].n = first
    shown, asked, read, truth = [], [], [], max(first, 1)

    def carry_out(effects):
        for effect in effects:
            if isinstance(effect, Load):
                asked.append(effect.n if effect.n is not None else first)
            elif isinstance(effect, Send) and effect.frame["t"] == "ev":
                shown.append(effect.frame["n"])

    def begin():
        if asked:
            read.append((asked.pop(0), truth))

    def end():
        if read:
            known, head = read.pop(0)
            frames = [frame(n) for n in range(known + 1, head + 1)]
            carry_out(session.loaded("order:A", "e", max(known, head), frames, 0.0))

    asked.append(first)  # of the hello
    for step in steps:
        if step == "begin":
            begin()
        elif step == "end":
            end()
        else:
            truth = max(truth, step)
            carry_out(session.event("order:A", frame(step)))
    truth += more  # of these nothing arrived
    while asked or read:
        begin()
        end()
    carry_out(session.beat({"order:A": truth}, "e", 20.0))
    while asked or read:
        begin()
        end()
    assert shown == list(range(first + 1, truth + 1))


def test_acks_that_were_asked_for_do_not_count_against_the_client():
    session = welcomed(*({"s": f"order:{n}", "e": "e", "n": 1} for n in range(100)))
    for n in range(100):
        beat, *_ = session.loaded(f"order:{n}", "e", 1, [], 0.0)
        assert session.receive(json.dumps({"t": "ack", "b": beat.frame["b"]}), 1.0) == []


# -- While the channel layer is silent -----------------------------------------------------------------


def kinds(effects):
    return [e.frame["t"] for e in effects if isinstance(e, Send)]


def test_while_the_layer_is_silent_every_answer_ends_with_stale_until_it_is_heard_again():
    session = live(5)
    assert kinds(session.stale()) == ["stale"]
    assert kinds(session.beat({"order:A": 5}, "e", 20.0)) == ["beat", "stale"]
    session.receive('{"t":"sync","s":"order:A","e":"e","n":5}', 21.0)
    assert kinds(session.loaded("order:A", "e", 6, [frame(6)], 21.0)) == ["ev", "stale"]
    assert kinds(session.state("order:A", snap(8))) == ["snap", "stale"]
    assert session.event("order:A", frame(8)) == []
    session.heard()
    assert kinds(session.beat({"order:A": 8}, "e", 40.0)) == ["beat"]


def test_who_is_welcomed_while_the_layer_is_silent_is_told():
    session = Session(0.0)
    assert session.stale() == []  # nobody is told before the hello
    session.receive(json.dumps(HELLO), 0.0)
    assert kinds(session.welcome()) == ["stale"]


# -- Another log -------------------------------------------------------------------------------------


def test_an_event_of_another_log_is_a_reason_to_read_however_small_its_number():
    session = live(5)
    assert session.event("order:A", frame(1) | {"e": "restored"}) == [Load("order:A", "e", 5)]


def test_a_beat_of_another_log_reads_what_seems_to_be_ahead():
    session = live(5)
    _, load = session.beat({"order:A": 3}, "restored", 20.0)
    assert load == Load("order:A", "e", 5)


def test_what_passed_of_another_log_while_the_stream_was_read_is_not_mixed_in():
    session = welcomed()
    session.event("order:A", frame(6) | {"e": "old"})
    effects = session.loaded("order:A", "e", 5, [snap(5)], 0.0)
    assert sent(effects) == [5]
    assert effects[-1] == Load("order:A", "e", 5)


# -- The window --------------------------------------------------------------------------------------


def stuffed():
    """A session whose client acknowledged nothing of a whole window."""
    session = live(5)
    (probe,) = session.sent(protocol.WINDOW_BYTES + 1, 1.0)
    return session, probe.frame["b"]


def test_half_a_window_without_a_beat_asks_for_an_ack():
    session = live(5)
    half = protocol.WINDOW_BYTES // 2
    assert session.sent(half, 1.0) == []
    (probe,) = session.sent(1, 1.0)
    assert probe.frame["t"] == "beat"
    assert session.sent(half, 1.0) == []


def test_who_has_a_window_to_read_is_told_nothing_new_and_read_once_when_it_acknowledges():
    session, b = stuffed()
    for n in range(6, 500):
        assert session.event("order:A", frame(n)) == []
    assert session.watched["order:A"].held == {}
    assert session.receive(json.dumps({"t": "ack", "b": b}), 2.0) == [Load("order:A", "e", 5)]
    assert sent(session.loaded("order:A", "e", 499, [snap(499)], 2.0)) == [499]
    assert sent(session.event("order:A", frame(500))) == [500]


def test_who_has_a_window_to_read_is_read_no_further_streams_and_no_syncs():
    session, b = stuffed()
    assert session.receive('{"t":"sync","s":"order:A","e":"e","n":1}', 2.0) == []
    assert session.receive('{"t":"sub","subs":[{"s":"order:B"}]}', 2.0) == []
    loads = session.receive(json.dumps({"t": "ack", "b": b}), 2.0)
    assert loads == [Load("order:A", "e", 1), Load("order:B", None, None)]


def test_a_window_that_stays_full_closes_with_4409():
    session, _ = stuffed()
    assert session.overdue(1.0 + session.timing.stall) == []
    (close,) = session.overdue(1.1 + session.timing.stall)
    assert close.code == 4409


def test_a_client_that_reads_slowly_and_acknowledges_stays_for_ever():
    session, b = stuffed()
    for second in range(2, 600):
        session.receive(json.dumps({"t": "ack", "b": b}), float(second))
        (probe,) = session.sent(protocol.WINDOW_BYTES + 1, float(second))
        b = probe.frame["b"]
        assert session.overdue(float(second)) == []


def test_a_few_streams_are_read_at_a_time():
    session = welcomed(*({"s": f"order:{n}"} for n in range(10)))
    assert len(session.watched) == 10
    begun = protocol.LOADS
    for n in range(10):
        effects = session.loaded(f"order:{n}", "e", 1, [snap(1) | {"s": f"order:{n}"}], 0.0)
        begun += sum(isinstance(e, Load) for e in effects)
    assert begun == 10


def test_a_stream_given_up_while_it_waits_is_never_read():
    session = welcomed(*({"s": f"order:{n}"} for n in range(10)))
    session.receive('{"t":"unsub","s":["order:9"]}', 1.0)
    later = []
    for n in range(9):
        later += session.loaded(f"order:{n}", "e", 1, [], 0.0)
    assert "order:9" not in [e.stream for e in later if isinstance(e, Load)]


@pytest.mark.parametrize("case", VECTORS["shown"], ids=lambda case: case["rule"])
def test_the_client_that_the_suite_watches_with_keeps_to_the_vectors(case):
    async def play():
        screen = Screen(Visitor("http://nowhere"), "order:A")
        if case["at"]:
            screen.epochs["order:A"], screen.versions["order:A"] = case["at"]["e"], case["at"]["n"]
        for frame in case["frames"]:
            screen.receive({"d": {}} | frame)
        return [n for _, n in screen.log], bool(screen.asking)

    assert in_loop(play()) == (case["shown"], case["asks"])
