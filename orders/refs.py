"""Order references: short, unguessable, easy to read aloud."""

import re
import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U
LENGTH = 10  # 50 bits: a million guesses against a million orders find one with a chance of 1 in 1,000


def new() -> str:
    """A fresh reference, such as K7QF3M2XD9."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def normalize(typed: str) -> str:
    """A reference as somebody typed or heard it: case, spaces, dashes, and O for 0 do not matter."""
    plain = re.sub(r"[\s-]", "", typed).upper()
    return plain.translate(str.maketrans("OIL", "011"))


def spoken(ref: str) -> str:
    """In groups, for people: K7QF3-M2XD9."""
    return f"{ref[:5]}-{ref[5:]}"
