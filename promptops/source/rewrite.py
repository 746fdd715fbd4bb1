"""Changes that commands make to a prompt's file: each touches the bytes it is about, and no other.

Every change is read back: if anything but what was meant reads differently, it is refused.
"""

from __future__ import annotations

import re
from dataclasses import replace

from promptops.diagnostic import Edit, Place
from promptops.errors import InputError
from promptops.model import Prompt, Retired
from promptops.source.outline import Part, outline
from promptops.source.scalars import scalar
from promptops.source.schema import PROMPT
from promptops.source.shape import WRONG, Log
from promptops.source.text import BOM
from promptops.source.write import spliced
from promptops.source.yaml import compose
from promptops.source.yaml_document import YamlDocument


def with_version(text: str, path: str, version: str) -> str:
    """The file with another version; its quotes stay as they are."""
    expected = replace(_read(text, path), version=version)
    return _checked(_set(text, path, ("version",), version), path, expected)


def cited_on(text: str, path: str, rule: str) -> str:
    """The decision that a rule, living or retired, cites, or ""; KeyError where there is none."""
    prompt = _read(text, path)
    retired = {one.id: one.decision for one in prompt.retired}
    return (retired | {one.id: one.decision for one in prompt.rules})[rule]


def with_decision(text: str, path: str, rule: str, decision: str) -> str:
    """The file with `decision:` on a rule, living or retired; KeyError where there is none."""
    prompt = _read(text, path)
    for i, entry in enumerate(prompt.rules):
        if entry.id == rule:
            cited = replace(entry, decision=decision)
            rules = (*prompt.rules[:i], cited, *prompt.rules[i + 1 :])
            new = _cited(text, path, ("rules", i, rule), decision, bool(entry.decision))
            return _checked(new, path, replace(prompt, rules=rules))
    for i, gone in enumerate(prompt.retired):
        if gone.id == rule:
            kept = replace(gone, decision=decision)
            retired = (*prompt.retired[:i], kept, *prompt.retired[i + 1 :])
            new = _cited(text, path, ("retired", i, rule), decision, bool(gone.decision))
            return _checked(new, path, replace(prompt, retired=retired))
    raise KeyError(rule)


def _cited(text: str, path: str, entry: tuple[str, int, str], decision: str, again: bool) -> str:
    key, index, rule = entry
    if again:
        return _set(text, path, (key, index, "decision"), decision)
    return _with_key(text, path, (key, rule), decision)


def with_retired(text: str, path: str, entry: Retired) -> str:
    """The file with the rule of that id moved to `retired:`, its own comment with it.

    KeyError where there is no such rule.
    """
    prompt = _read(text, path)
    prompt.rule(entry.id)
    whole = _outlined(text, path)
    rules = whole.part("rules")
    item = rules.part(entry.id) if rules else None
    if rules is None or item is None:
        raise _refused(path)
    stays, goes = _own_comment(item.lead)
    new = _entry_text(entry, item, text)
    whole = whole.with_part(_without(rules, item, stays))
    made = _with_appended(whole, new, goes)
    new_text = made.text if text.endswith("\n") else made.text.rstrip("\r\n")
    expected = replace(
        prompt,
        rules=tuple(rule for rule in prompt.rules if rule.id != entry.id),
        retired=(*prompt.retired, entry),
    )
    return _checked(new_text, path, expected)


# -- reading back --------------------------------------------------------------------------------


def _read(text: str, path: str) -> Prompt:
    log = Log()
    root = compose(text, path)
    prompt = WRONG if root is None else PROMPT.read(root, (), log)
    if not isinstance(prompt, Prompt):
        hint = "`promptops check` says what is wrong with it"
        raise InputError("cannot be changed while it is not a valid prompt", hint, path=path)
    return prompt


def _checked(text: str, path: str, expected: Prompt) -> str:
    """`text`, if it reads as what was meant and nothing else."""
    try:
        same = _read(text, path) == expected
    except InputError:
        same = False
    if not same:
        raise _refused(path)
    return text


def _refused(path: str) -> InputError:
    return InputError(
        "this cannot be changed without touching other lines",
        "write keys and rules in block style, one a line, or change it by hand",
        path=path,
    )


def _outlined(text: str, path: str) -> Part:
    made = outline(text if text.endswith("\n") else text + _eol(text), path)
    if made is None:
        raise _refused(path)
    return made


