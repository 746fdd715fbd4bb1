"""Files that look like prompts or instructions by their names, whoever governs them."""

from __future__ import annotations

from promptops.history.records import Entry, tree_entries

_ENDINGS = (".mdc", ".prompt", ".prompty", ".prompt.md", ".instructions.md", ".prompt.yaml")
_BEGINNINGS = (".cursorrules", ".clinerules", ".windsurfrules", ".goosehints", ".roomodes")
_NAMES = ("agent", "claude", "gemini", "skill", "copilot-instructions", "conventions",
          "system_prompt", "prompt")  # fmt: skip
_READABLE = (".md", ".MD", ".mdc", ".txt", ".markdown")
DOCUMENTS = frozenset(  # endings of files that people write, and where texts for models stand
    ("", ".md", ".mdx", ".mdc", ".markdown", ".txt", ".rst", ".adoc", ".prompt", ".prompty",
     ".j2", ".jinja", ".jinja2", ".tmpl", ".tpl", ".hbs", ".mustache", ".liquid", ".yaml", ".yml")
)  # fmt: skip
_FOLDERS = ("/prompts/", "/prompt/", "/.clinerules/", "/.roo/", "/.cursor/rules/", "/.windsurf/")
_PROGRAMS = (".py", ".ts", ".tsx", ".js", ".go", ".rs", ".rb", ".java", ".kt", ".cs", ".php")
_HOMES = ("/.claude/", "/.cursor/", "/.agents/", "/.codex/", "/.github/", "/.gemini/", "/skills/")


def prompt_entries(listed: bytes, name: str) -> list[Entry]:
    """Of what `ls-tree -z` printed, the files that look like prompts or are called `name`.

    And programs that a prompt may have been taken out of, by their names: `prompt.py`.
    """
    named = f"/{name}"
    return tree_entries(
        b"".join(_likely(listed, name.encode("utf-8", "surrogateescape"))),
        lambda path: prompt_like(path) or f"/{path}".endswith(named) or _holds_prompts(path),
    )


def _holds_prompts(path: str) -> bool:
    name = path.rpartition("/")[2].lower()
    return "prompt" in name and "test" not in name and name.endswith(_PROGRAMS)


def _likely(listed: bytes, name: bytes) -> list[bytes]:
    """The records, with their NUL, that hold what the path of a prompt holds.

    A large tree is searched for that rather than taken apart: most of it is something else.
    """
    ends = [ending.encode() for ending in _READABLE]
    if not name.endswith(tuple(ends)):
        ends += [b"/" + name, b"\t" + name]
    found: set[int] = set()
    for sign in (*(end + b"\0" for end in ends), b"rompt", b"/.", b"\t."):
        at = listed.find(sign)
        while at >= 0:
            found.add(listed.rfind(b"\0", 0, at) + 1)
            at = listed.find(sign, listed.index(b"\0", at))
    return [listed[start : listed.index(b"\0", start) + 1] for start in sorted(found)]


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
