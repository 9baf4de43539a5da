"""The world outside: a payment provider and a mail server that take as long as they are told.

`python -m bench.shop.outside HTTP_PORT SMTP_PORT`.

`POST /pace {"charge": 0.2, "mail": 0.05}` sets the seconds that each takes; `GET /count` tells what was charged and
sent, so that nothing is left out.
"""

import asyncio
import sys
from typing import Any

from aiohttp import web
from aiosmtpd.smtp import SMTP

pace = {"charge": 0.0, "mail": 0.0}
count = {"charged": 0, "sent": 0}


class Mail:
    """Takes a mail, after a while."""

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        await asyncio.sleep(pace["mail"])
        count["sent"] += 1
        return "250 OK"


async def charge(request: web.Request) -> web.Response:
    await request.json()
    await asyncio.sleep(pace["charge"])
    count["charged"] += 1
    return web.json_response({"state": "succeeded"})


async def set_pace(request: web.Request) -> web.Response:
    pace.update(await request.json())
    return web.json_response(pace)


async def tell(request: web.Request) -> web.Response:
    return web.json_response(count)


async def main(http: int, smtp: int) -> None:
    application = web.Application()
    application.add_routes([web.post("/charges", charge), web.post("/pace", set_pace), web.get("/count", tell)])
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", http).start()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Mail(), hostname="localhost", loop=loop), "127.0.0.1", smtp)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
