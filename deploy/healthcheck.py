"""Exit code 0 if the web process of this container answers at /healthz, else 1. Docker runs it; the image has no curl."""

import http.client
import os
import sys

PORT = 8000  # the port in the Dockerfile's CMD


def alive(port: int, host: str) -> bool:
    """Ask 127.0.0.1:`port` under the name `host`, because Django answers only to the names in ALLOWED_HOSTS."""
    web = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        web.request("GET", "/healthz", headers={"Host": host})
        return web.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        web.close()


def first_host(allowed: str) -> str:
    """A name that ALLOWED_HOSTS accepts; `.example.com` accepts example.com, and `*` accepts all."""
    return allowed.partition(",")[0].strip().lstrip(".*") or "127.0.0.1"


if __name__ == "__main__":
    sys.exit(not alive(PORT, first_host(os.environ.get("ALLOWED_HOSTS", ""))))
