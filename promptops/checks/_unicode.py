"""Characters that hide: which they are, and where real text has a use for them.

Which characters are invisible: Default_Ignorable_Code_Point of the Unicode Character Database, and
letters and symbols that are blank. Where they belong: UTS #51 (emoji sequences), Unicode Standard
chapters 9, 12 and 23 (joiners), UTS #37 (ideographic variation sequences).
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

BIDI = "\u202a-\u202e\u2066-\u2069"
CONTROL = "\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff"
PRIVATE = "\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd"
INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2060-\u2065"
    "\u206a-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
LOOK_ALIKES = (
    "\u0370-\u03ff\u0400-\u052f\u0531-\u0586\u13a0-\u13fd\uab70-\uabbf"
    "\uff21-\uff3a\uff41-\uff5a\U0001d400-\U0001d7cb"
)
HIDING = BIDI + CONTROL + PRIVATE + INVISIBLE

_PLAIN = bytes(range(0x20, 0x7F)) + b"\t\n\r\f"

_JOINING = (  # scripts whose letters take a joiner or a non-joiner
    "[\u0600-\u06ff\u0700-\u08ff\u0900-\u0dff\u0f00-\u109f\u1780-\u18af\u1a20-\u1aaf\u1b00-\u1c4f"
    "\ua840-\ua87f\ua8e0-\ua9ff\uaa00-\uaaff\uabc0-\uabff\ufb50-\ufdff\ufe70-\ufefc"
    "\U00010a00-\U00010aff\U00010d00-\U00011fff\U0001e900-\U0001e95f]"
)
_RIGHT_TO_LEFT = "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff]"
_NO_SPACES = "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1950-\u19ff\u3040-\u30ff\u3400-\u9fff]"
_HAN = "[\u2e80-\u2fff\u3021-\u3029\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af]"
_MONGOLIAN = "[\u1807\u1820-\u18aa]"
_BRAILLE = "[\u2801-\u28ff]"
_FLAG = "\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f"
_EMOJI_BASES = "\u2139\u3030\u24c2\u203c\u2049"  # emoji that are no symbols by category


@cache
def _suspect() -> re.Pattern[str]:
    return re.compile(f"[{HIDING}{LOOK_ALIKES}]")


@lru_cache(maxsize=8)
def spotless(text: str) -> bool:
    """True if no character of `text` can hide anything: most texts, told quickly.

    ASCII is deleted by one pass over the bytes; what is left is short.
    """
    rest = text.encode("utf-8", "surrogatepass").translate(None, _PLAIN)
    return not rest or _suspect().search(rest.decode("utf-8", "surrogatepass")) is None


def name(character: str) -> str:
    """`U+202E RIGHT-TO-LEFT OVERRIDE`."""
    import unicodedata

    code = f"U+{ord(character):04X}"
    return f"{code} {unicodedata.name(character, '')}".rstrip()


@cache
def _hiding() -> re.Pattern[str]:
    return re.compile(f"[{HIDING}]")


def hidden_runs(text: str) -> list[tuple[int, int]]:
    """Runs [start, end) of characters that hide, those that belong where they stand left out."""
    excused = {
        at for flag in re.finditer(_FLAG, text) for at in range(flag.start() + 1, flag.end())
    }
    runs: list[tuple[int, int]] = []
    for found in _hiding().finditer(text):
        at = found.start()
        if at in excused or _belongs(text, at):
            continue
        if runs and runs[-1][1] == at and _kind(text[at]) == _kind(text[at - 1]):
            runs[-1] = (runs[-1][0], at + 1)
        else:
            runs.append((at, at + 1))
    return runs


def _kind(character: str) -> str:
    return next(k for k in (BIDI, CONTROL, PRIVATE, INVISIBLE) if is_in(character, k))


def is_in(character: str, characters: str) -> bool:
    """True if a character is one of a class such as `BIDI`."""
    return re.match(f"[{characters}]", character) is not None


def _belongs(text: str, at: int) -> bool:
    """True if real text has this character here."""
    before = text[at - 1] if at else ""
    after = text[at + 1 : at + 2]
    match ord(text[at]):
        case 0xFEFF:
            return at == 0  # a byte order mark is another check's
        case 0xFE0E | 0xFE0F:
            return _takes_style(before, after)
        case 0x200D:
            return bool(re.match(_JOINING, before)) or (_emoji(before) and _emoji(after))
        case 0x200C:
            return bool(re.match(_JOINING, before))
        case 0x200B:
            return bool(re.match(_NO_SPACES, before) or re.match(_NO_SPACES, after))
        case 0x200E | 0x200F | 0x061C:
            return re.search(_RIGHT_TO_LEFT, _line(text, at)) is not None
        case 0x2800:
            return re.search(_BRAILLE, _line(text, at)) is not None
        case 0x034F:
            return "\u0590" <= before <= "\u05ff" or "\u0300" <= before <= "\u036f"
        case 0x115F | 0x1160:
            return "\u1100" <= before <= "\u11ff" or "\u1100" <= after <= "\u11ff"
        case code:
            return _selects(code, before)


def _selects(code: int, before: str) -> bool:
    """True for one variation selector after a letter or symbol that has variants."""
    if 0x180B <= code <= 0x180F:
        return bool(re.match(_MONGOLIAN, before))
    if 0xFE00 <= code <= 0xFE0D:
        return bool(re.match(_HAN, before)) or "\u2200" <= before <= "\u2aff"
    return 0xE0100 <= code <= 0xE01EF and bool(re.match(_HAN, before))


def _line(text: str, at: int) -> str:
    end = text.find("\n", at)
    return text[text.rfind("\n", 0, at) + 1 : len(text) if end < 0 else end]


def _takes_style(before: str, after: str) -> bool:
    """True after one base that has a text and an emoji form, keycaps included."""
    import unicodedata

    if before and before in "#*0123456789":
        return after == "\u20e3"
    symbol = bool(before) and unicodedata.category(before) in ("So", "Sm", "Sk", "Po", "Ps", "Pe")
    return (symbol and not before.isascii()) or (bool(before) and before in _EMOJI_BASES)


def _emoji(character: str) -> bool:
    """True for what a zero-width joiner may join in an emoji sequence."""
    import unicodedata

    if not character or character.isascii():
        return False
    return character in "\ufe0f\u20e3" or unicodedata.category(character) in ("So", "Sk", "Sm")


def hidden_words(run: str) -> str:
    """What a run of invisible characters spells out, or "".

    Tags spell ASCII (U+E0041 is `A`); variation selectors spell bytes (P. Butler, "Smuggling
    arbitrary data through an emoji", 2025); two zero-width characters in turn spell bits.
    """
    tags = "".join(chr(ord(c) - 0xE0000) for c in run if "\U000e0020" <= c <= "\U000e007e")
    if tags:
        return tags
    spelled = [_byte(c) for c in run]
    if len(run) > 1 and None not in spelled:
        return _readable(bytes(b for b in spelled if b is not None))
    kinds = sorted(set(run))
    if len(kinds) == 2 and len(run) >= 16:
        for zero in kinds:
            bits = "".join("0" if c == zero else "1" for c in run)
            size = len(bits) // 8
            words = _readable(int(bits[: size * 8], 2).to_bytes(size, "big"))
            if words:
                return words
    return ""


def _byte(selector: str) -> int | None:
    code = ord(selector)
    if 0xFE00 <= code <= 0xFE0F:
        return code - 0xFE00
    return code - 0xE0100 + 16 if 0xE0100 <= code <= 0xE01EF else None


def _readable(raw: bytes) -> str:
    try:
        words = raw.decode("utf-8")
    except UnicodeDecodeError:
        return ""
    return words if words.replace("\n", " ").isprintable() else ""
