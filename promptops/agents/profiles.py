"""How each tool loads instruction files, as data: with the day it was looked up and where.

Tools change. A profile is what their documentation or source said on `as_of`; what a user keeps
outside the repository (`beyond`) is loaded too and is not seen here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class RuleFiles:
    """Files that say themselves when they apply, in front matter.

    glob: below `folder` in each folder that is looked at (`everywhere`), or at the root alone.
    always: the key whose `true` means always; paths: the key with globs; about: the key with a
    description by which the agent decides. bare: when a file with none of these applies
    ("start" or "manual"). largest: characters of a file that are read, 0 for all.
    """

    glob: str
    always: str
    paths: str
    about: str
    bare: str
    everywhere: bool = False
    largest: int = 0


@dataclass(frozen=True, slots=True)
class Profile:
    """One tool's loading rules.

    chain: in every folder from the root down, of each group the first file there is. at_root: the
    same at the root alone. instead: read in every folder as `chain` is, where neither this folder
    nor one above it has a file of the chain. total: bytes of the chain together; what comes after is cut off.
    hops: how deep `@path` imports go, 0 for none. settings: a file of the repository that may
    change this.
    """

    tool: str
    title: str
    as_of: str
    sources: tuple[str, ...]
    chain: tuple[tuple[str, ...], ...] = ()
    at_root: tuple[tuple[str, ...], ...] = ()
    instead: tuple[tuple[str, ...], ...] = ()
    rules: tuple[RuleFiles, ...] = ()
    total: int = 0
    hops: int = 0
    settings: str = ""
    beyond: str = ""

    def with_names(self, names: tuple[str, ...]) -> Profile:
        """The profile with other names in its chain."""
        return replace(self, chain=tuple((name,) for name in names))


CODEX = Profile(
    "codex",
    "OpenAI Codex",
    "2026-11-21",
    (
        "https://developers.openai.com/codex/guides/agents-md",
        "https://github.com/openai/codex/blob/0cf644af40f7/codex-rs/core/src/agents_md.rs",
    ),
    chain=(("AGENTS.override.md", "AGENTS.md"),),
    total=32 * 1024,
    settings=".codex/config.toml",
    beyond="~/.codex/AGENTS.md",
)
CLAUDE = Profile(
    "claude-code",
    "Claude Code",
    "2026-11-21",
    (
        "https://code.claude.com/docs/en/memory",
        "https://code.claude.com/docs/en/changelog#2-1-277",  # AGENTS.md, not on every cloud yet
    ),
    chain=(("CLAUDE.md",), (".claude/CLAUDE.md",), ("CLAUDE.local.md",)),
    instead=(("AGENTS.md",), (".claude/AGENTS.md",)),
    rules=(RuleFiles(".claude/rules/**/*.md", "", "paths", "", "start", everywhere=True),),
    hops=4,
    beyond="~/.claude/CLAUDE.md, managed policies and automatic memory",
)
CURSOR = Profile(
    "cursor",
    "Cursor",
    "2026-11-21",
    ("https://cursor.com/docs/rules",),
    chain=(("AGENTS.md",),),
    at_root=((".cursorrules",),),
    rules=(
        RuleFiles(
            ".cursor/rules/**/*.mdc",
            "alwaysApply",
            "globs",
            "description",
            "manual",
            everywhere=True,
        ),
    ),
    beyond="user and team rules",
)
COPILOT = Profile(
    "copilot",
    "GitHub Copilot",
    "2026-11-21",
    (
        "https://docs.github.com/en/copilot/how-tos/copilot-cli/customize-copilot/add-custom-instructions",
    ),
    chain=(("AGENTS.md",),),
    at_root=((".github/copilot-instructions.md",), ("AGENTS.md", "CLAUDE.md", "GEMINI.md")),
    rules=(RuleFiles(".github/instructions/**/*.instructions.md", "", "applyTo", "", "manual"),),
    beyond="~/.copilot/copilot-instructions.md and organization instructions",
)
GEMINI = Profile(
    "gemini-cli",
    "Gemini CLI",
    "2026-11-21",
    (
        "https://github.com/google-gemini/gemini-cli/blob/5411f113cafa/docs/cli/gemini-md.md",
        "https://github.com/google-gemini/gemini-cli/blob/5411f113cafa/packages/core/src/utils/memoryImportProcessor.ts",
    ),
    chain=(("GEMINI.md",),),
    hops=5,
    settings=".gemini/settings.json",
    beyond="~/.gemini/GEMINI.md and extensions",
)
WINDSURF = Profile(
    "windsurf",
    "Windsurf",
    "2026-11-21",
    (
        "https://docs.windsurf.com/windsurf/cascade/memories",
        "https://docs.windsurf.com/windsurf/cascade/agents-md",
    ),
    chain=(("AGENTS.md",),),
    at_root=((".windsurfrules",),),
    rules=(
        RuleFiles(
            ".windsurf/rules/**/*.md",
            "trigger",
            "globs",
            "description",
            "manual",
            everywhere=True,
            largest=12_000,
        ),
    ),
    beyond="global rules",
)
PROFILES = (CODEX, CLAUDE, CURSOR, COPILOT, GEMINI, WINDSURF)
