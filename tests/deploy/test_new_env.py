"""`deploy/new_env.py` writes the environment of a new shop, and a shop starts with it."""

import re
import subprocess
import sys

import pytest

from deploy import new_env
from tests.deploy.test_environment import EXAMPLE, check, values  # noqa: F401 -- a fixture
from tests.support.servers import ROOT


def written(path, *words):
    command = [sys.executable, "deploy/new_env.py", str(path), *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def pairs(text):
    return dict(re.findall(r"^([A-Z][A-Z0-9_]*)=(.*)$", text, re.MULTILINE))


def test_a_shop_starts_with_it(values, tmp_path):  # noqa: F811
    path = tmp_path / "env"
    words = ["EMAIL_URL=smtp://mail.example", "DEFAULT_FROM_EMAIL=shop@tea.example", "ACME_EMAIL=ops@tea.example"]
    done = written(path, "SITE_URL=https://tea.example", "PAYMENT_GATEWAY=mygateway.Gateway", *words)
    assert done.returncode == 0
    assert done.stderr == ""
    assert path.stat().st_mode & 0o777 == 0o600
    made = pairs(path.read_text()) | {name: values[name] for name in ("DATA_DIR", "PYTHONPATH")}
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


def test_it_names_what_is_still_empty(tmp_path):
    names = "SITE_URL, EMAIL_URL, DEFAULT_FROM_EMAIL, PAYMENT_GATEWAY, SITE_ADDRESS, ACME_EMAIL"
    assert written(tmp_path / "env").stderr == f"Still to be filled in: {names}.\n"


def test_a_file_that_is_there_is_not_written_over(tmp_path):
    path = tmp_path / "env"
    path.write_text("SECRET_KEY=in use\n")
    done = written(path)
    assert done.returncode == 1
    assert "is there already" in done.stderr
    assert path.read_text() == "SECRET_KEY=in use\n"


@pytest.mark.parametrize(
    ("word", "said"),
    [("SITE_ULR=https://x.example", "SITE_ULR"), ("SITE_URL", "NAME=value"), ("BRAND=a\nDEMO=1", "NAME=value")],
    ids=["a name that is none", "no value", "two lines"],
)
def test_a_word_that_is_wrong_writes_nothing(word, said, tmp_path):
    done = written(tmp_path / "env", word)
    assert done.returncode == 1
    assert said in done.stderr
    assert not (tmp_path / "env").exists()


def test_it_says_that_it_needs_a_file():
    assert "the file to write" in written("SITE_URL=https://tea.example").stderr
