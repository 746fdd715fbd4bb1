"""The page of all that is known: on a real repository, in a real browser."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from repos import ADA, BOB, Repo

from promptops.review.evidence import others
from promptops.source.evidence import evidence_text

Run = Callable[..., Any]
PATH = "prompts/support/prompt.yaml"
CHROMIUM = shutil.which("chromium")
HEAD = """\
promptops: 1
id: support
version: {version}
owners: [team]
models: [openai/gpt-4o]
budget: {{prompt_tokens: 60, calls_per_month: 1000, output_tokens: 10}}
messages:
  - role: system
    content: "{{{{ rules }}}}"
cases:
  - {{id: one, variables: {{}}}}
rules:
"""
CITE = """\
  - id: cite
    text: {text}
    rationale: Agents promised refunds that no policy allows.
    decision: 20260101-cite
    tests: [{{cases: [one], assert: {{contains: "["}}}}]
"""
BRIEF = "  - id: brief\n    text: Use at most 120 words.\n    owner: product\n    review_by: 2020-01-01\n"
FIRST = "Cite the paragraph of the policy you rely on."
SECOND = "Cite the paragraph of the policy you rely on, as [n]."


def prompt(version: str, *rules: str) -> str:
    return HEAD.format(version=version) + "".join(rules)


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """A rule, a second one, the first reworded, the file moved, the second taken back."""
    made = Repo(tmp_path / "r")
    old = "prompts/desk/prompt.yaml"
    made.commit({old: prompt("1.0.0", CITE.format(text=FIRST))}, "Cite", ADA)
    made.clock += 40 * 86_400
    made.commit({old: prompt("1.1.0", CITE.format(text=FIRST), BRIEF)}, "Be brief", BOB)
    made.commit({old: prompt("1.1.1", CITE.format(text=SECOND), BRIEF)}, "Show where", BOB)
    made.commit({old: None, PATH: prompt("1.1.1", CITE.format(text=SECOND), BRIEF)}, "Move")
    made.clock += 40 * 86_400
    made.commit({PATH: prompt("1.2.0", CITE.format(text=SECOND))}, "Longer is fine", ADA)
    made.commit({PATH: prompt("1.3.0", CITE.format(text=SECOND), BRIEF)}, "It was not", BOB)
    return made


def data(run: Run, repo: Repo, *names: str) -> Any:
    return json.loads(run("report", *names, "--format", "json", cwd=repo.root).out)["result"]


def page(run: Run, repo: Repo, *names: str) -> str:
    ran = run("report", *names, cwd=repo.root)
    assert ran.code == 0, ran.err
    drawn: str = ran.out
    return drawn


def test_its_life_is_told_through_a_rename(run: Run, repo: Repo) -> None:
    (found,) = data(run, repo)["prompts"]
    told = [
        (m["version"], m["rules"], m["added"], m["removed"], m["reworded"])
        for m in found["timeline"]
    ]
    assert told == [
        ("1.0.0", 1, ["cite"], [], []),
        ("1.1.0", 2, ["brief"], [], []),
        ("1.1.1", 2, [], [], ["cite"]),
        ("1.1.1", 2, [], [], []),
        ("1.2.0", 1, [], ["brief"], []),
        ("1.3.0", 2, ["brief"], [], []),
    ]
    assert found["timeline"][0]["decisions"] == ["20260101-cite"]
    sizes = [m["tokens"] for m in found["timeline"]]
    assert sizes[0] < sizes[1] < sizes[2] == sizes[3] > sizes[4] < sizes[5]
    assert found["timeline"][-1]["tokens"] == found["models"]["openai/gpt-4o"]["tokens"]


def test_each_rule_brings_its_reason_age_and_people(run: Run, repo: Repo) -> None:
    rules = {rule["id"]: rule for rule in data(run, repo, "support")["prompts"][0]["rules"]}
    assert rules["cite"]["wordings"] == 2
    assert rules["cite"]["rests_on"] == "many"
    assert rules["cite"]["rationale"].startswith("Agents promised")
    assert rules["brief"]["rationale"] is None
    assert rules["brief"]["tests"] == 0
    assert rules["cite"]["since"] < rules["brief"]["since"]


def test_what_needs_somebody_comes_first(run: Run, repo: Repo) -> None:
    said = run("report", "--format", "text", cwd=repo.root).out
    for words in (
        "no reason is given for brief",
        "no test holds brief",
        "the review date has passed of brief",
    ):
        assert words in said
    assert said.index("What needs somebody") < said.index("Rules\n")
    assert "Open findings" in said


def test_evidence_shows_how_often_rules_are_kept(run: Run, repo: Repo) -> None:
    ran = run("eval", "support", "--model", "simulated", "--evidence", cwd=repo.root)
    assert "evidence written" in ran.out, ran.err
    (found,) = data(run, repo)["prompts"]
    (evidence,) = found["evidence"]
    assert evidence["model"] == "simulated"
    assert evidence["stale"] == []
    assert found["rules"][0]["outcomes"]["simulated"]["n"] == 1
    assert "How often rules are kept on simulated" in page(run, repo)
    repo.commit({PATH: prompt("1.4.0", CITE.format(text=FIRST), BRIEF)}, "Back")
    (found,) = data(run, repo)["prompts"]
    assert found["evidence"][0]["stale"] == ["prompt"]
    assert found["timeline"][-1]["kept"][0]["model"] == "simulated"
    said = run("report", "--format", "text", cwd=repo.root).out
    assert "measured another prompt: measure again" in " ".join(said.split())


def test_what_was_measured_needs_somebody_in_words(run: Run, repo: Repo) -> None:
    run("eval", "support", "--model", "simulated", "--evidence", cwd=repo.root)
    (path,) = (repo.root / "prompts/support/evidence").glob("*.json")
    edge = {"source": "brief", "target": "cite", "effect_pp": 35.9, "interval": [18.9, 52.8]}
    evidence = json.loads(path.read_text())
    evidence["rules"]["cite"] |= {"passed": 1, "n": 20, "verdict": "no", "interval": [0.01, 0.2]}
    study = {"calls": 888, "complete": True, "delta_pp": 20.0, "edges": [edge]}
    path.write_text(evidence_text({**evidence, "cliff": {"interference": study}}))
    said = " ".join(run("report", "--format", "text", cwd=repo.root).out.split())
    needs = said[said.index("What needs somebody") : said.index("Its life")]
    assert "kept too seldom on simulated: cite" in needs
    assert "on simulated, brief breaks cite" in needs
    assert "simulated: answers from dice" in said
    drawn = page(run, repo)
    assert "brief makes 36 more answers in 100 break cite (888 calls" in drawn
    assert "empty: not confirmed" in drawn
    assert "dot: cleared" not in drawn, "no dot is drawn"
    path.write_text(path.read_text().replace("888", "889"))
    assert "brief breaks cite" not in run("report", "--format", "text", cwd=repo.root).out


def test_an_unknown_size_is_no_zero(run: Run, repo: Repo) -> None:
    unknown = prompt("1.4.0", CITE.format(text=FIRST), BRIEF).replace("openai/gpt-4o", "simulated")
    repo.commit({PATH: unknown}, "Another model")
    drawn = page(run, repo)
    assert "size unknown on simulated" in drawn
    assert "how its size changed on simulated is not known" in drawn
    assert "0 tokens" not in drawn
    assert "Tokens of support over time" not in drawn


def test_a_column_without_a_value_is_left_out(run: Run, repo: Repo) -> None:
    assert '<th scope="col" class="text" role="columnheader">owner' in page(run, repo).replace(
        'class="short"', 'class="text"'
    )
    repo.commit({PATH: prompt("2.0.0", CITE.format(text=FIRST))}, "Nobody's")
    drawn = page(run, repo)
    assert "owner</th>" not in drawn
    assert "kept</th>" not in drawn


def test_without_a_repository_its_history_is_empty(run: Run, tmp_path: Path) -> None:
    (tmp_path / "prompts" / "support").mkdir(parents=True)
    (tmp_path / PATH).write_text(prompt("1.0.0", CITE.format(text=FIRST)))
    found = json.loads(run("report", "--format", "json", cwd=tmp_path).out)["result"]["prompts"][0]
    assert found["timeline"] == []
    assert found["rules"][0]["since"] is None
    assert (
        "no history: git: not a git repository"
        in run("report", "--format", "text", cwd=tmp_path).out
    )


def test_what_is_no_prompt_at_some_commit_is_passed_over(run: Run, repo: Repo) -> None:
    repo.commit({PATH: "promptops: ["}, "Broken")
    repo.commit({PATH: prompt("2.0.0", BRIEF)}, "Mended")
    (found,) = data(run, repo)["prompts"]
    assert [m["version"] for m in found["timeline"]][-2:] == ["1.3.0", "2.0.0"]
    assert found["timeline"][-1]["removed"] == ["cite"]


def test_all_prompts_are_one_page(run: Run, repo: Repo) -> None:
    other = prompt("1.0.0", BRIEF).replace("id: support", "id: other")
    repo.commit({"prompts/b/prompt.yaml": other}, "Another")
    drawn = page(run, repo)
    assert "<h1>Prompts</h1>" in drawn
    assert '<a href="#s1">' in drawn
    assert drawn.count("<h2 id=") == 2


def test_a_name_that_is_no_prompt_suggests_one(run: Run, repo: Repo) -> None:
    ran = run("report", "suport", cwd=repo.root)
    assert ran.code == 2
    assert "did you mean `support`?" in ran.err


def test_a_prompt_that_cannot_be_read_is_named(run: Run, repo: Repo) -> None:
    for broken in ("promptops: 1\nid: [\n", b"\xff\xfe"):
        repo.write(PATH, broken)
        ran = run("report", "support", cwd=repo.root)
        assert ran.code == 2
        assert f"`promptops check {PATH}`" in ran.err
        assert "init" not in ran.err


def test_nothing_to_report(run: Run, tmp_path: Path) -> None:
    ran = run("report", cwd=tmp_path)
    assert ran.code == 2
    assert "no prompts are governed here" in ran.err


def test_hostile_words_stay_words(run: Run, repo: Repo) -> None:
    bad = '</script><img src=x onerror="alert(1)"><!-- ${7*7} [x](javascript:alert(1))'
    rule = f"  - id: bad\n    text: {json.dumps(bad)}\n    rationale: {json.dumps(bad)}\n"
    repo.commit({PATH: prompt("3.0.0", rule)}, bad, "A <b>name</b> <x@example.org>")
    drawn = page(run, repo)
    assert "<img" not in drawn
    assert drawn.count("<script>") == 1
    assert html.escape(bad.split(" ")[0]) in drawn


@pytest.mark.parametrize(
    ("stale", "said"),
    [
        (("prompt",), "another prompt"),
        (("cases",), "other cases"),
        (("prompt", "assertions"), "another prompt and other assertions"),
    ],
)
def test_what_stale_evidence_measured_is_said_in_words(stale: tuple[str, ...], said: str) -> None:
    assert others(stale) == said


# -- in a browser --------------------------------------------------------------------------------


def seen(tmp_path: Path, drawn: str, script: str) -> str:
    """The page's elements once a script of ours has run in it; its policy is taken off for that."""
    assert CHROMIUM is not None
    free = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", drawn)
    path = tmp_path / "page.html"
    path.write_text(free.replace("</body>", f"<script>{script}</script></body>"))
    flags = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run")
    asked = (*flags, "--virtual-time-budget=20000", "--dump-dom", path.as_uri())
    done = subprocess.run(
        [CHROMIUM, *asked, f"--user-data-dir={tmp_path / 'profile'}"],
        capture_output=True, check=True, timeout=120, env={**os.environ, "HOME": str(tmp_path)},
    )  # fmt: skip
    return done.stdout.decode()


