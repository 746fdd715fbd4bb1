"""`why` and `diff` called with nothing but what they are about: no option parser is loaded for that.

It costs a third of what `why` takes in a small repository. All else takes the usual way, and so do
mistakes: what they are answered is said in one place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from promptops.cli._world import Call, emit, make_call
from promptops.report import Report

MOST = {"why": 1, "diff": 2}  # words beside the options
LEAST = {"why": 1, "diff": 0}


def bare(arguments: Sequence[str]) -> Callable[[], int] | None:
    """What runs the command; None where the usual way has to be taken."""
    name = arguments[0] if arguments else ""
    found = _words(arguments[1:]) if name in MOST else None
    if found is None or not LEAST[name] <= len(found[0]) <= MOST[name]:
        return None
    words, format = found
    if name == "why":
        from promptops.cli._why import FORMATS, answer

        return _run(lambda call: answer(call, words[0]), format) if format in FORMATS else None
    from promptops.cli import _diff

    if format not in _diff.FORMATS:
        return None
    return _run(lambda call: _diff.answer(call, words, arguments=arguments), format)


def _words(arguments: Sequence[str]) -> tuple[list[str], str] | None:
    """The words and the format; None where there is any other option."""
    words: list[str] = []
    format = "text"
    rest = iter(arguments)
    for word in rest:
        if word == "--format":
            format = next(rest, "")
        elif word.startswith("-"):
            return None
        else:
            words.append(word)
    return words, format


def _run(answer: Callable[[Call], Report], format: str) -> Callable[[], int]:
    def run() -> int:
        call = make_call(None, False, 0)
        report = answer(call)
        emit(report, format, None, call)
        return report.exit_code

    return run
