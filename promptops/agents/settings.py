"""What a repository's own settings for a tool say of the files it loads."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from promptops.agents.profiles import Profile
from promptops.errors import InputError
from promptops.source.path_text import safe_path
from promptops.source.tree import Tree

MOST_NAMES = 20
MOST_BYTES = 1 << 24


def adjusted(profile: Profile, tree: Tree) -> Profile:
    """The profile under the repository's settings; as it is where they cannot be read."""
    if not profile.settings or not tree.exists(profile.settings):
        return profile
    change = _CHANGES[profile.tool]
    try:
        text = tree.read(profile.settings).decode("utf-8")
        return change(profile, text)
    except (InputError, ValueError, RecursionError):
        return profile


def _codex(profile: Profile, text: str) -> Profile:
    import tomllib

    said = tomllib.loads(text)
    names = (*profile.chain[0], *_names(said.get("project_doc_fallback_filenames")))
    most = said.get("project_doc_max_bytes")
    if isinstance(most, int) and not isinstance(most, bool) and 0 < most <= MOST_BYTES:
        profile = replace(profile, total=most)
    return replace(profile, chain=(names,))


def _gemini(profile: Profile, text: str) -> Profile:
    said = json.loads(text)
    context = said.get("context") if isinstance(said, dict) else None
    named = context.get("fileName") if isinstance(context, dict) else None
    old = said.get("contextFileName") if isinstance(said, dict) else None
    names = _names(named) or _names(old)
    return profile.with_names(names) if names else profile


def _names(value: Any) -> tuple[str, ...]:
    """File names that a setting lists; none that lead out."""
    listed = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    return tuple(n for n in listed[:MOST_NAMES] if isinstance(n, str) and safe_path(n))


_CHANGES: Mapping[str, Callable[[Profile, str], Profile]] = {
    "codex": _codex,
    "gemini-cli": _gemini,
}
