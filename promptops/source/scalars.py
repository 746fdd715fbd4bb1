"""Text as YAML: plain where every reader takes it for the same text, quoted elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterable
from json import dumps

_PLAIN = re.compile(r"(?:\d+-)?[^\W\d_](?:[^\W_]|[ ./_()@+§%-])*")
_OTHERWISE = re.compile(r"(?i)(?:null|true|false|yes|no|on|off|y|n)\Z")
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]")


def scalar(text: str) -> str:
    """One line of YAML that reads as exactly `text`, in block and in flow."""
    if _PLAIN.fullmatch(text) and not _OTHERWISE.match(text) and text == text.strip():
        return text
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", dumps(text, ensure_ascii=False))


def flow_list(texts: Iterable[str]) -> str:
    """`[a, b]`."""
    return f"[{', '.join(map(scalar, texts))}]"
