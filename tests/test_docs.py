"""The pages: what they show is what happens, and their links lead somewhere."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
from repos import ADA, ALONE, Repo

from promptops.report.charts import Scale

HERE = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
BLOCK = re.compile(r"^```(\w+)(?: title=\"([^\"]+)\")?\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def steps(page: str) -> list[tuple[str, str, str]]:
    """(language, file name, content) of each block that is run or written, in order."""
    text = (HERE / "docs" / page).read_text()
    return [b for b in BLOCK.findall(text) if b[0] == "console" or b[1]]


def sections(page: str) -> list[list[tuple[str, str, str]]]:
    """The same by section, for pages whose sections stand alone."""
    text = (HERE / "docs" / page).read_text()
    parts = re.split(r"^## ", text, flags=re.MULTILINE)
    return [[b for b in BLOCK.findall(p) if b[0] == "console" or b[1]] for p in parts]


def follow(folder: Path, blocks: list[tuple[str, str, str]]) -> None:
    """Write the files and run the commands; each line shown must be among what is printed."""
    repo = Repo(folder, create=False)
    env = {
        **os.environ, **ALONE, **repo.identity(ADA), "COLUMNS": "80",
        "PATH": f"{BIN}:{os.environ['PATH']}", "PROMPTOPS_HOME": str(folder.parent / "home"),
    }  # fmt: skip
    for _, name, content in blocks:
        if name:
            (folder / name).write_text(content)
            continue
        for piece in re.split(r"^\$ ", content, flags=re.MULTILINE)[1:]:
            command, *shown = piece.rstrip("\n").split("\n")
            done = subprocess.run(
                ["bash", "-c", command], cwd=folder, env=env, capture_output=True, text=True,
                timeout=120, check=False,
            )  # fmt: skip
            said = done.stdout + done.stderr
            assert done.returncode in (0, 1), f"{command}: {said}"
            flat = " ".join(said.split())
            for line in shown:
                for part in line.split("…"):
                    assert " ".join(part.split()) in flat, f"{command} prints:\n{said}"


def test_the_five_minutes_are_as_told(tmp_path: Path) -> None:
    folder = tmp_path / "r"
    folder.mkdir()
    follow(folder, steps("start.md"))
    assert (folder / "report.html").read_text().startswith("<!doctype html>")


def test_bringing_and_leaving_is_as_told(tmp_path: Path) -> None:
    folder = tmp_path / "r"
    folder.mkdir()
    before = steps("importing.md")[0][2]
    follow(folder, steps("importing.md"))
    assert (folder / "AGENTS.md").read_text() == (folder / "CLAUDE.md").read_text() == before


def test_governing_in_place_is_as_told(tmp_path: Path) -> None:
    folder = tmp_path / "r"
    folder.mkdir()
    follow(folder, steps("instructions.md"))
    assert "never-push-main" in (folder / "AGENTS.rules.yaml").read_text()


@pytest.mark.parametrize("number", range(len(sections("recipes.md"))))
def test_each_recipe_is_as_told(tmp_path: Path, number: int) -> None:
    blocks = sections("recipes.md")[number]
    folder = tmp_path / "r"
    Repo(folder).commit({"AGENTS.md": "# Rules\n\n- Run the tests.\n"})
    follow(folder, blocks)


def test_every_link_leads_somewhere(tmp_path: Path) -> None:
    pytest.importorskip("material")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir"]
    done = subprocess.run(
        [*command, tmp_path / "site"], cwd=HERE, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    site = tmp_path / "site"
    drawn = {p: p.read_text("utf-8") for p in site.rglob("index.html")}
    assert site / "start" / "index.html" in drawn
    links = {
        (p, a) for p, text in drawn.items() for a in re.findall(r'(?:href|src)="([^"#:]+)"', text)
    }
    assert [link for link in links if not (link[0].parent / unquote(link[1])).exists()] == []
    prose = {p: re.sub(r"(?s)<pre.*?</pre>", "", text) for p, text in drawn.items()}
    broken = [p for p, text in prose.items() if "```" in text or text.count("<h1") != 1]
    assert broken == [], "a block of code ends where the page's writer did not mean it to"


SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize(
    ("picture", "cells"), [("scale-time", slice(1, 4)), ("scale-memory", None)]
)
def test_the_pictures_of_growth_show_the_table(picture: str, cells: slice | None) -> None:
    page = (HERE / "docs" / "scale.md").read_text().partition("<!-- /measured -->")[0]
    rows = [[c.strip() for c in row.split("|")[1:-1]] for row in page.splitlines() if "| " in row]
    drawn = ElementTree.parse(HERE / "docs" / f"{picture}.svg").getroot()
    (step,) = [one.attrib for one in drawn.iter(f"{SVG}line") if one.attrib["class"] == "limit"]
    up = Scale(0.0, 1.0, float(step["y1"]), float(step["y2"]))
    shown: dict[str, list[float]] = {}
    for dot in drawn.iter(f"{SVG}circle"):
        shown.setdefault(dot.findtext(f"{SVG}title") or "", []).append(
            up.back(float(dot.attrib["cy"]))
        )
    works = [row for row in rows if row[0][:1].isdigit()]
    assert [row[0].partition(" ")[2] for row in works] == list(shown)
    for row, heights in zip(works, shown.values(), strict=True):
        assert heights[-1] == pytest.approx(1.0)
        if cells is not None:
            times = [float(cell.removesuffix(" s")) for cell in row[cells]]
            assert heights == pytest.approx([time / times[-1] for time in times], abs=0.02)


def test_every_page_is_in_the_contents() -> None:
    named = set(re.findall(r"[\w/-]+\.md", (HERE / "mkdocs.yml").read_text()))
    pages = {p.name for p in (HERE / "docs").glob("*.md") if not p.name.endswith("-guide.md")}
    assert pages <= named


def test_the_design_names_every_floor() -> None:
    rules = tomllib.loads((HERE / "pyproject.toml").read_text())["tool"]["importlinter"][
        "contracts"
    ]
    (floors,) = [rule["layers"] for rule in rules if rule["type"] == "layers"]
    page = (HERE / "docs" / "design.md").read_text()
    told = [
        re.findall(r"`(\w+)`", row.split("|")[1]) for row in page.splitlines() if row[:3] == "| `"
    ]
    assert told == [re.findall(r"\w+", floor) for floor in floors if floor != "__main__"]


def test_the_recipe_for_a_check_names_every_module() -> None:
    page = (HERE / "docs" / "adding.md").read_text()
    told = {row[2:5]: re.findall(r"`(\w+)`", row) for row in page.splitlines() if row[:4] == "| PO"}
    found: dict[str, set[str]] = {}
    for path in (HERE / "promptops" / "checks").glob("*.py"):
        for family in re.findall(r"@check\(\s*\"(PO\d)", path.read_text()):
            found.setdefault(family, set()).add(path.stem)
    assert {family: sorted(names) for family, names in told.items()} == {
        family: sorted(names) for family, names in sorted(found.items())
    }


def test_the_problem_matcher_reads_every_finding(tmp_path: Path) -> None:
    page = (HERE / "docs" / "ci.md").read_text()
    block = re.search(r"^```json\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    assert block is not None
    patterns = [one["pattern"] for one in json.loads(block[1])]
    many = "".join(f"- Use good judgement in case {n}.\n" for n in range(12))
    bare = "rules:\n  - id: push\n    text: Never push to main.\n    owner: team\n"
    Repo(tmp_path).commit(
        {
            "AGENTS.md": "- Never push to main.\n- Always push to main.\n" + many,
            ".cursorrules": "Never push to main.\n",
            ".cursorrules.rules.yaml": f"promptops: 1\n{bare}",
        }
    )
    env = {**os.environ, **ALONE, "PROMPTOPS_HOME": str(tmp_path / ".git" / "home")}
    check = [sys.executable, "-m", "promptops", "check", "--format"]
    done, data = (
        subprocess.run(
            [*check, kind], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
        ).stdout
        for kind in ("github", "json")
    )
    read = [
        {name: found[group] for name, group in pattern.items() if name != "regexp"}
        for line in done.splitlines()
        for pattern in patterns
        if (found := re.match(pattern["regexp"], line))
    ]
    wanted = [(d["path"], str(d["line"])) for d in json.loads(data)["result"]["diagnostics"]]
    assert sorted((one["file"], one["line"]) for one in read) == sorted(wanted)
    assert len(read) > 12
    assert any(one["column"] is None for one in read), "a place of several lines has no column"
    assert all(one["code"].startswith("PO") for one in read)
    assert not any("%0A" in one["message"] for one in read)


STRANGERS = re.compile(
    r"pip install (-\S+ |--\S+ )*['\"]?promptops(?!-)\b|(?<![-/\w])promptops(\[|==)|github(usercontent)?\.com/promptops/"
)


def test_nobody_is_sent_to_what_belongs_to_another_project() -> None:
    """`promptops` is another project's, on PyPI and on GitHub: what we name there would be run."""
    listed = subprocess.run(
        ["git", "ls-files"], cwd=HERE, check=True, capture_output=True, text=True
    )
    wrong = []
    for name in listed.stdout.splitlines():
        data = (HERE / name).read_bytes() if name != "tests/test_docs.py" else b""
        found = None if b"\0" in data else STRANGERS.search(data.decode("utf-8", "replace"))
        wrong += [f"{name}: {found[0]}"] if found else []
    assert wrong == []
