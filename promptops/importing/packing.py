"""An imported prompt as the files of its folder, each proven to read and render as it must."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from promptops.errors import InputError, PromptopsError
from promptops.importing.dump import cases_yaml, prompt_yaml
from promptops.importing.interface import Imported, Source
from promptops.importing.restore import origin_path
from promptops.model import Prompt
from promptops.render import render_target
from promptops.source.cases import read_cases
from promptops.source.schema import PROMPT
from promptops.source.shape import WRONG, Log
from promptops.source.tree import MAX_BYTES
from promptops.source.yaml import compose

CASES = "cases.yaml"


def packed(found: Imported, folder: str, source: Source) -> Mapping[str, str]:
    """Path -> text of all that goes into the prompt's folder.

    source: the imported file. A copy of it is kept where the prompt alone does not render it.
    InputError where YAML cannot hold the prompt without loss, or within a megabyte.
    """
    prompt, text = found.prompt, source.text
    files = {f"{folder}/prompt.yaml": prompt_yaml(prompt, _comment(found, source))}
    if prompt.cases:
        files[f"{folder}/{CASES}"] = cases_yaml(prompt.cases)
    if prompt.target and not found.whole:
        files[origin_path(f"{folder}/prompt.yaml", prompt.target)] = text
    files |= {f"{folder}/{name}": content for name, content in found.files.items()}
    _prove(found, files, folder, text)
    return files


def _comment(found: Imported, source: Source) -> str:
    said = f"imported from {source.path}{':' if source.name else ''}{source.name}"
    drafts = sum(rule.draft for rule in found.prompt.rules)
    if drafts:
        said += ": each `draft: true` waits for somebody to say why, in their own words"
    return said


def _prove(found: Imported, files: Mapping[str, str], folder: str, text: str) -> None:
    prompt = found.prompt
    for path, content in files.items():
        if len(content.encode()) > MAX_BYTES:
            hint = "split the file: a prompt that large is no prompt"
            raise InputError("what it becomes is over 1 MiB", hint, path=path)
    try:
        log = Log()
        back = PROMPT.read(compose(files[f"{folder}/prompt.yaml"], folder), (), log)
        same = back is not WRONG and not log.all() and _bare(back) == _bare(prompt)
        if same and prompt.cases:
            own = Log()
            same = read_cases(files[f"{folder}/{CASES}"], CASES, own)[0] == prompt.cases
            same = same and not own.all()
        if same and found.whole and prompt.target:
            same = render_target(prompt) == text
    except PromptopsError:
        same = False
    if not same:
        hint = "please report it: an import must lose nothing"
        raise InputError("it cannot be imported without loss", hint, path=prompt.target)


def _bare(prompt: Prompt) -> Prompt:
    return replace(prompt, path="", cases=(), cases_path="")
