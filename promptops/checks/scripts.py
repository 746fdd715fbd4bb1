"""PO6, letters that look like others: words of mixed script, and words in another script's letters.

Which letters are alike: the confusables of UTS #39, as far as they look the same in common fonts. A
word wholly in another script is somebody's language, unless no letter in the file belongs to that
script alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache

from promptops.checks import ON_PROMPT, ON_TEXT, Around, check
from promptops.checks._scalars import scalars, sealed
from promptops.checks._unicode import LOOK_ALIKES, name, spotless
from promptops.diagnostic import Finding, Severity
from promptops.model import Prompt

SHORTEST = 3  # letters; `hν` and `2π` are formulas

_LATIN_OF = {
    "cyrillic": dict(
        zip(
            "аеорсухіјѕһԁԛԝүӏАВЕКМНОРСТХУІЈЅԚԜҮӀ",
            "aeopcyxijshdqwylABEKMHOPCTXYIJSQWYl",
            strict=True,
        )
    ),
    "greek": dict(zip("ονΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ovABEZHIKMNOPTYX", strict=True)),
    "armenian": dict(zip("օսոհզյցՕՍ", "ounhqjgOU", strict=True)),
}
_RANGES = (
    ("latin", "A-Za-z\u00c0-\u024f\u1e00-\u1eff"),
    ("cyrillic", "\u0400-\u052f"),
    ("greek", "\u0370-\u03ff"),
    ("armenian", "\u0531-\u0586"),
    ("cherokee", "\u13a0-\u13fd\uab70-\uabbf"),
    ("full-width", "\uff21-\uff3a\uff41-\uff5a"),
)
_CYRILLIC_LOOKS = frozenset("aceopxyiABCEHKMOPTXYI")  # Latin letters that pass for Cyrillic ones


@check("PO603", "mixed-script-word", Severity.WARNING, (ON_TEXT, ON_PROMPT))
def mixed_script_word(subject: str | Prompt, around: Around) -> Iterator[Finding]:
    r"""`ignоre` with a Cyrillic о looks like `ignore` and is another word to a model, to search, to
    filters and to every comparison of ids.

    Bad:
        rules:
          - id: refunds
            text: "Never ign\u043ere a refund request."

    Good:
        rules:
          - id: refunds
            text: "Never ignore a refund request."
    """
    if isinstance(subject, str):
        for start, end, message in mixed_words(subject):
            yield Finding((), message, _HELP, within=(start, end))
    elif not spotless(sealed(subject)):
        for place, text in scalars(subject):
            for start, end, message in mixed_words(text):
                yield Finding(place, message, _HELP, within=(start, end))


_HELP = "type the word again in one script"


@lru_cache(maxsize=64)
def mixed_words(text: str) -> tuple[tuple[int, int, str], ...]:
    """(start, end, what it is) of each word with letters of another script that look like its own."""
    if spotless(text):
        return ()
    found = ((word, _intruder(word[0])) for word in _words().finditer(text))
    return tuple((word.start(), word.end(), _says(word[0], odd)) for word, odd in found if odd)


def _says(word: str, odd: str) -> str:
    return f"`{word}` mixes scripts: `{odd}` is {name(odd)}"


@cache
def _words() -> re.Pattern[str]:
    """Words with a letter that may pass for another, in the letters of one word."""
    letter = "".join(letters for _, letters in _RANGES)
    return re.compile(f"[{letter}]*[{LOOK_ALIKES}][{letter}]*")


def _intruder(word: str) -> str:
    """The letter of a mixed word that pretends to be of the other script, or ""."""
    scripts = _by_script(word)
    latin = scripts.pop("latin", "")
    if len(word) < SHORTEST or not latin or len(scripts) != 1:
        return ""
    ((script, others),) = scripts.items()
    alike = _LATIN_OF.get(script)
    if alike is None or all(letter in alike for letter in others):
        return others[0]
    return latin[0] if script == "cyrillic" and _CYRILLIC_LOOKS.issuperset(latin) else ""


def _by_script(word: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for letter in word:
        script = _script(letter)
        found[script] = found.get(script, "") + letter
    return found


@lru_cache(maxsize=2048)
def _script(letter: str) -> str:
    return next((s for s, letters in _RANGES if re.match(f"[{letters}]", letter)), "other")


@check("PO608", "look-alike-word", Severity.WARNING, (ON_TEXT,))
def look_alike_word(text: str, around: Around) -> Iterator[Finding]:
    """A whole word in letters that only look Latin, or in mathematical letters, slips past search,
    filters and reviewers; the model may read it, or may not.

    Bad:
        rules:
          - id: refunds
            text: Always mention the 𝗿𝗲𝗳𝘂𝗻𝗱 policy.

    Good:
        rules:
          - id: refunds
            text: Always mention the refund policy.
    """
    if spotless(text):
        return
    styled = list(_styled().finditer(text))
    if styled:
        word = styled[0]
        more = f", and {len(styled) - 1} more" if len(styled) > 1 else ""
        message = f"`{word[0]}` is written in mathematical letters ({name(word[0][0])}, …){more}"
        help = "write it in plain letters"
        yield Finding((), message, help, within=word.span(), severity=Severity.INFO)
    for script, alike in _LATIN_OF.items():
        own = re.findall(f"[{dict(_RANGES)[script]}]+", text)
        if own and all(letter in alike for word in own for letter in word):
            for found in _whole("".join(alike)).finditer(text):
                meant = "".join(alike[letter] for letter in found[0])
                message = f"`{found[0]}` is {script.capitalize()} and looks like `{meant}`"
                yield Finding((), message, _HELP, within=found.span())


@cache
def _whole(letters: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![^\W\d_])[{letters}]{{{SHORTEST},}}(?![^\W\d_])")


@cache
def _styled() -> re.Pattern[str]:
    return re.compile(f"[\U0001d400-\U0001d7cb]{{{SHORTEST},}}")
