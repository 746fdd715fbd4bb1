"""What several tests share."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings

# A busy machine makes any single example slow; pytest's timeout still ends what hangs. The suite asks
# the same examples each time; `--hypothesis-profile=thorough` looks for new ones.
settings.register_profile("promptops", deadline=None, derandomize=True)
settings.register_profile("thorough", deadline=None, derandomize=False, max_examples=3000)
settings.load_profile("promptops")

SHARED = Path(os.environ.get("PROMPTOPS_SHARED", Path(__file__).parent.parent.parent / "shared"))
GOLDEN = Path(__file__).parent / "golden"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write what the commands say now into tests/golden; read the diff before you commit it",
    )


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """`golden("check/clean/text.txt", got)`: `got` is what that file under tests/golden holds.

    `pytest --update-golden` writes the files instead.
    """
    update = request.config.getoption("--update-golden")

    def compare(name: str, got: str) -> None:
        path = GOLDEN / name
        if update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(got.encode())
        assert path.is_file(), f"tests/golden/{name} is missing: run pytest --update-golden"
        assert got == path.read_bytes().decode(), f"differs from tests/golden/{name}"

    return compare


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The URL of a PostgreSQL server; tests that want it are skipped where there is none."""
    import postgresql

    if why := postgresql.missing():
        pytest.skip(why)
    with postgresql.serving() as url:
        yield url


@dataclass(frozen=True)
class Ran:
    """What a command left: its exit code and what it wrote."""

    code: int
    out: str
    err: str


@pytest.fixture
def run(
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> Callable[..., Ran]:
    """`run("check", "--staged", cwd=folder)`: the command line, in this process, without a terminal.

    Results are kept in a folder of the test's own; no git settings of the machine are seen.
    """
    from promptops.cli import main

    for name in [name for name in os.environ if name.startswith(("GIT_", "NO_COLOR", "FORCE_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PROMPTOPS_HOME", str(tmp_path_factory.mktemp("kept")))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("COLUMNS", "80")

    def command(*arguments: str, cwd: Path) -> Ran:
        monkeypatch.chdir(cwd)
        monkeypatch.setattr("sys.argv", ["promptops", *arguments])
        capfdbinary.readouterr()
        code = main()
        out, err = capfdbinary.readouterr()
        return Ran(code, out.decode(), err.decode())

    return command
