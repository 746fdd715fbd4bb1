"""What a run leaves in memory: its answers, and nothing that grows with the calls made before.

Blocks are counted, not bytes resident: those depend on what else the machine and the allocator do.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from asking import asked
from loopback import Loopback

from promptops.evals import State
from promptops.evals.run import Run

CALLS = 150
OF_A_CALL = 3  # an answer, its text, how long it took: what is kept to the end of its run
LOOSE = CALLS // 3  # caches and counters; what grew by a block a call would be thrice as much


def blocks() -> int:
    gc.collect()
    return sys.getallocatedblocks()


@pytest.fixture
def run(tmp_path: Path) -> Callable[[str, str, int], Run]:
    def one(url: str, store: str, many: int) -> Run:
        made = asked(tmp_path / store, url, many)
        assert made.count(State.ANSWER) == many
        return made

    return one


def test_runs_that_are_over_leave_nothing(run: Callable[[str, str, int], Run]) -> None:
    left = []
    with Loopback() as server:
        for turn in range(5):
            server.served.clear()
            run(server.url, f"{turn}", CALLS)
            server.served.clear()
            left.append(blocks())
    assert left[-1] - left[-3] < LOOSE, left


def test_a_run_keeps_its_answers_and_nothing_else_of_a_call(
    run: Callable[[str, str, int], Run],
) -> None:
    held = []
    with Loopback() as server:
        run(server.url, "first", CALLS)  # what is imported and cached once
        for turn in range(1, 4):
            server.served.clear()
            before = blocks()
            made = run(server.url, f"{turn}", turn * CALLS)
            server.served.clear()
            held.append(blocks() - before)
            del made
    most = OF_A_CALL * CALLS + LOOSE
    assert held[1] - held[0] < most, held
    assert held[2] - held[1] < most, held
