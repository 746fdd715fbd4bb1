"""Regular expressions that are compiled when they are first used.

To compile those of the modules that a question loads took a tenth of the answer, and most of them
look for what the file at hand does not have.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from re import compile as later
else:

    class later:
        """What `re.compile` would give for the same arguments; a wrong pattern fails when it is used."""

        def __init__(self, pattern, flags=0):
            self._given = pattern, flags

        def __getattr__(self, name):
            from re import compile

            value = getattr(compile(*self._given), name)
            setattr(self, name, value)
            return value


__all__ = ["later"]
