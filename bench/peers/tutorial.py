"""The pipeline of the tutorials, in one file: save → `delay` → `async_to_sync(group_send)`, on the core layer of
channels_redis.

Kinder than most of them: it sends the task after the commit. It keeps no log, has no versions, and does not know who
may watch what.
"""

import os
import secrets

from asgiref.sync import async_to_sync
from celery import Celery
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from channels.layers import get_channel_layer
from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from environ import Env

if not settings.configured:
    settings.configure(
        SECRET_KEY=secrets.token_hex(),
        ALLOWED_HOSTS=["*"],
        DATABASES={"default": Env.db_url_config(os.environ["DATABASE_URL"]) | {"CONN_MAX_AGE": 60}},
        CHANNEL_LAYERS={
            "default": {
                "BACKEND": "channels_redis.core.RedisChannelLayer",
                # redis-py's own timeout is shorter than the layer's blocking read; without this it fails at once.
                "CONFIG": {"hosts": [{"address": os.environ["REDIS_URL"], "socket_timeout": None}]},
            }
        },
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        ROOT_URLCONF=__name__,
        USE_TZ=True,
    )

import django

django.setup()

from django.core.asgi import get_asgi_application  # noqa: E402
from django.db import connection, models, transaction  # noqa: E402
from django.db.models.signals import post_save  # noqa: E402
from django.urls import path  # noqa: E402

celery = Celery("tutorial", broker=os.environ["REDIS_URL"])
celery.conf.update(task_ignore_result=True, task_default_queue=os.environ.get("TUTORIAL_QUEUE", "tutorial"))
if os.environ.get("TUTORIAL_TUNED"):
    # Else Celery's Django fix-up closes the database connection before and after each task, whatever CONN_MAX_AGE says.
    celery.conf.update(CELERY_DB_REUSE_MAX=1_000_000_000)


class Order(models.Model):
    """An order, as a tutorial has it."""

    topic = models.CharField(max_length=40, unique=True)
    number = models.IntegerField(default=0)
    status = models.CharField(max_length=20, default="placed")

    class Meta:
        app_label = "tutorial"

    def __str__(self) -> str:
        return self.topic


def create_table() -> None:
    with connection.schema_editor() as editor:
        editor.create_model(Order)


@celery.task
def notify(pk: int) -> None:
    order = Order.objects.get(pk=pk)
    message = {"type": "order.moved", "s": order.topic, "n": order.number, "status": order.status}
    async_to_sync(get_channel_layer().group_send)(f"order_{order.topic}", message)


def saved(instance: Order, created: bool, **_: object) -> None:
    if not created:
        transaction.on_commit(lambda: notify.delay(instance.pk))


post_save.connect(saved, sender=Order)


class OrderConsumer(AsyncJsonWebsocketConsumer):
    """One socket, one order."""

    async def connect(self) -> None:
        self.group = f"order_{self.scope['url_route']['kwargs']['topic']}"
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()
        await self.send("ready")

    async def disconnect(self, code: int) -> None:
        await self.channel_layer.group_discard(self.group, self.channel_name)

    async def order_moved(self, event: dict[str, object]) -> None:
        await self.send_json({"s": event["s"], "n": event["n"], "status": event["status"]})


urlpatterns: list[object] = []

application = ProtocolTypeRouter(
    {
        "http": get_asgi_application(),
        "websocket": URLRouter([path("<str:topic>", OrderConsumer.as_asgi())]),
    }
)
