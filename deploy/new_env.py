"""Write the environment of a new shop: `.env.example` with its secrets made and your values filled in.

    python3 deploy/new_env.py SITE_URL=https://shop.example.com EMAIL_URL=smtp+tls://… > deploy/.env

Only the standard library is used: it runs before anything is installed. What is still empty is said on stderr.
"""

import base64
import re
import secrets
import sys
from pathlib import Path
from urllib.parse import urlsplit

EXAMPLE = Path(__file__).with_name(".env.example")
PASSWORDS = {
    "DATABASE_URL": "POSTGRES_PASSWORD",
    "REDIS_URL": "VALKEY_PASSWORD",
    "BROKER_URL": "RABBITMQ_PASSWORD",
}
"""The server of each address, and what its password is called. In the address it is written as `password`."""


class Wrong(ValueError):
    """A value cannot be used; the message says which and why."""


def new_secrets() -> dict[str, str]:
    """A value for every secret of a shop."""
    made = {name: secrets.token_hex(24) for name in (*PASSWORDS.values(), "METRICS_TOKEN")}
    made["SECRET_KEY"] = secrets.token_urlsafe(48)
    made["EVENT_SIGNING_KEYS"] = f"k1:{base64.b64encode(secrets.token_bytes(32)).decode()}"
    return made


def filled(example: str, given: dict[str, str]) -> str:
    """The text of the example with these values. Raises `Wrong`."""
    names = re.findall(r"^#?([A-Z][A-Z0-9_]*)=", example, re.MULTILINE)
    if unknown := sorted(set(given) - set(names)):
        raise Wrong(f"the example has no {', '.join(unknown)}")
    values = new_secrets() | given
    if "SITE_URL" in given:
        values.setdefault("SITE_ADDRESS", urlsplit(given["SITE_URL"]).netloc)

    def line(text: str) -> str:
        name = text.removeprefix("#").partition("=")[0]
        own = f"{name}={values[name]}" if name in values else text
        return own.replace(":password@", f":{values[PASSWORDS[name]]}@") if name in PASSWORDS else own

    return "".join(f"{line(text)}\n" for text in example.splitlines())


def arguments(words: list[str]) -> dict[str, str]:
    """NAME=value, as a dict. Raises `Wrong`."""
    given = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or "\n" in value:
            raise Wrong(f"{word!r} is not NAME=value")
        given[name] = value
    return given


def main(words: list[str]) -> int:
    """0 if the file could be written."""
    try:
        text = filled(EXAMPLE.read_text(), arguments(words))
    except Wrong as problem:
        sys.stderr.write(f"Nothing was written: {problem}.\n")
        return 1
    sys.stdout.write(text)
    if empty := re.findall(r"^([A-Z][A-Z0-9_]*)=$", text, re.MULTILINE):
        sys.stderr.write(f"Still to be filled in: {', '.join(empty)}.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
