"""What promptops is called where it is installed from, and how an extra is added to it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from promptops.distribution import NAME, address, install

HERE = Path(__file__).parent.parent


def test_the_name_is_the_distributions() -> None:
    project = tomllib.loads((HERE / "pyproject.toml").read_text())["project"]
    assert project["name"] == NAME
    assert project["scripts"][NAME] == project["scripts"]["promptops"]


@pytest.mark.parametrize(
    ("keeper", "command"),
    [
        ("", "pip install 'promptops-toolkit[eval]'"),
        ("pipx_metadata.json", "pipx inject promptops-toolkit 'promptops-toolkit[eval]'"),
        ("uv-receipt.toml", "uv pip install --python '/a b/python' 'promptops-toolkit[eval]'"),
    ],
)
def test_an_extra_is_installed_by_who_keeps_the_environment(
    tmp_path: Path, keeper: str, command: str
) -> None:
    if keeper:
        (tmp_path / keeper).write_text("")
    assert install("eval", str(tmp_path), "/a b/python") == command


def test_an_address_that_nobody_has_given_is_none() -> None:
    assert address("Pigeons") == address("Issues", "not-installed") == ""
