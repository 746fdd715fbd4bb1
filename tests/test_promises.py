"""What SECURITY.md promises, through the real command line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from loopback import Loopback
from repos import ENVIRON, Repo

PROMPT = """promptops: 1
id: bot
version: 1.0.0
models: [openai/gpt-4o-mini, anthropic/claude-sonnet-4-5]
owners: [team]
variables: {q: {examples: [x]}}
messages:
  - {role: system, content: "{{ rules }}"}
  - {role: user, content: "{{ q }}"}
rules:
  - id: brief
    text: Answer in one sentence.
    rationale: The phone shows one.
    tests: [{cases: all, assert: %s}]
cases: [{id: one, variables: {q: hello}}]
"""
CONTAINS = "{contains: hello}"
PATH = "prompts/bot/prompt.yaml"
ALONE = """
import sys

def refuse(event, arguments):
    if event in ("socket.connect", "socket.bind", "socket.getaddrinfo", "socket.gethostbyname"):
        sys.stderr.write(f"OPENED {event} {arguments}")
        raise PermissionError(event)

sys.addaudithook(refuse)
from promptops.cli import main
sys.exit(main(sys.argv[1:]))
"""
OFFLINE = (
    ("check",),
    ("check", "--staged"),
    ("check", "--since", "HEAD~1"),
    ("check", "AGENTS.md"),
    ("diff",),
    ("diff", "HEAD~1", "HEAD"),
    ("why", "bot/brief"),
    ("why", "AGENTS.md:1"),
    ("people",),
    ("tokens",),
    ("tokens", "AGENTS.md"),
    ("render", "bot", "--examples"),
    ("decide", "--since", "HEAD~1"),
    ("import", "AGENTS.md", "--dry-run"),
    ("bump",),
    ("report",),
    ("eval", "bot", "--plan"),
)


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = Repo(tmp_path / "repo")
    made.commit({PATH: PROMPT % CONTAINS, "AGENTS.md": "- Run the tests.\n"}, "start")
    made.commit({PATH: PROMPT.replace("one sentence", "two sentences") % CONTAINS}, "reworded")
    return made


def ask(
    repo: Repo, *arguments: str, program: str = "", **environ: str
) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, with no key in its environment but those given."""
    start = ["-c", program] if program else ["-m", "promptops"]
    done = subprocess.run(
        [sys.executable, *start, *arguments],
        cwd=repo.root,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**ENVIRON, "PROMPTOPS_HOME": str(repo.root.parent / "kept"), **environ},
    )
    assert "Traceback" not in done.stderr
    return done


@pytest.mark.parametrize("command", OFFLINE, ids=" ".join)
def test_no_connection_is_opened_and_no_key_is_needed(repo: Repo, command: tuple[str, ...]) -> None:
    from promptops.cli._group import names

    if command[0] not in names():
        pytest.skip(f"there is no `promptops {command[0]}`")
    done = ask(repo, *command, program=ALONE)
    assert "OPENED" not in done.stderr
    assert done.returncode in (0, 1), done.stderr


def test_the_ear_hears(repo: Repo) -> None:
    """What the test above listens for is heard where a model is asked."""
    to = ("--model", "m", "--api-base", "http://127.0.0.1:9")
    assert "OPENED" in ask(repo, "eval", "bot", *to, program=ALONE).stderr


def test_a_dotenv_chooses_no_host(repo: Repo) -> None:
    with Loopback() as chosen, Loopback() as theirs:
        lines = f"OPENAI_API_BASE={theirs.url}\nOPENAI_BASE_URL={theirs.url}\n"
        repo.write(".env", lines)
        repo.write("prompts/.env", lines)
        to = ("--model", "m", "--api-base", chosen.url)
        done = ask(repo, "eval", "bot", *to, OPENAI_API_KEY="sk-test-0123456789")
        assert done.returncode in (0, 1, 3), done.stderr
        assert chosen.count > 0
        assert theirs.count == 0


@pytest.mark.parametrize(
    "settings",
    [
        "api_base = 'http://e'",
        "allow_code = true",
        "max_usd = 10",
        "command = 'touch PWN'",
        "[models.mine]\napi_base = 'http://e'",
        "[models.mine]\napi_key_env = 'AWS_SECRET_ACCESS_KEY'",
    ],
)
def test_settings_of_a_repository_choose_no_host_key_program_or_money(
    repo: Repo, settings: str
) -> None:
    repo.write("promptops.toml", settings + "\n")
    done = ask(repo, "check")
    assert done.returncode == 2
    assert "promptops.toml:" in done.stderr + done.stdout
    assert not (repo.root / "PWN").exists()


def test_a_python_assertion_is_not_run_unasked(repo: Repo) -> None:
    program = "{python: \"open('PWN', 'w')\"}"
    repo.commit({PATH: PROMPT % program, "promptops.toml": ""})
    for command in (("check",), ("tokens",), ("diff", "HEAD~1"), ("render", "bot")):
        ask(repo, *command)
    with Loopback() as server:
        done = ask(repo, "eval", "bot", "--model", "m", "--api-base", server.url)
        assert done.returncode == 2, done.stdout + done.stderr
        assert "--allow-code" in done.stderr
    assert not list(repo.root.rglob("PWN"))
