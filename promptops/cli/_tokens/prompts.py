"""`promptops tokens` of governed prompts: every figure, and what the PO3 checks say of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from promptops.checking.scope import without_links
from promptops.cli._findings import diagnostic_data
from promptops.cli._prompts import find_prompt, governed, usable
from promptops.cli._tokens import blocks as blocks
from promptops.cli._tokens.extras import Extras, beside_text, extra_blocks
from promptops.cli._tokens.json import of_prompt
from promptops.cli._tokens.plain import decoded
from promptops.errors import InputError, UsageError
from promptops.model import Prompt
from promptops.report import Diagnostics
from promptops.source.reading import Reading
from promptops.source.workspace import find_files
from promptops.tokens.count import Count, total_of
from promptops.tokens.summary import Figures, summarize

if TYPE_CHECKING:
    from promptops.cli._tokens.work import Work


def add_prompts(work: Work, name: str | None) -> None:
    """One prompt by id, file or folder; None means every prompt of the repository."""
    tree = work.call.tree()
    if name is not None:
        _add(work, find_prompt(work.call, tree, work.settings, name))
        return
    found = governed(tree, work.settings)
    plain = () if found else _instructions(work)
    for path in plain:
        work.add_text(path, decoded(tree.read(path), path))
    if not found and not plain:
        hint = "name a file, or - for standard input"
        raise UsageError("no prompts are governed here", hint)
    for reading in found:
        _add(work, reading)


def _instructions(work: Work) -> tuple[str, ...]:
    """The repository's instruction files, each once, whatever names lead to it."""
    tree = work.call.tree()
    return without_links(tree, find_files(work.settings, tree.paths())).instructions


def _add(work: Work, reading: Reading) -> None:
    from promptops.cli._tokens.plain import EXAMPLES
    from promptops.render import render

    extras = Extras.read(work.call, **work.beside)
    prompt = extras.on(usable(reading))
    reading = replace(reading, prompt=prompt)  # the hazards are of the same call
    models = work.models or prompt.models or EXAMPLES
    try:
        found = summarize(prompt, models, work.counter, render)
    except InputError as error:
        error.path = error.path or reading.path
        raise
    totals = {model: _counted(work, prompt, model, figures) for model, figures in found.items()}
    hazards = _hazards(work, reading)
    tree = work.call.tree()
    beside = {m: beside_text(prompt, f, work.counter, tree) for m, f in found.items()}
    work.prompts.append(
        {
            "id": prompt.id,
            "path": reading.path,
            "models": {m: of_prompt(f, totals[m]) | beside[m] for m, f in found.items()},
            "hazards": [diagnostic_data(one) for one in hazards.diagnostics],
        }
    )
    work.blocks += blocks.prompt_blocks(prompt, found, work.call.verbosity > 0)
    work.blocks += extra_blocks(beside)
    work.blocks += [hazards] if hazards.diagnostics else []


def _counted(work: Work, prompt: Prompt, model: str, found: Figures) -> Count | None:
    """What the endpoint counts of messages and tools, and the images, which are not sent to it."""
    said = [(laid.role, laid.text) for laid in found.measure.layout]
    counted = work.asked(model, said, prompt.tools)
    images = found.measure.beside.images
    return total_of([counted, images]) if counted and prompt.images else counted


def _hazards(work: Work, reading: Reading) -> Diagnostics:
    """What the PO3 checks say, as `check` would."""
    from promptops.checking.engine import examine, selected
    from promptops.checks import Around

    chosen = selected(("PO3",), work.settings.ignore)
    found = examine(reading, Around(work.call.today, counter=work.counter), chosen)
    sources = {path: document.text for path, document in reading.documents.items()}
    return Diagnostics(tuple(found), sources)
