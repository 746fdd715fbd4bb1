"""PO6, keys pasted into a prompt. Known prefixes only: a scanner such as gitleaks finds far more.

Prefixes and lengths are those that the services document, or that GitHub lists for secret scanning
(https://docs.github.com/en/code-security/secret-scanning/introduction/supported-secret-scanning-patterns).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

from promptops.checks import ON_TEXT, Around, check
from promptops.diagnostic import Finding, Severity

_SHAPES: tuple[tuple[str, str, str], ...] = (  # prefix to look for, whose key it is, its shape
    ("sk-ant-", "Anthropic", r"sk-ant-[a-z]+[0-9]{2}-[\w-]{16,}"),
    ("sk-or-", "OpenRouter", r"sk-or-v1-[0-9a-f]{32,}"),
    ("sk-", "OpenAI", r"sk-(?!ant-|or-)(?:proj-|svcacct-|admin-)?(?=[\w-]*\d)[A-Za-z0-9_-]{32,}"),
    ("sk_live_", "Stripe", r"sk_live_[0-9a-zA-Z]{16,}"),
    ("rk_live_", "Stripe", r"rk_live_[0-9a-zA-Z]{16,}"),
    ("ghp_", "GitHub", r"ghp_[0-9A-Za-z]{30,}"),
    ("gho_", "GitHub", r"gho_[0-9A-Za-z]{30,}"),
    ("ghs_", "GitHub", r"ghs_[0-9A-Za-z]{30,}"),
    ("ghu_", "GitHub", r"ghu_[0-9A-Za-z]{30,}"),
    ("github_pat_", "GitHub", r"github_pat_[0-9A-Za-z_]{40,}"),
    ("glpat-", "GitLab", r"glpat-[\w-]{20,}"),
    ("AKIA", "AWS", r"AKIA[0-9A-Z]{16}"),
    ("ASIA", "AWS", r"ASIA[0-9A-Z]{16}"),
    ("AIza", "Google", r"AIza[\w-]{35}"),
    ("GOCSPX-", "Google", r"GOCSPX-[\w-]{24,}"),
    ("xoxb-", "Slack", r"xoxb-[0-9]{8,}-[\w-]{16,}"),
    ("xoxp-", "Slack", r"xoxp-[0-9]{8,}-[\w-]{16,}"),
    ("xapp-", "Slack", r"xapp-[0-9]-[\w-]{20,}"),
    ("hooks.slack.com/", "Slack", r"hooks\.slack\.com/services/T\w{6,}/B\w{6,}/\w{16,}"),
    ("hf_", "Hugging Face", r"hf_[A-Za-z]{30,}"),
    ("gsk_", "Groq", r"gsk_[0-9A-Za-z]{40,}"),
    ("xai-", "xAI", r"xai-[0-9A-Za-z]{60,}"),
    ("r8_", "Replicate", r"r8_[0-9A-Za-z]{36,}"),
    ("npm_", "npm", r"npm_[0-9A-Za-z]{36}"),
    ("pypi-AgE", "PyPI", r"pypi-AgE[\w-]{40,}"),
    ("SG.", "SendGrid", r"SG\.[\w-]{20,}\.[\w-]{30,}"),
    ("eyJ", "signed", r"eyJ[\w-]{16,}\.eyJ[\w-]{16,}\.[\w-]{16,}"),
    ("PRIVATE KEY-----", "private", r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----"),
)
_EXAMPLES = (  # published by their services as examples
    "AKIAIOSFODNN7EXAMPLE",
    "eyJzdWIiOiIxMjM0NTY3ODkwIiwi",
)


@check("PO605", "secret", Severity.ERROR, (ON_TEXT,))
def secret(text: str, around: Around) -> Iterator[Finding]:
    """A key in a prompt goes to the model's provider, into every log of the call, and stays in git's
    history for whoever clones it.

    Bad:
        messages:
          - role: system
            content: |
              Use the key sk-ant-api03-Zm9yZ2V0LW1lLW5vdC0xMjM0 to search.
              {{ rules }}

    Good:
        messages:
          - role: system
            content: |
              Use the search tool.
              {{ rules }}
    """
    for whose, start, end in keys_in(text):
        article = "an" if whose[0] in "AEIOaeio" else "a"
        yield Finding(
            (),
            f"{article} {whose} key: {_shown(text[start:end])}",
            "revoke it where it was issued, then delete it here; a scanner such as"
            " gitleaks finds more, history included",
            within=(start, end),
        )


def keys_in(text: str) -> Iterator[tuple[str, int, int]]:
    """(whose, start, end) of every key in a text."""
    for start, end in _candidates(text):
        for prefix, whose, shape in _SHAPES:
            if prefix in text[start:end]:
                for found in _shape(shape).finditer(text, start, end):
                    if not _is_blank(found[0]):
                        yield whose, *found.span()


def without_keys(message: str, keys: Iterable[str]) -> str:
    """`message` with all but four characters of each key starred, cut keys too."""
    for key in keys:
        for length in range(len(key), SHOWN + 3, -1):
            if key[:length] in message:
                message = message.replace(key[:length], key[:SHOWN] + "*" * (length - SHOWN))
                break
    return message


SHOWN = 4  # characters of a key that may be printed
RUN = 19  # characters without a gap that every key but those below has
_GAPPED = ("hooks.slack.com/", "PRIVATE KEY-----")
_IN_KEYS = bytes(
    120 if (chr(n).isalnum() and n < 128) or chr(n) in "_-." else 32 for n in range(256)
)


def _candidates(text: str) -> Iterator[tuple[int, int]]:
    """Ranges that may hold a key: a whole text is never searched for each of the shapes.

    Each character is made `x` where a key may have it and a space elsewhere, and a search for a row
    of `x` leaps over everything else.
    """
    shape = text.encode("latin-1", "replace").translate(_IN_KEYS)
    start = shape.find(b"x" * RUN)
    while start >= 0:
        end = shape.find(b" ", start)
        end = len(shape) if end < 0 else end
        yield start, end
        start = shape.find(b"x" * RUN, end)
    for mark in _GAPPED:
        at = text.find(mark)
        while at >= 0:
            yield max(at - 60, 0), at + 120
            at = text.find(mark, at + 1)


@cache
def _shape(shape: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![A-Za-z0-9]){shape}")


def _is_blank(key: str) -> bool:
    """True for what stands where a key belongs: `sk-xxxxxxxx`, `ghp_your_token_here`, a sample."""
    if any(example in key for example in _EXAMPLES):
        return True
    body = re.split(r"[-_]", key.lower(), maxsplit=1)[-1]
    words = re.split(r"[^a-z]+", body)
    return not set(words).isdisjoint({"your", "my", "here", "placeholder", "redacted"}) or bool(
        re.search(r"x{8}|\*{4}|0{12}|1234567890abcdef", body)
    )


def _shown(key: str) -> str:
    """Four characters and a short hash: enough to find it again, too little to use."""
    from hashlib import sha256

    return f"`{key[:4]}…` (sha256 {sha256(key.encode()).hexdigest()[:8]})"
