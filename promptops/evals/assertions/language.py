"""The language of an answer, and whether all of it is in one case."""

from __future__ import annotations

from collections.abc import Mapping

from promptops.errors import ConfigError
from promptops.evals import Judgement
from promptops.evals.assertions import Context, assertion
from promptops.evals.assertions._finding import unfinished
from promptops.evals.assertions._language import language_of, languages

Case = bool | Mapping[str, str]


@assertion("language", published=True)
def language(answer: str, argument: str, context: Context) -> Judgement:  # noqa: ARG001
    """langdetect's likeliest language of the answer is the one of this code (ISO 639-1; Chinese is
    `zh-cn` or `zh-tw`). An answer without letters counts as in any language. Of a cut answer, what is
    there decides.

    This is IFEval's *response_language*, with a fixed seed, so that each run says the same.
    """
    if argument not in languages():
        known = ", ".join(sorted(languages()))
        raise ConfigError(f"`language: {argument[:60]}` is not known", f"known are {known}")
    detected = language_of(answer)
    reason = f"the language is `{detected or 'unknown'}`, wanted `{argument}`"
    return Judgement(detected in ("", argument), reason)


@assertion("all_uppercase", published=True)
def all_uppercase(answer: str, argument: Case, context: Context) -> Judgement:
    """No letter is lower case, there is a letter that has case, and langdetect takes the answer for
    English. `{language: any}` asks for no language, `{language: fr}` for French.

    This is IFEval's *english_capital*. Capitals tell langdetect little: it reads their first letters.
    """
    return _one_case(answer, argument, context, "upper")


@assertion("all_lowercase", published=True)
def all_lowercase(answer: str, argument: Case, context: Context) -> Judgement:
    """No letter is upper case, there is a letter that has case, and langdetect takes the answer for
    English. `{language: any}` asks for no language, `{language: fr}` for French.

    This is IFEval's *english_lowercase*.
    """
    return _one_case(answer, argument, context, "lower")


def _one_case(answer: str, argument: Case, context: Context, which: str) -> Judgement:
    right, wrong = (str.isupper, str.islower) if which == "upper" else (str.islower, str.isupper)
    at = next((place for place, letter in enumerate(answer) if wrong(letter)), None)
    if at is not None:
        return Judgement(False, f"`{answer[at]}` is not {which} case", (at, at + 1))
    if context.cut:
        return unfinished(f"`all_{which}case`")
    if not right(answer):  # ǅ is neither
        return Judgement(False, f"not one letter, or not every one, is {which} case")
    wanted = "en" if isinstance(argument, bool) else argument.get("language", "en")
    if wanted == "any":
        return Judgement(True, f"all letters are {which} case")
    said = language(answer, wanted, context)
    return Judgement(said.passed, f"all letters are {which} case, and {said.reason}")
