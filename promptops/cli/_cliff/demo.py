"""`promptops cliff --demo`: a model made of dice with planted conflicts, and what was found of them.

Everything lies in a folder of its own that is gone afterwards.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from importlib import resources
from typing import Any

from promptops.cli._call import Call
from promptops.cli._cliff.options import Measured
from promptops.cli._cliff.work import Work
from promptops.cli._eval.options import Wanted
from promptops.cli._prompts import usable
from promptops.evals.providers.simulated import WORLDS
from promptops.evals.world import World
from promptops.report import Block, Items, Text
from promptops.source.reading import read_prompt
from promptops.source.tree import DiskTree

PROMPT = "demo.yaml"


def demo(stack: ExitStack, call: Call, wanted: Wanted, measured: Measured) -> Work:
    """The demonstration's prompt, asked of the simulated model; answers are kept nowhere."""
    source = resources.files("promptops.cliff").joinpath(PROMPT)
    folder = str(stack.enter_context(resources.as_file(source)).parent)
    reading = read_prompt(DiskTree(folder), PROMPT)
    prompt = usable(reading)
    store = stack.enter_context(tempfile.TemporaryDirectory(prefix="promptops-demo-"))
    return Work(call, wanted, measured, reading, prompt, wanted.target(prompt), store)


def planted(work: Work) -> dict[str, Any]:
    """The conflicts in this world, to compare with what was found."""
    chosen = WORLDS.get(work.target.model, World())
    world = World(work.measured.seed, chosen.interference, chosen.capacity)
    edges = world.edges([rule.id for rule in work.prompt.rules])
    return {"edges": [list(edge) for edge in edges]}


def compared(result: Mapping[str, Any]) -> list[Block]:
    """What was planted, and what of it was found."""
    edges = {tuple(edge) for edge in result["planted"]["edges"]}
    found = {(p["source"], p["target"]) for p in result["interference"] if p["confirmed"]}
    hit, wrong = len(edges & found), len(found - edges)
    said = f"planted: {len(edges)} conflicts; found: {hit}; found and not planted: {wrong}"
    blocks: list[Block] = [Text(said, "good" if hit == len(edges) and not wrong else "warn")]
    missed = sorted(edges - found)
    if missed:
        blocks.append(Items(tuple(f"not found: {a} breaks {b}" for a, b in missed)))
    return blocks
