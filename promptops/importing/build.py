"""One prompt put together from messages in another tool's template language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from promptops.importing.interface import Imported, Left, Piece
from promptops.importing.names import Names
from promptops.importing.pieces import cut
from promptops.importing.syntax import SYNTAXES
from promptops.model import Message, Prompt, Rule, Variable

ROLES: Mapping[str, str] = {
    "system": "system",
    "developer": "developer",
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "model": "assistant",
    "ai": "assistant",
    "tool": "tool",
    "function": "tool",
}


@dataclass(slots=True)
class Said:
    """A message as the foreign file has it. line: of its text in the file at `path`."""

    role: str
    text: str
    line: int = 1
    path: str = ""


@dataclass(slots=True)
class Build:
    """Collects what becomes one prompt."""

    path: str
    syntax: str = "jinja2"
    messages: list[Message] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    variables: dict[str, Variable] = field(default_factory=dict)
    left: list[Left] = field(default_factory=list)
    names: Names = field(default_factory=Names)

    def declare(self, name: str, summary: str = "", example: str = "") -> None:
        """A variable that the file speaks of; what is known already stays."""
        known = self.variables.get(name, Variable(name))
        examples = known.examples or ((example,) if example else ())
        self.variables[name] = replace(known, summary=known.summary or summary, examples=examples)

    def say(self, said: Iterable[Said]) -> None:
        """Add messages; rules are looked for where the instructions are."""
        listed = list(said)
        instructing = {"system", "developer"} & {one.role for one in listed} or {"user"}
        for one in listed:
            self._message(one, one.role in instructing)

    def _message(self, said: Said, split: bool) -> None:
        parsed = SYNTAXES[self.syntax](said.text)
        for left in parsed.left:
            self.left.append(replace(left, line=said.line + left.line - 1))
        for name in parsed.variables:
            self.declare(name)
        path = said.path or self.path
        foreign = sorted(parsed.foreign) if split else None
        found = cut(parsed.text, path, self.names, sorted(parsed.live), said.line, foreign)
        self.messages.append(Message(said.role, found.template))
        self.rules += found.rules
        self.pieces += found.pieces

    def imported(
        self, form: str, prompt: Prompt, files: Mapping[str, str] | None = None
    ) -> Imported:
        """All of it as one prompt; `prompt` says what the messages do not."""
        used = {
            name for message in self.messages for name in self.variables if name in message.content
        }
        declared = {n: v for n, v in self.variables.items() if n in used or v.summary or v.examples}
        whole = replace(
            prompt,
            messages=tuple(self.messages),
            rules=tuple(self.rules),
            variables=declared,
        )
        return Imported(form, whole, tuple(self.pieces), tuple(self.left), files or {})
