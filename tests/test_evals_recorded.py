"""Answers that other tools recorded: each format as its tool writes it, and how answers find cases."""

from __future__ import annotations

import io
import json
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import Ran
from hypothesis import given
from hypothesis import strategies as st
from repos import Repo

from promptops.errors import ConfigError, InputError
from promptops.evals import State
from promptops.evals.plan import Target, plan
from promptops.evals.recorded import formats, read
from promptops.evals.recorded.match import match
from promptops.model import Case, Message, Prompt

Run = Callable[..., Ran]

PROMPT = """promptops: 1
id: p
version: 1.0.0
models: [simulated/plain]
variables: {q: {examples: [x]}}
messages:
  - {role: system, content: "{{ rules }}"}
  - {role: user, content: "Asked: {{ q }}"}
rules:
  - id: yes
    text: Say yes.
    rationale: Because.
    tests:
      - {cases: all, assert: {contains: "yes"}}
cases:
"""


def prompt_of(cases: int) -> str:
    return PROMPT + "".join(f"  - {{id: c{i}, variables: {{q: q{i:03}}}}}\n" for i in range(cases))


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = Repo(tmp_path / "r")
    made.commit({"prompts/p.prompt.yaml": prompt_of(4)})
    return made


def lines(*rows: Any) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def plain(texts: dict[str, str]) -> str:
    return lines(*({"case": case, "response": text} for case, text in texts.items()))


def scored(run: Run, repo: Repo, name: str, content: str, *more: str) -> tuple[Ran, dict[str, Any]]:
    repo.write(name, content)
    done = run("eval", "p", "--responses", name, "--format", "json", *more, cwd=repo.root)
    return done, json.loads(done.out)["result"] if done.out else {}


# -- formats ---------------------------------------------------------------------------------------


def promptfoo(q: str, output: Any, **over: Any) -> dict[str, Any]:
    """A result as promptfoo 0.120 writes it, without its counts of tokens."""
    return {
        "cost": 0,
        "error": 'Expected output to contain "nothing"',  # an assertion of theirs that failed
        "gradingResult": {"pass": False, "score": 0, "reason": "…", "componentResults": []},
        "id": "aeab793e-0c7f-4344-b437-f79c6ff2380e",
        "prompt": {"raw": f"Asked: {q}", "label": "Asked: {{q}}", "config": {}},
        "promptId": "ca9e",
        "promptIdx": 0,
        "provider": {"id": "openai:gpt-4o-mini", "label": ""},
        "response": {"output": output, "cached": False, "tokenUsage": {}, "metadata": {}},
        "success": False,
        "testCase": {"vars": {"q": q}, "assert": [], "options": {}, "metadata": {}},
        "testIdx": 0,
        "vars": {"q": q},
        "failureReason": 1,
    } | over


def promptfoo_file(*results: dict[str, Any]) -> str:
    summary = {"version": 3, "timestamp": "…", "prompts": [], "results": results, "stats": {}}
    return json.dumps({"evalId": "eval-1", "results": summary, "config": {}, "metadata": {}})


def inspect_sample(
    name: Any, text: str, content: str, epoch: int = 1, **over: Any
) -> dict[str, Any]:
    """A sample as inspect_ai 0.3 writes it with `--log-format json`."""
    said = {"content": content, "source": "generate", "role": "assistant", "model": "mock/model"}
    choice = {"message": said, "stop_reason": over.pop("stop", "stop")}
    return {
        "id": name,
        "epoch": epoch,
        "input": text,
        "target": "yes",
        "messages": [
            {"id": "a", "content": "Be kind.", "role": "system"},
            {"id": "b", "content": text, "source": "input", "role": "user"},
            said,
        ],
        "output": {"model": "mock/model", "choices": [choice], "completion": content},
        "scores": {},
        "metadata": {"language": "en"},
        "attachments": {},
    } | over


def inspect_file(*samples: dict[str, Any]) -> str:
    return json.dumps(
        {
            "version": 2,
            "status": "success",
            "eval": {"task": "t", "model": "mock/model", "dataset": {}, "config": {}},
            "plan": {},
            "samples": samples,
        }
    )


def lm_eval(q: str, *texts: str, **over: Any) -> dict[str, Any]:
    """A line of samples_<task>_<date>.jsonl as lm-evaluation-harness 0.4 writes it."""
    how = {"until": [], "do_sample": False, "max_gen_toks": 1280}
    return {
        "doc_id": 0,
        "doc": {"key": 1000, "prompt": q},
        "target": "0",
        "arguments": {"gen_args_0": {"arg_0": f"Asked: {q}", "arg_1": how}},
        "resps": [list(texts)],
        "filtered_resps": list(texts),
        "filter": "none",
        "metrics": ["acc"],
        "doc_hash": "…",
        "prompt_hash": "…",
    } | over


