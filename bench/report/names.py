"""The titles under which a run keeps what it measured."""

OURS, UVICORN = "Doorbell (daphne)", "Doorbell (uvicorn)"
FLOOR = "floor: COMMIT → PUBLISH → socket"
FLOOR_TASK = "floor through a Celery task"
TUTORIALS = ("the tutorials' pipeline", "the tutorials' pipeline, tuned")
NCHAN, SOCKETIO = "nchan (nginx)", "socket.io (Node)"
SHOP = "Doorbell"
OSCARS = ("django-oscar (daphne)", "django-oscar (gunicorn)")
USUAL, SLOW = "payment 200 ms, mail 50 ms", "payment 200 ms, mail 2 s"
HALF, NINE_TENTHS, THEIR_HALF = "half of its own", "nine tenths of its own", "half of the tutorials'"
BROKERS = {"valkey": "Valkey", "rabbitmq": "RabbitMQ"}
