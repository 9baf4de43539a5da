"""The live websocket: who may connect, how many, and how often each side proves that it is there."""

from shop.conf.installation import SITE_URL, TRUSTED_PROXIES
from shop.lib import environment

# Origins that may open the live websocket; a browser always sends one. The host of the page itself is always allowed.
LIVE_ORIGINS = [environment.origin("LIVE_ORIGINS", value) for value in environment.listed("LIVE_ORIGINS", [SITE_URL])]
LIVE_BEAT_SECONDS = environment.number("LIVE_BEAT_SECONDS", 20.0, 0.1)
LIVE_STALL_SECONDS = environment.number("LIVE_STALL_SECONDS", 20.0, 0.1)
LIVE_RECHECK_SECONDS = environment.number("LIVE_RECHECK_SECONDS", 45.0, 0.1)
LIVE_SHUTDOWN_SECONDS = environment.number("LIVE_SHUTDOWN_SECONDS", 4.0, 0)
# In one web process. An address may be a whole office; a person may have many tabs in browsers that cannot share a
# socket.
LIVE_PER_ADDRESS = environment.number("LIVE_PER_ADDRESS", 1000, 1)
LIVE_PER_PERSON = environment.number("LIVE_PER_PERSON", 60, 1)
# All sockets; visitors without an account and without an order have at most half of them.
LIVE_MOST = environment.number("LIVE_MOST", 20_000, 2)
# Addresses that stand for many clients: sockets are not counted by them. A proxy on this machine of which
# TRUSTED_PROXIES knows nothing is one.
LIVE_PROXIES = environment.hosts("LIVE_PROXIES") or ([] if TRUSTED_PROXIES else ["127.0.0.1", "::1"])
LIVE_CONNECT_RATE = environment.number("LIVE_CONNECT_RATE", 300.0, 0.1)
