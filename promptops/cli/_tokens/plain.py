"""`promptops tokens FILE… [--model M]…`: plain texts counted, with nothing loaded that they do not need.

Into a pipe the table is drawn here too, without the classes of reports; all else takes the usual
way out, so both ways say the same to the byte.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence

from promptops.cli._root import columns, find_root
from promptops.cli._tokens.text import TextCount, TextTable, text_table
from promptops.errors import InputError, unreadable
from promptops.tokens.counts import Counter
from promptops.tokens.prices import price, text_usd
from promptops.tokens.vocab import MAX_SOURCE, places

TYPE_CHECKING = False  # `typing` costs a cold count a tenth of its time
if TYPE_CHECKING:
    from promptops.report import Block

OWN = "promptops.toml"
# what a text is counted for where neither --model nor a prompt of the repository names a model
EXAMPLES = ("openai/gpt-4o", "anthropic/claude-sonnet-4-5")


class Plain:
    """Texts to count and models to count them for."""

    __slots__ = ("models", "names")

    def __init__(self, names: Sequence[str], models: Sequence[str]) -> None:
        self.names = names
        self.models = models


def plain(words: Sequence[str]) -> Plain | None:
    """What the words after `tokens` ask for; None where that takes options, settings or prompts."""
    names: list[str] = []
    models: list[str] = []
    rest = iter(words)
    for word in rest:
        if word == "--model":
            models.append(next(rest, "-"))
        elif word.startswith("--model="):
            models.append(word.removeprefix("--model="))
        else:
            names.append(word)
    folder = os.path.realpath(os.getcwd())
    if any(model.startswith("-") for model in models) or not names:
        return None
    if any(n != "-" and (n.startswith("-") or not is_text(folder, n)) for n in names):
        return None
    root = find_root(folder)
    if not models and any(os.path.lexists(os.path.join(root, n)) for n in ("prompts", OWN)):
        return None
    if _says(root, OWN, b"models") or _says(root, "pyproject.toml", b"promptops"):
        return None
    return Plain(names, models or EXAMPLES)


def _says(root: str, name: str, word: bytes) -> bool:
    """True if a settings file may say something of models, or cannot be looked through."""
    path = os.path.join(root, name)
    if not os.path.lexists(path):
        return False
    try:
        with open(path, "rb") as file:
            text = file.read(1 << 20)
            return (
                os.path.islink(path) or bool(file.read(1)) or (word in text and b"models" in text)
            )
    except OSError:
        return True


def run(wanted: Plain) -> int:
    """Count, and write the answer; gives the exit code."""
    counter = Counter(places(os.environ))
    found: list[TextCount] = []
    folder = os.path.realpath(os.getcwd())
    for name in wanted.names:
        text = text_of(folder, name)
        for model in wanted.models:
            count = counter.count(text, model)
            found.append((name, model, count, text_usd(count.tokens, price(model))))
    if counter.refused or sys.stdout.isatty() or os.environ.get("FORCE_COLOR"):
        return _report(found, counter)
    from promptops.cli._out import write
    from promptops.report._table import table
    from promptops.report.safe import powerless

    lines = table(TextTable(found), _Pipe())  # type: ignore[arg-type]
    write(powerless("".join(f"{line}\n" for line in lines)))
    return 0


class _Pipe:
    """What a `Screen` is where nobody looks."""

    def __init__(self) -> None:
        self.width = columns()

    def paint(self, text: str, _style: str) -> str:
        """No colour."""
        return text

    def mark(self, drawn: str, _plain: str) -> str:
        """A pipe takes UTF-8."""
        return drawn


def _report(found: Sequence[TextCount], counter: Counter) -> int:
    from promptops.cli._world import emit, make_call
    from promptops.report import Report, Table

    blocks = (Table(*text_table(found)), *refused(counter))
    emit(Report("tokens", None, blocks), "text", None, make_call(None, False, 0))
    return 0


def refused(counter: Counter) -> Iterator[Block]:
    """The vocabulary files that were not what their name says."""
    from promptops.report import Text

    for error in counter.refused:
        yield Text(f"{error.path}: {error.message}; it was left alone", "warn")


def is_text(folder: str, name: str) -> bool:
    """True for standard input and for a file that is no YAML."""
    path = os.path.join(folder, name)
    return name == "-" or (os.path.isfile(path) and not name.endswith((".yaml", ".yml")))


def text_of(folder: str, name: str) -> str:
    """The text of a file, or of standard input."""
    if name == "-":
        return decoded(sys.stdin.buffer.read(MAX_SOURCE + 1), "standard input")
    return decoded(read(os.path.join(folder, name), name), name)


def read(path: str, name: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(MAX_SOURCE + 1)
    except OSError as error:
        raise unreadable(error, name) from None


def decoded(raw: bytes, name: str) -> str:
    """The text of bytes, a byte order mark and all."""
    if len(raw) > MAX_SOURCE:
        raise InputError("the text is over 64 MiB", "count it in parts", path=name)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        hint = "save it as UTF-8: tokens are counted of characters"
        raise InputError(f"not UTF-8 (byte {error.start})", hint, path=name) from None