FILES = {
    "promptfoo results": promptfoo_file(promptfoo("q000", "yes"), promptfoo("q001", "no")),
    "promptfoo lines": lines(promptfoo("q000", "yes"), promptfoo("q001", "no")),
    "inspect log": inspect_file(
        inspect_sample("c0", "Asked: q000", "yes"), inspect_sample(2, "Asked: q001", "no")
    ),
    "lm-eval samples": lines(lm_eval("q000", "yes"), lm_eval("q001", "no")),
    "plain answers": lines(
        {"prompt": "Asked: q000", "response": "yes"}, {"case": "c1", "answer": "no"}
    ),
    "plain list": json.dumps([{"id": "c0", "output": "yes"}, {"id": "c1", "output": "no"}]),
    "plain under a name": json.dumps({"responses": [{"id": "c0", "completion": "yes"}, {"id": "c1", "response": "no"}]}),
    "plain with messages": lines(
        {"messages": [{"role": "user", "content": "Asked: q000"}], "response": "yes"},
        {"variables": {"q": "q001"}, "response": "no"},
    ),
    "one plain entry": json.dumps({"case": "c0", "response": "yes"}),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_every_format_finds_its_cases(run: Run, repo: Repo, name: str) -> None:
    _, result = scored(run, repo, "answers", FILES[name])
    kept = result["rules"]["yes"]
    assert (kept["passed"], kept["n"]) == ((1, 1) if name.startswith("one") else (1, 2))
    assert result["responses"]["unknown"] == 0
    assert result["responses"]["unanswered"] == (["c1"] if name.startswith("one") else []) + [
        "c2",
        "c3",
    ]
    assert result["complete"] is False
    assert result["responses"]["format"].split()[0] == name.split()[0].replace("one", "plain")


def test_the_folder_of_formats_is_the_registry() -> None:
    names = [format.NAME for format in formats()]
    assert names[-1] == "plain answers"
    assert len(names) == len(set(names)) == 5


def test_what_the_store_exports_is_a_format(run: Run, repo: Repo) -> None:
    asked = run("eval", "p", "--format", "json", cwd=repo.root)
    run("store", "export", "--to", "out.jsonl", cwd=repo.root)
    done = run("eval", "p", "--responses", "out.jsonl", "--format", "json", cwd=repo.root)
    again, result = json.loads(asked.out)["result"], json.loads(done.out)["result"]
    assert result["rules"] == again["rules"]
    assert (result["model"], result["simulated"]) == ("simulated/plain", True)
    assert result["responses"]["other_text"] == []
    repo.write("prompts/p.prompt.yaml", prompt_of(4).replace("Say yes.", "Say yes, please."))
    done = run("eval", "p", "--responses", "out.jsonl", "--format", "json", cwd=repo.root)
    found = json.loads(done.out)["result"]["responses"]
    assert found["other_text"] == ["c0", "c1", "c2", "c3"]


def test_calls_that_failed_are_no_broken_rules(run: Run, repo: Repo) -> None:
    error = {"error": "API error: 503", "response": {"error": "API error: 503"}, "failureReason": 2}
    rows = [promptfoo("q000", "yes"), promptfoo("q001", None, **error), promptfoo("q002", " ")]
    _, result = scored(run, repo, "a.json", promptfoo_file(*rows))
    assert (result["rules"]["yes"]["passed"], result["rules"]["yes"]["n"]) == (1, 1)
    assert result["calls"]["failed"] == 1
    assert result["responses"]["failed"] == ["c1"]
    assert result["responses"]["empty"] == ["c2"]
    broken = inspect_sample("c1", "Asked: q001", "", error={"message": "boom", "traceback": "…"})
    filtered = inspect_sample("c2", "Asked: q002", "", stop="content_filter")
    cut = inspect_sample("c3", "Asked: q003", "yes", stop="max_tokens")
    samples = read(inspect_file(broken, filtered, cut).encode(), "a").records
    assert [one.answer.state for one in samples] == [
        State.FAILED,
        State.NO_ANSWER,
        State.ANSWER,
    ]
    assert samples[0].answer.reason == "boom"
    assert samples[2].answer.cut
    _, result = scored(
        run, repo, "p.jsonl", lines({"case": "c0", "error": "boom", "response": None})
    )
    assert result["responses"]["failed"] == ["c0"]


def test_an_attachment_is_the_text_it_stands_for() -> None:
    sample = inspect_sample("c0", "attachment://1", "attachment://2")
    sample["attachments"] = {"1": "Asked: q000", "2": "yes, of course"}
    [one] = read(inspect_file(sample).encode(), "a").records
    assert (one.prompt, one.answer.text) == ("Asked: q000", "yes, of course")
    assert one.messages[-1] == Message("user", "Asked: q000")


def test_chats_of_lm_eval_and_promptfoo_are_messages() -> None:
    chat = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Asked: q000"}]
    row = lm_eval("q000", "yes")
    row["arguments"]["gen_args_0"]["arg_0"] = [json.dumps(chat)]
    [one] = read(lines(row).encode(), "a").records
    raw = {"raw": json.dumps(chat), "label": "chat.json"}
    [two] = read(promptfoo_file(promptfoo("q000", {"a": 1}, prompt=raw)).encode(), "a").records
    assert one.messages == two.messages == (
        Message("system", "Be kind."),
        Message("user", "Asked: q000"),
    )  # fmt: skip
    assert two.answer.text == '{"a": 1}'
    row["arguments"]["gen_args_0"]["arg_0"] = "[not json"
    assert read(lines(row).encode(), "a").records[0].prompt == "[not json"


# -- what does not fit -----------------------------------------------------------------------------


def test_what_does_not_fit_is_said(run: Run, repo: Repo) -> None:
    rows = [
        {"prompt": "Asked: q000", "response": "no"},
        {"prompt": "Asked: q000", "response": "yes"},
        {"case": "c1", "response": "  "},
        {"prompt": "Asked: something else", "response": "yes"},
        {"case": "c2", "prompt": "Asked: q002, differently", "response": "yes"},
    ]
    _, result = scored(run, repo, "a.jsonl", lines(*rows))
    assert len(result["responses"].pop("digest")) >= 16
    assert result["responses"] == {
        "file": "a.jsonl",
        "format": "plain answers",
        "records": 5,
        "unknown": 1,
        "unknown_first": ["Asked: something else"],
        "duplicates": ["c0"],
        "unanswered": ["c3"],
        "empty": ["c1"],
        "failed": [],
        "other_text": ["c2"],
    }
    assert (result["rules"]["yes"]["passed"], result["rules"]["yes"]["n"]) == (2, 2)  # the last
    text = run("eval", "p", "--responses", "a.jsonl", cwd=repo.root)
    assert text.code == 3
    for said in (
        "5 recorded answers in a.jsonl",
        "1 answer to no case that is known here: `Asked: something else`",
        "1 case without an answer: c3",
        "1 case with an empty answer: c1",
        "1 case with more answers than",
        "1 case answered to another text",
        "incomplete 2/4",
    ):
        assert said in " ".join(text.out.split())


def test_a_question_is_worth_more_than_a_number(run: Run, repo: Repo) -> None:
    """Tools that number what they ask use numbers that may be ids of other cases."""
    text = prompt_of(2).replace("id: c1", "id: '1'").replace("id: c0", "id: '2'")
    repo.commit({"prompts/p.prompt.yaml": text})
    log = inspect_file(
        inspect_sample(1, "Asked: q000", "yes"), inspect_sample(2, "Asked: q001", "no")
    )
    _, result = scored(run, repo, "a.json", log)
    assert [(f["case"]) for f in result["failures"]] == ["1"]


def test_repeats_are_those_that_the_file_numbers(run: Run, repo: Repo) -> None:
    samples = [
        inspect_sample(f"c{i}", f"Asked: q{i:03}", "yes" if epoch == 1 else "no", epoch)
        for i in range(4)
        for epoch in (1, 2)
    ]
    _, result = scored(run, repo, "a.json", inspect_file(*samples))
    assert (result["rules"]["yes"]["passed"], result["rules"]["yes"]["n"]) == (4, 8)
    _, result = scored(
        run, repo, "a.jsonl", lines(*(lm_eval(f"q{i:03}", "yes", "no") for i in range(4)))
    )
    assert (result["rules"]["yes"]["passed"], result["rules"]["yes"]["n"]) == (4, 8)
    rows = [{"case": f"c{i}", "response": said} for i in range(4) for said in ("a", "yes", "no")]
    _, result = scored(run, repo, "b.jsonl", lines(*rows), "--repeats", "2")
    assert (result["rules"]["yes"]["passed"], result["rules"]["yes"]["n"]) == (4, 8)
    assert result["responses"]["duplicates"] == ["c0", "c1", "c2", "c3"]


def test_one_of_several_models_and_prompts_is_chosen(run: Run, repo: Repo) -> None:
    other = {"raw": "Other: q000", "label": "two"}
    rows = [
        promptfoo("q000", "yes"),
        promptfoo("q000", "no", provider={"id": "x", "label": "mine"}),
        promptfoo("q000", "no", prompt=other),
    ]
    content = promptfoo_file(*rows)
    done, _ = scored(run, repo, "a.json", content)
    assert (done.code, "answers of several models: mine, openai:gpt-4o-mini" in done.err) == (
        2,
        True,
    )
    done, _ = scored(run, repo, "a.json", content, "--model", "openai:gpt-4o-mini")
    assert "answers of several prompts: Asked: {{q}}, two" in done.err
    assert "--variant" in done.err
    chosen = ("--model", "openai:gpt-4o-mini", "--variant", "Asked: {{q}}")
    _, result = scored(run, repo, "a.json", content, *chosen)
    assert (result["rules"]["yes"]["passed"], result["model"]) == (1, "openai:gpt-4o-mini")
    done, _ = scored(run, repo, "a.json", content, "--model", "gpt-5")
    assert "no answers of `gpt-5`" in done.err


def test_a_name_for_those_who_have_none(run: Run, repo: Repo) -> None:
    content = plain({"c0": "yes"})
    assert scored(run, repo, "a.jsonl", content)[1]["model"] == "unnamed model"
    assert scored(run, repo, "a.jsonl", content, "--model", "my/own")[1]["model"] == "my/own"


def test_equal_cases_say_nothing() -> None:
    cases = (Case("a", {"q": "same"}), Case("b", {"q": "same"}))
    prompt = Prompt("p", cases=cases, messages=(Message("user", "{{ q }}"),))
    planned = plan(prompt, Target("recorded", "m"), expected={})
    rows = lines(
        {"prompt": "same", "response": "x"}, {"case": "b", "prompt": "same", "response": "y"}
    )
    found = match(read(rows.encode(), "a"), planned.asks)
    assert len(found.unknown) == 1
    assert [answer.text for answer in found.answers] == ["", "y"]


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def eval_log(*samples: dict[str, Any], header: str = "header.json") -> dict[str, bytes]:
    log = json.loads(inspect_file(*samples))
    files = {f"samples/{s['id']}_epoch_{s['epoch']}.json": s for s in log.pop("samples")}
    files[header] = log
    return {name: json.dumps(one).encode() for name, one in files.items()}


@pytest.mark.parametrize("header", ["header.json", "_journal/start.json"])
def test_inspects_own_logs_are_read(header: str) -> None:
    samples = (inspect_sample("c0", "q0", "yes"), inspect_sample("c1", "q1", "no"))
    for method in (zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED):
        found = read(zipped(eval_log(*samples, header=header), method), "a.eval")
        assert found.format == "inspect log"
        assert [one.answer.text for one in found.records] == ["yes", "no"]


def test_inspects_logs_in_zstandard_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    own = sys.version_info >= (3, 14)  # the standard library has it
    able: Any = zipfile if own else pytest.importorskip("backports.zstd.zipfile")
    packed = io.BytesIO()
    with able.ZipFile(packed, "w", able.ZIP_ZSTANDARD) as archive:
        for name, content in eval_log(inspect_sample("c0", "q0", "yes")).items():
            archive.writestr(name, content)
    [one] = read(packed.getvalue(), "a.eval").records
    assert one.answer.text == "yes"
    hurt = bytearray(packed.getvalue())
    hurt[60:90] = bytes(30)
    with pytest.raises(InputError, match="damaged"):
        read(bytes(hurt), "a.eval")
    if not own:
        monkeypatch.setitem(sys.modules, "backports.zstd.zipfile", None)
        with pytest.raises(ConfigError, match="Zstandard"):
            read(packed.getvalue(), "a.eval")


def test_a_zip_bomb_is_refused_unopened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("promptops.evals.recorded._zipped.MOST_BYTES", 50)
    with pytest.raises(InputError, match="more than 1 GiB"):
        read(zipped(eval_log(inspect_sample("c0", "q0", "yes"))), "a.eval")


def test_a_failed_sample_belongs_to_the_runs_model() -> None:
    # as inspect writes it: the answer names the model as the server does, what failed names none
    answered = inspect_sample("c0", "q0", "yes")
    answered["output"]["model"] = "m-2026-01-01"
    failed = inspect_sample("c1", "q1", "", error={"message": "boom"})
    failed["output"] = {"model": "", "choices": [], "completion": ""}
    assert len(read(inspect_file(answered, failed).encode(), "a").models) == 1


def test_a_chat_that_was_never_told_the_rules_answers_another_text(run: Run, repo: Repo) -> None:
    # as lm-eval logs a chat: all of its messages, as a text of JSON in a list of one
    def chat(*messages: tuple[str, str]) -> dict[str, Any]:
        told = json.dumps([{"role": role, "content": content} for role, content in messages])
        return {"gen_args_0": {"arg_0": [told], "arg_1": {"until": []}}}

    rows = [lm_eval(f"q{i:03}", "yes", arguments=chat(("user", f"Asked: q{i:03}"))) for i in (0, 1)]
    _, result = scored(run, repo, "a.jsonl", lines(*rows))
    assert result["responses"]["other_text"] == ["c0", "c1"]


BROKEN = [
    (b"", "there are no answers in it"),
    (b"[]", "there are no answers in it"),
    (b"\n\n", "there are no answers in it"),
    (b'{"a": 1}', "no format that is known here"),
    (b"42", "no format that is known here"),
    (b'{"case": "c0", "response": "yes"}\n{"case": "c1", "resp', "a.jsonl:2"),
    (b'{"case": "c0", "response": "yes"}\n{"b": 1}', "an entry that can't be read"),
    (b'{"case": "c0", "response": "yes"}\nnull', "a.jsonl:2"),
    (b'{"case": "c0", "response": "yes", "repeat": "x"}', "an entry that can't be read"),
    (b"[" * 100_000, "nested too deep"),
    (b'{"case": "c0", "response": "yes", "repeat": 1e9}', "a repeat that is not in 0 to 999"),
    (b'{"case": "c0", "response": "yes", "repeat": -1}', "a repeat that is not in 0 to 999"),
    (b"\xff\xfe", "not UTF-8 (byte 0)"),
    (b"PK\x03\x04", "a damaged zip file"),
    (zipped({"a.txt": b"x"}), "this zip file is no log of inspect"),
    (zipped({"header.json": b"[", "samples/1.json": b"{}"}), "whose parts are no JSON"),
    (zipped({"header.json": b"{}", "samples/1.json": b"{}"})[:-40], "a damaged zip file"),
    (zipped({"header.json": b"{}"}), "there are no answers in it"),
    (b'{"case": "c0", "response": ' + b"9" * 5000 + b"}", "a number too long"),
    (lines(lm_eval("q", "a") | {"resps": [["a"], ["b"]]}).encode(), "compares likelihoods"),
    (promptfoo_file(promptfoo("q", "[output stripped]")).encode(), "was left out"),
    (inspect_file({"id": 1, "epoch": 1, "input": "x", "output": ["x"]}).encode(), "can't be read"),
]


@pytest.mark.parametrize(("content", "said"), BROKEN, ids=range(len(BROKEN)))
def test_what_cannot_be_read_is_said(run: Run, repo: Repo, content: bytes, said: str) -> None:
    (repo.root / "a.jsonl").write_bytes(content)
    done = run("eval", "p", "--responses", "a.jsonl", cwd=repo.root)
    assert done.code == 2
    assert said in done.err
    assert "Traceback" not in done.err


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "case",
                        "response",
                        "prompt",
                        "messages",
                        "id",
                        "epoch",
                        "input",
                        "output",
                        "choices",
                        "vars",
                        "provider",
                        "eval",
                        "samples",
                        "results",
                        "doc",
                        "resps",
                        "arguments",
                        "request",
                        "answer",
                        "model",
                        "repeat",
                        "role",
                        "content",
                    ]
                ),
                inner,
                max_size=6,
            )
        ),
        max_leaves=12,
    )
)
def test_any_json_is_read_or_refused(data: Any) -> None:
    try:
        found = read(json.dumps(data).encode(), "a")
    except InputError:
        return
    assert found.records


