"""Dotprompt: YAML front matter with Picoschema, then Handlebars with `{{role "system"}}`.

https://google.github.io/dotprompt. Partials, helpers and media stay as text, and are listed.
"""

from __future__ import annotations

import json
import re
from typing import Any

from promptops.importing.build import ROLES, Build, Said
from promptops.importing.front import Front, front_matter
from promptops.importing.interface import Exported, Imported, Left, Source
from promptops.importing.models import from_dotprompt, to_dotprompt
from promptops.importing.names import id_of
from promptops.importing.neutral import as_handlebars, turns
from promptops.importing.pico import fields, json_schema
from promptops.importing.spots import Spot, put_into
from promptops.importing.syntax import after_last
from promptops.importing.yaml_out import yaml_text
from promptops.model import Prompt
from promptops.source.foreign_yaml import Map, text_of

NAME = "dotprompt"
SCHEMA = "output.schema.json"
_ROLE = re.compile(r"""\{\{~?\s*role\s+["'](?P<role>\w+)["']\s*~?\}\}""")
_SHORT = re.compile(r"\{\{![^}]*\}\}")
_COMMENT = re.compile(r"\{\{!--.*?--\}\}|\{\{![^}]*\}\}", re.DOTALL)
_KNOWN = frozenset({"model", "input", "output", "name", "description"})


def recognises(source: Source) -> int:
    """By its ending."""
    return 90 if source.path.lower().endswith(".prompt") else 0


def read(source: Source) -> tuple[Imported, ...]:
    """The one prompt of the file."""
    front = front_matter(source.text, source.path)
    build = Build(source.path, "handlebars")
    _inputs(build, front.meta)
    build.say(
        Said(spot.role, source.text[spot.start : spot.end], spot.line)
        for spot in spots(source.text, front)
    )
    files = _output(build, front.meta)
    build.left += front.left
    build.left += [
        Left(f"`{key}`", "belongs to the call; the kept copy has it", front.meta.lines.get(key, 0))
        for key in front.meta
        if key not in _KNOWN
    ]
    model = from_dotprompt(text_of(front.meta.get("model")))
    prompt = Prompt(
        id=id_of(source.path),
        version="1.0.0",
        summary=" ".join(text_of(front.meta.get("description")).split()),
        models=(model,) if model else (),
        output_schema=SCHEMA if files else "",
        target=source.path,
    )
    return (build.imported(NAME, prompt, files),)


def spots(text: str, front: Front) -> list[Spot]:
    """Where each message's text stands; what comes before the first role is the user's."""
    found = list(_ROLE.finditer(text, front.start))
    end = found[0].start() if found else len(text)
    made = []
    if not found or _uncommented(text[front.start : end]).strip():
        made.append(Spot.trimmed("user", text, front.start, end))
    ends = [*(match.start() for match in found[1:]), len(text)][: len(found)]
    for match, end in zip(found, ends, strict=True):
        role = ROLES.get(match["role"].lower(), "user")
        made.append(Spot.trimmed(role, text, match.end(), end))
    return made


def _uncommented(text: str) -> str:
    last = after_last("--}}", text)
    return _COMMENT.sub("", text[:last]) + _SHORT.sub("", text[last:])


def put(prompt: Prompt, origin: str) -> str | None:
    """The kept copy with the prompt's messages; None where it has others."""
    front = front_matter(origin, prompt.target)
    return put_into(prompt, origin, spots(origin, front), read, as_handlebars)


def write(prompt: Prompt) -> Exported:
    """A `.prompt` file. Rules are written out; their reasons, tests and decisions have no place there."""
    said, left = turns(prompt)
    meta: dict[str, Any] = {}
    if prompt.models:
        meta["model"] = to_dotprompt(prompt.models[0])
    if prompt.summary:
        meta["description"] = prompt.summary
    if prompt.variables:
        schema = {
            name: "string" + (f", {v.summary}" if v.summary else "")
            for name, v in prompt.variables.items()
        }
        examples = {name: v.examples[0] for name, v in prompt.variables.items() if v.examples}
        meta["input"] = {"schema": schema, **({"default": examples} if examples else {})}
    if prompt.output_schema:
        left.append(Left(f"the output's schema {prompt.output_schema}", "a file of its own"))
        meta["output"] = {"format": "json"}
    roles = {"assistant": "model", "developer": "system"}
    body = "\n\n".join(
        f'{{{{role "{roles.get(turn.role, turn.role)}"}}}}\n{as_handlebars(turn.tokens)}'
        for turn in said
    )
    left += [Left(f"model `{name}`", "one model a file there") for name in prompt.models[1:]]
    return Exported(f"{prompt.id}.prompt", f"---\n{yaml_text(meta)}---\n{body}\n", tuple(left))


def _inputs(build: Build, meta: Map) -> None:
    given = meta.get("input")
    if not isinstance(given, Map):
        return
    for name, says in fields(given.get("schema")):
        if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            build.declare(name, says)
    defaults = given.get("default")
    for name, value in defaults.items() if isinstance(defaults, Map) else ():
        if name in build.variables:
            build.declare(name, "", text_of(value))


def _output(build: Build, meta: Map) -> dict[str, str]:
    """The output's schema as a file beside the prompt."""
    output = meta.get("output")
    schema = output.get("schema") if isinstance(output, Map) else None
    if schema is None:
        return {}
    if isinstance(schema, str) and schema not in ("string", "any"):
        why = "a schema by name is the program's; the kept copy has it"
        build.left.append(Left(f"output schema `{schema}`", why, meta.lines.get("output", 0)))
        return {}
    return {SCHEMA: json.dumps(json_schema(schema), indent=2, ensure_ascii=False) + "\n"}
