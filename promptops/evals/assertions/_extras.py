"""What the optional libraries are missed for."""

from __future__ import annotations

from promptops.distribution import install
from promptops.errors import ConfigError


def missing(what: str, library: str) -> ConfigError:
    """The error that says which library is not installed, and how to install it."""
    return ConfigError(
        f"{what} needs {library}, which is not installed",
        install("eval"),
    )