# -- comparisons -----------------------------------------------------------------------------------


def test_82_to_85_of_100_is_not_told(run: Run, repo: Repo) -> None:
    repo.commit({"prompts/p.prompt.yaml": prompt_of(100)})
    before = {f"c{i}": "yes" if i < 82 else "no" for i in range(100)}
    after = {f"c{i}": "yes" if i >= 15 else "no" for i in range(100)}
    repo.write("before.jsonl", plain(before))
    done, result = scored(run, repo, "after.jsonl", plain(after), "--against", "before.jsonl")
    compared = result["against"]
    assert done.code == 3
    assert (compared["verdict"], compared["revision"]) == ("cannot_tell", "before.jsonl")
    assert compared["difference_pp"] == 3.0
    assert compared["cases_needed"] > 100
    out = run(
        "eval", "p", "--responses", "after.jsonl", "--against", "before.jsonl", cwd=repo.root
    ).out
    said = " ".join(out.split())
    assert "cannot tell" in said
    assert f"{compared['cases_needed']} more cases" in said
    repo.write("before.jsonl", plain(dict.fromkeys(before, "no")))
    done, result = scored(run, repo, "after.jsonl", plain(after), "--against", "before.jsonl")
    assert (done.code, result["against"]["verdict"]) == (0, "better")
    repo.write("before.jsonl", plain(after))
    done, result = scored(run, repo, "after.jsonl", plain(after), "--against", "before.jsonl")
    assert (result["against"]["verdict"], result["against"]["difference_pp"]) == ("same", 0.0)


