"""The names of other libraries that `events/lib/private_apis.py` uses and no documentation promises.

A failure here after an upgrade says what changed and which function to look at. Until that function is mended, do not
upgrade.
"""

import inspect
import io
from unittest import mock

import pytest
from autobahn.websocket.protocol import WebSocketProtocol
from celery import current_app
from celery.fixups.django import DjangoWorkerFixup
from channels_redis.pubsub import RedisPubSubLoopLayer
from daphne.ws_protocol import WebSocketProtocol as DaphneProtocol
from django.contrib.sessions.backends.db import SessionStore
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.base import BaseHandler
from django.core.management.base import OutputWrapper
from django.db import connection
from django.db.models import QuerySet
from django.db.models.sql.compiler import SQLCompiler
from django.http import HttpResponse
from kombu.transport import redis as kombu_redis

from events.lib import private_apis
from shop.catalog.models import Stock, Variant

HERE = "events/lib/private_apis.py"


def has(library, owner, *names, see):
    for name in names:
        assert hasattr(owner, name), f"{owner.__name__}.{name} of {library} changed, see {see} in {HERE}"


def takes(library, function, *names, see):
    found = list(inspect.signature(function).parameters)
    assert found == list(names), f"{function.__qualname__} of {library} takes {found} now, see {see} in {HERE}"


def test_a_name_that_is_gone_is_reported_with_the_place_to_look_at():
    with pytest.raises(AssertionError, match=r"object.gone of Django changed, see compose in events/lib"):
        has("Django", object, "gone", see="compose")
    with pytest.raises(AssertionError, match=r"takes \['a'\] now, see compose"):
        takes("Django", lambda a: a, "b", see="compose")


def test_the_compiler_of_a_query_set():
    wanted = QuerySet(Variant).select_related("stock")
    for name in ("_prefetch_related_lookups", "_fields", "_db"):
        assert hasattr(wanted, name), f"QuerySet.{name} of Django changed, see compose in {HERE}"
    has("Django", SQLCompiler, "as_sql", "get_converters", see="compose")
    compiler = wanted.query.get_compiler(connection.alias)
    compiler.as_sql()
    assert {"select_fields", "related_klass_infos"} <= compiler.klass_info.keys(), f"see compose in {HERE}"
    takes("Django", private_apis.get_related_populators, "klass_info", "select", "db", see="compose")


@pytest.mark.django_db
def test_a_composed_statement_makes_the_same_models_as_the_query_set():
    from tests.support.factories import VariantFactory

    variant = VariantFactory()
    wanted = QuerySet(Variant).select_related("product", "stock").order_by("pk")
    composed = private_apis.compose(wanted)
    with connection.cursor() as cursor:
        cursor.execute(composed.sql, composed.parameters)
        (row,) = cursor.fetchall()
    (usual,) = wanted
    made = composed.model(row)
    assert (made, made.product, made.sku) == (variant, usual.product, usual.sku)
    assert made.stock.on_hand == usual.stock.on_hand


def test_the_converters_of_a_column():
    expression = Stock._meta.pk.get_col("x")
    has("Django", type(expression), "get_db_converters", see="field_converters")
    has("Django", type(connection.ops), "get_db_converters", "adapt_datetimefield_value", see="field_converters")


@pytest.mark.django_db
def test_a_connection_passes_every_statement_through_its_wrappers_until_the_end():
    assert hasattr(connection, "execute_wrappers"), f"execute_wrappers of Django changed, see wrap_for_good in {HERE}"
    seen = []

    def wrapper(execute, sql, params, many, context):
        seen.append(context["connection"].alias)
        return execute(sql, params, many, context)

    try:
        for _ in range(2):
            private_apis.wrap_for_good(connection, wrapper)
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        assert seen == [connection.alias], f"Django calls the wrappers in another way, see wrap_for_good in {HERE}"
    finally:
        connection.execute_wrappers.remove(wrapper)


def test_the_parts_of_the_asgi_handler():
    takes("Django", ASGIHandler.create_request, "self", "scope", "body_file", see="SynchronousHandler")
    takes("Django", ASGIHandler.send_response, "self", "response", "send", see="SynchronousHandler")
    takes("Django", ASGIHandler.read_body, "self", "receive", see="SynchronousHandler")
    takes("Django", BaseHandler.load_middleware, "self", "is_async", see="SynchronousHandler")
    assert list(inspect.signature(ASGIHandler.__init__).parameters) == ["self"], f"see SynchronousHandler in {HERE}"
    response = HttpResponse()
    for name in ("_handler_class", "_resource_closers"):
        assert hasattr(response, name), f"HttpResponse.{name} of Django changed, see SynchronousHandler in {HERE}"


def test_the_hooks_of_the_session_store():
    takes("Django", SessionStore._get_session_from_db, "self", see="shop/lib/sessions.py, and")
    source = inspect.getsource(SessionStore.load)
    assert "_get_session_from_db" in source, "SessionStore.load of Django changed, see shop/lib/sessions.py"


def test_the_stream_behind_a_commands_output():
    text = io.StringIO()
    assert private_apis.raw_stream(OutputWrapper(text)) is text, f"OutputWrapper._out changed, see raw_stream in {HERE}"


def test_kombu_asks_the_channel_for_a_client_for_each_message():
    takes("kombu", kombu_redis.Channel.conn_or_acquire, "self", "client", see="keep_client")
    assert "conn_or_acquire" in inspect.getsource(kombu_redis.Channel._put), f"kombu changed, see keep_client in {HERE}"
    channel = mock.Mock(spec=kombu_redis.Channel)
    channel.Client = mock.Mock(return_value="the client")
    channel.pool = "the pool"
    private_apis.keep_client(channel)
    with channel.conn_or_acquire() as first, channel.conn_or_acquire() as second:
        assert first is second == "the client"


def test_a_channel_of_another_broker_stays_as_it_is():
    other = object()
    assert private_apis.keep_client(other) is other


def test_celery_closes_the_database_connection_after_so_many_tasks():
    source = inspect.getsource(DjangoWorkerFixup)
    assert "db_reuse_max" in source, "DjangoWorkerFixup of Celery changed, see CELERY_DB_REUSE_MAX in shop/celery.py"
    assert current_app.conf.db_reuse_max >= 10**9


def test_the_name_of_a_group_on_redis():
    source = inspect.getsource(RedisPubSubLoopLayer)
    assert "__group__" in source, f"RedisPubSubLoopLayer of channels_redis changed, see group_channel in {HERE}"
    assert private_apis.group_channel("live.x") == "asgi__group__live.x"


def test_the_websocket_protocol_of_daphne():
    has("daphne", DaphneProtocol, "serverClose", see="prepare_daphne")
    has("autobahn", WebSocketProtocol, "sendCloseFrame", see="prepare_daphne")
    assert "maxMessagePayloadSize" in inspect.getsource(WebSocketProtocol), f"autobahn changed, see {HERE}"
