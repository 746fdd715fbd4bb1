"""Calibrations of judges: where they are committed, and whether they still hold."""

from __future__ import annotations

import json
import re

from promptops.errors import InputError
from promptops.source.tree import Tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

FOLDER = "prompts/judge/evidence"
STALE, EDITED, BROKEN = "stale", "edited", "broken"
WORDS = {
    STALE: "is of another wording of the judge's prompt",
    EDITED: "was changed after it was measured",
    BROKEN: "cannot be read",
}


def calibration_path(model: str) -> str:
    """Where the calibration of a judge is committed."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", model).strip("-.") or "model"
    return f"{FOLDER}/calibration-{name}.json"


def calibration_files(tree: Tree) -> list[str]:
    """The calibrations there are."""
    names = [path for path in tree.listed(FOLDER) if path.endswith(".json")]
    return [path for path in names if path.startswith(f"{FOLDER}/calibration-")]


def read_calibration(tree: Tree, path: str, wording: str) -> tuple[Mapping[str, Any] | None, str]:
    """(the file's data, what is wrong with it: a key of `WORDS` or "").

    wording: the digest of the judge's prompt as it is now.
    """
    from promptops.source.evidence import SEAL, seal_of

    try:
        data = json.loads(tree.read(path))
        if not isinstance(data, dict) or data.get(SEAL) != seal_of(data):
            return None, EDITED
        of_another = data["digests"]["prompt"] != wording
        if not isinstance(data["model"], str) or calibration_path(data["model"]) != path:
            return None, BROKEN
        return data, STALE if of_another else ""
    except (InputError, ValueError, KeyError, TypeError, RecursionError):
        return None, BROKEN
