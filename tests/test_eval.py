"""`promptops eval` and `promptops store`, from files to verdicts."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from conftest import Ran
from loopback import Loopback, Reply, completion, plain
from repos import Repo

from promptops.evals import Answer, Judgement, State
from promptops.evals.against import Against, against
from promptops.evals.assertions import registry
from promptops.evals.plan import Ask, Expectation, Target, must_fire, plan, with_history
from promptops.evals.providers import Link, names, provider
from promptops.evals.result import family_data, rule_verdict
from promptops.evals.score import Cell, Score, score
from promptops.model import Assertion, Case, CaseSelection, Message, Prompt, Rule
from promptops.model import Test as RuleTest
from promptops.source.evidence import all_evidence, evidence_path
from promptops.source.reading import read_prompt
from promptops.source.tree import DiskTree
from promptops.stats.rates import clustered_rate

needs_assertions = pytest.mark.skipif("contains" not in registry(), reason="no assertions here")
pytestmark = needs_assertions

Run = Callable[..., Ran]
KEY = "sk-eval/+0123456789"


def prompt_text(cases: int = 12, rule: str = "Say yes.") -> str:
    listed = "".join(
        f"  - id: c{i}\n    variables: {{q: question {i:03}}}\n"
        f"    slices: {{language: {'en' if i % 2 else 'de'}}}\n"
        for i in range(cases)
    )
    return f"""promptops: 1
id: p
version: 1.0.0
models: [simulated/plain]
variables: {{q: {{examples: [x]}}}}
messages:
  - role: system
    content: "{{{{ rules }}}}"
  - role: user
    content: "{{{{ q }}}}"
rules:
  - id: yes
    text: {rule}
    rationale: Because.
    tests:
      - cases: all
        assert: {{contains: "yes"}}
  - id: quiet
    text: Never shout.
    rationale: Because.
    tests:
      - cases: [c1]
        assert: {{contains: "!"}}
      - cases: {{slice: {{language: de}}}}
        assert: {{not_contains: "!"}}
