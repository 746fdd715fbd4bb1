"""Settings as layers: the defaults, then the repository's file, then the command line.

A repository's file can tighten what a command does. It never names a host, a key, a program, an
amount of money to spend, or a path outside the repository: those come from the command line and
the user's environment alone.
"""

from __future__ import annotations

from collections.abc import Mapping

from promptops.values import dataclass, field, replace

TYPE_CHECKING = False  # `typing` costs a check a tenth of its start
if TYPE_CHECKING:
    from typing import Any

BASELINE = ".promptops-baseline"  # where known findings are, unless a setting says so
DECISION_KINDS = ("rule", "model", "modality", "data", "budget", "output")
DECIDED_ALWAYS = frozenset({"modality", "data"})


@dataclass(frozen=True, slots=True)
class Settings:
    """What a repository says about itself. Globs are relative to its root, with `**`.

    select, ignore: codes or prefixes of codes (`PO1`). people_left: names and e-mails.
    require_decision_for: kinds of change that need a decision record beside modality and data.
    models: aliases, prices and tokenizers, as plain data that the token layer reads.
    """

    prompts: tuple[str, ...] = ("prompts/**/prompt.yaml", "prompts/**/*.prompt.yaml")
    decisions: str = "docs/decisions"
    instructions: tuple[str, ...] = (
        "**/AGENTS.md",
        "**/AGENTS.override.md",
        "**/CLAUDE.md",
        "**/CLAUDE.local.md",
        "**/.claude/rules/**/*.md",
        "**/GEMINI.md",
        ".cursorrules",
        "**/.cursor/rules/**/*.mdc",
        ".github/copilot-instructions.md",
        ".github/instructions/**/*.instructions.md",
        ".windsurfrules",
        "**/.windsurf/rules/**/*.md",
        ".clinerules",
        ".clinerules/**/*.md",
        "**/*.prompty",
    )
    select: tuple[str, ...] = ("PO",)
    ignore: tuple[str, ...] = ()
    per_file_ignores: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    require_decision_for: frozenset[str] = DECIDED_ALWAYS
    people_left: frozenset[str] = frozenset()
    models: Mapping[str, Any] = field(default_factory=dict)
    baseline: str = ""
    path: str = ""  # the file they were read from, "" where there is none


DEFAULT = Settings()


def layered(base: Settings, **over: Any) -> Settings:
    """`base` with every value of `over` that is not None put over it."""
    return replace(base, **{name: value for name, value in over.items() if value is not None})
