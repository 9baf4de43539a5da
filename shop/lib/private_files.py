"""What a process writes is not for other users of the machine: the database holds sessions, addresses and hashes."""

import os

OTHERS = 0o007


def keep_from_others() -> None:
    """Take the rights of other users off whatever this process makes from now on. The group keeps what it has."""
    os.umask(os.umask(0) | OTHERS)


def close_folder(path: "os.PathLike[str]") -> None:
    """Take the rights of other users off a folder that is there already. Nothing if it is somebody else's."""
    try:
        os.chmod(path, os.stat(path).st_mode & 0o7777 & ~OTHERS)
    except OSError:
        return
