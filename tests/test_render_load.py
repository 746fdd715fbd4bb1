"""`promptops.load`: a program gets the messages, and the provenance to log with the call."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest

import promptops
from promptops.errors import ConfigError, InputError, UsageError
from promptops.history.head import head_commit
from promptops.loading import Loaded, find_root
from promptops.render import PlacedError

PROMPT = """\
promptops: 1
id: {id}
version: 1.2.0
variables: {{question: {{examples: [Why?]}}}}
messages:
  - role: system
    content: |
      You are brief.

      {{{{ rules }}}}
  - {{role: user, content: "{{{{ question }}}}"}}
rules:
  - {{id: cite, text: "Cite it.", rationale: Claims must be checkable.}}
  - {{id: sie, text: Use Sie., when: {{language: de}}}}
"""


def put(folder: Path, path: str, text: str) -> Path:
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")
    return file


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    put(tmp_path, "promptops.toml", "")
    put(tmp_path, "prompts/support-agent/prompt.yaml", PROMPT.format(id="support-agent"))
    return tmp_path


def test_messages_and_provenance(folder: Path) -> None:
    made = promptops.load("support-agent", folder).render(question="Why {{ me }}?")
    assert made.messages == [
        {"role": "system", "content": "You are brief.\n\n- Cite it.\n- Use Sie.\n"},
        {"role": "user", "content": "Why {{ me }}?"},
    ]
    file = folder / "prompts/support-agent/prompt.yaml"
    canonical = json.dumps(made.messages, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert made.provenance == {
        "prompt": "support-agent",
        "version": "1.2.0",
        "prompt_digest": sha256(file.read_bytes()).hexdigest(),
        "digest": sha256(canonical.encode()).hexdigest(),
        "commit": None,
    }
    assert made == promptops.load("support-agent", folder).render(question="Why {{ me }}?")


def test_slices_choose_rules_and_any_name_is_a_variable(folder: Path) -> None:
    loaded = promptops.load("support-agent", folder)
    english = loaded.render({"language": "en"}, question="x")
    assert english.messages[0]["content"] == "You are brief.\n\n- Cite it.\n"
    put(folder, "prompts/odd.prompt.yaml", """\
