"""The floor: a process that passes on what is published, and knows nothing else.

`python -m bench.peers.floor PORT CHANNEL`.
"""

import asyncio
import os
import sys
from collections import defaultdict

import redis.asyncio as redis
import websockets

_watching: defaultdict[str, set[websockets.ServerConnection]] = defaultdict(set)


async def _socket(socket: websockets.ServerConnection) -> None:
    topic = socket.request.path.removeprefix("/")
    _watching[topic].add(socket)
    await socket.send("ready")
    try:
        await socket.wait_closed()
    finally:
        _watching[topic].discard(socket)


async def _main(port: int, channel: str) -> None:
    listener = redis.Redis.from_url(os.environ["REDIS_URL"], socket_timeout=None).pubsub()
    await listener.subscribe(channel)
    async with websockets.serve(_socket, "127.0.0.1", port, compression=None, ping_interval=None):
        async for message in listener.listen():
            if message["type"] == "message":
                topic, _, payload = message["data"].partition(b" ")
                websockets.broadcast(_watching[topic.decode()], payload.decode())


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1]), sys.argv[2]))
