"""The public number of an order (`ref`): short, hard to guess, easy to read aloud."""

import re
import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U
HALF = 5  # two groups of five: 50 bits. A million guesses against a million orders find one with a chance of 1 in 1,000


def new() -> str:
    """A new random ref, such as K7QF3-M2XD9."""
    return _grouped("".join(secrets.choice(ALPHABET) for _ in range(2 * HALF)))


def normalize(typed: str) -> str:
    """The stored form of a ref that a person typed: case, spaces and dashes do not matter, and O is read as 0."""
    plain = re.sub(r"[\s-]", "", typed).upper()
    return _grouped(plain.translate(str.maketrans("OIL", "011")))


def is_ref(text: str) -> bool:
    """Whether this has the form of a stored ref."""
    return bool(re.fullmatch(f"[{ALPHABET}]{{{HALF}}}-[{ALPHABET}]{{{HALF}}}", text))


def _grouped(plain: str) -> str:
    return f"{plain[:HALF]}-{plain[HALF:]}" if len(plain) == 2 * HALF else plain