def _eol(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


# -- one key -------------------------------------------------------------------------------------


def _set(text: str, path: str, place: Place, value: str) -> str:
    """Another value for a key that is there, in the quotes it has."""
    document = YamlDocument(path, text, compose(text, path), int(text.startswith(BOM)))
    start, end = document.locate(place)
    quote = text[start] if text[start] in "'\"" else ""
    return spliced(text, [Edit(start, end, f"{quote}{value}{quote}")])


def _with_key(text: str, path: str, entry: tuple[str, str], decision: str) -> str:
    """`decision: …` below the rationale, or below the text of an entry that has none."""
    whole = _outlined(text, path)
    part = whole.part(entry[0])
    item = part.part(entry[1]) if part else None
    if part is None or item is None:
        raise _refused(path)
    if item.parts:
        names = [name for name in ("id", "text", "rationale", "reason") if item.part(name)]
        at = max(item.names.index(name) for name in names) + 1
        column = item.parts[0].column
        line = f"{' ' * column}decision: {scalar(decision)}{_eol(text)}"
        new = Part("decision", "", line, column=column)
        item = replace(item, parts=(*item.parts[:at], new, *item.parts[at:]))
    else:
        head, brace, rest = item.head.rpartition("}")
        comma = "" if head.rstrip().endswith(",") else ","
        item = replace(
            item, head=f"{head.rstrip()}{comma} decision: {scalar(decision)}{brace}{rest}"
        )
    made = whole.with_part(part.with_part(item)).text
    return made if text.endswith("\n") else made.removesuffix(_eol(text))


# -- a rule that goes ----------------------------------------------------------------------------

_DIVIDER = re.compile(r"[-=#*~_]{3,}|^#[ \t]*$")


def _own_comment(lead: str) -> tuple[str, str]:
    """What stands above a rule, as (what stays, the comment that is about this rule alone).

    A comment right above a rule is the rule's; one with a blank line below it, or one that draws
    a line, is a heading for all that follow.
    """
    lines = lead.splitlines(keepends=True)
    at = len(lines)
    while at and lines[at - 1].strip():
        at -= 1
    own = lines[at:]
    if any(_DIVIDER.search(line.strip()) for line in own):
        return lead, ""
    return "".join(lines[:at]), "".join(own)


def _without(rules: Part, item: Part, stays: str) -> Part:
    """The rules but one; comments that are not its own stay where they are."""
    at = rules.parts.index(item)
    left = [*rules.parts[:at], *rules.parts[at + 1 :]]
    if not left:
        head = re.sub(r"^(rules[ \t]*:)", r"\1 []", rules.head)
        return replace(rules, head=head, parts=(), tail=stays.lstrip("\r\n") + rules.tail)
    if at == len(left):
        kept = stays if stays.strip() else ""
        return replace(rules, parts=tuple(left), tail=kept + rules.tail)
    after = left[at]
    if stays.strip():
        lead = stays + after.lead.lstrip("\r\n")
    else:
        lead = after.lead if at else after.lead.lstrip("\r\n")
    left[at] = replace(after, lead=lead)
    return replace(rules, parts=tuple(left))


def _entry_text(entry: Retired, item: Part, text: str) -> str:
    """The lines of the retired rule, without indentation before its dash; keys stand two further."""
    eol = _eol(text)
    lines = [f"- id: {scalar(entry.id)}{eol}"]
    written = item.part("text")
    raw = written.body if written and item.parts[0] is not written else ""
    shift = (written.column if written else 0) - 2
    if (
        raw
        and shift >= 0
        and all(not s.strip() or s[:shift].isspace() or not shift for s in raw.splitlines())
    ):
        lines += [one[shift:] if one.strip() else one for one in raw.splitlines(keepends=True)]
    else:
        lines.append(f"  text: {scalar(entry.text)}{eol}")
    lines.append(f"  reason: {scalar(entry.reason)}{eol}")
    if entry.decision:
        lines.append(f"  decision: {scalar(entry.decision)}{eol}")
    if entry.version:
        lines.append(f"  version: {entry.version}{eol}")
    return "".join(lines)


def _with_appended(whole: Part, entry: str, comment: str) -> Part:
    """The file with one more entry at the end of `retired:`, which is made where there is none."""
    rules, retired = whole.part("rules"), whole.part("retired")
    assert rules is not None
    eol = _eol(whole.text)
    old = retired.parts if retired else ()
    model = old or rules.parts
    dent = " " * (model[0].column if model else 2)
    block = "".join(dent + line.lstrip() for line in comment.splitlines(keepends=True))
    block += "".join(dent + s if s.strip() else s for s in entry.splitlines(keepends=True))
    if retired is None:
        lead = eol if rules.lead.startswith(("\n", "\r\n")) else ""
        new = Part("retired", lead, f"retired:{eol}{block}")
        at = whole.names.index("rules") + 1
        return replace(whole, parts=(*whole.parts[:at], new, *whole.parts[at:]))
    if not old:
        head = re.sub(r"\A(retired[ \t]*:)[ \t]*\[[ \t]*\]", r"\1", retired.head)
        return whole.with_part(replace(retired, head=head + block))
    gap = eol if len(old) > 1 and old[-1].lead.startswith(("\n", "\r\n")) else ""
    last = replace(old[-1], tail=old[-1].tail + gap + block)
    return whole.with_part(replace(retired, parts=(*old[:-1], last)))
