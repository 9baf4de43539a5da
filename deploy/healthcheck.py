"""Exit code 0 if the web process of this container answers at /healthz, else 1.

Docker runs it; the image has no curl.
"""

import http.client
import sys

PORT = 8000  # the port in the Dockerfile's CMD


def alive(port: int) -> bool:
    """Ask the web process on this port of the container."""
    web = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        web.request("GET", "/healthz")
        return web.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        web.close()


if __name__ == "__main__":
    sys.exit(not alive(PORT))
