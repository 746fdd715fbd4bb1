"""Text constants of Python and TypeScript files, found by reading: nothing is compiled or run."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from inspect import cleandoc
from textwrap import dedent

from promptops.errors import InputError

START, STOP = "\ue000", "\ue001"  # around the name of a field, until it becomes a variable


@dataclass(frozen=True, slots=True)
class Constant:
    """text: with fields between START and STOP. expressions: fields that are more than a name."""

    text: str
    line: int
    expressions: tuple[str, ...] = ()

    def __add__(self, other: Constant) -> Constant:
        expressions = (*self.expressions, *other.expressions)
        return Constant(self.text + other.text, self.line, expressions)


# -- Python ----------------------------------------------------------------------------------------


def python(text: str, path: str) -> dict[str, Constant]:
    """Constants of a module by name, those of its classes as `Class.NAME`; InputError for bad syntax."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes are the program's own affair
            tree = ast.parse(text)
    except SyntaxError as error:
        said = f"not Python: {error.msg}"
        raise InputError(
            said, path=path, line=error.lineno or 1, column=error.offset or 1
        ) from None
    except (ValueError, RecursionError, MemoryError):
        raise InputError("not Python that can be read: it nests too deep", path=path) from None
    return dict(_assigned(tree.body, ""))


def _assigned(body: list[ast.stmt], prefix: str) -> Iterator[tuple[str, Constant]]:
    for node in body:
        match node:
            case ast.ClassDef(name=name, body=inner):
                yield from _assigned(inner, f"{prefix}{name}.")
            case ast.Assign(targets=targets, value=value):
                names = [target.id for target in targets if isinstance(target, ast.Name)]
                yield from _named(prefix, names, value)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                yield from _named(prefix, [name], value)


def _named(prefix: str, names: list[str], value: ast.expr) -> Iterator[tuple[str, Constant]]:
    found = _value(value) if names else None
    if found is not None:
        yield from ((prefix + name, found) for name in names)


def _value(node: ast.expr, depth: int = 0) -> Constant | None:
    """The text that an expression of constants is; None where it is anything else."""
    if depth > 500:
        return None
    match node:
        case ast.Constant(value=str(text)):
            return Constant(text, node.lineno)
        case ast.JoinedStr(values=values):
            return _joined(values, node.lineno)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            one, other = _value(left, depth + 1), _value(right, depth + 1)
            return one + other if one is not None and other is not None else None
        case ast.Call(func=func, args=args, keywords=[]):
            return _called(func, args, depth)
    return None


def _joined(values: list[ast.expr], line: int) -> Constant:
    found = Constant("", line)
    for value in values:
        match value:
            case ast.Constant(value=str(text)):
                found += Constant(text, line)
            case ast.FormattedValue(value=ast.Name(id=name), conversion=-1, format_spec=None):
                found += Constant(f"{START}{name}{STOP}", line)
            case _:
                shown = ast.unparse(value).removeprefix("f'").removesuffix("'")
                found += Constant(shown, line, (shown,))
    return found


def _called(func: ast.expr, args: list[ast.expr], depth: int) -> Constant | None:
    """`dedent("…")`, `cleandoc("…")` and `"…".strip()`: known, pure, and done here."""
    match func, args:
        case ast.Attribute(attr="strip" | "lstrip" | "rstrip" as way, value=inner), []:
            found = _value(inner, depth + 1)
            return None if found is None else replace(found, text=getattr(found.text, way)())
        case (
            (
                ast.Name(id="dedent" | "cleandoc" as way)
                | ast.Attribute(attr="dedent" | "cleandoc" as way)
            ),
            [inner],
        ):
            found = _value(inner, depth + 1)
            change = dedent if way == "dedent" else cleandoc
            return None if found is None else replace(found, text=change(found.text))
    return None


# -- TypeScript and JavaScript ---------------------------------------------------------------------

_TOKEN = re.compile(
    r"""(?P<skip>\s+|//[^\n]*|/\*.*?(?:\*/|\Z))|(?P<text>'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")
    |(?P<template>`)|(?P<name>[A-Za-z_$][\w$]*)|(?P<sign>=>|[=!]==?|[-+*/%&|^<>?]=|.)""",
    re.DOTALL | re.VERBOSE,
)
_REGEX = re.compile(r"/(?![*/])(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*")
_BEFORE_REGEX = frozenset("(,=:[!&|?{};+-*%<>~^") | {"return", "=>", "==", "===", "!=", "!=="}
_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ESCAPE = re.compile(
    r"\\(?:u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(\r\n|.))", re.DOTALL
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}
_MOST_NESTED = 50


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str  # text, name or sign
    value: str
    at: int
    constant: Constant | None = None


