"""Assertions made from foreign ones: only those that our own reader takes."""

from __future__ import annotations

from promptops.errors import InputError
from promptops.importing.dump import assertion_flow
from promptops.model import Assertion
from promptops.source.assertion_shapes import AssertionShape
from promptops.source.shape import WRONG, Log
from promptops.source.yaml import compose


def checked(made: Assertion) -> Assertion | None:
    """The assertion as it reads from a file; None where it is none of ours."""
    log = Log()
    try:
        root = compose(assertion_flow(made), "")
    except InputError:
        return None
    found = AssertionShape().read(root, (), log)
    return None if found is WRONG or log.all() else found
