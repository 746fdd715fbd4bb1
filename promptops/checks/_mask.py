"""Code and addresses in a text, blanked out, so that only prose is judged."""

from __future__ import annotations

import re
from functools import cache


@cache
def _not_prose() -> re.Pattern[str]:
    return re.compile(r"(`+)[^`].*?\1|https?://\S+|\{\{.*?\}\}|\{%.*?%\}|<!--.*?-->", re.DOTALL)


def prose(text: str) -> str:
    """`text` with code spans, addresses, templates and comments as spaces: offsets stay."""
    if "`" in text or "://" in text or "{" in text or "<!--" in text:
        return _not_prose().sub(lambda found: " " * len(found[0]), text)
    return text
