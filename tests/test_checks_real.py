"""The checks on instruction files that people wrote: few findings, and those worth having."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest
from check_examples import CHECKS

from promptops.checking.engine import examine
from promptops.checks import Around
from promptops.source.tree import DiskTree
from promptops.source.workspace import read_file

SHARED = Path(os.environ.get("PROMPTOPS_SHARED", Path(__file__).parents[2] / "shared"))
FILES = SHARED / "data" / "instructions"
AROUND = Around(date(2026, 6, 1))

pytestmark = pytest.mark.skipif(not FILES.is_dir(), reason="the shared files are not here")


class RealNames(DiskTree):
    """The shared files under their real names: `.txt` keeps tools from obeying them there."""

    def paths(self):
        return [path.removesuffix(".txt") for path in super().paths() if path.endswith(".txt")]

    def read(self, path):
        return super().read(path + ".txt")


@pytest.fixture(scope="module")
def found():
    """(path, code, severity, line, message) of every finding in the instruction files."""
    tree = RealNames(str(FILES))
    paths = [path for path in tree.paths() if path.endswith((".md", ".mdc"))]
    assert len(paths) > 20
    return [
        (path, one.code, str(one.severity), one.span.line, one.message)
        for path in paths
        for one in examine(read_file(tree, path, "instructions"), AROUND, CHECKS)
    ]


def test_few_warnings_and_no_errors(found):
    failing = [row for row in found if row[2] != "info"]
    assert not [row for row in failing if row[2] == "error"]
    assert len(failing) <= 3, failing
    assert len(found) <= 40


def test_vague_requests_are_found_and_idioms_are_not(found):
    vague = [message for _, code, _, _, message in found if code == "PO404"]
    assert any("Use appropriate exception" in message for message in vague)
    assert not any("possible" in message or "needed" in message for message in vague)
