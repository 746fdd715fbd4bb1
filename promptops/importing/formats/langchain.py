"""LangChain's prompt files: `_type: prompt`, `few_shot` and `chat`, in YAML or JSON.

https://python.langchain.com/api_reference/core/prompts.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from posixpath import join, normpath
from typing import Any

from promptops.errors import InputError
from promptops.importing.build import ROLES, Build, Said
from promptops.importing.interface import Imported, Left, Source
from promptops.importing.names import id_of
from promptops.importing.reading import foreign_text
from promptops.importing.syntax import SYNTAXES
from promptops.model import Prompt
from promptops.source.foreign_yaml import Map, Seq, load_foreign, text_of

NAME = "langchain"
_TYPE = re.compile(r"""^[ \t"'{]*_type["']?\s*:\s*["']?(?:prompt|few_shot|chat)\b""", re.MULTILINE)
_KNOWN = frozenset(
    {"_type", "name", "description", "template", "template_path", "template_format"}
    | {"input_variables", "messages", "prefix", "suffix", "examples", "example_prompt"}
    | {"example_separator", "partial_variables"}
)


def recognises(source: Source) -> int:
    """By its `_type`."""
    ending = source.path.lower().endswith((".yaml", ".yml", ".json"))
    return 80 if ending and _TYPE.search(source.text) else 0


def read(source: Source) -> tuple[Imported, ...]:
    """The one prompt of the file."""
    data = load_foreign(source.text, source.path)
    data = data if isinstance(data, Map) else Map()
    syntax = text_of(data.get("template_format")) or "f-string"
    build = Build(source.path, syntax if syntax in SYNTAXES else "plain")
    for name in _names(data.get("input_variables")):
        build.declare(name)
    build.say(list(_messages(build, source, data)))
    partial = data.get("partial_variables")
    for name, value in partial.items() if isinstance(partial, Map) else ():
        if name in build.variables:
            build.declare(name, "", text_of(value))
    build.left += [
        Left(f"`{key}`", "prompts have no such key; the kept copy has it", data.lines.get(key, 0))
        for key in data
        if key not in _KNOWN
    ]
    summary = " ".join(text_of(data.get("description") or data.get("name")).split())
    prompt = Prompt(id=id_of(source.path), version="1.0.0", summary=summary, target=source.path)
    return (build.imported(NAME, prompt),)


def _names(value: Any) -> Iterator[str]:
    for one in value if isinstance(value, Seq) else ():
        if isinstance(one, str) and re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", one):
            yield one


def _messages(build: Build, source: Source, data: Map) -> Iterator[Said]:
    chat = data.get("messages")
    if isinstance(chat, Seq):
        for one, line in zip(chat, chat.lines, strict=True):
            if isinstance(one, Map):
                role = ROLES.get(text_of(one.get("role") or one.get("type")).lower(), "user")
                inner = one.get("prompt")
                inner = inner.get("template") if isinstance(inner, Map) else None
                text = inner or one.get("content") or one.get("template")
                yield Said(role, text_of(text), line)
        return
    if "suffix" in data or "prefix" in data:
        yield Said("user", _few(build, data), data.line)
        return
    yield Said("user", _template(build, source, data), data.lines.get("template", 1))


def _template(build: Build, source: Source, data: Map) -> str:
    path = text_of(data.get("template_path"))
    if not path:
        return text_of(data.get("template"))
    full = path if path.startswith("/") else normpath(join(source.folder, path))
    try:
        return foreign_text(source.files.read(full), full)
    except InputError as error:
        build.left.append(Left(f"`{path}`", error.message, data.lines.get("template_path", 0)))
        return ""


def _few(build: Build, data: Map) -> str:
    """A few-shot prompt written out: prefix, each example, suffix."""
    example = data.get("example_prompt")
    template = text_of(example.get("template")) if isinstance(example, Map) else ""
    parts = [text_of(data.get("prefix"))]
    rows = data.get("examples")
    if isinstance(rows, str):
        left = Left(f"examples `{rows}`", "a file of examples is not read", data.lines["examples"])
        build.left.append(left)
    for row in rows if isinstance(rows, Seq) else ():
        if isinstance(row, Map):
            values = {name: text_of(value) for name, value in row.items()}
            fields = re.split(r"\{(\w+)\}", template)
            filled = (values.get(f, f"{{{f}}}") if i % 2 else f for i, f in enumerate(fields))
            parts.append("".join(filled))
    parts.append(text_of(data.get("suffix")))
    separator = text_of(data.get("example_separator")) or "\n\n"
    return separator.join(part for part in parts if part)