promptops: 1
id: odd
version: 1.0.0
messages: [{role: user, content: "{{ self }} {{ slices }}"}]
""")  # fmt: skip
    made = promptops.load("odd", folder).render(**{"self": "a", "slices": "b"})
    assert made.messages == [{"role": "user", "content": "a b"}]


def test_errors_stand_in_the_prompts_file(folder: Path) -> None:
    loaded = promptops.load("support-agent", folder)
    with pytest.raises(PlacedError) as caught:
        loaded.render()
    error = caught.value
    place = (error.path, error.line, error.column)
    assert place == ("prompts/support-agent/prompt.yaml", 11, 31)
    assert error.message == "the variable `question` has no value"
    with pytest.raises(UsageError, match="has no variable `quesiton`"):
        loaded.render(quesiton="x")


def test_the_root_is_found_upwards(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = folder / "prompts" / "support-agent"
    assert promptops.load("support-agent", root=inner).prompt.id == "support-agent"
    monkeypatch.chdir(inner)
    assert promptops.load("support-agent").prompt.id == "support-agent"
    assert find_root(str(inner)) == str(folder)
    (folder / "promptops.toml").unlink()
    assert find_root(str(inner)) == str(inner)


def test_prompts_are_found_by_id_wherever_the_settings_say(folder: Path) -> None:
    put(folder, "prompts/deep/er/prompt.yaml", PROMPT.format(id="other"))
    put(folder, "llm/third.yaml", PROMPT.format(id="third"))
    put(folder, "promptops.toml", 'prompts = ["prompts/**/prompt.yaml", "llm/*.yaml"]\n')
    assert promptops.load("other", folder).prompt.path == "prompts/deep/er/prompt.yaml"
    assert promptops.load("third", folder).prompt.path == "llm/third.yaml"
    for name in ("llm/third.yaml", "prompts/deep/er", "prompts/deep/er/prompt.yaml"):
        assert isinstance(promptops.load(name, folder), Loaded)
    put(folder, "promptops.toml", "prompts = 3\n")
    with pytest.raises(ConfigError):
        promptops.load("other", folder)
    assert promptops.load("support-agent", folder).prompt.path.endswith("agent/prompt.yaml")


def test_the_id_in_the_file_counts(folder: Path) -> None:
    put(folder, "prompts/billing/prompt.yaml", PROMPT.format(id="refunds"))
    put(folder, "prompts/x/prompt.yaml", PROMPT.format(id="billing"))
    assert promptops.load("billing", folder).prompt.path == "prompts/x/prompt.yaml"
    assert promptops.load("refunds", folder).prompt.path == "prompts/billing/prompt.yaml"


def test_unknown_prompts(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    def hint(name: str, root: Path) -> str:
        with pytest.raises(UsageError, match=f"no prompt `{name}`") as caught:
            promptops.load(name, root)
        return caught.value.hint

    assert hint("suport-agent", folder) == "did you mean `support-agent`?"
    assert hint("zzz", folder) == "its prompts: support-agent"
    assert hint("zzz", tmp_path_factory.mktemp("empty")) == "there are no prompts here"


def test_broken_files_are_refused_with_their_place(folder: Path) -> None:
    put(folder, "prompts/support-agent/prompt.yaml", PROMPT.format(id="support-agent") + "x: 1\n")
    with pytest.raises(InputError) as caught:
        promptops.load("support-agent", folder)
    assert (caught.value.line, caught.value.column) == (15, 1)
    put(folder, "prompts/support-agent/prompt.yaml", "id: [")
    with pytest.raises(InputError) as caught:
        promptops.load("support-agent", folder)
    assert caught.value.path == "prompts/support-agent/prompt.yaml"
    assert caught.value.line == 1


def test_cases_are_not_read(folder: Path) -> None:
    put(folder, "prompts/support-agent/cases.yaml", "{{{ not yaml")
    assert promptops.load("support-agent", folder).prompt.cases == ()


# --- packages


def run(program: str, *path: Path) -> str:
    """What a fresh Python prints, with `path` before its own."""
    code = f"import sys; sys.path[:0] = {[str(p) for p in path]!r}\n{program}"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


LOAD = """
import promptops
made = promptops.load("support-agent", package={package!r}).render(question="q")
print(made.commit, made.version, made.messages[1]["content"])
"""


def zipped(folder: Path) -> None:
    with zipfile.ZipFile(folder / "app.zip", "w") as archive:
        for file in sorted((folder / "app").rglob("*")):
            archive.write(file, file.relative_to(folder / "app"))


@pytest.mark.parametrize(
    ("package", "path"),
    [
        ("my_app.prompts", "my_app/prompts/support-agent/prompt.yaml"),
        ("my_app.prompts", "my_app/prompts/support-agent.prompt.yaml"),
        ("my_app", "my_app/prompts/support-agent/prompt.yaml"),
        ("my_app", "my_app/llm/agents/a.prompt.yaml"),
    ],
)
def test_from_a_package(tmp_path: Path, package: str, path: str) -> None:
    put(tmp_path, "app/my_app/__init__.py", "")
    put(tmp_path, f"app/{path}", PROMPT.format(id="support-agent"))
    assert run(LOAD.format(package=package), tmp_path / "app") == "None 1.2.0 q"
    zipped(tmp_path)
    if package == "my_app.prompts":
        program = """
from promptops import errors, load
try:
    load("x", package="my_app.prompts")  # not every Python reads a zipped namespace package
except errors.PromptopsError:
    print("refused")
