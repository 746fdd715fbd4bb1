"""What a check says about itself: its docstring, taken apart for `explain` and the reference pages."""

from __future__ import annotations

from collections.abc import Mapping

from promptops.checks import (
    ON_ANCHORS,
    ON_DECISION,
    ON_FORM,
    ON_IGNORES,
    ON_INSTRUCTIONS,
    ON_PROMPT,
    ON_SIDECAR,
    ON_TEXT,
    Check,
    registry,
)
from promptops.values import dataclass

FAMILIES = {
    "PO0": "File and schema",
    "PO1": "Rationale",
    "PO2": "Tests and cases",
    "PO3": "Tokens and budgets",
    "PO4": "Text",
    "PO5": "Governance",
    "PO6": "Hidden and hostile text",
    "PO7": "Templates and targets",
}
_SUBJECTS = {
    ON_PROMPT: "prompts",
    ON_INSTRUCTIONS: "instruction files",
    ON_DECISION: "decision records",
    ON_TEXT: "every file as it is written",
    ON_FORM: "every file that is read",
    ON_IGNORES: "ignore comments",
    ON_SIDECAR: "sidecars of instruction files",
    ON_ANCHORS: "entries of sidecars",
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """harm: why the check exists, paragraphs parted by blank lines. bad, good: an example each."""

    harm: str
    bad: str
    good: str


def explain(check: Check) -> Explanation:
    """The docstring of a check, taken apart; ValueError where a part is missing."""
    from textwrap import dedent

    first, _, rest = check.doc.partition("\n")
    harm, bad_mark, examples = f"{first}\n{dedent(rest)}".partition("\nBad:\n")
    bad, good_mark, good = examples.partition("\nGood:\n")
    if not (harm.strip() and bad_mark and good_mark and bad.strip() and good.strip()):
        raise ValueError(f"the docstring of {check.code} needs a harm, `Bad:` and `Good:`")
    paragraphs = [" ".join(paragraph.split()) for paragraph in harm.strip().split("\n\n")]
    return Explanation("\n\n".join(paragraphs), dedent(bad).strip("\n"), dedent(good).strip("\n"))


def applies_to(check: Check) -> str:
    """What a check looks at, in words: "prompts and instruction files"."""
    names = [_SUBJECTS[subject] for subject in check.on]
    return " and ".join(names)


def docs_pages() -> Mapping[str, str]:
    """The reference: file name -> Markdown, one page a check and an index, README.md."""
    pages = {f"{check.code}.md": page(check) for check in registry().values()}
    return {"README.md": index(), **pages}


def index() -> str:
    """All checks by family, in Markdown."""
    lines = ["# Checks", "", "`promptops explain CODE` says the same on the command line.", ""]
    for family, title in FAMILIES.items():
        members = [check for check in registry().values() if check.code.startswith(family)]
        if members:
            lines += [f"## {title} ({family})", "", "| code | name | severity | looks at |"]
            lines += ["|---|---|---|---|"]
            lines += [
                f"| [{c.code}]({c.code}.md) | {c.name} | {c.severity} | {applies_to(c)} |"
                for c in members
            ]
            lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def page(check: Check) -> str:
    """One check's page, in Markdown."""
    said = explain(check)
    kind = "markdown" if check.on == (ON_DECISION,) else "yaml"
    return "\n".join(
        [
            f"# {check.code} {check.name}",
            "",
            f"{check.severity.capitalize()}. Looks at {applies_to(check)}.",
            "",
            said.harm,
            "",
            "## Bad",
            "",
            *_fenced(said.bad, kind),
            "",
            "## Good",
            "",
            *_fenced(said.good, kind),
            "",
            "Examples show only what matters here. Where one occurrence is right all the same, say so:",
            f"`# promptops: ignore[{check.code}] because …`, with the reason.",
            "",
        ]
    )


def _fenced(text: str, kind: str) -> list[str]:
    fence = "````" if "```" in text else "```"
    return [f"{fence}{kind}", text, fence]