cases:
{listed}"""


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = Repo(tmp_path / "r")
    made.commit({"prompts/p.prompt.yaml": prompt_text()})
    return made


def says(answer: Callable[[int, str], str]) -> Callable[[int, dict[str, Any]], Reply]:
    """A server whose answers follow from the number of the case."""

    def behave(_number: int, body: dict[str, Any]) -> Reply:
        last = body["messages"][-1]["content"]
        text = answer(int(last.split()[-1]), body["messages"][0]["content"])
        return Reply(body=completion(text, model=body["model"]))

    return behave


def evaluated(run: Run, repo: Repo, server: Loopback, *more: str) -> tuple[Ran, dict[str, Any]]:
    to = ("--api-base", server.url, "--model", "m", "--format", "json")
    done = run("eval", "p", *to, *more, cwd=repo.root)
    return done, json.loads(done.out)["result"] if done.out else {}


def test_a_rule_that_is_always_kept_and_one_that_is_not(run: Run, repo: Repo) -> None:
    repo.commit({"prompts/p.prompt.yaml": prompt_text(40)})
    with Loopback(says(lambda i, _: "yes" if i % 4 else "no!")) as server:
        done, result = evaluated(run, repo, server)
        again, same = evaluated(run, repo, server)
        assert server.count == 40
    yes = result["rules"]["yes"]
    assert (yes["passed"], yes["n"], yes["rate"]) == (30, 40, 0.75)
    assert yes["interval"][0] < 0.75 < yes["interval"][1]
    assert yes["verdict"] == "cannot_tell"
    assert done.code == again.code == 1
    quiet = result["rules"]["quiet"]
    assert (quiet["passed"], quiet["n"]) == (0, 1)
    assert (quiet["over_triggered"]["passed"], quiet["over_triggered"]["n"]) == (10, 20)
    assert quiet["over_triggered"]["rate"] == 0.5
    assert quiet["verdict"] == "no"
    assert result["calls"] == {
        "planned": 40, "answered": 40, "no_answer": 0, "failed": 0, "unknown": 0, "not_run": 0,
    }  # fmt: skip
    assert result["slices"]["language=de"]["cases"] == 20
    assert same["from_store"] == 40
    dropped = ("attempts", "from_store")
    assert {k: v for k, v in same.items() if k not in dropped} == {
        k: v for k, v in result.items() if k not in dropped
    }
    assert {(one["rule"], one["case"]) for one in result["failures"]} >= {("yes", "c0")}


def test_too_many_failures_give_no_verdict(run: Run, repo: Repo) -> None:
    def behave(number: int, body: dict[str, Any]) -> Reply:
        late = int(body["messages"][-1]["content"].split()[-1]) % 3 == 2
        return Reply(400, b"{}") if late else Reply(body=completion("yes", model="m"))

    repo.commit({"prompts/p.prompt.yaml": prompt_text(60)})
    with Loopback(behave) as server:
        done, result = evaluated(run, repo, server)
        text = run("eval", "p", "--api-base", server.url, "--model", "m", cwd=repo.root)
    assert done.code == 3
    assert not result["complete"]
    assert (result["calls"]["answered"], result["calls"]["failed"]) == (40, 20)
    assert result["rules"]["yes"]["rate"] == 1.0  # a failed call is no broken rule
    assert {rule["verdict"] for rule in result["rules"].values()} == {"cannot_tell"}
    assert "incomplete 40/60" in text.out


def test_a_certain_no_fails_the_run(run: Run, repo: Repo) -> None:
    with Loopback(says(lambda *_: "no")) as server:
        done, result = evaluated(run, repo, server)
        to = ("--api-base", server.url, "--model", "m", "--format")
        text = run("eval", "p", *to, "text", cwd=repo.root).out
        junit = run("eval", "p", *to, "junit", cwd=repo.root).out
    assert done.code == 1
    assert result["rules"]["yes"]["verdict"] == "no"
    assert "prompts/p.prompt.yaml:" in text
    assert "rule `yes` is kept in 0 of 12 answers, wanted 80 %" in text
    assert 'failures="1"' in junit  # one case of `quiet` alone is none


def test_against_an_older_prompt_on_the_same_cases(run: Run, repo: Repo) -> None:
    repo.commit({"prompts/p.prompt.yaml": prompt_text(80, "Say yes.")})
    repo.commit({"prompts/p.prompt.yaml": prompt_text(80, "Say perhaps.")})

    def answer(i: int, system: str) -> str:
        return "yes" if "Say yes" in system or i % 2 else "perhaps"

    with Loopback(says(answer)) as server:
        done, result = evaluated(run, repo, server, "--against", "HEAD~1")
        assert server.count == 160
        other, same = evaluated(run, repo, server, "--against", "HEAD")
        assert server.count == 160
    compared = result["against"]
    assert done.code == 1
    assert compared["verdict"] == compared["rules"]["yes"]["verdict"] == "worse"
    assert compared["rules"]["yes"]["difference_pp"] == -50.0
    assert same["against"]["rules"]["yes"]["difference_pp"] == 0.0
    assert other.code == 1  # half the answers keep it, as before: that is too few


def test_plan_asks_nobody_and_names_cost_and_effect(run: Run, repo: Repo) -> None:
    to = ("--model", "openai/gpt-4o-mini", "--plan", "--format", "json", "--repeats", "2")
    done = run("eval", "p", *to, cwd=repo.root)
    found = json.loads(done.out)["result"]["plan"]
    assert done.code == 0
    assert found["calls"] == 24
    assert 0 < found["usd"]["low"] < found["usd"]["high"] < 1
    assert found["detectable_pp"] > 20
    assert found["rules"]["quiet"]["cases"] == 7
    text = run("eval", "p", "--plan", cwd=repo.root)
    assert "price unknown" in text.out


@pytest.mark.parametrize("command", ["eval", "cliff"])
def test_a_misspelt_assertion_is_not_measured(run: Run, repo: Repo, command: str) -> None:
    text = prompt_text().replace('{contains: "yes"}', "{sentence_count: {at_least: 9}}")
    repo.write("prompts/p.prompt.yaml", text)
    refused = run(command, "p", "--model", "simulated/plain", cwd=repo.root)
    assert refused.code == 2, refused.out
    assert "unknown key `at_least`" in refused.err
    assert f"--> prompts/p.prompt.yaml:{text[: text.index('at_least')].count(chr(10)) + 1}:" in (
        refused.err
    )
    assert "`promptops check prompts/p.prompt.yaml` says all" in refused.err


def test_a_budget_without_a_price_is_refused(run: Run, repo: Repo) -> None:
    with Loopback() as server:
        done, _ = evaluated(run, repo, server, "--max-usd", "1")
        assert server.count == 0
    assert done.code == 2
    assert "the price of m is unknown" in done.err


def test_a_budget_of_calls_stops_with_what_there_is(run: Run, repo: Repo) -> None:
    with Loopback(says(lambda *_: "yes")) as server:
        done, result = evaluated(run, repo, server, "--max-calls", "5")
        assert server.count == 5
    assert done.code == 3
    assert result["stopped"] == "budget"
    assert result["calls"]["not_run"] == 7


def test_a_price_of_ones_own_gives_the_cost(run: Run, repo: Repo) -> None:
    repo.write(
        "promptops.toml", "[models.m]\ninput_cost_per_token = 1e-5\noutput_cost_per_token = 1e-4\n"
    )
    with Loopback(says(lambda *_: "yes")) as server:
        _, result = evaluated(run, repo, server, "--max-usd", "5")
    assert result["usd"] == pytest.approx(12 * (20e-5 + 5e-4))


def test_nobody_listening_is_exit_2(run: Run, repo: Repo) -> None:
    done = run("eval", "p", "--api-base", "http://127.0.0.1:1/v1", "--model", "m",
               "--timeout", "1", cwd=repo.root)  # fmt: skip
    assert done.code == 2
    assert "no connection" in done.err


def test_no_key_reaches_any_output(run: Run, repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", KEY)

    def echo(number: int, body: dict[str, Any]) -> Reply:
        if number == 7:
            return Reply(401, f'{{"error": {{"message": "bad key {KEY}"}}}}'.encode())
        return Reply(body=completion(f"! {KEY}", model="m"))

    outs = []
    for format in ("text", "json", "markdown", "html", "junit", "csv"):
        with Loopback(echo) as server:
            to = ("--api-base", server.url, "--model", "m", "--api-key-env", "MY_KEY")
            done = run("eval", "p", *to, "--format", format, cwd=repo.root)
            assert f"Bearer {KEY}" in server.served[0][2]
            outs.append(done.out + done.err)
    assert all(out and KEY not in out for out in outs)
    for folder in (repo.root, Path(os.environ["PROMPTOPS_HOME"])):
        for file in folder.rglob("*"):
            assert file.is_dir() or KEY.encode() not in file.read_bytes()


SINKS = ("text", "json", "markdown", "html", "junit", "csv")


def echoing(number: int, body: dict[str, Any]) -> Reply:
    """A server that says the key it was sent wherever one can be said."""
    told = {"error": {"message": f"bad key {KEY}", "code": KEY, "type": f"Bearer {KEY}"}}
    headers = {"X-Key": KEY, "Retry-After": KEY}
    match number % 6:
        case 2:
            return Reply(400, json.dumps(told).encode(), headers)
        case 3:
            return Reply(400, f"<html>{KEY}</html>".encode(), headers)
        case 4:
            return Reply(body=completion("yes", model=f"other-{KEY}"), headers=headers)
        case 5:
            return Reply(body=json.dumps({"error": KEY, "object": KEY}).encode(), headers=headers)
    spelt = (KEY, quote(KEY, safe=""), b64encode(KEY.encode()).decode())
    return Reply(body=completion(f"! {' '.join(spelt)}", model="m"), headers=headers)


@pytest.mark.parametrize("variable", ["MY_KEY", "MY_AUTH"])
def test_no_key_is_found_by_its_value(
    run: Run, repo: Repo, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, f"{KEY}\n")
    to = ("--model", "m", "--api-key-env", variable, "--max-calls", "40")
    said = []
    with Loopback(echoing) as server:
        for command, sinks in (("eval", SINKS), ("cliff", ("text", "json"))):
            for format in sinks:
                asked = (command, "p", "--api-base", server.url, *to, "--format", format)
                done = run(*asked, cwd=repo.root)
                said.append(done.out + done.err)
        assert f"Bearer {KEY}" in server.served[0][2]
        done = run("eval", "p", "--api-base", server.url, *to, "--evidence", cwd=repo.root)
        said.append(done.out + done.err)
    for work in (("verify",), ("export", "--to", "all.jsonl"), ("export",)):
        done = run("store", *work, cwd=repo.root)
        said.append(done.out + done.err)
    for folder in (repo.root, Path(os.environ["PROMPTOPS_HOME"])):
        said += [f.read_bytes().decode("latin-1") for f in folder.rglob("*") if f.is_file()]
    for spelt in (KEY, quote(KEY, safe=""), b64encode(KEY.encode()).decode().rstrip("=")):
        assert not [one[max(0, one.find(spelt) - 99) :][:200] for one in said if spelt in one]
    assert any(f"[{variable}]" in one for one in said)


@pytest.mark.parametrize("engine", ["local", "batch"])
@pytest.mark.parametrize(
    "url", ["http://u:passw0rd99@127.0.0.1:9/v1", "http://127.0.0.1:9/v1?key=passw0rd99"]
)
def test_a_key_in_an_address_is_refused_before_anything_keeps_it(
    run: Run, repo: Repo, engine: str, url: str
) -> None:
    pytest.importorskip("litellm" if engine == "batch" else "json")
    done = run("eval", "p", "--engine", engine, "--api-base", url, "--model", "m", cwd=repo.root)
    assert done.code == 2
    assert "the base URL holds a key" in done.err
    files = [f for f in Path(os.environ["PROMPTOPS_HOME"]).rglob("*") if f.is_file()]
    assert not [one for one in files if b"passw0rd99" in one.read_bytes()]
    assert "passw0rd99" not in done.out + done.err


def test_a_key_variable_that_is_not_set_is_an_error(run: Run, repo: Repo) -> None:
    to = ("--api-base", "http://127.0.0.1:1", "--model", "m", "--api-key-env", "NO_SUCH_KEY")
    done = run("eval", "p", *to, cwd=repo.root)
    assert (done.code, "NO_SUCH_KEY is not set" in done.err) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("eval", "q"), "no prompt `q`"),
        (("eval", "p", "--case", "nope"), "has no case `nope`"),
        (("eval", "p", "--model", "simulated/else"), "no simulated model"),
        (("eval", "p", "--command", "x", "--replay", "y"), "exclude each other"),
        (("eval", "p", "--command", "x"), "runs a program"),
        (("eval", "p", "--replay", "missing.jsonl"), "cannot read it"),
        (("eval", "p", "--against", "nope"), "not a revision"),
        (("eval", "p", "--api-base", "ftp://x"), "not a base URL"),
        (("eval", "p", "--api-base", "http://user:pw@x/"), "the base URL holds a key"),
        (("eval", "p", "--repeats", "0"), "invalid value"),
        (("store", "polish"), "invalid value"),
    ],
)
def test_what_cannot_be_done_is_said(
    run: Run, repo: Repo, arguments: tuple[str, ...], said: str
) -> None:
    done = run(*arguments, cwd=repo.root)
    assert done.code == 2
    assert said in done.err
    assert "Traceback" not in done.err


def test_code_is_refused_where_strangers_have_keys(
    run: Run, repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_EVENT_NAME", "pull_request_target")
    done = run("eval", "p", "--command", "touch PWN", "--allow-code", cwd=repo.root)
    assert done.code == 2
    assert not (repo.root / "PWN").exists()


def test_a_program_answers_without_seeing_keys(
    run: Run, repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_API_KEY", KEY)
    repo.write(
        "answer.py",
        "import json, os, sys\n"
        "asked = json.load(sys.stdin)\n"
        "assert asked['messages'][0]['role'] == 'system'\n"
        "print('yes', 'SOME_API_KEY' in os.environ)\n",
    )
    argv = f"{sys.executable} answer.py"
    to = ("--command", argv, "--allow-code", "--format", "json", "--case", "c2")
    done = run("eval", "p", *to, cwd=repo.root)
    result = json.loads(done.out)["result"]
    assert result["calls"]["answered"] == 1
    assert result["rules"]["yes"]["passed"] == 1
    run("store", "export", "--to", "out.jsonl", cwd=repo.root)
    assert "yes False" in (repo.root / "out.jsonl").read_text()


@pytest.mark.parametrize("body", ["sys.exit(3)", "print()", "time.sleep(60)"])
def test_a_program_that_does_not_answer_is_no_broken_rule(run: Run, repo: Repo, body: str) -> None:
    repo.write("answer.py", f"import sys, time\n{body}\n")
    to = ("--command", f"{sys.executable} answer.py", "--allow-code", "--case", "c2")
    done = run(
        "eval", "p", *to, "--timeout", "0.4", "--max-calls", "2", "--format", "json", cwd=repo.root
    )
    assert done.code in (2, 3)
    if done.out:
        result = json.loads(done.out)["result"]
        assert result["rules"]["yes"]["n"] == 0


def test_recorded_answers_are_replayed_without_a_server(run: Run, repo: Repo) -> None:
    with Loopback(says(lambda i, _: f"yes {i}")) as server:
        _, result = evaluated(run, repo, server)
    assert run("store", "export", "--to", "out.jsonl", cwd=repo.root).code == 0
    done = run(
        "eval", "p", "--replay", "out.jsonl", "--model", "m", "--format", "json", cwd=repo.root
    )
    replayed = json.loads(done.out)["result"]
    assert replayed["rules"] == result["rules"]
    repo.write("out.jsonl", '{"request": 1}\n')
    done = run("eval", "p", "--replay", "out.jsonl", "--model", "m", cwd=repo.root)
    assert "out.jsonl:1" in done.err


def test_the_simulated_model_says_that_it_is_one(run: Run, repo: Repo) -> None:
    repo.commit({"prompts/p.prompt.yaml": prompt_text(60)})
    one = run("eval", "p", "--format", "json", "--repeats", "3", cwd=repo.root)
    result = json.loads(one.out)["result"]
    assert result["simulated"]
    assert 0.75 < result["rules"]["yes"]["rate"] < 1
    text = run("eval", "p", cwd=repo.root)
    assert "simulated: these answers come from a model made of dice" in text.out
    for format in ("markdown", "html"):
        assert "made of dice" in run("eval", "p", "--format", format, cwd=repo.root).out


def test_evidence_is_written_sealed_and_goes_stale(run: Run, repo: Repo) -> None:
    done = run("eval", "p", "--evidence", "--format", "json", cwd=repo.root)
    result = json.loads(done.out)["result"]
    tree = DiskTree(str(repo.root))
    prompt = read_prompt(tree, "prompts/p.prompt.yaml").prompt
    assert prompt is not None
    [found] = all_evidence(tree, prompt)
    assert found.path == evidence_path(prompt, "simulated/plain")
    assert found.sealed
    assert found.stale(result["digests"]) == ()
    assert found.data["rules"]["yes"]["n"] == 12
    repo.write("prompts/p.prompt.yaml", prompt_text(12, "Say no."))
    again = json.loads(run("eval", "p", "--format", "json", cwd=repo.root).out)["result"]
    assert found.stale(again["digests"]) == ("prompt",)
    text = (repo.root / found.path).read_text()
    repo.write(found.path, text.replace('"n": 12', '"n": 13'))
    [edited] = all_evidence(tree, prompt)
    assert not edited.sealed
    repo.write(found.path, "{}")
    assert all_evidence(tree, prompt) == ()


def test_the_store_command(run: Run, repo: Repo) -> None:
    run("eval", "p", cwd=repo.root)
    found = json.loads(run("store", "verify", "--format", "json", cwd=repo.root).out)["result"]
    assert (found["answers"], found["whole"]) == (12, True)
    assert (
        len(
            json.loads(run("store", "export", "--format", "json", cwd=repo.root).out)["result"][
                "answers"
            ]
        )
        == 12
    )
    assert "0 leases" in run("store", "gc", cwd=repo.root).out
    path = Path(found["path"])
    for end in ("-wal", "-shm"):
        Path(f"{path}{end}").unlink(missing_ok=True)
    path.write_bytes(b"")
    done = run("eval", "p", cwd=repo.root)
    assert done.code == 2
    assert "damaged" in done.err
    assert "store salvage" in done.err
    assert run("store", "verify", cwd=repo.root).code == 1
    assert run("store", "salvage", cwd=repo.root).code == 0
    assert run("store", "verify", cwd=repo.root).code == 0


def started(repo: Repo, home: Path, url: str) -> subprocess.Popen[bytes]:
    argv = [sys.executable, "-m", "promptops", "eval", "p", "--api-base", url, "--model", "m"]
    env = {**os.environ, "PROMPTOPS_HOME": str(home)}
    return subprocess.Popen(
        argv, cwd=repo.root, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals_drain_keep_and_say_so(
    repo: Repo, tmp_path: Path, sent: signal.Signals, code: int
) -> None:
    repo.commit({"prompts/p.prompt.yaml": prompt_text(80)})

    def slow(number: int, body: dict[str, Any]) -> Reply:
        return Reply(body=plain(number, body).body, latency=0.05)

    with Loopback(slow) as server:
        running = started(repo, tmp_path / "h", server.url)
        while server.count < 20:
            time.sleep(0.01)
        running.send_signal(sent)
        out, _ = running.communicate(timeout=20)
        first = server.count
        assert running.returncode == code
        assert b"interrupted" in out
        assert first < 80
        again = started(repo, tmp_path / "h", server.url)
        again.communicate(timeout=30)
        assert server.count == 80


# -- plan and score, as functions ----------------------------------------------------------------


def says_test(
    kind: str, cases: CaseSelection, *, negated: bool = False, fires: bool = True
) -> RuleTest:
    return RuleTest(cases, (Assertion(kind, "x", negated),), fires)


def test_a_denial_of_what_another_test_demands_is_a_test_of_not_firing() -> None:
    every = CaseSelection(all=True)
    both = Rule(
        "r", "t", tests=(says_test("contains", every), says_test("contains", every, negated=True))
    )
    assert [must_fire(both, test) for test in both.tests] == [True, False]
    only = Rule("r", "t", tests=(says_test("contains", every, negated=True),))
    assert must_fire(only, only.tests[0])
    said = Rule("r", "t", tests=(says_test("contains", every, fires=False),))
    assert not must_fire(said, said.tests[0])


def test_earlier_turns_come_before_the_question() -> None:
    system, user, turn = Message("system", "s"), Message("user", "u"), Message("assistant", "a")
    assert with_history((system, user), (turn,)) == (system, turn, user)
    assert with_history((system,), (turn,)) == (system, turn)


def scored(passes: Callable[[int], bool], n: int, lost: int = 0, repeats: int = 1) -> Score:
    cases = tuple(Case(f"c{i}", {"q": str(i)}) for i in range(n))
    rule = Rule("r", "t", tests=(says_test("contains", CaseSelection(all=True)),))
    prompt = Prompt(
        "p", rules=(rule,), cases=cases, messages=(Message("user", "{{ q }} {{ rules }}"),)
    )
    planned = plan(prompt, Target("x", "m"), repeats=repeats)
    answers = [
        Answer(State.FAILED) if i < lost else Answer(State.ANSWER, "x")
        for i in range(len(planned.asks))
    ]
    return score(planned, answers, lambda ask, *_: Judgement(passes(int(ask.case.id[1:]))))


def test_82_against_85_of_100_cannot_be_told() -> None:
    found = against(scored(lambda i: i < 82, 100), scored(lambda i: i >= 15, 100))
    assert found.verdict == "cannot_tell"
    assert found.whole.cases_needed
    assert found.whole.difference == pytest.approx(0.03)


def test_an_incomplete_side_allows_no_verdict() -> None:
    found: Against = against(scored(lambda i: True, 100, lost=10), scored(lambda i: False, 100))
    assert found.rules["r"].difference == -1
    assert found.rules["r"].verdict == "cannot_tell"
    assert found.verdict == "cannot_tell"


def sliced(passes: Callable[[int, str], bool], n: int = 120) -> Score:
    """Two rules on cases of which a quarter is in German and three are in Latin."""
    tongues = ["la" if i < 3 else "de" if i % 4 == 0 else "en" for i in range(n)]
    cases = tuple(
        Case(
            f"c{i:03}", {"q": str(i)}, {"language": tongues[i]}, asserts=(Assertion("json", True),)
        )
        for i in range(n)
    )
    rules = tuple(
        Rule(name, "t", tests=(says_test(name, CaseSelection(all=True)),)) for name in ("a", "b")
    )
    messages = (Message("user", "{{ q }} {{ rules }}"),)
    planned = plan(Prompt("p", rules=rules, cases=cases, messages=messages), Target("x", "m"))

    def judged(ask: Ask, _: Answer, expectation: Expectation) -> Judgement:
        return Judgement(passes(int(ask.case.id[1:]), expectation.rule))

    return score(planned, [Answer(State.ANSWER, "x")] * n, judged)


def test_a_rule_that_got_worse_in_one_slice_only_is_found() -> None:
    before = sliced(lambda i, rule: True)
    found = against(before, sliced(lambda i, rule: not (rule == "b" and i % 4 == 0 and i > 60)))
    german = found.slices["language=de"]
    assert german.rules["b"].verdict == "worse"
    assert german.rules["a"].verdict in ("same", "cannot_tell")
    assert found.slices["language=en"].rules["b"].verdict in ("same", "cannot_tell")
    assert found.verdict == "worse"
    assert found.worst_slice == "language=de"
    # whole, two rules, and two slices with two rules each; three cases in Latin are too few
    assert found.family == 3 + 2 * 3
    latin = found.slices["language=la"]
    assert not latin.enough
    assert (latin.whole.verdict, latin.whole.difference) == ("cannot_tell", None)
    assert (latin.whole.cases, latin.whole.cases_needed) == (3, 7)


def test_one_rules_gain_does_not_make_up_for_anothers_loss() -> None:
    before = sliced(lambda i, rule: rule == "a" or i % 3 > 0)
    after = sliced(lambda i, rule: rule == "b" or i % 3 > 0)
    found = against(before, after)
    assert found.whole.difference == 0
    assert found.whole.verdict != "worse"
    assert (found.rules["a"].verdict, found.rules["b"].verdict) == ("worse", "better")
    assert found.verdict == "worse"


def test_what_is_the_same_comparison_is_made_once() -> None:
    found = against(scored(lambda i: i < 82, 100), scored(lambda i: i >= 15, 100))
    assert found.family == 1
    assert found.whole == found.rules["r"]
    nothing = against(sliced(lambda *_: True), sliced(lambda *_: True))
    assert nothing.worst_slice is None


@pytest.mark.parametrize(("missing", "told"), [(10, True), (11, False)])
def test_a_rule_is_told_where_90_in_a_hundred_are_there(missing: int, told: bool) -> None:
    cases = [(1, 1)] * (100 - missing)
    lost = Cell(clustered_rate(cases), 100, 100 - missing, 0)
    unsure = Cell(clustered_rate(cases), 100, 100, missing)
    assert (lost.complete, unsure.complete) == (told, True)
    for cell in (lost, unsure):
        assert cell.judged is told
        assert cell.verdict(0.8) == ("yes" if told else "cannot_tell")
        assert cell.cases_needed(0.8) is None


MANY, EACH = 20, 60


def rules_kept(rates: Callable[[int], float], seed: int) -> Score:
    """Twenty rules on sixty cases; rates: how often each is truly kept."""
    dice = random.Random(seed)
    cases = tuple(Case(f"c{i}", {"q": "x"}) for i in range(EACH))
    tests = (says_test("contains", CaseSelection(all=True)),)
    rules = tuple(Rule(f"r{i:02}", "t", tests=tests) for i in range(MANY))
    messages = (Message("user", "{{ q }} {{ rules }}"),)
    planned = plan(Prompt("p", rules=rules, cases=cases, messages=messages), Target("x", "m"))

    def judged(_: Ask, __: Answer, expectation: Expectation) -> Judgement:
        return Judgement(dice.random() < rates(int(expectation.rule[1:])))

    return score(planned, [Answer(State.ANSWER, "x")] * EACH, judged)


def test_of_many_verdicts_it_is_said_which_may_be_luck() -> None:
    alone = together = 0
    for seed in range(100):
        found = rules_kept(lambda _: 0.8, seed)  # exactly at the limit: nothing can be told
        family = family_data(found, 0.8)
        assert (family["verdicts"], family["confidence"]) == (MANY, 0.95)
        told = {rule for rule in found.rules if rule_verdict(found, rule, 0.8) != "cannot_tell"}
        alone += bool(told)
        together += bool(told - set(family["alone"]))
    assert alone > 30, "twenty verdicts at 95 % each"
    assert together <= 9, "5 % at most, and what chance adds to that in a hundred"


def test_what_is_plain_holds_beside_all_others() -> None:
    found = rules_kept(lambda rule: 1.0 if rule else 0.3, 1)
    assert rule_verdict(found, "r00", 0.8) == "no"
    assert rule_verdict(found, "r01", 0.8) == "yes"
    assert family_data(found, 0.8)["alone"] == []


def test_a_verdict_that_may_be_luck_is_named_under_the_table(run: Run, repo: Repo) -> None:
    with Loopback(says(lambda i, _: "yes" if i < 18 else "no!")) as server:
        repo.commit({"prompts/p.prompt.yaml": prompt_text(30)})
        done = run("eval", "p", "--api-base", server.url, "--model", "m", cwd=repo.root)
    text = " ".join(done.out.split())
    assert "may be luck for: yes" in text
    assert "each verdict holds at 95 % for its rule alone; looked at beside all 3" in text


@pytest.mark.parametrize(("lost", "complete"), [(0, True), (5, True), (6, False), (50, False)])
def test_complete_is_95_in_a_hundred(lost: int, complete: bool) -> None:
    assert scored(lambda i: True, 100, lost).complete is complete


def test_repeats_of_a_case_do_not_pass_for_cases() -> None:
    once = scored(lambda i: i % 2 == 0, 20).rules["r"].rate
    often = scored(lambda i: i % 2 == 0, 20, repeats=10).rules["r"].rate
    assert often.n == 200
    assert once.interval is not None
    assert often.interval is not None
    assert often.interval.width > 0.9 * once.interval.width


def test_the_folder_of_providers_is_the_registry(tmp_path: Path) -> None:
    assert set(names()) == {"command", "litellm", "openai_compatible", "replay", "simulated"}
    (tmp_path / "r").write_text("")
    link = Link("http://x", argv=("true",), records=str(tmp_path / "r"))
    for name in set(names()) - {"litellm"}:
        one = provider(name, link)
        assert one.name == name
        assert one.version >= 1


def test_check_says_when_evidence_is_stale_or_edited(run: Run, repo: Repo) -> None:
    def codes() -> set[str]:
        done = run("check", "--select", "PO22", "--format", "json", cwd=repo.root)
        return {one["code"] for one in json.loads(done.out)["result"]["diagnostics"]}

    assert run("eval", "p", "--evidence", "--format", "json", cwd=repo.root).out
    assert codes() == set()
    repo.write("prompts/p.prompt.yaml", prompt_text(12, "Say no."))
    assert codes() == {"PO220"}
    repo.write("prompts/p.prompt.yaml", prompt_text(12))
    assert codes() == set()
    [path] = (repo.root / "prompts/evidence").iterdir()
    path.write_text(path.read_text().replace('"n": 12', '"n": 13'))
    assert codes() == {"PO221"}


def test_evidence_is_of_all_cases(run: Run, repo: Repo) -> None:
    done = run("eval", "p", "--evidence", "--case", "c1", cwd=repo.root)
    assert done.code == 2
    assert "all cases" in done.err
