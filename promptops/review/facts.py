"""What else of a prompt differs: who it is for, what it may do and cost, what it is made of. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from json import dumps

from promptops.model import Case, Image, Message, Prompt, Tool, Variable
from promptops.values import dataclass

RAISED, PRIVACY, LOOSENED = "raised", "privacy", "loosened"
LIMITS = (
    "prompt_tokens",
    "rule_tokens",
    "tool_tokens",
    "output_tokens",
    "calls_per_month",
    "usd_per_month",
)
_NEW = Prompt("", version="")  # takes in text and gives out text, as every prompt does


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that differs, as text; "" where it was not there.

    what: `models`, `budget prompt_tokens`, `variable question`, `message 1 (system)` …
    weight: raised (a limit), privacy (data or a modality came to it), loosened (a guard is gone),
    or "" for none of these.
    """

    what: str
    before: str
    after: str
    weight: str = ""


def compare_facts(before: Prompt | None, after: Prompt | None) -> tuple[Fact, ...]:
    """Everything that differs but rules, cases and the version; what weighs most comes first.

    Of a prompt that is gone nothing is told: it limits, sees and costs nothing any more. Of a new one
    what it would have without a word about it is left out.
    """
    if after is None:
        return ()
    old, new = before or _NEW, after
    found = [*_limits(old, new), *_reach(old, new), *_words(old, new), *_variables(old, new)]
    found += [*_messages(old.messages, new.messages), *_beside(old, new), *_retired(old, new)]
    order = (RAISED, PRIVACY, LOOSENED, "")
    return tuple(sorted(found, key=lambda fact: order.index(fact.weight)))


def _limits(old: Prompt, new: Prompt) -> Iterator[Fact]:
    for name in LIMITS:
        was, now = getattr(old.budget, name), getattr(new.budget, name)
        if was != now:
            raised = was is not None and (now is None or now > was)
            shown = ["" if value is None else f"{value:,}" for value in (was, now)]
            yield Fact(f"budget {name}", shown[0], shown[1], RAISED if raised else "")


def _reach(old: Prompt, new: Prompt) -> Iterator[Fact]:
    """What the prompt takes in, gives out, and may see."""
    pairs = (
        ("input modalities", old.modalities_in, new.modalities_in),
        ("output modalities", old.modalities_out, new.modalities_out),
        ("data classes", old.data, new.data),
    )
    for what, was, now in pairs:
        if was != now:
            more = set(now) - set(was)
            said = ", ".join(was) if old.id else ""
            yield Fact(what, said, ", ".join(now), PRIVACY if more else "")


def _words(old: Prompt, new: Prompt) -> Iterator[Fact]:
    pairs = (
        ("id", old.id, new.id),
        ("path", old.path, new.path),
        ("models", ", ".join(old.models), ", ".join(new.models)),
        ("languages", ", ".join(old.languages), ", ".join(new.languages)),
        ("output schema", old.output_schema, new.output_schema),
        ("target", old.target, new.target),
        ("owners", ", ".join(old.owners), ", ".join(new.owners)),
        ("summary", old.summary.strip(), new.summary.strip()),
    )
    for what, was, now in pairs:
        if was != now and (what not in ("id", "path") or (old.id and new.id)):
            yield Fact(what, was, now)


def _variables(old: Prompt, new: Prompt) -> Iterator[Fact]:
    for name in _union(old.variables, new.variables):
        was, now = old.variables.get(name), new.variables.get(name)
        what = f"variable {name}"
        if was is None or now is None:
            yield Fact(what, _declared(was), _declared(now))
            continue
        for aspect, said in _ASPECTS.items():
            if said(was) != said(now):
                loose = aspect == "max_tokens" and _longer(was.max_tokens, now.max_tokens)
                loose = loose or (aspect == "trust" and was.untrusted)
                yield Fact(f"{what} {aspect}", said(was), said(now), LOOSENED if loose else "")


def _longer(was: int | None, now: int | None) -> bool:
    return was is not None and (now is None or now > was)


