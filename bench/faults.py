"""The runner under faults, through the real command; the loopback server counts, not we.

`python -m bench faults` takes 200 calls a scenario, `python -m bench.faults --full` 1,000 with the
waits of a real provider; numbers after it choose scenarios. Each line says what was promised.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from loopback import Behave, Loopback, Reply, completion

from bench._faults_world import AT_ONCE, World, failing_disk, world

QUICK, FULL = 200, 1000


@dataclass(frozen=True)
class Size:
    """n: calls. full: with the waits and repetitions that were promised."""

    n: int
    full: bool


def question(body: dict[str, Any]) -> str:
    return str(body["messages"][-1]["content"])


def truthful(_number: int, body: dict[str, Any]) -> Reply:
    """ "yes" to nine questions of ten, from the model that was asked."""
    said = "no" if question(body).endswith("7") else "yes"
    return Reply(body=completion(said, model=body["model"]))


def later(seconds: float) -> Behave:
    return lambda number, body: Reply(body=truthful(number, body).body, latency=seconds)


def drawn(share: float, *what: object) -> bool:
    return random.Random(" ".join(map(str, what))).random() < share


def check(right: bool, promise: str, figures: str) -> None:
    print(f"  {'holds' if right else 'BROKEN'}: {promise} ({figures})", flush=True)
    if not right:
        _broken.append(promise)


_broken: list[str] = []


def killed(at: World, size: Size) -> None:
    """1. kill -9, again and again, and resumed by three runs at once."""
    for kills in (20, 100) if size.full else (5,):
        at.forget()
        _killed(at, size, kills)


def _killed(at: World, size: Size, kills: int) -> None:
    with Loopback(later(0.02)) as server:
        for _ in range(kills):
            before = server.count
            running = at.start(server.url)
            while server.count < before + size.n // (2 * kills) and running.process.poll() is None:
                time.sleep(0.002)
            running.process.kill()
            running.ended()
        ended = [one.ended() for one in [at.start(server.url) for _ in range(3)]]
        served = server.contents()
    done, asked = ended[0], Counter(served)
    repeated = len(served) - len(asked)
    answers = done.result["calls"]["answered"]
    alike = all((one.code, one.report) == (0, done.report) for one in ended)
    check(alike, "three runs at once then end alike", f"exit {[one.code for one in ended]}")
    check(answers == len(asked) == size.n, "no answer lost", f"{answers} of {size.n}")
    check(
        repeated <= kills * AT_ONCE,
        f"{kills} kills repeat at most {kills * AT_ONCE}",
        f"{repeated}",
    )
    check(at.store().code == 0, "the store verifies", "every digest")


def interrupted(at: World, size: Size) -> None:
    """2. SIGINT and SIGTERM half-way, and a second Ctrl-C."""
    for one, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        at.forget()
        with Loopback(later(0.05)) as server:
            running = at.start(server.url)
            while server.count < size.n // 2:
                time.sleep(0.002)
            running.process.send_signal(one)
            told = time.monotonic()
            done = running.ended()
            last = server.served[-1][0] - told
            rest = at.eval(server.url)
            total = server.count
        check(done.code == code, f"{one.name} ends with {code}", f"{done.code}")
        check(last <= 0.5, "sending stops within 0.5 s", f"{max(0.0, last):.3f} s")
        check(total == size.n, "resume asks only the rest", f"{total} calls in both")
        check(rest.result["calls"]["answered"] == size.n, "then all is answered", f"{size.n}")
    at.forget()
    with Loopback(lambda n, b: Reply(latency=60) if n > 50 else truthful(n, b)) as server:
        running = at.start(server.url)
        while server.count < 51:
            time.sleep(0.002)
        running.process.send_signal(signal.SIGINT)
        time.sleep(0.5)
        told = time.monotonic()
        running.process.send_signal(signal.SIGINT)
        done = running.ended()
    took = time.monotonic() - told
    check(done.code == 130 and took <= 1, "a second Ctrl-C ends it within 1 s", f"{took:.2f} s")


def together(at: World, size: Size) -> None:
    """3. Two and three runs at once."""
    for runs in (2, 3):
        at.forget()
        with Loopback(later(0.02)) as server:
            started = [at.start(server.url) for _ in range(runs)]
            ended = [one.ended() for one in started]
            served = server.count
        check(served == size.n, f"{runs} runs pay each call once", f"{served} calls")
        codes = {one.code for one in ended}
        same = all(one.report == ended[0].report for one in ended)
        check(codes == {0} and same, "all end alike, with the same report", f"exit {codes}")


def crowded(at: World, size: Size) -> None:
    """4. 429 with Retry-After on every second request."""
    wait = 2 if size.full else 1
    n = min(size.n, 200)  # 100 rounds of waiting
    turned: list[float] = []

    def behave(number: int, body: dict[str, Any]) -> Reply:
        if number > 1 and drawn(0.5, number):
            turned.append(time.monotonic())
            return Reply(429, b"{}", {"Retry-After": str(wait)})
        return truthful(number, body)

    with world(n) as small, Loopback(behave) as server:
        done = small.eval(server.url)
        times = [at for at, _, _ in server.served]
    early = sum(at + 0.05 < one < at + wait - 0.05 for at in turned for one in times)
    answered = done.result["calls"]["answered"]
    check(answered == n, "no error", f"{answered} of {n} answered")
    check(early == 0, f"nobody asks again before the {wait} s are over", f"{early} early")
    check(len(times) <= 2.2 * n, "at most 2.2 requests a call", f"{len(times) / n:.2f}")


def _truthful_until(call: int, then: Reply) -> Behave:
    return lambda number, body: then if number >= call else truthful(number, body)


def quota(at: World, size: Size) -> None:
    """5. A spent quota or a wrong key, at first or later on."""
    spent = b'{"error": {"code": "insufficient_quota", "message": "no money"}}'
    at_call = 3 * size.n // 10
    for status, body in ((429, spent), (401, b"{}")):
        at.forget()
        with Loopback(_truthful_until(at_call, Reply(status, body))) as server:
            done = at.eval(server.url)
            more = server.count - at_call
            server.behave, before = truthful, server.count
            rest = at.eval(server.url)
            resumed = server.count - before
        answered = done.result["calls"]["answered"]
        check(
            done.code == 3 and more <= AT_ONCE, f"{status} stops at once", f"{more} more requests"
        )
        check(answered >= at_call - 2, "what was answered is kept", f"{answered} of {at_call - 1}")
        check(resumed == size.n - answered, "resume pays the rest only", f"{resumed}")
        check(rest.code == 0, "and is complete", f"exit {rest.code}")
    at.forget()
    with Loopback(lambda *_: Reply(401)) as server:
        done = at.eval(server.url)
        check(done.code == 2 and server.count == 1, "at the very first call", f"exit {done.code}")


def failing(at: World, size: Size) -> None:
    """6. A random 30 % that never get an answer."""
    n = size.n if size.full else 100

    def behave(number: int, body: dict[str, Any]) -> Reply:
        return Reply(400, b"{}") if drawn(0.3, "bad", question(body)) else truthful(number, body)

    good = [f"q{i:04}" for i in range(n) if not drawn(0.3, "bad", f"q{i:04}")]
    kept = sum(not one.endswith("7") for one in good)
    with world(n) as small, Loopback(behave) as server:
        done = small.eval(server.url)
    result = done.result
    rule = result["rules"]["yes"]
    check(done.code == 3 and not result["complete"], "incomplete, exit 3", f"exit {done.code}")
    check(rule["verdict"] == "cannot_tell", "no verdict", rule["verdict"])
    exact = (rule["passed"], rule["n"]) == (kept, len(good))
    check(exact, "the rate is that of a clean run over the same", f"{rule['passed']}/{rule['n']}")
    failed = result["calls"]["failed"]
    check(failed == n - len(good), "no failure is a broken rule", f"{failed} failed, of {n}")


def dripping(_: World, size: Size) -> None:
    """7. One byte every 0.15 s."""
    deadline = 2
    slow = Reply(body=completion("yes" * 99), drip=0.15)
    waits = sum((0.5, 1, 2, 4))
    with world(20) as small, Loopback(lambda *_: slow) as server:
        done = small.eval(server.url, "--timeout", str(deadline))
    most = 5 * (5 * (deadline + 1) + waits) + 5
    check(done.code == 2, "where all hang, five calls end the run", f"exit {done.code}")
    check(done.seconds <= most, f"within {most:.0f} s", f"{done.seconds:.1f} s")
    half = {f"q{i:04}" for i in range(1, 20, 2)}
    with (
        world(20) as small,
        Loopback(lambda n, b: slow if question(b) in half else truthful(n, b)) as server,
    ):
        done = small.eval(server.url, "--timeout", str(deadline))
    calls = done.result["calls"]
    most = 2 * (5 * (deadline + 1) + waits) + 5
    check(calls["answered"] == 10, "the others are answered", f"{calls['answered']} of 10")
    check(calls["unknown"] == 10, "what hangs was perhaps paid", f"{calls['unknown']} unknown")
    check(done.seconds <= most, f"within {most:.0f} s", f"{done.seconds:.1f} s")


def garbage(at: World, size: Size) -> None:
    """8. Bad bodies, 5 % of each kind."""
    kinds = [
        Reply(body=completion("yes")[:40]),
        Reply(body=b""),
        Reply(body=b"<html>busy</html>"),
        Reply(body=b'{"error": {"message": "overloaded"}}'),
        Reply(body=completion(choices=[])),
        Reply(body=b"[" * 100_000),
        Reply(body=b'"' + b"x" * 50_000_000 + b'"'),
    ]

    def behave(number: int, body: dict[str, Any]) -> Reply:
        draw = random.Random(question(body)).random()
        which = int(draw / 0.05)
        return kinds[which] if which < len(kinds) else truthful(number, body)

    n = size.n if size.full else 60
    good = sum(random.Random(f"q{i:04}").random() >= 0.35 for i in range(n))
    with world(n) as small, Loopback(behave) as server:
        done = small.eval(server.url)
        kept = small.store().result["answers"]
    calls, rule = done.result["calls"], done.result["rules"]["yes"]
    check(calls["answered"] == rule["n"] == good, "none is an answer", f"{rule['n']} judged")
    check(kept == good, "none is kept", f"{kept} in the store")
    check(done.rss < 500, "under 500 MB resident", f"{done.rss:.0f} MB")


def broke(at: World, size: Size) -> None:
    """9. One dollar; usage missing on half of the answers, forged on a tenth."""
    sent = {"prompt_tokens": -5, "completion_tokens": 10**12}

    def behave(number: int, body: dict[str, Any]) -> Reply:
        draw = random.Random(f"usage {number}").random()
        usage = (
            None
            if draw < 0.5
            else sent
            if draw < 0.6
            else {"prompt_tokens": 40, "completion_tokens": 50, "total_tokens": 90}
        )
        return Reply(body=completion("yes", model="m", usage=usage))

    limit = size.n / 1000
    with Loopback(behave) as server:
        done = at.eval(server.url, "--max-usd", str(limit))
        bill = server.count * (40 * 1e-5 + 50 * 1e-4)
    check(bill <= limit, f"the server's bill is under ${limit:.2f}", f"${bill:.4f}")
    check(
        done.code == 3 and done.result["stopped"] == "budget", "exit 3, budget", f"exit {done.code}"
    )
    usd = done.result["usd"]
    check(bill <= usd + 1e-9 <= limit + 1e-9, "we say no less than it was", f"${usd:.4f}")


def full_disk(at: World, size: Size) -> None:
    """10. Every write and sync of the store fails from the n-th on; and a folder nobody may write."""
    with tempfile.TemporaryDirectory() as folder:
        shim = failing_disk(Path(folder))
        if shim is None:
            print("  skipped: no C compiler")
            return
        tries = range(1, 201) if size.full else (1, 2, 3, 5, 9, 15, 25, 40, 70, 110, 160, 200)
        worst, lost, odd = 0, 0, []
        for nth in tries:
            with world(60) as small, Loopback() as server:
                server.behave = truthful
                environ = {**shim, "FAIL_FROM": str(nth), **({"FAIL_FULL": "1"} if nth % 2 else {})}
                done = small.eval(server.url, environ=environ)
                before = server.count
                again = small.eval(server.url)
                repeated = len(server.contents()) - len(set(server.contents()))
            answered = again.result.get("calls", {}).get("answered", 0)
            lost += 60 - answered
            worst = max(worst, repeated)
            fine = done.code in (0, 3) if before else done.code == 2
            cut_off = done.code == 2 or done.result.get("stopped")
            if not fine or (cut_off and "answers.db" not in done.err + done.out.decode()):
                odd.append((nth, done.code, before, done.err[-200:]))
    check(
        not odd, "exit 3 with the path (2 before any call)", f"{odd[:2] or len(list(tries))} tries"
    )
    check(lost == 0, "nothing is lost", f"{lost}")
    check(worst <= AT_ONCE, f"at most {AT_ONCE} calls are repeated", f"{worst}")


def replayed(at: World, size: Size) -> None:
    """11. A finished run again, with nobody there."""
    with Loopback(truthful) as server:
        first = at.eval(server.url)
        url = server.url
    again = at.eval(url)
    check(again.report == first.report, "the same report with no server", f"exit {again.code}")
    check(again.result["attempts"] == 0, "no call", f"{again.result['attempts']}")
    check(again.seconds < 5, "under 5 s", f"{again.seconds:.2f} s")


def scattered(_: World, size: Size) -> None:
    """12. Workers and coordinators of --engine dask killed, ten times at random."""
    if find_spec("distributed") is None:
        print("  skipped: Dask is not installed")
        return
    n, dice, kills = 400, random.Random(1), 0
    with world(n) as at, Loopback(later(0.1)) as server:
        while kills < 10:
            victim = "coordinator" if kills % 3 == 2 else "worker"
            until = server.count + dice.randint(5, 30)
            running = at.start(server.url, "--engine", "dask")
            while server.count < until and running.process.poll() is None:
                time.sleep(0.005)
            if running.process.poll() is not None:
                break
            workers = children(running.process.pid)
            if victim == "worker":
                os.kill(dice.choice(workers), signal.SIGKILL)
                time.sleep(0.3)
                kills += 1
            running.process.kill()
            kills += 1
            running.ended()
        done = at.eval(server.url)
        served = server.contents()
        whole = at.store().code == 0
    answered = done.result["calls"]["answered"]
    repeated = len(served) - len(set(served))
    check(answered == len(set(served)) == n and whole, f"{kills} kills lose nothing", f"{answered}")
    check(repeated <= kills * AT_ONCE, "what was in flight is repeated at most", f"{repeated}")


def children(pid: int) -> list[int]:
    """The worker processes of a run."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == pid and b"spawn_main" in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
        except (OSError, ValueError, IndexError):
            continue
    return found


SCENARIOS: tuple[Callable[[World, Size], None], ...] = (
    killed, interrupted, together, crowded, quota, failing,
    dripping, garbage, broke, full_disk, replayed, scattered,
)  # fmt: skip


def main() -> int:
    """Run the scenarios; 1 where a promise is broken."""
    direct = os.path.basename(sys.argv[0]) == "faults.py"
    words = sys.argv[1:] if direct else []
    full = "--full" in words
    size = Size(FULL if full else QUICK, full)
    chosen = {int(word) for word in words if word.isdigit()} or set(range(1, len(SCENARIOS) + 1))
    print(f"{size.n} calls a scenario, {AT_ONCE} at once, counted by the server")
    for number, scenario in enumerate(SCENARIOS, 1):
        if number in chosen:
            print((scenario.__doc__ or "").splitlines()[0], flush=True)
            with world(size.n) as at:
                scenario(at, size)
    return 1 if _broken else 0


if __name__ == "__main__":
    sys.exit(main())
