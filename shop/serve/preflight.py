"""What must hold before anything is started; each failure is one sentence for the operator."""

import os
import socket

import redis
from django.conf import settings
from django.db import connection
from django.db.utils import Error

from shop.lib import private_files
from shop.serve import start_checks


class NotReady(Exception):
    """The start is refused; the message says what to do."""


def check(port: int) -> None:
    """Data folder, port, database, Redis. Raises `NotReady`."""
    data_dir()
    free(port)
    database()
    start_checks.demo_login()
    start_checks.currency()
    if not settings.EMBEDDED_VALKEY:
        reachable_redis()


def data_dir() -> None:
    """It can be written."""
    probe = settings.DATA_DIR / f".probe.{os.getpid()}"
    try:
        settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
        private_files.close_folder(settings.DATA_DIR)
        probe.write_text("")
        probe.unlink()
    except OSError as problem:
        raise NotReady(
            f"DATA_DIR {settings.DATA_DIR} cannot be written ({problem.strerror}). Set DATA_DIR to a folder that can."
        ) from problem


def free(port: int) -> None:
    """Nobody listens there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as problem:
            raise NotReady(f"Port {port} is in use ({problem.strerror}). Choose another with PORT=.") from problem


def database() -> None:
    """It answers."""
    try:
        connection.ensure_connection()
    except Error as problem:
        first = str(problem).strip().splitlines()[0]
        raise NotReady(f"The database of DATABASE_URL cannot be reached: {first}") from problem


def reachable_redis() -> None:
    """It answers."""
    try:
        redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=3, socket_timeout=3).ping()
    except (redis.RedisError, ValueError) as problem:
        raise NotReady(f"The server of REDIS_URL cannot be reached: {problem}") from problem
