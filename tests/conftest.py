"""What several tests share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

# A busy machine makes any single example slow; pytest's timeout still ends what hangs.
settings.register_profile("promptops", deadline=None)
settings.load_profile("promptops")

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
