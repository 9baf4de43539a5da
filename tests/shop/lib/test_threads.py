"""HTTP is answered by a few threads that stay: a crowd is a line, a slow client holds nobody, and a thread keeps
nothing of a request.
"""

import asyncio
import threading
import time

import pytest
from django.core import signals
from django.db import connection, connections
from django.http import FileResponse, HttpResponse
from django.test import override_settings
from django.urls import path
from django.utils import translation

from shop.lib.threads import InThreads
from tests.support.live import in_loop

inside, most, threads, seen = 0, 0, set(), []
gate = threading.Event()
lock = threading.Lock()


def waits(request):
    global inside, most
    with lock:
        inside += 1
        most = max(most, inside)
        threads.add(threading.get_ident())
    gate.wait(5)
    with lock:
        inside -= 1
    return HttpResponse("waited")


def speaks(request):
    seen.append(translation.get_language())
    translation.activate("zh-hans")
    return HttpResponse(request.body)


def raises(request):
    raise RuntimeError("no")


def a_file(request):
    with open(__file__, "rb") as source:
        return FileResponse(iter([source.read(100), b"!"]), headers={"X-Kept": "yes"})


def cookie(request):
    response = HttpResponse("")
    response.set_cookie("a", "1")
    response.set_cookie("b", "2")
    return response


def queries(request):
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("asked")


def breaks(request):
    """As when the server went away after our last question."""
    connection.connection.close()
    return HttpResponse("broke")


urlpatterns = [path(f"{view.__name__}/", view) for view in (waits, speaks, raises, a_file, cookie, queries, breaks)]
handler500 = lambda request: HttpResponse("broken", status=500)  # noqa: E731

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def site():
    global inside, most
    inside = most = 0
    threads.clear()
    seen.clear()
    gate.clear()
    with override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=[]):
        application = InThreads(3)
        yield application
        gate.set()
        application.threads.submit(connections.close_all)  # of the one thread that some tests ask the database in
        application.threads.shutdown()


def scope(method, address, *headers):
    return {
        "type": "http",
        "method": method,
        "path": address,
        "query_string": b"",
        "headers": [(b"host", b"testserver"), *headers],
        "server": ("testserver", 80),
    }


def ask(application, address, body=(b"",), leave=False):
    """The messages that come of a request whose body comes in these parts."""
    parts = [{"type": "http.request", "body": part, "more_body": True} for part in body[:-1]]
    parts.append({"type": "http.disconnect"} if leave else {"type": "http.request", "body": body[-1]})
    sent = []

    async def receive():
        await asyncio.sleep(0)
        return parts.pop(0) if parts else await asyncio.Event().wait()

    async def send(message):
        sent.append(message)

    async def run():
        await application(scope("POST" if body != (b"",) else "GET", address), receive, send)
        return sent

    return run()


def run(*requests):
    async def together():
        return await asyncio.wait_for(asyncio.gather(*requests), 30)

    return in_loop(together())


def text(sent):
    return b"".join(message.get("body", b"") for message in sent)


def test_more_requests_than_threads_wait_in_line_and_all_are_answered(site):
    threading.Timer(0.2, gate.set).start()
    answers = run(*(ask(site, "/waits/") for _ in range(20)))
    assert [text(sent) for sent in answers] == [b"waited"] * 20
    assert most == 3
    assert len(threads) == 3


def test_a_body_that_comes_slowly_holds_no_thread(site):
    async def drips():
        await asyncio.sleep(0.3)
        return {"type": "http.request", "body": b"late"}

    async def both():
        sent = []

        async def send(message):
            sent.append(message)

        slow = [asyncio.create_task(site(scope("POST", "/speaks/"), drips, send)) for _ in range(5)]
        started = time.monotonic()
        await ask(site, "/speaks/", (b"now",))
        quick = time.monotonic() - started
        await asyncio.gather(*slow)
        return quick, text(sent)

    quick, answer = in_loop(asyncio.wait_for(both(), 30))
    assert quick < 0.25
    assert answer == b"late" * 5


