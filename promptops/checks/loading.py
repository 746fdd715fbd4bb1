"""PO3, what arrives: text of an instruction file that a tool drops without a word."""

from __future__ import annotations

from collections.abc import Iterator

from promptops.checks import ON_INSTRUCTIONS, Around, check
from promptops.diagnostic import Finding, Severity
from promptops.model import Prompt


def _of(prompt: Prompt, around: Around, kind: str, help: str) -> Iterator[Finding]:
    for fault in around.faults.get(prompt.path, ()):
        if fault.kind == kind:
            yield Finding((), fault.message, fault.help or help, within=(fault.start, fault.end))


@check("PO380", "over-cap-text", Severity.WARNING, (ON_INSTRUCTIONS,))
def over_cap_text(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """Tools read instruction files up to a limit and cut off the rest without a word: Codex takes
    32 KiB of all the AGENTS.md files from the root down to where it works, so the most specific
    rules are the first to go. Nobody sees that they never arrived.

    Bad:
        # How to work here

        ```
        [handbook: 7000 tokens]
        ```

        - Never push to `main`.

    Good:
        # How to work here

        Read `docs/handbook.md` before you change the build.

        - Never push to `main`.
    """
    help = "shorten it, or move what only some folders need into their own files"
    yield from _of(prompt, around, "over-cap", help)


@check("PO381", "broken-import", Severity.WARNING, (ON_INSTRUCTIONS,))
def broken_import(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """An `@path` that leads nowhere is left as it stands: the rules somebody meant to bring in are
    not there, and no tool says so.

    Bad:
        # How to work here

        @docs/no-such-file.md

    Good:
        # How to work here

        The rules for releases stand in `docs/releasing.md`.
    """
    help = "name a file that is there, or write the path in backticks if nothing is imported"
    yield from _of(prompt, around, "broken-import", help)


@check("PO382", "never-loaded-file", Severity.INFO, (ON_INSTRUCTIONS,))
def never_loaded_file(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """A rule file that does not say when it applies waits for somebody to name it, while everybody
    believes that it is in force.

    Bad:
        ---
        description:
        globs:
        alwaysApply: false
        ---
        - Never push to `main`.

    Good:
        ---
        description: How changes reach the main branch
        globs:
        alwaysApply: false
        ---
        - Never push to `main`.
    """
    help = "say in the front matter for which files or always, or ignore this if it is meant so"
    yield from _of(prompt, around, "never-loaded", help)


@check("PO383", "broken-link", Severity.WARNING, (ON_INSTRUCTIONS,))
def broken_link(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """A link to a file that was moved or never came: the agent looks for it, finds nothing, and goes
    on without what it was sent to read, or spends its turns on the search.

    Bad:
        # How to work here

        Read [how we release](docs/no-such-file.md) before you tag anything.

    Good:
        # How to work here

        Releases are tagged on `main`; a link such as `[how](docs/releasing.md)` is text.
    """
    help = "name a file that is there, from this file on, or take the link out"
    yield from _of(prompt, around, "broken-link", help)