def test_answers_to_two_wordings_in_one_file(run: Run, repo: Repo) -> None:
    repo.commit({"prompts/p.prompt.yaml": prompt_of(30)})
    repo.commit({"prompts/p.prompt.yaml": prompt_of(30).replace("Say yes.", "Say it.")})

    def asked(i: int, rule: str) -> list[dict[str, str]]:
        return [
            {"role": "system", "content": f"- {rule}"},
            {"role": "user", "content": f"Asked: q{i:03}"},
        ]

    rows = [{"messages": asked(i, "Say yes."), "response": "yes"} for i in range(30)]
    rows += [{"messages": asked(i, "Say it."), "response": "no"} for i in range(30)]
    done, result = scored(run, repo, "a.jsonl", lines(*rows), "--against", "HEAD~1")
    assert (done.code, result["against"]["verdict"]) == (1, "worse")
    assert result["against"]["difference_pp"] == -100.0
    done, _ = scored(run, repo, "a.jsonl", plain({"c0": "yes"}), "--against", "HEAD~1")
    assert done.code == 2
    assert "don't say which wording" in done.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("eval", "p", "--responses", "missing"), "cannot read it: No such file"),
        (("eval", "p", "--responses", "."), "cannot read it"),
        (("eval", "p", "--responses", "x", "--replay", "y"), "exclude each other"),
        (("eval", "p", "--variant", "x"), "chooses among recorded answers"),
        (("eval",), "no prompt is named"),
    ],
)
def test_what_cannot_be_done_is_said(
    run: Run, repo: Repo, arguments: tuple[str, ...], said: str
) -> None:
    done = run(*arguments, cwd=repo.root)
    assert (done.code, said in done.err) == (2, True)


