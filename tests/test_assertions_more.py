"""Assertion types that need something from outside: programs, tokens, languages, a judge."""

from __future__ import annotations

import builtins
import os
import time
from collections.abc import Callable
from typing import Any

import pytest

from promptops.errors import ConfigError
from promptops.evals import Judgement
from promptops.evals.assertions import Context, _language, _patterns, _punkt, code, judge
from promptops.model import Assertion, Case
from promptops.tokens.counts import Counter
from promptops.tokens.vocab import places


def run(program: str, answer: str = "An answer.", **context: Any) -> Judgement:
    return judge(answer, Assertion("python", program), Context(allow_code=True, **context))


def test_a_program_passes_fails_or_breaks() -> None:
    assert run("assert 'answer' in answer").passed is True
    said = run("print('noise')\nassert len(answer) < 3, f'{len(answer)} characters'")
    assert (said.passed, said.reason) == (False, "`10 characters`")
    assert run("assert 0").reason == "an `assert` of the program failed"
    broken = run("answer.nothing()")
    assert broken.passed is None
    assert "AttributeError" in broken.reason
    assert run("not python").passed is None
    assert run("raise SystemExit(3)").passed is None


def test_a_program_is_told_of_the_case() -> None:
    case = Case("late-fee", {"question": "Why?"}, {"language": "de"})
    program = "assert (case, variables, slices, cut) == ('late-fee', {'question': 'Why?'}, {'language': 'de'}, True)"
    assert run(program, case=case, cut=True).passed is True


def test_a_program_gets_no_keys_and_no_folder_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-for-programs")
    program = "import os\nassert not {k for k in os.environ if k != 'LC_CTYPE'}, sorted(os.environ)"
    assert run(program).passed is True
    assert run("import os\nassert os.listdir() == []").passed is True
    assert run(f"import os\nassert os.getcwd() != {os.getcwd()!r}").passed is True


def test_a_program_that_does_not_end_is_ended_with_all_it_started(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setattr(code, "SECONDS", 1.0)
    child = f"import time; time.sleep(3); open({str(tmp_path / 'alive')!r}, 'w')"
    program = f"import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', {child!r}])\nwhile True: pass"
    start = time.monotonic()
    said = run(program)
    assert said.passed is None
    assert "longer than 1 s" in said.reason
    assert time.monotonic() - start < 60
    time.sleep(3)
    assert not (tmp_path / "alive").exists()


def test_a_program_cannot_fill_memory_or_the_disk() -> None:
    assert run("x = 'a' * (1 << 32)").passed is None
    assert run("import sys\nsys.stderr.write('x' * (1 << 25))").passed is None


def test_tokens_are_judged_where_their_bounds_allow_it() -> None:
    counter = Counter(places(os.environ))

    def tokens(limit: int, model: str, cut: bool = False) -> Judgement:
        context = Context(counter=counter, model=model, cut=cut)
        return judge("one two three four", Assertion("max_tokens", limit), context)

    assert tokens(4, "openai/gpt-4o").passed is True
    assert tokens(3, "openai/gpt-4o").passed is False
    assert tokens(4, "openai/gpt-4o", cut=True).passed is None
    assert tokens(3, "openai/gpt-4o", cut=True).passed is False
    count = counter.count("one two three four", "anthropic/claude-sonnet-4-5")
    assert count.low is not None
    assert count.tokens is not None
    assert count.high is not None
    assert count.low < count.high
    assert tokens(count.tokens, "anthropic/claude-sonnet-4-5").passed is None
    assert tokens(count.low - 1, "anthropic/claude-sonnet-4-5").passed is False
    assert tokens(count.high, "anthropic/claude-sonnet-4-5").passed is True
    assert tokens(100, "nobody/knows").passed is None


LANGUAGES = {
    "en": "The fee was added because the payment arrived nine days after the due date.",
    "de": "Die Gebühr wurde berechnet, weil die Zahlung neun Tage zu spät eingegangen ist.",
    "fr": "Les frais ont été ajoutés parce que le paiement est arrivé avec neuf jours de retard.",
    "es": "El recargo se añadió porque el pago llegó nueve días después de la fecha límite.",
    "ja": "支払いが期日より九日遅れたため、手数料が加算されました。",
    "ru": "Сбор был начислен, потому что платёж поступил на девять дней позже срока.",
}


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_language_is_told(code: str) -> None:
    for other, text in LANGUAGES.items():
        said = judge(text, Assertion("language", code), Context())
        assert said.passed is (code == other), said.reason


def test_languages_are_the_same_on_each_run_and_in_each_process() -> None:
    mixed = "IT IS SO. DAS IST SO. C'EST COMME ÇA."
    first = [_language.language_of(mixed) for _ in range(3)]
    _language._factory.cache_clear()
    assert {*first, _language.language_of(mixed)} == {first[0]}


def test_what_has_no_letters_is_in_any_language() -> None:
    assert judge("123 !!", Assertion("language", "de"), Context()).passed is True


@pytest.mark.parametrize(
    ("kind", "answer", "passed"),
    [
        ("all_uppercase", LANGUAGES["en"].upper(), True),
        ("all_uppercase", LANGUAGES["ru"].upper(), False),
        ("all_uppercase", LANGUAGES["en"], False),
        ("all_lowercase", LANGUAGES["en"].lower(), True),
        ("all_lowercase", LANGUAGES["de"].lower(), False),
    ],
)
def test_one_case_is_english_unless_another_language_is_named(
    kind: str, answer: str, passed: bool
) -> None:
    assert judge(answer, Assertion(kind, True), Context()).passed is passed
    assert judge(answer, Assertion(kind, False), Context()).passed is not passed
    if kind == "all_lowercase":
        german = judge(answer, Assertion(kind, {"language": "de"}), Context())
        assert german.passed is not passed


def test_a_judge_was_asked_before() -> None:
    verdicts = {"It is polite.": Judgement(False, "`Go away`", (0, 7))}
    polite = Assertion("judge", {"rubric": "It is polite."})
    said = judge("Go away", polite, Context(verdicts=verdicts))
    assert said == verdicts["It is polite."]
    assert (
        judge("Hi", Assertion("judge", {"rubric": "x"}), Context(verdicts=verdicts)).passed is None
    )


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Makes a library one that is not installed."""

    def hide(name: str) -> None:
        real = builtins.__import__

        def refuse(wanted: str, *args: Any, **kwargs: Any) -> Any:
            if wanted.split(".")[0] == name:
                raise ImportError(wanted)
            return real(wanted, *args, **kwargs)

        monkeypatch.setattr(builtins, "__import__", refuse)

    return hide


@pytest.mark.parametrize(
    ("library", "kind", "argument"),
    [
        ("langdetect", "language", "de"),
        ("punkt", "sentence_count", {"min": 1}),
        ("regex", "regex", "x+"),
        ("jsonschema", "json_schema", {"type": "array", "title": "missing library"}),
    ],
)
def test_a_missing_library_is_named_with_what_to_install(
    library: str, kind: str, argument: Any, without: Callable[[str], None]
) -> None:
    for cached in (_language._factory, _punkt._model, _patterns._regex):
        cached.cache_clear()
    without(library)
    options = {"engine": "regex"} if kind == "regex" else {}
    with pytest.raises(ConfigError) as caught:
        judge("1", Assertion(kind, argument, options=options), Context())
    assert "not installed" in caught.value.message
    assert "promptops-toolkit[eval]" in caught.value.hint
