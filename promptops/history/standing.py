"""What the next commit stands on: HEAD, or what HEAD stands on where it is amended."""

from __future__ import annotations

from collections.abc import Mapping

from promptops.history.git import Repository
from promptops.history.records import text
from promptops.values import dataclass

# Seconds: two commits of one script may have one author date; no amended one is so young.
RECENT = 2


@dataclass(frozen=True, slots=True)
class Standing:
    """The commit that the next one is compared with, and others whose changes it takes in.

    base: None where there is none. others: the other parents of a merge. amended: the commit that
    the next one takes the place of, "" for none.
    """

    base: str | None
    others: tuple[str, ...] = ()
    amended: str = ""


def next_commit(repository: Repository, environ: Mapping[str, str], now: float) -> Standing:
    """What the commit that is being made stands on.

    git tells its hooks the author and date of the commit it makes, never that it amends one. A
    commit that is made has the date of this moment, an amended one keeps the author and date of
    HEAD: so that it is amended is known where both are HEAD's and HEAD is older than `now`. With
    `--reset-author` or `--date` it is not known, and taken for a commit on top.
    """
    head = repository.head()
    author = [environ.get(f"GIT_AUTHOR_{what}", "") for what in ("NAME", "EMAIL", "DATE")]
    seconds = author[2].removeprefix("@").partition(" ")[0]
    if head is not None and seconds.isdigit() and now - int(seconds) > RECENT:
        said = text(repository.run("log", "-1", "--format=%an%x00%ae%x00%at%x00%P", head, "--"))
        name, email, date, parents = said.strip("\n").split("\0")
        if [name, email, date] == [*author[:2], seconds]:
            ids = parents.split()
            return Standing(ids[0] if ids else None, tuple(ids[1:]), head)
    if repository.under_way() == "merge":
        return Standing(head, (repository.resolve("MERGE_HEAD"),))
    return Standing(head)
