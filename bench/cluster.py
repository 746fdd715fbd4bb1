"""Workers on a Dask cluster of processes, killed again and again; the loopback server counts.

`python -m bench.cluster` kills a worker and the coordinator twice each, `--full` ten times each. A
scheduler and two workers share a PostgreSQL database, started here, and no folder. `--tls` makes
certificates with openssl and lets all of them speak TLS only.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

import postgresql
from dask_cluster import Cluster, cluster
from loopback import Loopback

from bench._faults_world import AT_ONCE, Ended, World, world
from bench.faults import check, later

CALLS = {False: 400, True: 2000}
KILLS = {False: 2, True: 10}
WORKERS = 2


def main() -> None:
    full = "--full" in sys.argv
    if missing := postgresql.missing():
        raise SystemExit(f"{missing}: `apt-get install postgresql`, `pip install psycopg`")
    with postgresql.serving() as url, world(CALLS[full]) as at, security() as tls:
        seconds = 0.1
        with Loopback(later(seconds)) as server:
            one = at.eval(server.url)
            store = {"PROMPTOPS_STORE": postgresql.database(url, "bench")}
            with cluster(WORKERS, environ={**store, **tls[0]}, scheme=tls[1]) as dask:
                there = {**store, **tls[0], "PROMPTOPS_DASK": dask.address}
                before = server.count
                two, kills = _killed(at, server, dask, there, KILLS[full])
                asked = Counter(server.contents()[before:])
                again = at.eval(server.url, "--engine", "dask", environ=there)
        _say(one, two, again, asked, kills, CALLS[full])


def _killed(
    at: World, server: Loopback, dask: Cluster, there: dict[str, str], kills: int
) -> tuple[Ended, int]:
    """A run whose coordinator and workers are killed in turn at random moments: (its end, kills)."""
    chance, done = random.Random(0), 0
    share = CALLS[kills == KILLS[True]] // (3 * kills)
    run = at.start(server.url, "--engine", "dask", environ=there)
    for number in range(2 * kills):
        until = server.count + chance.randint(share // 2, share)
        while server.count < until and run.process.poll() is None:
            time.sleep(0.002)
        if run.process.poll() is not None:
            break
        done += 1
        if number % 2:
            run.process.kill()
            run.ended()
            run = at.start(server.url, "--engine", "dask", environ=there)
        else:
            name = chance.choice([one for one in dask.processes if one != "scheduler"])
            dask.kill(name)
            dask.worker(f"{name.partition('-')[0]}-{number}")
    return run.ended(), done


def _say(one: Ended, two: Ended, again: Ended, asked: Counter[str], kills: int, calls: int) -> None:
    repeated = sum(asked.values()) - len(asked)
    same = {k: v for k, v in two.report.items() if v != one.report.get(k)}
    answered = two.result["calls"]["answered"]
    check(
        answered == calls == len(asked), "no answer lost", f"{answered} of {calls}, {kills} kills"
    )
    most = kills * AT_ONCE
    check(repeated <= most, f"at most {most} calls in flight repeated", f"{repeated}")
    check(not same, "the report of one process", f"differs in {sorted(same) or 'nothing'}")
    check(
        bool(again.out) and again.result["from_store"] == calls, "asked again, nothing is paid", "0"
    )


@contextmanager
def security() -> Iterator[tuple[dict[str, str], str]]:
    """(what each process has in its environment, the scheme of addresses)."""
    if "--tls" not in sys.argv:
        yield {}, "tcp"
        return
    with tempfile.TemporaryDirectory() as folder:
        yield certificates(Path(folder)), "tls"


def certificates(folder: Path) -> dict[str, str]:
    """A certificate that signs itself, as Dask's configuration is told of it."""
    key, cert = folder / "key.pem", folder / "cert.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"]
    made += ["-subj", "/CN=promptops", "-keyout", str(key), "-out", str(cert)]
    subprocess.run(made, check=True, capture_output=True)
    os.chmod(key, 0o600)
    environ: dict[str, Any] = {"CA_FILE": cert}
    for role in ("SCHEDULER", "WORKER", "CLIENT"):
        environ |= {f"{role}__CERT": cert, f"{role}__KEY": key}
    told = {f"DASK_DISTRIBUTED__COMM__TLS__{name}": str(path) for name, path in environ.items()}
    return {**told, "DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION": "True"}


if __name__ == "__main__":
    main()
