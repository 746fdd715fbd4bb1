"""PyYAML, loaded without compiling the patterns of its reader in Python, which libyaml does without.

They are four fifths of what `import yaml` costs, one of them (of all printable characters) more
than half, and every command that meets YAML would wait for them.
"""

from __future__ import annotations

import re
import sys

TYPE_CHECKING = False  # `typing` costs a check a tenth of its start
if TYPE_CHECKING:
    from typing import Any


class _Late:
    """A pattern that is compiled when something is first asked of it."""

    def __init__(self, *how: Any) -> None:
        self._how = how

    def __getattr__(self, name: str) -> Any:
        return getattr(_compile(*self._how), name)


def _patterns(*how: Any) -> Any:
    """What `re.compile` does while PyYAML is loaded."""
    asking = sys._getframe(1).f_globals.get("__name__", "")
    return _Late(*how) if asking.startswith("yaml.") else _compile(*how)


_compile = re.compile
re.compile = _patterns  # type: ignore[assignment]
try:
    import yaml as yaml
    from yaml._yaml import CParser as CParser
finally:
    re.compile = _compile
