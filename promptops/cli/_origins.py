"""Where the rules of a file come from, asked of git for `import` and `adopt`: drafts to finish."""

from __future__ import annotations

from collections.abc import Sequence

from promptops.cli._call import Call
from promptops.cli._keep import paths_keeper
from promptops.cli._waiting import WAITING, Waiting
from promptops.errors import GitError
from promptops.history.origins import Origin, Place, origins, quoted
from promptops.history.past import open_past


def origins_of(call: Call, path: str, places: Sequence[Place]) -> tuple[list[Origin], str]:
    """(the origin of each place, a note); origins without an event where git cannot tell."""
    nowhere = [Origin(place) for place in places]

    try:
        with open_past(call.folder, call.environ, paths_keeper(call.environ)) as past:
            if past.head is None:
                return nowhere, "no draft rationales: nothing is committed yet"
            inside = _in_repository(past.repository.root, call.root, path)
            with Waiting(call, WAITING) as waiting:
                found = list(origins(past, inside, places, waiting.at))
            shallow = past.repository.shallow
    except GitError as error:
        return nowhere, f"no draft rationales: {error.message}"
    note = "a shallow clone: `git fetch --unshallow` brings the commits that draft rationales quote"
    return found, note if shallow else ""


def draft_of(origin: Origin) -> str:
    """The words of the commit that brought a rule in, where it speaks of the rule; else ""."""
    if origin.event is None or origin.said is None or not origin.explains:
        return ""
    return quoted(origin.event, origin.said)


def commit_of(origin: Origin) -> str:
    """The id of the commit that brought a rule in, "" where there is none."""
    return origin.event.commit.id if origin.event is not None else ""


def _in_repository(top: str, root: str, path: str) -> str:
    from promptops.checking.scope import folder_in

    below = folder_in(top, root)
    return f"{below}/{path}" if below else path
