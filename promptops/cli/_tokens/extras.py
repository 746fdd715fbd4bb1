"""What goes with a prompt beside its text: tools, images, and the output it must give."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

from promptops.cli._call import Call
from promptops.errors import InputError, UsageError, unreadable
from promptops.model import Image, Prompt, Tool
from promptops.report import Block, Table, Text
from promptops.source.beside_shapes import MOST_PIXELS
from promptops.source.tree import Tree
from promptops.tokens.arithmetic import size_of
from promptops.tokens.count import Count
from promptops.tokens.counts import Counter
from promptops.tokens.images import image_tokens
from promptops.tokens.models import Model
from promptops.tokens.skeleton import skeleton
from promptops.tokens.summary import Figures
from promptops.tokens.tools import each_tool

USUAL_IMAGE = Image(1024, 1024)  # where a prompt takes images and nobody says which


@dataclass(frozen=True, slots=True)
class Extras:
    """Tools and images as given on the command line."""

    tools: tuple[Tool, ...] = ()
    images: tuple[Image, ...] = ()

    @classmethod
    def read(cls, call: Call, tools: str | None, images: tuple[str, ...]) -> Extras:
        """From `--tools FILE` and `--image WxH`; UsageError or InputError where they mean nothing."""
        return cls(_tools(call, tools) if tools else (), tuple(map(_size, images)))

    def on(self, prompt: Prompt) -> Prompt:
        """The prompt with these in the place of those that it declares."""
        tools, images = self.tools or prompt.tools, self.images or prompt.images
        return replace(prompt, tools=tools, images=images)


def beside_text(prompt: Prompt, figures: Figures, counter: Counter, tree: Tree) -> dict[str, Any]:
    """The JSON fields of one model; null where nothing is known.

    Images of a prompt that takes some and declares none are shown for one usual size, and are in
    no total.
    """
    model = figures.measure.model
    row = counter.model(model)
    other = figures.measure.beside
    found: dict[str, Any] = {
        "tools": other.tools.tokens,
        "tools_low": other.tools.low,
        "tools_high": other.tools.high,
        "tools_source": other.tools.source,
        "tool_sizes": dict(each_tool(prompt.tools, model, counter)),
        "image_tokens": other.images.tokens,
    }
    usual = (USUAL_IMAGE,) if "image" in prompt.modalities_in else ()
    found["images"] = [_image(image, row, prompt) for image in prompt.images or usual]
    if prompt.output_schema:
        known = figures.measure.text.tokens is not None
        schema = _schema(prompt, tree)
        size = partial(size_of, counter, model)
        found["output"] = asdict(skeleton(schema, size)) if known and schema else None
    return found


def _image(image: Image, row: Model, prompt: Prompt) -> dict[str, Any]:
    count: Count = image_tokens(image.width, image.height, row, image.detail)
    return {
        **asdict(image),
        "low": count.low,
        "high": count.high,
        "known": count.known,
        "source": count.source,
        "as_of": count.as_of,
        "in_total": bool(prompt.images),
    }


def _schema(prompt: Prompt, tree: Tree) -> Mapping[str, Any] | None:
    folder = os.path.dirname(prompt.path)
    path = f"{folder}/{prompt.output_schema}" if folder else prompt.output_schema
    try:
        schema = json.loads(tree.read(path))
    except (ValueError, RecursionError):
        raise InputError("the output schema is not JSON", "correct it", path=path) from None
    return schema if isinstance(schema, dict) else None


def _tools(call: Call, name: str) -> tuple[Tool, ...]:
    try:
        with open(os.path.join(call.folder, name), "rb") as file:
            tools = json.loads(file.read(1 << 20))
    except OSError as error:
        raise unreadable(error, name) from None
    except (ValueError, RecursionError):
        raise InputError(
            "the tools are not JSON", "a list of tool definitions", path=name
        ) from None
    if not isinstance(tools, list) or not all(isinstance(tool, dict) for tool in tools):
        raise InputError("the tools are no list of definitions", "[{…}, …]", path=name)
    return tuple(_tool(tool, name) for tool in tools)


def _tool(given: Mapping[str, Any], path: str) -> Tool:
    """A definition as OpenAI (`function`, or bare) or Anthropic (`input_schema`) takes it."""
    inner = given.get("function", given)
    inner = inner if isinstance(inner, dict) else {}
    name, said = inner.get("name"), inner.get("description", "")
    schema = inner.get("parameters", inner.get("input_schema", {}))
    if not isinstance(name, str) or not isinstance(said, str) or not isinstance(schema, dict):
        raise InputError(
            "a tool is no definition: it needs a name, and a schema that is an object",
            '{"name": "…", "description": "…", "parameters": {…}}',
            path=path,
        )
    return Tool(name, said, schema)


def _size(given: str) -> Image:
    width, _, height = given.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal() and len(given) < 20):
        raise UsageError(f"`{given}` is no size of an image", "width and height, as in 1024x768")
    if not (0 < int(width) <= MOST_PIXELS and 0 < int(height) <= MOST_PIXELS):
        raise UsageError(f"no image is {given} pixels", f"between 1 and {MOST_PIXELS:,} a side")
    return Image(int(width), int(height))


def extra_blocks(found: Mapping[str, Mapping[str, Any]]) -> Iterator[Block]:
    """The same for people: one row a model."""
    rows = [row for model, fields in found.items() for row in _rows(model, fields)]
    if rows:
        yield Text("beside the text:", "quiet")
        yield Table(("model", "what", "tokens"), tuple(rows))


def _rows(model: str, fields: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    if fields["tools"] != 0:
        yield model, "tools", _between(fields["tools_low"], fields["tools_high"])
        yield from _largest(model, "the largest", fields["tool_sizes"])
    for one in fields["images"]:
        times = f"{one['count']} of " if one["count"] > 1 else ""
        what = f"image {times}{one['width']}×{one['height']}"
        size = _between(one["low"], one["high"])
        yield model, what, size + ("" if one["in_total"] else " each, in no total")
    output = fields.get("output")
    if output:
        least = f"{output['compact']:,} compact, {output['pretty']:,} indented"
        yield model, "least output", least
        yield from _largest(model, "its fields", output["fields"])


def _largest(model: str, what: str, sizes: Mapping[str, int]) -> Iterator[tuple[str, str, str]]:
    first = sorted(sizes.items(), key=lambda pair: -pair[1])[:8]
    if first:
        yield model, what, ", ".join(f"{name} {size:,}" for name, size in first)


def _between(low: int | None, high: int | None) -> str:
    if low is None or high is None:
        return "unknown"
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"