def test_a_body_in_parts_is_one_body(site):
    (sent,) = run(ask(site, "/speaks/", (b"a", b"b", b"c")))
    assert text(sent) == b"abc"


@pytest.mark.parametrize(("length", "status"), [(b"12000001", 413), (b"9" * 30, 413), (b"-1", 413), (b"900000", 200)])
def test_a_body_that_says_it_is_too_long_is_not_read(site, length, status):
    read = []

    async def receive():
        read.append(1)
        return {"type": "http.request", "body": b"short"}

    sent = []

    async def send(message):
        sent.append(message)

    run(site(scope("POST", "/speaks/", (b"content-length", length)), receive, send))
    assert sent[0]["status"] == status
    assert bool(read) == (status == 200)


def test_who_leaves_before_the_end_of_the_body_is_not_answered(site):
    (sent,) = run(ask(site, "/speaks/", (b"a", b"b"), leave=True))
    assert sent == []
    assert seen == []


def test_a_request_sees_nothing_of_the_one_before_it_in_its_thread(site):
    for _ in range(6):
        run(ask(site, "/speaks/", (b"x",)))
    assert set(seen) == {"en"}


def test_a_view_that_raises_is_answered_with_500_and_keeps_no_thread(site):
    answers = run(*(ask(site, "/raises/") for _ in range(9)))
    assert {sent[0]["status"] for sent in answers} == {500}
    (sent,) = run(ask(site, "/speaks/", (b"still here",)))
    assert text(sent) == b"still here"


def test_a_file_is_sent_whole_with_its_headers(site):
    (sent,) = run(ask(site, "/a_file/"))
    assert text(sent).startswith(b'"""HTTP')
    assert text(sent).endswith(b"!")
    assert (b"X-Kept", b"yes") in sent[0]["headers"]


def test_every_cookie_is_sent(site):
    (sent,) = run(ask(site, "/cookie/"))
    cookies = [value for name, value in sent[0]["headers"] if name == b"Set-Cookie"]
    assert [value.split(b";")[0] for value in cookies] == [b"a=1", b"b=2"]


@pytest.mark.parametrize("address", ["/speaks/", "/a_file/"])
def test_both_signals_are_sent_once_in_the_thread_that_answers(site, address):
    update = []

    def note(**_):
        update.append(threading.current_thread().name)

    for signal in (signals.request_started, signals.request_finished):
        signal.connect(note)
    try:
        run(ask(site, address, (b"x",)))
    finally:
        for signal in (signals.request_started, signals.request_finished):
            signal.disconnect(note)
    assert len(update) == 2
    assert len(set(update)) == 1
    assert update[0].startswith("http")


def test_whether_the_database_is_there_is_asked_once_in_a_while_and_not_with_every_request(site, monkeypatch):
    asked = []

    def usable(self):
        asked.append(1)
        return True

    monkeypatch.setattr(type(connections["default"]), "is_usable", usable)
    site.threads._max_workers = 1
    for _ in range(5):
        run(ask(site, "/queries/"))
    at_first = len(asked)
    monkeypatch.setattr("events.db.connections.EVERY", 0.0)
    for _ in range(5):
        run(ask(site, "/queries/"))
    assert at_first <= 1
    assert len(asked) - at_first >= 4


def test_a_connection_that_broke_costs_one_request(site, monkeypatch):
    """The server went away after our last question: who meets that is told, the next one has a new connection."""
    site.threads._max_workers = 1
    wrapper = type(connections["default"])
    run(ask(site, "/queries/"))
    monkeypatch.setattr(wrapper, "is_usable", lambda self: False)
    run(ask(site, "/breaks/"))
    statuses = [run(ask(site, "/queries/"))[0][0]["status"] for _ in range(3)]
    assert statuses == [500, 200, 200]
