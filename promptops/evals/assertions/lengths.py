"""How many words, sentences, paragraphs, list items … an answer has."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from promptops.evals import Judgement
from promptops.evals.assertions import Context, assertion
from promptops.evals.assertions._capitals import capital_words
from promptops.evals.assertions._counting import count
from promptops.evals.assertions._finding import unfinished
from promptops.evals.assertions._marks import bullets, highlighted, placeholders
from promptops.evals.assertions._punkt import sentences

_WORD = re.compile(r"\w+")
_DIVIDER = re.compile(r"\s?\*\*\*\s?")


@assertion("word_count", published=True)
def word_count(answer: str, argument: Mapping[str, Any], context: Context) -> Judgement:
    """The number of words, where a word is a run of letters, digits and _ in any script: *don't*
    and *3.5* are two words each.

    This is IFEval's *number_words*; its "less than 100" is `max: 99`.
    """
    found = sum(1 for _ in _WORD.finditer(answer))
    return count(found, argument, "word", context.cut)


@assertion("sentence_count", published=True)
def sentence_count(answer: str, argument: Mapping[str, Any], context: Context) -> Judgement:
    """The number of sentences that NLTK's English Punkt model finds. It knows abbreviations and
    initials, and no line ends: headings and list items without a full stop run on.

    This is IFEval's *number_sentences*.
    """
    found = sum(1 for _ in sentences(answer))
    return count(found, argument, "sentence", context.cut, slack=1)


@assertion("paragraph_count", published=True)
def paragraph_count(answer: str, argument: Mapping[str, Any], context: Context) -> Judgement:
    """The number of paragraphs between dividers `***`, as in IFEval's *number_paragraphs*: nothing
    before the first or after the last divider is no paragraph, and two dividers with nothing
    between them fail whatever is wanted.

    With `by: blank_lines` it is the number of texts between blank lines instead.
    """
    if argument.get("by") == "blank_lines":
        found = sum(1 for part in answer.split("\n\n") if part.strip())
        return count(found, argument, "paragraph", context.cut)
    parts = [bool(part.strip()) for part in _DIVIDER.split(answer)]
    if not all(parts[1:-1]):
        return Judgement(False, "nothing stands between two dividers `***`")
    found = sum(parts)
    return count(found, argument, "paragraph", context.cut, slack=1)


@assertion("paragraph_first_word", published=True)
def paragraph_first_word(answer: str, argument: Mapping[str, Any], context: Context) -> Judgement:
    """The paragraph number `paragraph`, counted from 1, begins with `word`, and there are exactly `of`
    paragraphs. Paragraphs are separated by two line feeds; empty ones don't count towards `of`, but
    keep their place. Case doesn't count, and a word ends at `. , ? ! ' "` or white space.

    This is IFEval's *nth_paragraph_first_word*.
    """
    if context.cut:
        return unfinished("the number of paragraphs")
    parts = [part.strip() for part in answer.split("\n\n")]
    found, at = sum(1 for part in parts if part), argument["paragraph"]
    if at > found or not parts[at - 1]:
        return Judgement(False, f"there is no paragraph {at}")
    word = parts[at - 1].split()[0].lstrip("'").lstrip('"')
    first = re.split("[.,?!'\"]", word, maxsplit=1)[0].lower()
    reason = f"paragraph {at} of {found} begins with `{first}`, wanted `{argument['word']}`"
    reason += f" in {argument['of']} paragraphs"
    return Judgement(found == argument["of"] and first == argument["word"].lower(), reason)


@assertion("bullet_count", published=True)
def bullet_count(answer: str, argument: Mapping[str, Any], context: Context) -> Judgement:
    """The number of lines that begin with `-`, or with one `*` and something after it.

    This is IFEval's *number_bullet_lists*, with its oddities: `---` is a bullet, `**bold**` at the
    beginning of a line and `1.` are none, and a lone `*` takes the next line along.
    """
    return count(bullets(answer), argument, "bullet", context.cut)


@assertion("section_count", published=True)
def section_count(answer: str, argument: Mapping[str, Any], context: Context) -> Judgement:
    """The number of places where the word `marker` (`Section` by default) stands before a number, as in
    *SECTION 3* or *Section3*. Case counts.

    This is IFEval's *multiple_sections*.
    """
    marker = argument.get("marker", "Section").strip()
    found = sum(1 for _ in re.finditer(rf"{re.escape(marker)}\s?\d+", answer))
    return count(found, argument, "section", context.cut)


@assertion("placeholder_count", published=True)
def placeholder_count(answer: str, argument: Mapping[str, Any], context: Context) -> Judgement:
    """The number of square brackets with anything in them, or nothing, on one line, as in *[name]*.

    This is IFEval's *number_placeholders*. Markdown links and check boxes count too.
    """
    return count(placeholders(answer), argument, "placeholder", context.cut)


@assertion("highlights", published=True)
def highlights(answer: str, argument: Mapping[str, Any], context: Context) -> Judgement:
    """The number of texts between asterisks, `*so*` or `**so**`, on one line.

    This is IFEval's *number_highlighted_sections*, which counts `***so***` twice, and takes any two
    asterisks on one line with a word between them for a highlight.
    """
    return count(highlighted(answer), argument, "highlight", context.cut)


@assertion("capital_word_count", published=True)
def capital_word_count(answer: str, argument: Mapping[str, Any], context: Context) -> Judgement:
    """The number of words in capitals, as NLTK cuts words: *I* and *A* are such words, *WELL-KNOWN* is
    one, *IT'S* and *CANNOT* are two each.

    This is IFEval's *capital_word_frequency*.
    """
    return count(capital_words(answer), argument, "capital word", context.cut, slack=2)
