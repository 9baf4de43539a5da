"""The backbone as a Django app: what happens at the start of every process."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class EventsConfig(AppConfig):
    """Registers what the apps declare, and configures queues, tracing and reauthorization."""

    name = "events"
    verbose_name = "Events"

    def ready(self) -> None:
        """Check the keys, register what the apps declare, declare the queues."""
        from django.conf import settings

        from events.delivery import queues
        from events.lib import tracing
        from events.live import reauthorization
        from events.log import keys, types

        # A wrong setting ends the start with one sentence, not the first order with a traceback.
        keys.check(settings.EVENT_SIGNING_KEYS, settings.EVENT_ENCRYPTION_KEYS)
        # Whatever an installed app declares in these modules is registered before anything is emitted.
        from events.live import push  # noqa: F401 - its handler

        for module in ("domain_events", "handlers", "streams", "periodic_tasks"):
            autodiscover_modules(module)
        types.check()
        queues.configure()
        tracing.configure()
        reauthorization.connect()
        from events.delivery import worker  # noqa: F401 - its signals