def test_evidence_of_recorded_answers_names_their_model_and_their_file(
    run: Run, repo: Repo
) -> None:
    content = plain({f"c{i}": "yes" for i in range(4)})
    done, _ = scored(run, repo, "a.jsonl", content, "--evidence")
    assert (done.code, "nobody knows whose answers these are" in done.err) == (2, True)
    done, _ = scored(run, repo, "a.jsonl", content, "--evidence", "--model", "my/own")
    found = json.loads((repo.root / "prompts/evidence/p.my-own.json").read_text())
    assert len(found["recorded"]) >= 16
    assert found["rules"]["yes"]["passed"] == 4
    rows = lines(*({"case": f"c{i}", "prompt": "else", "response": "yes"} for i in range(4)))
    done, _ = scored(run, repo, "a.jsonl", rows, "--evidence", "--model", "my/own")
    assert (done.code, "given to another text" in done.err) == (2, True)


def test_parts_of_a_message_are_one_text() -> None:
    parts = [{"type": "text", "text": "Asked: "}, {"type": "image"}, {"type": "text", "text": "q"}]
    row = {"messages": [{"role": "user", "content": parts}], "response": "yes"}
    assert read(lines(row).encode(), "a").records[0].prompt == "Asked: q"
    raw = {"raw": "[Asked] q000", "label": "x"}
    [one] = read(promptfoo_file(promptfoo("q000", "yes", prompt=raw)).encode(), "a").records
    assert (one.prompt, one.messages) == ("[Asked] q000", ())
