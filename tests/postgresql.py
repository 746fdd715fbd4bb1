"""A PostgreSQL server of the tests' own, from the binaries that Debian installs."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from glob import glob
from pathlib import Path
from typing import Any

PASSWORD = "s3cret-Pa%2Fss"  # as it stands in the URL
PLAIN = "s3cret-Pa/ss"


def binaries() -> str:
    """The folder with `initdb` and `postgres`; "" where PostgreSQL is not installed."""
    found = sorted(glob("/usr/lib/postgresql/*/bin/initdb"), reverse=True)
    path = found[0] if found else shutil.which("initdb")
    return os.path.dirname(path) if path else ""


def missing() -> str:
    """Why there is no server to test with; "" where there is one."""
    try:
        import psycopg  # noqa: F401
    except ImportError:
        return "psycopg is not installed"
    if not binaries():
        return "PostgreSQL is not installed"
    return "" if _user() is not None else "PostgreSQL refuses to run as root, and there is no other"


@contextmanager
def serving() -> Iterator[str]:
    """The URL of a server without its database: `postgresql://user:password@127.0.0.1:port/`."""
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    port = _free_port()
    data = folder / "data"
    (folder / "password").write_text(PLAIN)
    as_user = _user() or {}
    if as_user:
        for path in (folder, folder / "password"):
            shutil.chown(path, as_user["user"])
    made = [f"{binaries()}/initdb", "-D", str(data), "-U", "team", "-A", "scram-sha-256"]
    made += [f"--pwfile={folder}/password", "--no-sync", "--encoding=UTF8", "--locale=C"]
    subprocess.run(made, check=True, stdout=subprocess.DEVNULL, cwd=folder, **as_user)
    options = ["-p", str(port), "-h", "127.0.0.1", "-k", "", "-F"]
    argv = [f"{binaries()}/postgres", "-D", str(data), *options]
    with open(folder / "log", "wb") as log:
        server = subprocess.Popen(argv, stdout=log, stderr=log, cwd=folder, **as_user)
    try:
        url = f"postgresql://team:{PASSWORD}@127.0.0.1:{port}/"
        _wait(url, server)
        yield url
    finally:
        server.kill()
        server.wait()
        shutil.rmtree(folder)


def database(url: str, name: str) -> str:
    """The URL of a new, empty schema on the server: quicker than a database."""
    import psycopg

    with psycopg.connect(url + "postgres", autocommit=True) as db:
        db.execute(f"CREATE SCHEMA {name}")
    return f"{url}postgres?options=-csearch_path%3D{name}"


def _wait(url: str, server: subprocess.Popen[bytes]) -> None:
    import psycopg

    for _ in range(600):
        try:
            psycopg.connect(url + "postgres").close()
        except psycopg.OperationalError:
            assert server.poll() is None, "the server ended"
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the server does not answer")


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _user() -> dict[str, Any] | None:
    """Whom the server runs as: ourselves, somebody else where we are root, None where nobody is."""
    import pwd

    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    return None
