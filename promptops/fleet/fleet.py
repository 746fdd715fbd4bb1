"""All repositories of a fleet, several at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from datetime import date
from multiprocessing import get_context
from typing import Any

from promptops.fleet.survey import Surveyed, survey
from promptops.tokens.vocab import Places

Keep = Callable[[str], Any]  # folder -> something with load() and save(rows)


def survey_all(
    folders: Sequence[str],
    environ: Mapping[str, str],
    today: date,
    where: Places,
    keep: Keep,
    stamp: str,
    processes: int,
) -> Iterator[Surveyed]:
    """Every repository, in the order in which they are done.

    A process that dies takes its repository's answer along, and no other one's.
    """
    told = dict(environ)
    if processes < 2 or len(folders) < 2:
        for folder in folders:
            yield _one(folder, told, today, where, keep, stamp)
        return
    left = list(folders)
    with ProcessPoolExecutor(min(processes, len(folders)), get_context("spawn")) as pool:
        jobs = {pool.submit(_one, f, told, today, where, keep, stamp): f for f in folders}
        for job in as_completed(jobs):
            try:
                done = job.result()
            except BrokenProcessPool:
                break
            left.remove(jobs[job])
            yield done
    for folder in left:
        yield _alone(folder, told, today, where, keep, stamp)


def _alone(folder: str, *rest: Any) -> Surveyed:
    """One repository in a process of its own: after another one's death."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        try:
            return pool.submit(_one, folder, *rest).result()
        except BrokenProcessPool:
            return Surveyed(folder, problem="reading it ended the process")


def _one(
    folder: str, environ: Mapping[str, str], today: date, where: Places, keep: Keep, stamp: str
) -> Surveyed:
    keeper = keep(folder)
    rows = keeper.load()
    found = survey(folder, environ, today, where, rows, stamp)
    if not found.problem:
        keeper.save(rows)
    return found