_ASPECTS: Mapping[str, Callable[[Variable], str]] = {
    "trust": lambda variable: "untrusted" if variable.untrusted else "trusted",
    "max_tokens": lambda v: "" if v.max_tokens is None else f"{v.max_tokens:,}",
    "summary": lambda variable: variable.summary.strip(),
    "examples": lambda variable: " | ".join(variable.examples),
}


def _declared(variable: Variable | None) -> str:
    if variable is None:
        return ""
    said = [variable.summary.strip(), "untrusted" if variable.untrusted else ""]
    return "; ".join(filter(None, said)) or "declared"


def _messages(old: Sequence[Message], new: Sequence[Message]) -> Iterator[Fact]:
    for index in range(max(len(old), len(new))):
        was = old[index] if index < len(old) else None
        now = new[index] if index < len(new) else None
        if was != now:
            some = now or was
            assert some is not None
            texts = (was.content if was else "", now.content if now else "")
            if was and now and was.role != now.role:
                yield Fact(f"role of message {index + 1}", was.role, now.role)
            if texts[0] != texts[1]:
                yield Fact(f"message {index + 1} ({some.role})", *texts)
            kept = (was.cache if was else "", now.cache if now else "")
            if kept[0] != kept[1]:
                yield Fact(f"cache breakpoint after message {index + 1}", *kept)


def _beside(old: Prompt, new: Prompt) -> Iterator[Fact]:
    """Tools by name, and images."""
    was, now = ({tool.name: tool for tool in prompt.tools} for prompt in (old, new))
    for name in _union(was, now):
        if was.get(name) != now.get(name):
            yield Fact(f"tool {name}", _tool(was.get(name)), _tool(now.get(name)))
    if old.images != new.images:
        shown = (", ".join(map(_image, prompt.images)) for prompt in (old, new))
        yield Fact("images", *shown)


def _tool(tool: Tool | None) -> str:
    if tool is None:
        return ""
    said = tool.description.strip() or "no description"
    return f"{said} {dumps(tool.parameters, ensure_ascii=False)}" if tool.parameters else said


def _image(image: Image) -> str:
    return f"{image.count} of {image.width}×{image.height} ({image.detail})"


def _retired(old: Prompt, new: Prompt) -> Iterator[Fact]:
    was = {one.id: one for one in old.retired}
    now = {one.id: one for one in new.retired}
    for name in _union(was, now):
        if was.get(name) != now.get(name):
            shown = (f"{r.text.strip()} ({r.reason.strip()})" if r else "" for r in
                     (was.get(name), now.get(name)))  # fmt: skip
            yield Fact(f"retired rule {name}", *shown)


def _union(one: Iterable[str], other: Iterable[str]) -> list[str]:
    return list(dict.fromkeys((*other, *one)))


@dataclass(frozen=True, slots=True)
class TestsAffected:
    """Cases and tests that the change touches, by id.

    untested: rules that have no test after the change, though they are new, reworded or had one.
    dangling: (rule, case) pairs of tests that name a case which is no longer there.
    """

    cases_added: tuple[str, ...] = ()
    cases_removed: tuple[str, ...] = ()
    cases_changed: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    untested: tuple[str, ...] = ()
    dangling: tuple[tuple[str, str], ...] = ()


UNTOUCHED = TestsAffected()


def affected_tests(
    before: Prompt | None, after: Prompt | None, reworded: Iterable[str]
) -> TestsAffected:
    """What a change means for tests; `reworded`: ids of the rules whose text is new or another."""
    old, new = before or _NEW, after or _NEW
    was: dict[str, Case] = {case.id: case for case in old.cases}
    now: dict[str, Case] = {case.id: case for case in new.cases}
    tests = {rule.id: rule.tests for rule in old.rules}
    touched = set(reworded)
    missing = (
        (rule.id, name)
        for rule in new.rules
        for test in rule.tests
        for name in test.cases.ids
        if name not in now and name in was
    )
    return TestsAffected(
        tuple(name for name in now if name not in was),
        tuple(name for name in was if name not in now),
        tuple(name for name in now if name in was and was[name] != now[name]),
        tuple(r.id for r in new.rules if r.id in tests and tests[r.id] != r.tests),
        tuple(r.id for r in new.rules if not r.tests and (r.id in touched or tests.get(r.id))),
        tuple(dict.fromkeys(missing)),
    )