LOOK = """
addEventListener("load", async () => {
  const said = [];
  for (const frame of document.querySelectorAll("iframe")) {
    const page = frame.contentDocument;
    page.querySelectorAll("details").forEach(d => d.open = true);
    const wide = page.documentElement.scrollWidth;
    if (wide > frame.clientWidth) said.push([frame.title, `${wide} pixels wide`]);
    const found = await frame.contentWindow.axe.run(page, {resultTypes: ["violations"]});
    for (const v of found.violations) said.push([frame.title, v.id, ...v.nodes.map(n => n.html)]);
    said.push([frame.title, "looked at"]);
  }
  const p = document.createElement("pre");
  p.id = "said";
  p.textContent = JSON.stringify(said);
  document.body.append(p);
});
"""
SCREENS = {"a telephone": 360, "a desk, dark": 1440}


def framed(pages: dict[str, str]) -> str:
    """A page that holds each of the pages on each screen."""
    shown = []
    for name, drawn in pages.items():
        for screen, width in SCREENS.items():
            free = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", drawn)
            free = free.replace("</body>", '<script src="axe.js"></script></body>')
            if "dark" in screen:
                free = free.replace(
                    "@media screen and (prefers-color-scheme: dark)", "@media screen"
                )
            within = f'width="{width}" height="800" style="border: 0" srcdoc="{html.escape(free)}"'
            shown.append(f'<iframe title="{name} on {screen}" {within}></iframe>')
    return f"<!doctype html><body>{''.join(shown)}</body>"


@pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")
def test_no_page_scrolls_sideways_or_has_a_fault_of_accessibility(
    run: Run, repo: Repo, tmp_path: Path
) -> None:
    axe = pytest.importorskip("axe_core_python")
    shutil.copy(Path(axe.__file__).parent / "axe.min.js", tmp_path / "axe.js")
    run("eval", "support", "--model", "simulated", "--evidence", cwd=repo.root)
    unbroken = "https://example.org/" + "a-long-path/without-a-break" * 9
    repo.write(PATH, prompt("1.4.0", CITE.format(text=f"Cite {unbroken}."), BRIEF))
    pages = {
        "the report": page(run, repo),
        "the review": run("diff", "--format", "html", cwd=repo.root).out,
        "the map": run("cliff", "--demo", "--format", "html", cwd=tmp_path).out,
        "the curve": run("cliff", "--demo", "--capacity", "--format", "html", cwd=tmp_path).out,
    }
    assert all(drawn.startswith("<!doctype html>") for drawn in pages.values())
    shown = seen(tmp_path, framed(pages), LOOK)
    found = re.search(r'<pre id="said">(.*?)</pre>', shown, re.DOTALL)
    assert found is not None
    said = json.loads(html.unescape(found[1]))
    assert said == [[f"{name} on {screen}", "looked at"] for name in pages for screen in SCREENS]


@pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")
def test_tables_sort_and_filter(run: Run, repo: Repo, tmp_path: Path) -> None:
    rules = [
        f"  - {{id: r{n}, text: Say {'very ' * (9 - n)}little of {n}., rationale: x}}\n"
        for n in range(9)
    ]
    repo.commit({PATH: prompt("4.0.0", *rules)}, "Nine")
    click = """
      const table = document.querySelector("table + x, .filter + div table");
      const buttons = table.querySelectorAll("th button");
      const tokens = [...buttons].find(b => b.textContent.startsWith("tokens"));
      tokens.click();
      const ids = () => [...table.tBodies[0].rows].filter(r => !r.hidden).map(r => r.cells[0].textContent);
      const first = ids();
      tokens.click();
      const second = ids();
      const field = document.querySelector(".filter input");
      field.value = "R4"; field.dispatchEvent(new Event("input"));
      const p = document.createElement("pre"); p.id = "found";
      p.textContent = [first.join(), second.join(), ids().join()].join(";");
      document.body.append(p);
    """
    shown = seen(tmp_path, page(run, repo), click)
    found = re.search(r'<pre id="found">(.*?)</pre>', shown)
    assert found is not None
    rising = [f"r{n}" for n in range(8, -1, -1)]
    assert found[1].split(";") == [",".join(rising), ",".join(rising[::-1]), "r4"]


@pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")
def test_its_own_policy_lets_its_own_script_run(run: Run, repo: Repo, tmp_path: Path) -> None:
    rules = [f"  - {{id: r{n}, text: Say {n}., rationale: x}}\n" for n in range(9)]
    repo.commit({PATH: prompt("4.0.0", *rules)}, "Nine")
    path = tmp_path / "page.html"
    path.write_text(page(run, repo))
    assert CHROMIUM is not None
    done = subprocess.run(
        [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--dump-dom",
         f"--user-data-dir={tmp_path / 'profile'}", path.as_uri()],
        capture_output=True, check=True, timeout=120, env={**os.environ, "HOME": str(tmp_path)},
    )  # fmt: skip
    assert b'<label class="filter">' in done.stdout


def test_silence_where_a_rule_must_not_fire_is_shown_as_success(run: Run, repo: Repo) -> None:
    quiet = '      - {cases: [one], fires: false, assert: {not_contains: "zzz"}}\n'
    rule = CITE.format(text=FIRST).replace(
        'tests: [{cases: [one], assert: {contains: "["}}]',
        'tests:\n      - {cases: [one], assert: {contains: "e"}}\n' + quiet.rstrip("\n"),
    )
    repo.commit({PATH: prompt("5.0.0", rule)}, "Silent")
    ran = run(
        "eval", "support", "--model", "simulated", "--repeats", "9", "--evidence", cwd=repo.root
    )
    assert "evidence written" in ran.out, ran.out + ran.err
    drawn = page(run, repo)
    assert "cite, silent" in drawn
    drawn_rates = re.findall(r"<title>(?:cite|cite, silent): (\d+)%, (\d+)% to (\d+)%", drawn)
    rates, on_a_telephone = drawn_rates[:2], drawn_rates[2:]
    assert on_a_telephone == rates
    assert len(rates) == 2
    assert all(int(low) <= int(rate) <= int(high) for rate, low, high in rates)
