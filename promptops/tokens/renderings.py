"""Which renderings a prompt has: its variables filled from examples and cases."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from promptops.model import Message, Prompt
from promptops.values import dataclass


@dataclass(frozen=True, slots=True)
class Filling:
    """One way to fill the variables. `source` names it; `history`: earlier turns of a case."""

    source: str
    values: Mapping[str, str]
    history: tuple[Message, ...] = ()
    slices: Mapping[str, str] | None = None


def first_filling(prompt: Prompt) -> Filling:
    """The first example of each variable, else the first case's value, else nothing."""
    values = {}
    for name, variable in prompt.variables.items():
        of_cases = (case.variables[name] for case in prompt.cases if name in case.variables)
        values[name] = variable.examples[0] if variable.examples else next(of_cases, "")
    return Filling("examples", values)


def fillings(prompt: Prompt, size: Callable[[str], int] = len) -> list[Filling]:
    """All of them: the first examples, the shortest, the longest, and every case.

    size: by which values are short and long; a case overrides the first examples.
    """
    first = first_filling(prompt)
    found = [first]
    for choose, source in ((min, "shortest examples"), (max, "longest examples")):
        values = {
            name: choose(variable.examples, key=size) if variable.examples else first.values[name]
            for name, variable in prompt.variables.items()
        }
        if values != first.values:
            found.append(Filling(source, values))
    found += [
        Filling(case.id, {**first.values, **case.variables}, case.history, case.slices)
        for case in prompt.cases
    ]
    return found


def most_bytes(prompt: Prompt) -> int | None:
    """More bytes, and so more tokens, than any rendering has; None where loops may repeat text.

    Tools and images are no text: with them there is no such bound.
    """
    if prompt.tools or prompt.images:
        return None
    templates = "".join(message.content for message in prompt.messages)
    if "{%" in templates or "|" in templates.replace("| section(", ""):
        return None
    examples = [value for variable in prompt.variables.values() for value in variable.examples]
    values = [*examples, *(value for case in prompt.cases for value in case.variables.values())]
    longest = max((len(value) for value in values), default=0)
    rules = sum(len(rule.text) * 2 + 3 for rule in prompt.rules)  # continuation lines are indented
    history = max((sum(len(m.content) for m in case.history) for case in prompt.cases), default=0)
    holes = templates.count("{{")
    return 4 * (len(templates) + holes * (rules + longest) + history)  # UTF-8 has 4 bytes at most


def shares(prompt: Prompt, size: Callable[[str], int]) -> Mapping[str, tuple[int, int]]:
    """The least and the most tokens of each variable's values, counted alone.

    The declared `max_tokens` is a promise about callers: it is not what examples say, and is not
    in these figures.
    """
    found = {}
    for name, variable in prompt.variables.items():
        of_cases = (case.variables[name] for case in prompt.cases if name in case.variables)
        sizes = [size(value) for value in (*variable.examples, *of_cases)]
        found[name] = (min(sizes, default=0), max(sizes, default=0))
    return found
