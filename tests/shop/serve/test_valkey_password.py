"""The embedded Valkey's password."""

import stat

from shop.serve import valkey


def test_the_password_is_in_a_file_of_this_user_and_in_no_argument(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    (tmp_path / "run").mkdir()
    arguments = valkey.command(1, "hunter2")
    assert "hunter2" not in " ".join(arguments)
    kept = tmp_path / "run" / "valkey.conf"
    assert str(kept) in arguments
    assert kept.read_text() == "requirepass hunter2\n"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
