"""PO5, versions: a prompt that changes says so by its version."""

from __future__ import annotations

from collections.abc import Iterator

from promptops.checks import ON_PROMPT, Around, check
from promptops.diagnostic import Finding, Severity
from promptops.history.bump import Bump, bumped, made_bump, needed_bump
from promptops.model import Prompt


@check("PO522", "version-too-low", Severity.WARNING, (ON_PROMPT,))
def version_too_low(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """Callers, logs and evidence know a prompt by its version. One that stays while the prompt
    changes is two prompts under one name, and nobody can tell which of them gave an answer.

    Looks at changes: with `--staged` and `--since`. A rule or variable that comes needs a minor
    bump, one that goes or is reworded a major one. It is only noted where the model sees nothing of
    the change, and with `--staged`: a version grows once for all that is pushed together.

    Bad:
        # the change took a rule out; the version was 1.4.0 before
        version: 1.4.0
        rules:
          - id: be-short
            text: Answer in three sentences.

    Good:
        # the change took a rule out; the version was 1.4.0 before
        version: 2.0.0
        rules:
          - id: be-short
            text: Answer in three sentences.
    """
    before = around.before.get(prompt.path)
    if before is None or not (before.version and prompt.version):
        return
    known = [before, *filter(None, (around.published.get(prompt.path),))]
    if any(made_bump(old.version, prompt.version) >= needed_bump(old, prompt) for old in known):
        return
    needed = needed_bump(before, prompt)
    wanted = bumped(before.version, needed)
    message = f"version {prompt.version} says too little: the change is {needed.word}"
    help = f"{wanted} would be right; `promptops bump` writes it, with `--since` for a whole branch"
    mild = needed is Bump.PATCH or around.in_making
    yield Finding(("version",), message, help, severity=Severity.INFO if mild else None)
