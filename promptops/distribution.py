"""What promptops is called where it is installed from, and how more of it is installed.

On PyPI the name `promptops` is another project's: nothing may send anybody there.
"""

from __future__ import annotations

import os
import sys
from functools import cache

NAME = "promptops-toolkit"


def install(extra: str, prefix: str = "", python: str = "") -> str:
    """The command that adds the libraries of an extra to the environment that runs this.

    An environment that pipx or uv keeps for a tool is not the one that `pip` on PATH installs into.
    """
    wanted = f"'{NAME}[{extra}]'"
    prefix = prefix or sys.prefix
    if os.path.exists(os.path.join(prefix, "pipx_metadata.json")):
        return f"pipx inject {NAME} {wanted}"
    if os.path.exists(os.path.join(prefix, "uv-receipt.toml")):
        from shlex import quote

        return f"uv pip install --python {quote(python or sys.executable)} {wanted}"
    return f"pip install {wanted}"


@cache
def address(label: str, distribution: str = NAME) -> str:
    """What `[project.urls]` of an installed distribution names so, or ""."""
    from importlib.metadata import PackageNotFoundError, metadata

    try:
        urls = metadata(distribution).get_all("Project-URL") or ()
    except PackageNotFoundError:  # run from a source tree that is not installed
        return ""
    pairs = (url.partition(", ") for url in urls)
    return next((url for named, _, url in pairs if named == label), "")
