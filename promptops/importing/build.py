"""One prompt put together from messages in another tool's template language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from promptops.importing.interface import Imported, Left, Piece
from promptops.importing.names import Names, is_id
from promptops.importing.pieces import cut
from promptops.importing.syntax import SYNTAXES
from promptops.model import Message, Prompt, Rule, Variable
from promptops.render.rules import view
from promptops.source.foreign_yaml import Map, Seq, text_of

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


OURS = "promptops"  # the key of what an export of ours says beside the other format


def remembered(prompt: Prompt) -> dict[str, Any]:
    """What a format with room for meta data keeps of the rules, for `Build.recall`."""
    rules = [
        {"id": rule.id, "text": view(rule).text}
        | ({"rationale": rule.rationale} if rule.rationale else {})
        for rule in prompt.rules
    ]
    return {OURS: {"rules": rules}} if rules else {}


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
    known: dict[str, str] = field(default_factory=dict)  # id of a rule by its text
    reasons: dict[str, str] = field(default_factory=dict)  # rationale by id

    def recall(self, meta: Any) -> None:
        """What our own export left in the file's meta data: ids and reasons of its rules."""
        ours = meta.get(OURS) if isinstance(meta, Map) else None
        rules = ours.get("rules") if isinstance(ours, Map) else None
        for one in rules if isinstance(rules, Seq) else ():
            if isinstance(one, Map) and is_id(text_of(one.get("id"))):
                name = text_of(one["id"])
                self.known[text_of(one.get("text"))] = name
                self.reasons[name] = text_of(one.get("rationale"))

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
        found = cut(
            parsed.text, path, self.names, sorted(parsed.live), said.line, foreign, self.known
        )
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
            rules=tuple(replace(r, rationale=self.reasons.get(r.id, "")) for r in self.rules),
            variables=declared,
        )
        return Imported(form, whole, tuple(self.pieces), tuple(self.left), files or {})