def typescript(text: str, path: str) -> dict[str, Constant]:
    """Constants assigned by `NAME = '…'`, with `+` and plain template literals; the first of a name."""
    tokens = list(_tokens(text, path))
    found: dict[str, Constant] = {}
    for i, token in enumerate(tokens):
        if token.kind != "name" or token.value in found:
            continue
        value = _after_name(tokens, i + 1)
        if value is not None:
            found[token.value] = value
    return found


def _after_name(tokens: list[_Token], at: int) -> Constant | None:
    """The text assigned to a name whose next token is `at`."""
    if _sign(tokens, at) == ":":  # a type: names, dots and brackets up to the `=`
        end = at + 1
        while end < min(at + 40, len(tokens)) and tokens[end].value not in (
            "=",
            ";",
            ",",
            "{",
            ")",
        ):
            end += 1
        at = end
    if _sign(tokens, at) != "=":
        return None
    found = None
    at += 1
    while at < len(tokens):
        if tokens[at].kind == "name" and at + 1 < len(tokens) and tokens[at + 1].kind == "template":
            at += 1  # a tag such as `dedent`: what it does is not known, the text is
        constant = tokens[at].constant
        if constant is None:
            return None
        found = constant if found is None else found + constant
        if _sign(tokens, at + 1) != "+":
            return found if _sign(tokens, at + 1) not in (".", "?", "[") else None
        at += 2
    return None


def _sign(tokens: list[_Token], at: int) -> str:
    return tokens[at].value if at < len(tokens) and tokens[at].kind == "sign" else ""


def _tokens(text: str, path: str) -> Iterator[_Token]:
    at, before = 0, "("
    while at < len(text):
        if text[at] == "/" and before in _BEFORE_REGEX and (regex := _REGEX.match(text, at)):
            at, before = regex.end(), "regex"
            continue
        match = _TOKEN.match(text, at)
        assert match is not None  # its last branch takes any character
        kind, line = match.lastgroup or "sign", 0
        end = match.end()
        if kind == "skip":
            at = end
            continue
        constant = None
        if kind in ("text", "template"):
            line = text.count("\n", 0, at) + 1
            if kind == "template":
                constant, end = _template(text, at, line, path)
            else:
                constant = Constant(_unescaped(match[0][1:-1]), line)
        yield _Token(kind, match[0], at, constant)
        at, before = end, match[0]


def _template(text: str, start: int, line: int, path: str) -> tuple[Constant, int]:
    """A template literal and where it ends; `${name}` is a field, other expressions stay as text."""
    found, at, part = Constant("", line), start + 1, start + 1
    while at < len(text):
        if text[at] == "\\":
            at += 2
        elif text[at] == "`":
            return found + Constant(_unescaped(text[part:at]), line), at + 1
        elif text.startswith("${", at):
            found += Constant(_unescaped(text[part:at]), line)
            end = _expression_end(text, at + 2, path)
            inner = text[at + 2 : end - 1].strip()
            if _FIELD.fullmatch(inner):
                found += Constant(f"{START}{inner}{STOP}", line)
            else:
                found += Constant(text[at:end], line, (text[at:end],))
            at = part = end
        else:
            at += 1
    raise InputError("a template literal is never closed", path=path, line=line, column=1)


def _expression_end(text: str, at: int, path: str, nested: int = 0) -> int:
    """Where the expression of a `${` ends, its `}` included; texts and templates in it are passed."""
    depth, start = 1, at
    while at < len(text) and nested < _MOST_NESTED:
        match = _TOKEN.match(text, at)
        assert match is not None
        at = match.end()
        if match["template"]:
            at = _past_template(text, at, path, nested + 1)
        depth += (match["sign"] == "{") - (match["sign"] == "}")
        if not depth:
            return at
    line = text.count("\n", 0, start) + 1
    raise InputError("an expression in a template literal is never closed", path=path, line=line)


def _past_template(text: str, at: int, path: str, nested: int) -> int:
    while at < len(text) and text[at] != "`":
        if text[at] == "\\":
            at += 2
        elif text.startswith("${", at):
            at = _expression_end(text, at + 2, path, nested)
        else:
            at += 1
    return at + 1


def _unescaped(text: str) -> str:
    if "\\" not in text and "\r" not in text:
        return text

    def one(match: re.Match[str]) -> str:
        code = match[1] or match[2] or match[3]
        if code:
            return chr(int(code, 16)) if int(code, 16) < 0x110000 else "\ufffd"
        plain = match[4]
        return "" if plain in ("\n", "\r\n", "\r") else _ESCAPES.get(plain, plain)

    made = _ESCAPE.sub(one, text)
    return made.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