"""
        assert run(program, tmp_path / "app.zip") == "refused"
        put(tmp_path, "app/my_app/prompts/__init__.py", "")
        zipped(tmp_path)
    assert run(LOAD.format(package=package), tmp_path / "app.zip") == "None 1.2.0 q"


def test_package_errors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from promptops.source.package import PackageTree

    with pytest.raises(InputError, match="no package `no_such_package`"):
        promptops.load("x", package="no_such_package")
    put(tmp_path, "some_app_of_ours/prompts/a.prompt.yaml", PROMPT.format(id="a"))
    put(tmp_path, "some_app_of_ours/__init__.py", "")
    (tmp_path / "some_app_of_ours/large.yaml").write_bytes(b" " * (1 << 21))
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UsageError, match="no prompt `b`"):
        promptops.load("b", package="some_app_of_ours")
    tree = PackageTree("some_app_of_ours")
    assert tree.listed("prompts/") == ["prompts/a.prompt.yaml"]
    assert not tree.exists("../x")
    for path, says in (("large.yaml", "over 1 MiB"), ("none.yaml", "no such file")):
        with pytest.raises(InputError, match=says):
            tree.read(path)


def test_importing_promptops_costs_nothing(folder: Path) -> None:
    bare = "import sys; before = set(sys.modules); import promptops; dir(promptops); "
    assert run(bare + "print(sorted(set(sys.modules) - before))") == "['promptops']"
    loaded = f"""
import sys
import promptops
promptops.load("support-agent", {str(folder)!r}).render(question="q")
heavy = {{"jinja2", "ruamel", "git", "click", "tiktoken", "re2", "subprocess", "rapidfuzz", "difflib"}}
print(sorted(heavy & set(sys.modules)))
"""
    assert run(loaded) == "[]"


def test_public_names() -> None:
    wanted = ["Loaded", "Prompt", "PromptopsError", "Rendered", "Rule", "__version__", "load"]
    assert dir(promptops) == wanted
    assert promptops.Prompt("x").id == "x"
    assert promptops.Rule("r", "t").text == "t"
    with pytest.raises(AttributeError, match="no attribute 'lod'"):
        promptops.lod  # noqa: B018


# --- the commit


def git(folder: Path, *words: str) -> str:
    identity = ("-c", "user.name=A", "-c", "user.email=a@b", "-c", "commit.gpgsign=false")
    done = subprocess.run(
        ["git", *identity, *words], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture
def repository(folder: Path) -> Path:
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    return folder


def test_the_commit(repository: Path) -> None:
    def loaded(root: Path = repository) -> str | None:
        return promptops.load("support-agent", root).render(question="q").commit

    assert loaded() is None  # no commit yet
    git(repository, "commit", "-qm", "one")
    head = git(repository, "rev-parse", "HEAD")
    assert loaded() == head == head_commit(str(repository / "prompts"))
    git(repository, "pack-refs", "--all", "--prune")
    assert loaded() == head
    git(repository, "worktree", "add", "-q", "-b", "feature/x", "../tree")
    git(repository.parent / "tree", "commit", "-q", "--allow-empty", "-m", "two")
    other = git(repository.parent / "tree", "rev-parse", "HEAD")
    assert loaded(repository.parent / "tree") == other != head
    git(repository.parent / "tree", "pack-refs", "--all", "--prune")
    assert loaded(repository.parent / "tree") == other
    git(repository, "checkout", "-q", "--detach")
    assert loaded() == head


@pytest.mark.parametrize(
    "head",
    [
        "",
        "ref: refs/heads/nope",
        "ref: ../../etc/passwd",
        "ref: refs/../../x",
        "\0",
        "xyz",
        "ref: refs/heads/.invalid",
    ],
)
def test_a_head_that_says_nothing_is_unknown(tmp_path: Path, head: str) -> None:
    put(tmp_path, ".git/HEAD", head)
    put(tmp_path, ".git/refs/heads/main", "nonsense")
    put(tmp_path, ".git/x", "0" * 40)
    assert head_commit(str(tmp_path)) is None


def test_no_repository() -> None:
    assert head_commit("/") is None
