"""`deploy/new_env.py` writes the environment of a new shop, and a shop starts with it."""

import re
import subprocess
import sys

import pytest

from deploy import new_env
from tests.deploy.test_environment import EXAMPLE, check, values  # noqa: F401 -- a fixture
from tests.support.servers import ROOT


def written(*words):
    command = [sys.executable, "deploy/new_env.py", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def pairs(text):
    return dict(re.findall(r"^([A-Z][A-Z0-9_]*)=(.*)$", text, re.MULTILINE))


def test_a_shop_starts_with_it(values):  # noqa: F811
    done = written("SITE_URL=https://tea.example", "EMAIL_URL=smtp://mail.example", "PAYMENT_GATEWAY=mygateway.Gateway")
    assert done.returncode == 0
    assert done.stderr == ""
    made = pairs(done.stdout) | {name: values[name] for name in ("DATA_DIR", "PYTHONPATH")}
    assert check(made).returncode == 0, check(made).stderr
    assert made["SITE_ADDRESS"] == "tea.example"


def test_every_secret_is_new_each_time():
    one, other = pairs(new_env.filled(EXAMPLE.read_text(), {})), pairs(new_env.filled(EXAMPLE.read_text(), {}))
    secrets = set(new_env.new_secrets())
    assert len(secrets) == 6
    assert {name for name in one if one[name] != other[name]} == secrets | set(new_env.PASSWORDS)


def test_the_addresses_carry_the_passwords_of_their_servers():
    given = {"DATABASE_URL": "postgres://doorbell:password@db:6432/doorbell", "DATABASE_PREPARE": "0"}
    made = pairs(new_env.filled(EXAMPLE.read_text(), given))
    assert made["DATABASE_URL"] == f"postgres://doorbell:{made['POSTGRES_PASSWORD']}@db:6432/doorbell"
    assert made["VALKEY_PASSWORD"] in made["REDIS_URL"]
    assert made["RABBITMQ_PASSWORD"] in made["BROKER_URL"]
    assert made["DATABASE_PREPARE"] == "0"  # it has a `#` in the example
    assert ":password@" not in "".join(made[name] for name in new_env.PASSWORDS)


def test_it_names_what_is_still_empty():
    assert "PAYMENT_GATEWAY" in written().stderr


@pytest.mark.parametrize(
    ("word", "said"),
    [("SITE_ULR=https://x.example", "SITE_ULR"), ("SITE_URL", "NAME=value"), ("BRAND=a\nDEMO=1", "NAME=value")],
    ids=["a name that is none", "no value", "two lines"],
)
def test_a_word_that_is_wrong_writes_nothing(word, said):
    done = written(word)
    assert done.returncode == 1
    assert said in done.stderr
    assert done.stdout == ""
