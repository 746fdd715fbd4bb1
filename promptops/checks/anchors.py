"""PO5, sidecars of instruction files: entries and the rules that they are about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from promptops.checks import ON_ANCHORS, Around, check
from promptops.diagnostic import Finding, Place, Severity
from promptops.excerpt import excerpt
from promptops.source.anchor import HERE, Anchor

_EFFECTS = {
    "reversed": "says the reverse",
    "stronger": "became stronger",
    "weaker": "became weaker",
    "number changed": "has another number",
}


def _text(anchor: Anchor) -> Place:
    return (HERE, "rules", anchor.index, "text")


@check("PO530", "lost-rule", Severity.WARNING, (ON_ANCHORS,))
def lost_rule(anchors: Sequence[Anchor], around: Around) -> Iterator[Finding]:
    """The sidecar explains a rule that the instruction file no longer has. If it was removed, its
    reason should not linger; if it was rewritten beyond recognition, the new one has no reason.

    Bad:
        # AGENTS.md
        There are no rules yet.
        # AGENTS.rules.yaml
        promptops: 1
        rules:
          - id: uv
            text: Run the tests with `uv run pytest`, never with pip.
            rationale: A pip run on 2026-03-02 tested the released version.

    Good:
        # AGENTS.md
        - Run the tests with `uv run pytest`, never with pip.
        # AGENTS.rules.yaml
        promptops: 1
        rules:
          - id: uv
            text: Run the tests with `uv run pytest`, never with pip.
            rationale: A pip run on 2026-03-02 tested the released version.
    """
    for anchor in anchors:
        if anchor.rule is None:
            near = ""
            if anchor.nearest:
                near = (
                    f"; the nearest, in line {anchor.nearest}, is {anchor.likeness:.0f} % like it"
                )
            message = f"no rule of the file is the one of entry `{anchor.entry.id}`{near}"
            help = "delete the entry, or write today's wording into its `text`"
            yield Finding(_text(anchor), message, help)


@check("PO531", "uncertain-rule", Severity.WARNING, (ON_ANCHORS,))
def uncertain_rule(anchors: Sequence[Anchor], around: Around) -> Iterator[Finding]:
    """A rule was rewritten so far that it may be another one by now. A reason that was given for
    other words explains nothing, and looks as if it did.

    Bad:
        # AGENTS.md
        - Always call pytest through `uv run`; pip gives you the released package.
        - Never push to `main`.
        # AGENTS.rules.yaml
        promptops: 1
        rules:
          - id: uv
            text: Run the tests with `uv run pytest`, never with pip.
            rationale: A pip run on 2026-03-02 tested the released version.
          - id: main
            text: Never push to `main`.
            rationale: The release of 2026-02-11 went out from an unreviewed push.

    Good:
        # AGENTS.md
        - Always call pytest through `uv run`; pip gives you the released package.
        - Never push to `main`.
        # AGENTS.rules.yaml
        promptops: 1
        rules:
          - id: uv
            text: Always call pytest through `uv run`; pip gives you the released package.
            rationale: A pip run on 2026-03-02 tested the released version.
          - id: main
            text: Never push to `main`.
            rationale: The release of 2026-02-11 went out from an unreviewed push.
    """
    for anchor in anchors:
        if anchor.rule is not None and not anchor.sure:
            message = f"entry `{anchor.entry.id}` is perhaps about the rule in line"
            message += f" {anchor.nearest}, {anchor.likeness:.0f} % like its wording"
            yield Finding(_text(anchor), message, _again(anchor))


@check("PO532", "turned-rule", Severity.WARNING, (ON_ANCHORS,))
def turned_rule(anchors: Sequence[Anchor], around: Around) -> Iterator[Finding]:
    """A small rewording can turn a rule round, or change its number or its force, and the reason
    beside it still argues for what it said before.

    Bad:
        # AGENTS.md
        - Never run the whole test suite before a commit.
        # AGENTS.rules.yaml
        promptops: 1
        rules:
          - id: whole-suite
            text: Always run the whole test suite before a commit.
            rationale: The failure of 2026-03-02 stood in a test that nobody had run.

    Good:
        # AGENTS.md
        - Always run the whole test suite before a commit.
        # AGENTS.rules.yaml
        promptops: 1
        rules:
          - id: whole-suite
            text: Always run the whole test suite before a commit.
            rationale: The failure of 2026-03-02 stood in a test that nobody had run.
    """
    for anchor in anchors:
        if anchor.rule is not None and anchor.sure and anchor.effect:
            what = " and ".join(_EFFECTS[effect] for effect in anchor.effect)
            message = f"the rule of entry `{anchor.entry.id}`, in line {anchor.nearest}, {what}"
            message += f" since its reason was given, for “{excerpt(anchor.entry.text, 60)}”"
            yield Finding(_text(anchor), message, _again(anchor))


def _again(anchor: Anchor) -> str:
    from shlex import quote

    return (
        f"see whether the reason still holds, then `promptops adopt {quote(anchor.about)} --accept"
        f" {anchor.entry.id}` notes today's wording"
    )
