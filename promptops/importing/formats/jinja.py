"""A Jinja2 template in a file of its own: what its variables are is what its tags say."""

from __future__ import annotations

from promptops.importing.build import Build, Said
from promptops.importing.interface import Imported, Source
from promptops.importing.names import id_of
from promptops.importing.neutral import as_jinja
from promptops.importing.spots import Spot, put_into
from promptops.model import Prompt

NAME = "jinja"


def recognises(source: Source) -> int:
    """By its ending."""
    return 50 if source.path.lower().endswith((".j2", ".jinja", ".jinja2", ".njk")) else 0


def read(source: Source) -> tuple[Imported, ...]:
    """The whole file as one message."""
    build = Build(source.path, "jinja2")
    build.say([Said("system", source.text)])
    return (build.imported(NAME, Prompt(id_of(source.path), version="1.0.0", target=source.path)),)


def put(prompt: Prompt, origin: str) -> str | None:
    """The template with the prompt's rules in it."""
    return put_into(prompt, origin, [Spot("system", 0, len(origin), 1)], read, as_jinja)
