"""A prompt's messages as text, variables and conditions, with the rules in their places.

What every writer starts from: another tool's templates know nothing of rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from promptops.importing.escape import literal, quoted
from promptops.importing.interface import Left
from promptops.model import Prompt
from promptops.render import render
from promptops.render.rules import RuleList, view
from promptops.render.scan import (
    COMMENT,
    EXPRESSION,
    LIST,
    NAME,
    RAW,
    RULE,
    STATEMENT,
    TEXT,
    Segment,
    scan,
)
from promptops.values import NamedTuple

_CONDITION = re.compile(r"\{%\s*if\s+(not\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*%\}")
_ELSE = re.compile(r"\{%\s*else\s*%\}")
_END = re.compile(r"\{%\s*endif\s*%\}")
TEXT_IS, VARIABLE, IF, UNLESS, ELSE, END = "text", "variable", "if", "unless", "else", "end"


class Token(NamedTuple):
    """kind: text (value is it), variable, if, unless (value is the name), else or end."""

    kind: str
    value: str = ""


class Turn(NamedTuple):
    """One message: who speaks and what is said."""

    role: str
    tokens: tuple[Token, ...]


def turns(prompt: Prompt) -> tuple[list[Turn], list[Left]]:
    """The messages; what no tokens can say is said as if every variable were given, and listed."""
    placed = {name for m in prompt.messages for name in _placed(m.content)}
    listed = RuleList(view(rule) for rule in prompt.rules if rule.id not in placed)
    found, left = [], []
    for i, message in enumerate(prompt.messages):
        tokens = _tokens(prompt, message.content, listed)
        if tokens is None:
            tokens = _filled(prompt, i)
            why = "written as it renders when every variable is given"
            left.append(Left(f"what the {message.role} message computes", why))
        found.append(Turn(message.role, tuple(_joined(tokens))))
    return found, left


def _placed(source: str) -> Iterable[str]:
    return (segment.value for segment in scan(source) if segment.kind == RULE)


def _tokens(prompt: Prompt, source: str, listed: RuleList) -> list[Token] | None:
    """The tokens of a template, None where it does more than tokens can say."""
    texts = {rule.id: view(rule).text for rule in prompt.rules}
    found: list[Token] = []
    for segment in scan(source):
        token = _token(source, segment, texts, listed)
        if token is None:
            return None
        found.append(token)
    return found


def _token(source: str, segment: Segment, texts: dict[str, str], listed: RuleList) -> Token | None:
    written = source[segment.start : segment.end]
    if segment.kind == TEXT:
        return Token(TEXT_IS, written)
    if segment.kind == COMMENT:
        return Token(TEXT_IS, "")
    if segment.kind in (RAW, EXPRESSION) and (plain := quoted(written)) is not None:
        return Token(TEXT_IS, plain)
    if not segment.plain and segment.kind != STATEMENT:
        return None
    if segment.kind == NAME:
        return Token(VARIABLE, segment.value)
    if segment.kind == RULE and segment.value in texts:
        return Token(TEXT_IS, texts[segment.value])
    if segment.kind == LIST:
        return Token(TEXT_IS, str(listed.section(segment.value) if segment.value else listed))
    return _statement(written)


def _statement(written: str) -> Token | None:
    if found := _CONDITION.fullmatch(written):
        return Token(UNLESS if found[1] else IF, found[2])
    if _ELSE.fullmatch(written):
        return Token(ELSE)
    return Token(END) if _END.fullmatch(written) else None


def _filled(prompt: Prompt, index: int) -> list[Token]:
    """A message as it renders with marks for values, then the marks as variables."""
    values = {name: f"\ue000{name}\ue001" for name in prompt.variables}
    text = render(prompt, values)[index].content
    parts = re.split("\ue000([A-Za-z0-9_]+)\ue001", text)
    return [Token(VARIABLE if i % 2 else TEXT_IS, part) for i, part in enumerate(parts)]


def _joined(tokens: Iterable[Token]) -> Iterable[Token]:
    """Neighbouring texts as one."""
    held = ""
    for token in tokens:
        if token.kind == TEXT_IS:
            held += token.value
            continue
        if held:
            yield Token(TEXT_IS, held)
            held = ""
        yield token
    if held:
        yield Token(TEXT_IS, held)


# -- the same in the template languages of others --------------------------------------------------


def as_jinja(tokens: Iterable[Token], verbatim: bool = False) -> str:
    """For prompty and promptfoo (Nunjucks reads it too). verbatim: tags in text stay tags."""
    ways = {VARIABLE: "{{{{ {} }}}}", IF: "{{% if {} %}}", UNLESS: "{{% if not {} %}}"}
    ways |= {ELSE: "{{% else %}}", END: "{{% endif %}}"}
    parts: list[str] = []
    for token in tokens:
        if token.kind == TEXT_IS:
            parts.append(token.value if verbatim else literal(token.value))
        else:
            parts.append(ways[token.kind].format(token.value))
            before = parts[-2] if len(parts) > 1 else ""
            if before.endswith("{"):
                bare = before.rstrip("{")
                parts[-2] = f'{bare}{{{{ "{before[len(bare) :]}" }}}}'
    return "".join(parts)


def as_handlebars(tokens: Iterable[Token], verbatim: bool = False) -> str:
    """For dotprompt. verbatim: tags in text stay tags."""
    ways = {VARIABLE: "{{{{{}}}}}", IF: "{{{{#if {}}}}}", UNLESS: "{{{{#unless {}}}}}"}
    ways |= {ELSE: "{{{{else}}}}"}
    parts, opened = [], []
    for token in tokens:
        if token.kind in (IF, UNLESS):
            opened.append("if" if token.kind == IF else "unless")
        if token.kind == END:
            parts.append(f"{{{{/{opened.pop() if opened else 'if'}}}}}")
        elif token.kind == TEXT_IS:
            parts.append(token.value if verbatim else token.value.replace("{{", "\\{{"))
        else:
            parts.append(ways[token.kind].format(token.value))
    return "".join(parts)


def as_mustaches(tokens: Iterable[Token], left: list[Left]) -> str:
    """For GitHub Models, which knows `{{name}}` and nothing else."""
    parts = []
    for token in tokens:
        if token.kind == TEXT_IS:
            if "{{" in token.value:
                left.append(Left("braces meant as text", "read as a placeholder there"))
            parts.append(token.value)
        elif token.kind == VARIABLE:
            parts.append(f"{{{{{token.value}}}}}")
        elif token.kind in (IF, UNLESS):
            why = "there are none there: both branches are written out"
            left.append(Left(f"the condition on `{token.value}`", why))
    return "".join(parts)
