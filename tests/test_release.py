"""What is released: a wheel that works alone, in an environment with nothing else of ours."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml
from repos import Repo

from promptops import __version__
from promptops.distribution import NAME

HERE = Path(__file__).parent.parent
UV = shutil.which("uv")
RULES = "# Rules\n\n- Never push to main.\n- Always push to main.\n"
PROGRAM = """\
import promptops

loaded: promptops.Loaded = promptops.load("greeter", root="{root}")
try:
    rendered: promptops.Rendered = loaded.render(question="Why?")
except promptops.PromptopsError as error:
    raise SystemExit(f"{{error}}") from error
rule: promptops.Rule = loaded.prompt.rules[0]
assert rule.id == "brief"
first: str = rendered.messages[0]["content"]
print(first, rendered.provenance["version"])
"""
PROMPT = """\
promptops: 1
id: greeter
version: 1.2.3
variables: {question: {examples: [Hello]}}
messages: [{role: system, content: "{{ rules }} {{ question }}"}]
rules: [{id: brief, text: Be brief., rationale: Phones are small.}]
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the wheel and the source distribution."""
    return build(HERE, tmp_path_factory.mktemp("dist"), "sdist", "wheel")


def build(root: Path, folder: Path, *kinds: str) -> Path:
    """The folder, with what the build backend makes of `root`, as of a fixed day."""
    calls = "; ".join(f"buildapi.build_{kind}({str(folder)!r})" for kind in kinds)
    command = [sys.executable, "-c", f"from flit_core import buildapi; {calls}"]
    day = {**os.environ, "SOURCE_DATE_EPOCH": "1800000000"}
    subprocess.run(command, cwd=root, env=day, check=True, capture_output=True)
    return folder


def wheel(folder: Path) -> Path:
    (found,) = folder.glob("*.whl")
    return found


def test_the_wheel_holds_the_package_and_its_types_and_nothing_else(built: Path) -> None:
    names = zipfile.ZipFile(wheel(built)).namelist()
    assert "promptops/py.typed" in names
    assert "promptops/tokens/data/prices.json" in names
    about = f"promptops_toolkit-{__version__}.dist-info"
    assert {name.split("/")[0] for name in names} == {"promptops", about}
    tracked = subprocess.run(
        ["git", "ls-files", "promptops"], cwd=HERE, check=True, capture_output=True, text=True
    )
    assert set(tracked.stdout.split()) <= set(names)


def test_the_source_distribution_holds_what_a_wheel_is_made_of(built: Path) -> None:
    (source,) = built.glob("*.tar.gz")
    with tarfile.open(source) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    beside = {name for name in names if not name.startswith("promptops/")}
    assert beside == {"CHANGELOG.md", "LICENSE", "PKG-INFO", "README.md", "pyproject.toml"}


def test_the_source_distribution_builds_the_very_same_wheel(built: Path, tmp_path: Path) -> None:
    """Byte for byte, from files with other dates in another folder: anybody can build it again."""
    (source,) = built.glob("*.tar.gz")
    with tarfile.open(source) as archive:
        archive.extractall(tmp_path, filter="data")
    (root,) = [path for path in tmp_path.iterdir() if path.is_dir()]
    for file in root.rglob("*.py"):
        os.utime(file, (2_000_000_000, 2_000_000_000))
    (tmp_path / "w").mkdir()
    again = wheel(build(root, tmp_path / "w", "sdist", "wheel"))
    assert again.read_bytes() == wheel(built).read_bytes()
    (other,) = (tmp_path / "w").glob("*.tar.gz")
    assert other.read_bytes() == source.read_bytes()


@pytest.mark.skipif(UV is None, reason="needs uv")
@pytest.mark.parametrize("resolution", ["highest", "lowest-direct"])
def test_it_works_alone_with_the_newest_and_the_oldest_it_asks_for(
    built: Path, tmp_path: Path, resolution: str
) -> None:
    assert UV is not None
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run([UV, "venv", "-q", "--python", sys.executable, tmp_path / "venv"], check=True)
    install = [UV, "pip", "install", "-q", "--python", python, "--resolution", resolution]
    done = subprocess.run([*install, wheel(built)], check=False, capture_output=True, text=True)
    skip_without_index(done)
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "r"
    (folder / "prompts" / "greeter").mkdir(parents=True)
    (folder / "AGENTS.md").write_text(RULES)
    (folder / "prompts" / "greeter" / "prompt.yaml").write_text(PROMPT)
    (folder / "program.py").write_text(PROGRAM.format(root=folder))

    def said(*command: str, code: int = 0) -> str:
        bare = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "COLUMNS": "80"}
        ran = subprocess.run(
            command, cwd=folder, env=bare, capture_output=True, text=True, check=False
        )
        assert ran.returncode == code, ran.stdout + ran.stderr
        return ran.stdout

    tool = str(tmp_path / "venv" / "bin" / "promptops")
    assert "PO402" in said(tool, "check", "AGENTS.md", code=1)
    assert said(str(python), "program.py").strip() == "- Be brief. Why? 1.2.3"
    assert "exact" in said(tool, "tokens", "AGENTS.md", "--model", "openai/gpt-4o")
    subprocess.run(["git", "init", "-q", folder], check=True)
    assert "not committed yet" in said(tool, "why", "AGENTS.md:3")
    assert said(tool, "report").startswith("<!doctype html>")
    assert "greeter" in said(tool, "render", "greeter", "--examples", "--format", "json")
    assert "pip install 'promptops-toolkit[" in said_of(tool, "mcp", folder)
    assert "did you mean `check`?" in said_of(tool, "chek", folder)
    if resolution == "highest":
        assert bill_of_materials(python, tmp_path / "sbom.json") == asked_for(built)


def said_of(tool: str, command: str, folder: Path) -> str:
    """What a command says for which something is missing; one line, no traceback."""
    ran = subprocess.run([tool, command], cwd=folder, capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert "Traceback" not in ran.stderr
    return ran.stderr


def bill_of_materials(python: Path, file: Path) -> set[str]:
    """The names in the SBOM that a release brings, as `make sbom` makes and validates it."""
    made = [f"BILL={file}", f"INSTALLED={python}", f"BIN={Path(sys.executable).parent}"]
    subprocess.run(["make", "-s", "bill", *made], cwd=HERE, check=True, capture_output=True)
    bill = json.loads(file.read_text())
    ours = bill["metadata"]["component"]
    assert (bill["bomFormat"], ours["name"], ours["version"]) == ("CycloneDX", NAME, __version__)
    assert bill["serialNumber"]  # without it GitHub's signer takes it for no CycloneDX
    assert all(part["version"] and part["purl"] for part in bill["components"])
    return {part["name"].lower() for part in bill["components"]}


def asked_for(built: Path) -> set[str]:
    """The packages that the wheel needs, and the one that one of them brings."""
    with zipfile.ZipFile(wheel(built)) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith("/METADATA")]
        lines = archive.read(name).decode().splitlines()
    needed = [
        line for line in lines if line.startswith("Requires-Dist: ") and "extra ==" not in line
    ]
    names = {re.split(r"[ <>=!~;]", line.partition(": ")[2])[0].lower() for line in needed}
    return names | {"markupsafe"}


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where pipx and uv put what they install in a test: a folder with a finding."""
    for name in ("PIPX_HOME", "PIPX_BIN_DIR", "PIPX_MAN_DIR", "UV_TOOL_DIR", "UV_TOOL_BIN_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    monkeypatch.setenv("PROMPTOPS_HOME", str(tmp_path / "home"))
    (tmp_path / "AGENTS.md").write_text(RULES)
    return tmp_path


def ran(folder: Path, *command: object) -> subprocess.CompletedProcess[str]:
    """What a command says there; the test is skipped without an index or the tool itself."""
    done = subprocess.run(
        [str(word) for word in command], cwd=folder, capture_output=True, text=True, check=False,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    skip_without_index(done)
    if "No module named pipx" in done.stderr:
        pytest.skip("no pipx")
    return done


def skip_without_index(done: subprocess.CompletedProcess[str]) -> None:
    lost = r"dns error|failed to fetch|error sending request|connection (error|broken)|max retries"
    if done.returncode and re.search(lost, done.stderr, re.IGNORECASE):
        pytest.skip("no package index")


PIPX = (sys.executable, "-m", "pipx")
RUN = {
    "pipx": (*PIPX, "run", "--python", sys.executable, "--spec"),
    "uv": (str(UV), "tool", "run", "-q", "--python", sys.executable, "--from"),
}
INSTALL = {
    "pipx": (*PIPX, "install", "-q", "--python", sys.executable),
    "uv": (str(UV), "tool", "install", "-q", "--python", sys.executable),
}


@pytest.mark.skipif(UV is None, reason="needs uv")
@pytest.mark.parametrize("tool", RUN)
def test_it_runs_without_being_installed(built: Path, tools: Path, tool: str) -> None:
    """By the name of the distribution, as `pipx run NAME` and `uvx NAME` start a tool."""
    done = ran(tools, *RUN[tool], wheel(built), "promptops-toolkit", "check", "AGENTS.md")
    assert done.returncode == 1, done.stderr
    assert "PO402" in done.stdout


@pytest.mark.skipif(UV is None, reason="needs uv")
@pytest.mark.parametrize("tool", INSTALL)
def test_an_extra_is_added_to_a_tool_as_the_hint_says(built: Path, tools: Path, tool: str) -> None:
    done = ran(tools, *INSTALL[tool], wheel(built))
    assert done.returncode == 0, done.stderr
    (promptops,) = tools.glob("*_bin_dir/promptops")
    missing = ran(tools, promptops, "mcp")
    assert missing.returncode == 2
    hint = missing.stderr.partition("= help: ")[2].partition(" (version")[0]
    assert hint.endswith(" 'promptops-toolkit[mcp]'")
    words = shlex.split(hint)
    added = ran(tools, *(PIPX if words[0] == "pipx" else (UV,)), *words[1:])
    assert added.returncode == 0, added.stderr
    assert ran(tools, promptops, "mcp").returncode == 0


def test_the_release_looks_for_the_wheel_that_is_built(built: Path) -> None:
    workflow = (HERE / ".github" / "workflows" / "release.yml").read_text()
    assert wheel(built).name.replace(__version__, "${GITHUB_REF_NAME#v}") in workflow


def test_a_release_is_made_of_a_changelog_that_tells_its_changes(tmp_path: Path) -> None:
    """The workflow's own step, on a tag before and after `towncrier build`."""
    steps = yaml.safe_load((HERE / ".github" / "workflows" / "release.yml").read_text())
    (step,) = [s for s in steps["jobs"]["build"]["steps"] if "CHANGELOG.md" in s.get("run", "")]
    for name in ("pyproject.toml", "CHANGELOG.md"):
        shutil.copy(HERE / name, tmp_path)
    (tmp_path / "changelog.d").mkdir()
    (tmp_path / "changelog.d" / "12.added.md").write_text("A thing more.\n")
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "promptops_toolkit-9.9.9-py3-none-any.whl").touch()
    (tmp_path / "build").mkdir()
    repo = Repo(tmp_path)

    def gate(tag: str) -> int:
        repo.git("add", "-A")
        shell = ["bash", "-e", "-c", step["run"]]  # as GitHub runs a step without `shell:`
        env = {**os.environ, "GITHUB_REF_NAME": tag}
        return subprocess.run(shell, cwd=tmp_path, env=env, check=False).returncode

    assert gate("v9.9.9") != 0
    build_it = [sys.executable, "-m", "towncrier", "build", "--yes", "--version", "9.9.9"]
    subprocess.run(build_it, cwd=tmp_path, check=True, capture_output=True)
    assert gate("v9.9.8") != 0
    assert gate("v9.9.9") == 0
    notes = (tmp_path / "build" / "notes.md").read_text()
    assert re.sub(r"\s+", " ", notes).strip() == "### Added - A thing more. (#12)"


def test_each_change_is_one_file_of_a_known_kind() -> None:
    settings = tomllib.loads((HERE / "pyproject.toml").read_text())["tool"]["towncrier"]
    kinds = "|".join(kind["directory"] for kind in settings["type"])
    for file in (HERE / "changelog.d").iterdir():
        if file.name != "README.md":
            assert re.fullmatch(rf"(\d+|\+[a-z0-9-]+)\.({kinds})\.md", file.name), file.name
            assert file.read_text().strip(), file.name


def test_the_changelog_is_built_of_them(tmp_path: Path) -> None:
    for name in ("pyproject.toml", "CHANGELOG.md"):
        shutil.copy(HERE / name, tmp_path)
    shutil.copytree(HERE / "changelog.d", tmp_path / "changelog.d")
    (tmp_path / "changelog.d" / "+a.fixed.md").write_text("A thing that was wrong.\n")
    (tmp_path / "changelog.d" / "12.added.md").write_text("A thing more.\n")
    build_it = [sys.executable, "-m", "towncrier", "build", "--yes", "--version", "9.9.9"]
    command = [*build_it, "--date", "2026-01-02"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    text = (tmp_path / "CHANGELOG.md").read_text()
    top, _, told = text.partition("<!-- releases start here -->")
    assert top == (HERE / "CHANGELOG.md").read_text().partition("<!-- releases start here -->")[0]
    assert "## 9.9.9 - 2026-01-02\n\n### Added\n\n" in told
    assert "- A thing more. (#12)" in told
    order = ("- A thing more.", "### Fixed\n\n", "- A thing that was wrong.\n")
    assert sorted(order, key=told.index) == list(order)


@pytest.fixture(scope="module")
def installed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment that holds the wheel and what it needs."""
    if UV is None:
        pytest.skip("needs uv")
    root = tmp_path_factory.mktemp("installed")
    subprocess.run([UV, "venv", "-q", "--python", sys.executable, root], check=True)
    install = [UV, "pip", "install", "-q", "--python", root, wheel(built)]
    done = subprocess.run(install, check=False, capture_output=True, text=True)
    skip_without_index(done)
    assert done.returncode == 0, done.stderr
    return root / "bin" / "python"


CHECKERS = {
    "mypy": ("-m", "mypy", "--strict", "--no-incremental", "--python-executable"),
    "basedpyright": ("-m", "basedpyright", "--level", "error", "--pythonpath"),
}


@pytest.mark.parametrize("checker", CHECKERS)
def test_a_program_that_uses_it_is_checked_by_its_types(
    installed: Path, tmp_path: Path, checker: str
) -> None:
    """As a consumer has it: the types come out of the wheel."""
    pytest.importorskip(checker)
    program = tmp_path / "program.py"
    program.write_text(PROGRAM.format(root="."))
    wrong = tmp_path / "wrong.py"
    wrong.write_text("import promptops\n\npromptops.load(7).rendr()\n")
    command = [sys.executable, *CHECKERS[checker], installed, program, wrong]
    done = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True)
    assert "program.py" not in done.stdout
    assert "wrong.py:3" in done.stdout
    assert {"mypy": "[arg-type]", "basedpyright": "(reportArgumentType)"}[checker] in done.stdout
    assert "rendr" in done.stdout
    assert "Found 2 errors" in done.stdout or "2 errors, 0 warnings" in done.stdout
