"""What a night of calls takes beyond one machine: measured here, then multiplied on paper.

`python -m bench.plan [--write]` measures one worker (calls a second and processor time a call, with the
store) and what an answer takes in each store; with --write it writes the plan in docs/scale.md.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from bench._server import serving
from bench.evals import requests
from bench.scale import DOCS
from promptops.evals import Request, State
from promptops.evals.patience import Limits
from promptops.evals.providers import Link, provider
from promptops.evals.runner import Means, Runner
from promptops.evals.store import Store
from promptops.tokens.prices import batch_usd, call_usd, price

CALLS, AT_ONCE = 5_000, 64
NIGHTS = (100_000, 1_000_000, 5_000_000)
ANSWER_SECONDS = 1.0  # how long a provider takes
INTO, OUT = 1_000, 200  # tokens of a call
MODEL = "openai/gpt-4o-mini"
HOURS = 8


def main() -> None:
    with serving(0.0) as url:
        asked = requests(url, CALLS)
        with tempfile.TemporaryDirectory() as folder:
            rate, cpu = night(folder, asked)
            local = sum(file.stat().st_size for file in Path(folder).glob("answers.db*")) / CALLS
        shared = _shared(asked)
    text = "\n".join(plan(rate, cpu, local, shared)) + "\n"
    print(text)
    if "--write" in sys.argv:
        page = DOCS / "scale.md"
        before, _, rest = page.read_text().partition("<!-- plan -->\n")
        _, _, after = rest.partition("<!-- /plan -->")
        page.write_text(f"{before}<!-- plan -->\n{text}<!-- /plan -->{after}")


def night(place: str, asked: Sequence[Request]) -> tuple[float, float]:
    """(calls a second, processor microseconds a call) of one worker whose server answers at once."""

    async def go() -> None:
        store = Store(place)
        asks = provider("openai_compatible", Link(asked[0].base_url))
        limits = Limits(concurrency=AT_ONCE)
        try:
            run = await Runner(Means(asks, store, limits)).run(asked)
        finally:
            await asks.close()
            store.close()
        assert run.count(State.ANSWER) == len(asked)

    start, cpu = time.perf_counter(), time.process_time()
    asyncio.run(go())
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    return len(asked) / seconds, 1e6 * cpu / len(asked)


def _shared(asked: Sequence[Request]) -> tuple[float, float, float] | None:
    """(calls a second, microseconds a call, bytes an answer) with PostgreSQL; None without it."""
    import postgresql

    if postgresql.missing():
        return None
    import psycopg

    with postgresql.serving() as server:
        url = postgresql.database(server, "plan")
        rate, cpu = night(url, asked)
        with psycopg.connect(url, autocommit=True) as db:
            db.execute("VACUUM")
            [(size,)] = db.execute("SELECT pg_total_relation_size('promptops_answers')").fetchall()
    return rate, cpu, size / len(asked)


def plan(
    rate: float, cpu: float, local: float, shared: tuple[float, float, float] | None
) -> list[str]:
    """The lines of the page."""
    bound = AT_ONCE / ANSWER_SECONDS
    core = 1e6 / cpu
    lines = [
        f"One worker, {AT_ONCE} calls at once, answers of 2 bytes to questions of 500, kept in SQLite: "
        f"{rate:,.0f} calls a second of a server that answers at once, {cpu:,.0f} µs of processor a "
        f"call, {local:,.0f} bytes of store an answer with its question."
    ]
    if shared:
        lines.append(
            f"In PostgreSQL on the same machine: {shared[0]:,.0f} calls a second, {shared[1]:,.0f} µs, "
            f"{shared[2]:,.0f} bytes."
        )
    lines += [
        "",
        f"Where an answer takes {ANSWER_SECONDS:.0f} s, {AT_ONCE} at once are {bound:.0f} calls a second, "
        f"{100 * bound * cpu / 1e6:.1f} % of a core: {core / bound:,.0f} such workers fit on one, and the "
        "provider's limits come long before. For a night of "
        f"{HOURS} hours, calls of {INTO:,} tokens in and {OUT} out at {MODEL}:",
        "",
        "| calls a night | calls a second | workers | cores | store a night | live | as a batch |",
        "|---:|---:|---:|---:|---:|---:|---:|",
    ]
    found = price(MODEL)
    assert found is not None
    live, half = call_usd(found, INTO, OUT), batch_usd(found, INTO, OUT)
    assert live is not None
    assert half is not None
    held = (shared[2] if shared else local) + 4 * OUT + 4 * INTO - 500  # about 4 bytes a token
    for calls in NIGHTS:
        pace = calls / (HOURS * 3600)
        lines.append(
            f"| {calls:,} | {pace:.0f} | {-(-pace // bound):.0f} | {pace * cpu / 1e6:.2f} | "
            f"{calls * held / 1e9:.1f} GB | ${calls * live:,.0f} | ${calls * half:,.0f} |"
        )
    return lines


if __name__ == "__main__":
    os.environ.pop("PROMPTOPS_STORE", None)
    main()
