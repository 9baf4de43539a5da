"""The texts are compiled by whichever process starts first, into DATA_DIR."""

import gettext
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.conf import settings

from shop.lib import translations
from tests.support.servers import ROOT


@pytest.fixture
def source(tmp_path):
    shutil.copytree(settings.BASE_DIR / "locale", tmp_path / "source")
    return tmp_path / "source"


def cart(folder):
    with (folder / "zh_Hans" / "LC_MESSAGES" / "django.mo").open("rb") as stream:
        return gettext.GNUTranslations(stream).gettext("Cart")


def test_a_process_that_is_started_by_itself_speaks_chinese(tmp_path):
    """As on several hosts: no `serve` has run, and the source tree is read-only."""
    code = "from django.utils.translation import gettext, override\nwith override('zh-hans'): print(gettext('Cart'))"
    environment = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path)}
    found = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import os, django\nos.environ['DJANGO_SETTINGS_MODULE']='shop.settings'\ndjango.setup()\n{code}",
        ],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert found.stdout == "购物车\n", found.stderr
    assert not list((ROOT / "locale").rglob("*.mo"))


def test_processes_that_start_together_never_read_half_a_catalogue(source, tmp_path):
    target = translations.folder(source, tmp_path)

    def start(_):
        translations.compile_all(source, target)
        return cart(target)

    with ThreadPoolExecutor(6) as threads:
        assert set(threads.map(start, range(6))) == {"购物车"}
    assert [path.name for path in target.rglob("*.mo*")] == ["django.mo"]


def test_another_text_is_another_folder(source, tmp_path):
    before = translations.folder(source, tmp_path)
    with (source / "zh_Hans" / "LC_MESSAGES" / "django.po").open("a") as stream:
        stream.write('\nmsgid "A new text"\nmsgstr "新"\n')
    assert translations.folder(source, tmp_path) != before


def test_nothing_is_compiled_twice(source, tmp_path):
    target = translations.folder(source, tmp_path)
    assert translations.compile_all(source, target) == 1
    assert translations.compile_all(source, target) == 0


def test_a_folder_that_cannot_be_written_stops_no_process(source, caplog):
    with caplog.at_level("WARNING", "shop.lib.translations"):
        assert translations.compile_all(source, Path("/proc/nowhere")) == 0
    assert "cannot be compiled" in caplog.text


def test_the_compiled_catalogue_is_where_django_looks():
    assert translations.folder(settings.BASE_DIR / "locale", settings.DATA_DIR) == settings.LOCALE_PATHS[0]
    assert cart(settings.LOCALE_PATHS[0]) == "购物车"
