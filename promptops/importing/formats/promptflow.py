"""promptflow's flows: a folder with `flow.dag.yaml`, whose LLM nodes name Jinja2 files.

https://microsoft.github.io/promptflow. Each LLM node is a prompt; Python nodes are never run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from posixpath import join, normpath
from typing import Any

from promptops.errors import InputError
from promptops.importing.build import ROLES, Build, Said
from promptops.importing.interface import Imported, Left, Source
from promptops.importing.models import joined
from promptops.importing.names import id_of, slug_all
from promptops.importing.reading import foreign_text
from promptops.model import Prompt
from promptops.source.foreign_yaml import Map, Seq, load_foreign, text_of

NAME = "promptflow"
_ROLE = re.compile(
    r"^[ \t]*#?[ \t]*(?P<role>system|user|assistant|developer|tool|function)[ \t]*:[ \t]*(?:\r?\n|\Z)",
    re.IGNORECASE | re.MULTILINE,
)


def recognises(source: Source) -> int:
    """By its name."""
    return 95 if source.path.lower().rpartition("/")[2] in ("flow.dag.yaml", "flow.dag.yml") else 0


def read(source: Source) -> tuple[Imported, ...]:
    """A prompt for each LLM node; the first has the flow as its target."""
    flow = load_foreign(source.text, source.path)
    flow = flow if isinstance(flow, Map) else Map()
    listed = flow.get("nodes")
    nodes = [one for one in listed if isinstance(one, Map)] if isinstance(listed, Seq) else []
    left = [_left(node) for node in nodes if node.get("type") not in ("llm", "prompt")]
    found = [
        _prompt(source, flow, node, left) for node in nodes if node.get("type") in ("llm", "prompt")
    ]
    if not found:
        raise InputError("no node of this flow is a prompt", path=source.path)
    return (_with_target(found[0], source.path), *found[1:])


def _with_target(found: Imported, path: str) -> Imported:
    from dataclasses import replace

    return replace(found, prompt=replace(found.prompt, target=path))


def _left(node: Map) -> Left:
    name, kind = text_of(node.get("name")), text_of(node.get("type")) or "unknown"
    why = "code is never run; the kept copy has it" if kind == "python" else "no prompt"
    return Left(f"{kind} node `{name}`", why, node.line)


def _prompt(source: Source, flow: Map, node: Map, left: list[Left]) -> Imported:
    build = Build(source.path, "jinja2", left=list(left))
    given = node.get("inputs")
    inputs = given if isinstance(given, Map) else Map()
    build.say(list(_messages(build, source, node)))
    flow_inputs = flow.get("inputs")
    for name, value in inputs.items():
        if name in build.variables:
            build.declare(name, "", _default(flow_inputs, text_of(value)))
    name = text_of(inputs.get("deployment_name") or inputs.get("model"))
    family = "azure" if inputs.get("deployment_name") else ""
    prompt = Prompt(
        id="-".join(filter(None, (_folder(source), slug_all(text_of(node.get("name")))))) or "flow",
        version="1.0.0",
        models=(joined(family, name),) if name and "${" not in name else (),
    )
    return build.imported(NAME, prompt)


def _folder(source: Source) -> str:
    return slug_all(source.folder.rpartition("/")[2]) or ("" if source.folder else id_of("flow.md"))


def _default(inputs: Any, reference: str) -> str:
    """The default of `${inputs.question}`, "" where there is none."""
    found = re.fullmatch(r"\$\{inputs\.(\w+)\}", reference)
    about = inputs.get(found[1]) if found and isinstance(inputs, Map) else None
    return text_of(about.get("default")) if isinstance(about, Map) else ""


def _messages(build: Build, source: Source, node: Map) -> Iterator[Said]:
    given = node.get("source")
    path = text_of(given.get("path")) if isinstance(given, Map) else ""
    full = path if path.startswith("/") else normpath(join(source.folder, path))
    try:
        text = foreign_text(source.files.read(full), full)
    except InputError as error:
        build.left.append(Left(f"`{path}`", error.message, node.line))
        return
    found = list(_ROLE.finditer(text))
    if not found or text[: found[0].start()].strip():
        yield Said("user", text[: found[0].start()] if found else text, 1, full)
    ends = [*(match.start() for match in found[1:]), len(text)][: len(found)]
    for match, end in zip(found, ends, strict=True):
        line = text.count("\n", 0, match.end()) + 1
        yield Said(ROLES[match["role"].lower()], text[match.end() : end].strip("\r\n"), line, full)
