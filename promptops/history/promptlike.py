"""Files that look like prompts or instructions by their names, whoever governs them."""

from __future__ import annotations

from promptops.history.records import Entry, text, tree_entries

_ENDINGS = (".mdc", ".prompt", ".prompty", ".prompt.md", ".instructions.md", ".prompt.yaml")
_BEGINNINGS = (".cursorrules", ".clinerules", ".windsurfrules", ".goosehints", ".roomodes")
_NAMES = ("agent", "claude", "gemini", "skill", "copilot-instructions", "conventions",
          "system_prompt", "prompt")  # fmt: skip
_READABLE = (".md", ".MD", ".mdc", ".txt", ".markdown")
_FOLDERS = ("/prompts/", "/prompt/", "/.clinerules/", "/.roo/", "/.cursor/rules/", "/.windsurf/")
_HOMES = ("/.claude/", "/.cursor/", "/.agents/", "/.codex/", "/.github/", "/.gemini/", "/skills/")


def prompt_entries(listed: bytes, name: str) -> list[Entry]:
    """Of what `ls-tree -z` printed, the files that look like prompts or are called `name`.

    One look at most of a large tree.
    """
    records = text(listed).split("\0")
    ends = (*_READABLE, f"/{name}", f"\t{name}")
    likely = [r for r in records if r.endswith(ends) or "rompt" in r or "/." in r or "\t." in r]
    whole = "".join(f"{record}\0" for record in likely)
    named = f"/{name}"
    return tree_entries(
        whole.encode("utf-8", "surrogateescape"),
        lambda path: prompt_like(path) or f"/{path}".endswith(named),
    )


def prompt_like(path: str) -> bool:
    """True if a file of this path is probably a prompt, an instruction file or a skill."""
    if not path.endswith(_READABLE) and "rompt" not in path and "/." not in f"/{path}":
        return False  # most of a tree, told at once
    low = f"/{path.lower()}"
    name = low.rpartition("/")[2]
    if name.endswith(_ENDINGS) or name.startswith(_BEGINNINGS):
        return True
    if any(folder in low for folder in _FOLDERS):
        return True
    named = name.startswith(_NAMES) or any(home in low for home in _HOMES)
    return named and name.endswith((".md", ".txt", ".markdown"))
