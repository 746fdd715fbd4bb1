"""Changes to a sidecar file: entries added at the end of its list, wordings brought up to date.

Every other byte stays. The result is read back: if anything but what was meant reads differently,
it is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from promptops.diagnostic import Edit
from promptops.errors import InputError
from promptops.importing.dump import rule_lines, text_lines
from promptops.model import Rule
from promptops.source.shape import WRONG, Log
from promptops.source.sidecar import SIDECAR, Sidecar
from promptops.source.text import BOM
from promptops.source.tree import MAX_BYTES
from promptops.source.write import spliced
from promptops.source.yaml import compose
from promptops.source.yaml_document import YamlDocument

_NEXT_KEY = re.compile(r"(?m)^(?:[^\s#-]|-(?![ \t]))")
_HEAD = "promptops: 1\nrules:\n"


def new_sidecar(about: str, rules: Sequence[Rule]) -> str:
    """A whole sidecar of the file `about`."""
    name = about.rpartition("/")[2]
    head = f"# Why the rules of {name} are there. It is never shown to a model.\n"
    drafts = "# Each `draft: true` waits for somebody to say why, in their own words.\n"
    text = head + (drafts if any(rule.draft for rule in rules) else "") + _HEAD
    text = text.replace("rules:\n", "rules: []\n") if not rules else text
    return _checked(text + _lines(rules, "  "), about, Sidecar(rules=tuple(rules)))


def changed_sidecar(
    text: str, path: str, wordings: Mapping[int, str], rules: Sequence[Rule]
) -> str:
    """The sidecar with other wordings (by index of the entry) and more entries.

    InputError where it is not valid, or not written so that it can be changed.
    """
    before = _read(text, path)
    kept = tuple(
        replace(rule, text=wordings.get(i, rule.text)) for i, rule in enumerate(before.rules)
    )
    edits = [_wording(text, path, index, said) for index, said in wordings.items()]
    if rules:
        edits.append(_more(text, path, rules))
    return _checked(spliced(text, edits), path, before._replace(rules=(*kept, *rules)))


def _wording(text: str, path: str, index: int, said: str) -> Edit:
    document = YamlDocument(path, text, compose(text, path), int(text.startswith(BOM)))
    place = ("rules", index, "text")
    key, _ = document.locate(place, key=True)
    indent = key - text.rfind("\n", 0, key) - 1
    lines = "\n".join(text_lines("text", said, indent))
    start, end = document.locate(place)
    return Edit(start, end, lines[indent + len("text: ") :])


def _more(text: str, path: str, rules: Sequence[Rule]) -> Edit:
    """More entries, after the last one."""
    empty = re.search(r"(?m)^rules:[ \t]*\[[ \t]*\][ \t]*$", text)
    if empty is not None:
        return Edit(empty.start(), empty.end(), "rules:\n" + _lines(rules, "  ").rstrip("\n"))
    found = re.search(r"(?m)^rules:[^\n]*\n(?:[ \t]*(?:#[^\n]*)?\n)*(?P<dent>[ \t]*)-[ \t]", text)
    if found is None:
        raise _refused(path)
    after = _NEXT_KEY.search(text, found.end())
    end = after.start() if after else len(text)
    body = text[:end].rstrip()
    return Edit(len(body), len(body), "\n" + _lines(rules, found["dent"]).rstrip("\n"))


def _lines(rules: Sequence[Rule], dent: str) -> str:
    """The entries' lines, as far in as the ones there are."""
    lines = (line for rule in rules for line in rule_lines(rule))
    return "".join((dent + line[2:] if line else line) + "\n" for line in lines)


def _checked(text: str, path: str, expected: Sidecar) -> str:
    if len(text.encode()) > MAX_BYTES:
        hint = "adopt a part of the rules: FILE:LINE"
        raise InputError("the sidecar would be over 1 MiB", hint, path=path)
    try:
        same = _read(text, path) == expected
    except InputError:
        same = False
    if not same:
        raise _refused(path)
    return text


def _read(text: str, path: str) -> Sidecar:
    log = Log()
    root = compose(text, path)
    found = WRONG if root is None else SIDECAR.read(root, (), log)
    if not isinstance(found, Sidecar) or log.problems:
        hint = "`promptops check` says what is wrong with it"
        raise InputError("cannot be changed while it is not valid", hint, path=path)
    return found


def _refused(path: str) -> InputError:
    return InputError(
        "this cannot be changed without touching other lines",
        "write keys and entries in block style, one a line, or change it by hand",
        path=path,
    )
