"""Which evidence files are a prompt's, by their names alone."""

from __future__ import annotations

from collections.abc import Iterable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from promptops.model import Prompt

FOLDER = "evidence"
ALONE = "prompt.yaml"  # a prompt of that name has its folder, and its evidence, for itself
SMALL = ".prompt.yaml"  # those of these share them
CALIBRATION = "calibration-"  # how far a judge can be believed: no measurement of a prompt


def evidence_folder(path: str) -> str:
    """Where the evidence of the prompt at `path` lies: `evidence/` beside its file."""
    return path[: path.rfind("/") + 1] + FOLDER


def evidence_of(paths: Iterable[str], prompt: Prompt) -> list[str]:
    """Those of the paths that are evidence of the prompt; where several share a folder, the files
    that begin with its id."""
    folder = evidence_folder(prompt.path) + "/"
    begin = folder if prompt.path.rpartition("/")[2] == ALONE else f"{folder}{prompt.id}."
    return [
        path
        for path in paths
        if path.startswith(begin)
        and path.endswith(".json")
        and "/" not in (name := path[len(folder) :])
        and not name.startswith(CALIBRATION)
    ]


def is_calibration(path: str) -> bool:
    """True for the path of a judge's calibration."""
    return path.rpartition("/")[2].startswith(CALIBRATION)


def calibrations_of(paths: Iterable[str], prompt: Prompt) -> list[str]:
    """Those of the paths that say how far the prompt can be believed as a judge."""
    begin = f"{evidence_folder(prompt.path)}/{CALIBRATION}"
    alone = prompt.path.rpartition("/")[2] == ALONE
    return [path for path in paths if alone and path.startswith(begin) and path.endswith(".json")]


def prompts_beside(path: str, listed: Iterable[str]) -> list[str]:
    """The prompts whose evidence the file at `path` may be, `listed` being the files beside their
    `evidence/`: those that it is named after, else all that share it."""
    folder, _, name = path.rpartition("/")
    home = folder.removesuffix(FOLDER)
    small = [one for one in listed if one.endswith(SMALL)]
    named = [one for one in small if name.startswith(one[len(home) :].removesuffix(SMALL) + ".")]
    return [home + ALONE, *(named or small)]
