"""What goes with a prompt beside its text: tools, images, and the output it must give."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from promptops.cli._call import Call
from promptops.errors import InputError, UsageError
from promptops.model import Prompt
from promptops.report import Block, Table, Text
from promptops.source.tree import Tree
from promptops.tokens.arithmetic import size_of
from promptops.tokens.counts import Counter
from promptops.tokens.framing import tool_tokens
from promptops.tokens.images import image_tokens
from promptops.tokens.skeleton import skeleton

USUAL_IMAGE = (1024, 1024)  # pixels, where a prompt declares images and nobody says which
MOST_PIXELS = 100_000


@dataclass(frozen=True, slots=True)
class Extras:
    """Tools and images as given on the command line."""

    tools: tuple[Mapping[str, Any], ...] = ()
    images: tuple[tuple[int, int], ...] = ()

    @classmethod
    def read(cls, call: Call, tools: str | None, images: tuple[str, ...]) -> Extras:
        """From `--tools FILE` and `--image WxH`; UsageError or InputError where they mean nothing."""
        return cls(_tools(call, tools) if tools else (), tuple(map(_size, images)))

    def of(self, counter: Counter, model: str, prompt: Prompt, tree: Tree) -> dict[str, Any]:
        """The JSON fields of one model; null where nothing is known, left out where not asked."""
        known = counter.count("a", model).tokens is not None
        row, size = counter.model(model), partial(size_of, counter, model)
        found: dict[str, Any] = {}
        if self.tools:
            found["tools"] = tool_tokens(self.tools, row, size) if known else None
        images = self.images or ((USUAL_IMAGE,) if "image" in prompt.modalities_in else ())
        if images:
            found["images"] = [_image(w, h, image_tokens(w, h, row)) for w, h in images]
        if prompt.output_schema:
            schema = _schema(prompt, tree)
            found["output"] = asdict(skeleton(schema, size)) if known and schema else None
        return found


def _image(width: int, height: int, count: Any) -> dict[str, Any]:
    return {
        "width": width,
        "height": height,
        "low": count.low,
        "high": count.high,
        "known": count.known,
        "source": count.source,
        "as_of": count.as_of,
    }


def _schema(prompt: Prompt, tree: Tree) -> Mapping[str, Any] | None:
    folder = os.path.dirname(prompt.path)
    path = f"{folder}/{prompt.output_schema}" if folder else prompt.output_schema
    try:
        schema = json.loads(tree.read(path))
    except (ValueError, RecursionError):
        raise InputError("the output schema is not JSON", "correct it", path=path) from None
    return schema if isinstance(schema, dict) else None


def _tools(call: Call, name: str) -> tuple[Mapping[str, Any], ...]:
    try:
        with open(os.path.join(call.folder, name), "rb") as file:
            tools = json.loads(file.read(1 << 20))
    except OSError as error:
        raise InputError(f"cannot read it: {error.strerror}", path=name) from None
    except (ValueError, RecursionError):
        raise InputError(
            "the tools are not JSON", "a list of tool definitions", path=name
        ) from None
    if not isinstance(tools, list) or not all(isinstance(tool, dict) for tool in tools):
        raise InputError("the tools are no list of definitions", "[{…}, …]", path=name)
    return tuple(tools)


def _size(given: str) -> tuple[int, int]:
    width, _, height = given.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal() and len(given) < 20):
        raise UsageError(f"`{given}` is no size of an image", "width and height, as in 1024x768")
    if not (0 < int(width) <= MOST_PIXELS and 0 < int(height) <= MOST_PIXELS):
        raise UsageError(f"no image is {given} pixels", f"between 1 and {MOST_PIXELS:,} a side")
    return int(width), int(height)


def extra_blocks(found: Mapping[str, Mapping[str, Any]]) -> Iterator[Block]:
    """The same for people: one row a model."""
    rows = []
    for model, fields in found.items():
        if "tools" in fields:
            rows.append((model, "tools", _said(fields["tools"])))
        rows += [
            (model, f"image {one['width']}×{one['height']}", _between(one["low"], one["high"]))
            for one in fields.get("images", ())
        ]
        output = fields.get("output")
        if output:
            least = f"{output['compact']:,} compact, {output['pretty']:,} indented"
            rows.append((model, "least output", least))
            fields_of = sorted(output["fields"].items(), key=lambda pair: -pair[1])
            if fields_of:
                said = ", ".join(f"{name} {size}" for name, size in fields_of[:8])
                rows.append((model, "its fields", said))
    if rows:
        yield Text("beside the text:", "quiet")
        yield Table(("model", "what", "tokens"), tuple(rows))


def _said(tokens: int | None) -> str:
    return "unknown" if tokens is None else f"{tokens:,}"


def _between(low: int | None, high: int | None) -> str:
    if low is None or high is None:
        return "unknown"
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"
