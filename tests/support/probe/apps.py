import os
import threading

from django.apps import AppConfig

# Where it is noted which threads of a worker tell the broker how many messages to send ahead, and wait for its answer.
PREFETCHING = os.environ.get("PROBE_PREFETCHING", "")


class ProbeConfig(AppConfig):
    name = "tests.support.probe"
    label = "probe"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        if PREFETCHING:
            from kombu.common import QoS

            ask = QoS.set

            def noted(self, count):
                with open(PREFETCHING, "a") as file:
                    file.write(threading.current_thread().name + "\n")
                return ask(self, count)

            QoS.set = noted
