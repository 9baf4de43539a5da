"""Write the environment of a new shop: `.env.example` with its secrets made and your values filled in.

    python3 deploy/new_env.py deploy/.env SITE_URL=https://shop.example.com EMAIL_URL=smtp+tls://…

Only the standard library is used: it runs before anything is installed. It never writes over a file that is there: with
the keys in it everything would be lost that they signed. What still has to be filled in is said on stderr.
"""

import base64
import os
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


def unfilled(text: str) -> list[str]:
    """What has no value, or only that of the example, which is nobody's."""
    lines = re.findall(r"^([A-Z][A-Z0-9_]*)=(.*)$", text, re.MULTILINE)
    return [name for name, value in lines if not value or "example.com" in value]


def main(words: list[str]) -> int:
    """0 if the file was written."""
    try:
        if not words or "=" in words[0]:
            raise Wrong("the first word is the file to write")
        text = filled(EXAMPLE.read_text(), arguments(words[1:]))
        with os.fdopen(os.open(words[0], os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
    except FileExistsError:
        sys.stderr.write(f"Nothing was written: {words[0]} is there already. Its keys are in use; change it by hand.\n")
        return 1
    except (Wrong, OSError) as problem:
        sys.stderr.write(f"Nothing was written: {problem}.\n")
        return 1
    if still := unfilled(text):
        sys.stderr.write(f"Still to be filled in: {', '.join(still)}.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
