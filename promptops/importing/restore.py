"""The text of a prompt's target: rendered where that is Markdown or text, else its kept copy.

A file that holds more than a text (`.prompty`, a promptfoo config) is kept whole beside the prompt
that was made of it, as `origin.…`. As long as the prompt says what the kept copy says, the copy is
the target, to the byte. Once the prompt's messages changed they are put into the copy where the
format has one place for them; all else in it stays.
"""

from __future__ import annotations

import os
import re

from promptops.errors import PromptopsError, TemplateError
from promptops.importing.interface import Imported, Source
from promptops.importing.registry import formats, read_foreign
from promptops.model import Prompt
from promptops.render import TARGETS, render_target
from promptops.source.tree import Tree
from promptops.source.workspace import ORIGIN

_PLACED = re.compile(r'\{\{ rule\("([^"]+)"\) \}\}')
WRITABLE = (".prompty", ".prompt", ".prompt.yml", ".prompt.yaml")


def is_text(target: str) -> bool:
    """True for a target that is rendered without a kept copy."""
    return target.lower().endswith(TARGETS)


def origin_path(path: str, target: str) -> str:
    """Where the kept copy of a target stands, given the path of its prompt: `origin.prompty`."""
    folder, slash, _ = path.rpartition("/")
    return f"{folder}{slash}{ORIGIN}{os.path.splitext(target)[1].lower()}"


def target_text(prompt: Prompt, tree: Tree) -> str:
    """The text of `prompt.target`.

    TemplateError where the prompt changed and the format cannot take the change; what
    `render_target` raises for a target that is text.
    """
    path = origin_path(prompt.path, prompt.target)
    if is_text(prompt.target) or not tree.exists(path):
        return render_target(prompt)
    origin = tree.read(path).decode("utf-8")
    try:
        found = read_foreign(Source(prompt.target, origin, tree))
    except PromptopsError:
        found = ()
    if any(said(one.prompt) == said(prompt) for one in found):
        return origin
    return _changed(prompt, found, origin)


def said(prompt: Prompt) -> tuple[tuple[str, str], ...]:
    """(role, template with its rules in place) of each message."""
    texts = {rule.id: rule.text for rule in prompt.rules}
    return tuple(
        (message.role, _PLACED.sub(lambda m: texts.get(m[1], m[0]), message.content))
        for message in prompt.messages
    )


def _changed(prompt: Prompt, found: tuple[Imported, ...], origin: str) -> str:
    module = formats()[found[0].format] if found else None
    put = getattr(module, "put", None)
    text: str | None = put(prompt, origin) if put is not None and len(found) == 1 else None
    if text is None:
        raise TemplateError(
            f"the change cannot be put into `{prompt.target}`",
            "change that file by hand and import it again, or delete `target`; "
            f"`promptops export {prompt.id}` writes new files",
            path=prompt.path,
        )
    return text
