"""Semantic Kernel's prompt files: `template`, `template_format`, `input_variables` in YAML.

https://learn.microsoft.com/semantic-kernel/concepts/prompts/yaml-schema. Calls stay text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from promptops.importing.build import ROLES, Build, Said
from promptops.importing.interface import Imported, Left, Source
from promptops.importing.names import id_of
from promptops.importing.syntax import SYNTAXES, after_last
from promptops.model import Prompt
from promptops.source.foreign_yaml import Map, Seq, load_foreign, text_of

NAME = "semantic-kernel"
_MESSAGE = re.compile(
    r"""<message\s+role\s*=\s*["'](?P<role>\w+)["']\s*>(?P<text>.*?)</message>""", re.DOTALL
)
_MARKS = re.compile(r"^(?:template_format|input_variables|execution_settings)\s*:", re.MULTILINE)
_KNOWN = frozenset({"name", "description", "template", "template_format", "input_variables"})


def recognises(source: Source) -> int:
    """By its keys."""
    if not source.path.lower().endswith((".yaml", ".yml")):
        return 0
    has = re.search(r"^template\s*:", source.text, re.MULTILINE)
    return 70 if has and _MARKS.search(source.text) else 0


def read(source: Source) -> tuple[Imported, ...]:
    """The one prompt of the file."""
    data = load_foreign(source.text, source.path)
    data = data if isinstance(data, Map) else Map()
    syntax = text_of(data.get("template_format")) or "semantic-kernel"
    build = Build(source.path, syntax if syntax in SYNTAXES else "plain")
    given = data.get("input_variables")
    for one in given if isinstance(given, Seq) else ():
        _declare(build, one)
    build.say(list(_messages(text_of(data.get("template")), data.lines.get("template", 1))))
    build.left += [
        Left(f"`{key}`", "belongs to the call; the kept copy has it", data.lines.get(key, 0))
        for key in data
        if key not in _KNOWN
    ]
    prompt = Prompt(
        id=id_of(source.path),
        version="1.0.0",
        summary=" ".join(text_of(data.get("description") or data.get("name")).split()),
        target=source.path,
    )
    return (build.imported(NAME, prompt),)


def _declare(build: Build, one: Any) -> None:
    name = text_of(one.get("name")) if isinstance(one, Map) else ""
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        about = " ".join(text_of(one.get("description")).split())
        build.declare(name, about, text_of(one.get("default")))


def _messages(template: str, line: int) -> Iterator[Said]:
    """`<message role="system">…</message>`, where the template is nothing but messages."""
    end = after_last("</message>", template)
    found = list(_MESSAGE.finditer(template, 0, end))
    around = _MESSAGE.sub("", template[:end]) + template[end:]
    if not found or around.strip():
        yield Said("user", template, line)
        return
    for match in found:
        at = line + 1 + template.count("\n", 0, match.start())
        yield Said(ROLES.get(match["role"].lower(), "user"), match["text"].strip("\r\n"), at)
