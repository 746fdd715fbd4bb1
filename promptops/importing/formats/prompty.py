"""Prompty, v1 and v2: YAML front matter, then Jinja2 (or Mustache) under `system:`, `user:` …

https://github.com/microsoft/prompty. `${env:…}` and `${file:…}` in the front matter are not resolved.
"""

from __future__ import annotations

import re
from typing import Any

from promptops.importing.build import ROLES, Build, Said, remembered
from promptops.importing.front import Front, front_matter
from promptops.importing.interface import Exported, Imported, Left, Source
from promptops.importing.models import joined
from promptops.importing.names import id_of
from promptops.importing.neutral import as_handlebars, as_jinja, turns
from promptops.importing.spots import Spot, put_into
from promptops.importing.yaml_out import yaml_text
from promptops.model import Prompt
from promptops.source.foreign_yaml import Map, Seq, text_of

NAME = "prompty"
_ROLE = re.compile(
    r"^[ \t]*#?[ \t]*(?P<role>system|user|assistant|developer|tool|function)"
    r"(?P<more>\[[^\]\n]*\])?[ \t]*:[ \t]*(?:\r?\n|\Z)",
    re.IGNORECASE | re.MULTILINE,
)
_REFERENCE = re.compile(r"\$\{(?:env|file):[^}]*\}")
_KNOWN = frozenset(
    re.findall(
        r"\w+",
        "name description model inputs inputSchema sample template metadata authors tags version",
    )
)


def recognises(source: Source) -> int:
    """By its ending."""
    return 90 if source.path.lower().endswith(".prompty") else 0


def read(source: Source) -> tuple[Imported, ...]:
    """The one prompt of the file."""
    front = front_matter(source.text, source.path)
    build = Build(source.path, _syntax(front.meta))
    _inputs(build, front.meta)
    build.recall(front.meta.get("metadata"))
    build.say(
        Said(spot.role, source.text[spot.start : spot.end], spot.line)
        for spot in spots(source.text, front)
    )
    build.left += [*front.left, *_left(front.meta)]
    model = _model(front.meta.get("model"))
    summary = " ".join(text_of(front.meta.get("description") or front.meta.get("name")).split())
    prompt = Prompt(
        id=id_of(source.path),
        version="1.0.0",
        summary=summary,
        models=(model,) if model else (),
        target=source.path,
    )
    return (build.imported(NAME, prompt),)


def spots(text: str, front: Front) -> list[Spot]:
    """Where each message's text stands; a body without roles is the system's."""
    found = list(_ROLE.finditer(text, front.start))
    first = text[front.start : found[0].start()] if found else text[front.start :]
    made = []
    if first.strip() or not found:
        made.append(Spot.trimmed("system", text, front.start, front.start + len(first)))
    ends = [*(match.start() for match in found[1:]), len(text)][: len(found)]
    for match, end in zip(found, ends, strict=True):
        made.append(Spot.trimmed(ROLES[match["role"].lower()], text, match.end(), end))
    return made


def put(prompt: Prompt, origin: str) -> str | None:
    """The kept copy with the prompt's messages; None where it has others."""
    front = front_matter(origin, prompt.target)
    write = as_handlebars if _syntax(front.meta) in ("mustache", "handlebars") else as_jinja
    return put_into(prompt, origin, spots(origin, front), read, write)


def write(prompt: Prompt) -> Exported:
    """Prompty v2. Rules are written out, with ids and reasons in `metadata`; tests have no place there."""
    said, left = turns(prompt)
    meta: dict[str, Any] = {"name": prompt.id}
    if prompt.summary:
        meta["description"] = prompt.summary
    meta["metadata"] = {"version": prompt.version}
    meta["metadata"] |= remembered(prompt)
    if prompt.owners:
        meta["metadata"]["authors"] = list(prompt.owners)
    if prompt.models:
        provider, slash, name = prompt.models[0].partition("/")
        model = {"id": name, "provider": provider} if slash else {"id": prompt.models[0]}
        meta["model"] = {**model, "apiType": "chat"}
    inputs = [_input(variable) for variable in prompt.variables.values()]
    if inputs:
        meta["inputs"] = inputs
    meta["template"] = {"format": {"kind": "jinja2"}, "parser": {"kind": "prompty"}}
    body = "".join(f"{turn.role}:\n{as_jinja(turn.tokens)}\n\n" for turn in said)
    text = f"---\n{yaml_text(meta)}---\n{body[:-1]}"
    left += [Left(f"model `{name}`", "one model a file there") for name in prompt.models[1:]]
    return Exported(f"{prompt.id}.prompty", text, tuple(left))


def _input(variable: Any) -> dict[str, Any]:
    made = {"name": variable.name, "kind": "string"}
    if variable.summary:
        made["description"] = variable.summary
    if variable.examples:
        made["example"] = variable.examples[0]
    return made


def _syntax(meta: Map) -> str:
    template = meta.get("template")
    kind = template.get("format") if isinstance(template, Map) else template
    kind = kind.get("kind") if isinstance(kind, Map) else kind
    return "mustache" if kind in ("mustache", "handlebars") else "jinja2"


def _inputs(build: Build, meta: Map) -> None:
    """v2 lists its inputs, v1 maps them; `sample` of v1 has values."""
    for key in ("inputs", "inputSchema"):
        listed = meta.get(key)
        if isinstance(listed, Map) and isinstance(listed.get("properties"), Map | Seq):
            listed = listed["properties"]
        if isinstance(listed, Map):
            for name, about in listed.items():
                _declare(build, name, about)
        for about in listed if isinstance(listed, Seq) else ():
            if isinstance(about, Map):
                _declare(build, text_of(about.get("name")), about)
    sample = meta.get("sample")
    for name, value in sample.items() if isinstance(sample, Map) else ():
        _declare(build, name, Map(), text_of(value))


def _declare(build: Build, name: str, about: Any, example: str = "") -> None:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        return
    if isinstance(about, Map):
        values = (about.get(key) for key in ("example", "sample", "default"))
        example = example or next((text_of(v) for v in values if v not in (None, "", {})), "")
        build.declare(name, " ".join(text_of(about.get("description")).split()), example)
    else:
        build.declare(name, "", example or text_of(about))


def _model(model: Any) -> str:
    if not isinstance(model, Map):
        return text_of(model)
    found = model.get("configuration")
    if isinstance(found, Map):
        name = text_of(found.get("azure_deployment") or found.get("model") or found.get("name"))
        kind = text_of(found.get("type"))
        return joined("azure" if "azure" in kind else kind, name) if _whole(name) else ""
    name = text_of(model.get("id"))
    return joined(text_of(model.get("provider")), name) if _whole(name) else ""


def _whole(name: str) -> bool:
    return bool(name) and "${" not in name


def _left(meta: Map) -> list[Left]:
    left = []
    for key, value in meta.items():
        line, text = meta.lines.get(key, 0), text_of(value)
        why = "not resolved; the kept copy has it"
        left += [Left(f"`{found[0][:60]}`", why, line) for found in _REFERENCE.finditer(text)]
        if key == "model" and isinstance(value, Map) and {"options", "parameters"} & set(value):
            left.append(
                Left("the model's options", "belong to the call; the kept copy has them", line)
            )
        if key not in _KNOWN:
            left.append(Left(f"`{key}`", "prompts have no such key; the kept copy has it", line))
    return left
