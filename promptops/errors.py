"""What we cannot do: errors with an exit code, a place and a hint.

A wrong prompt is no error but a diagnostic (exit 1); a bug is any other exception (exit 70).
Only `promptops.cli` catches these.
"""

from __future__ import annotations

import errno

EXIT_CLEAN = 0
EXIT_FINDINGS = 1
EXIT_CANNOT = 2
EXIT_INCOMPLETE = 3
EXIT_LATER = 4  # a batch is not done: the same command later
EXIT_BUG = 70
EXIT_INTERRUPTED = 130
EXIT_TERMINATED = 143


class PromptopsError(Exception):
    """We cannot do it: `message` says what, `hint` what to do, `path:line:column` where.

    `line` and `column` are 1-based, 0 where there is none.
    """

    exit_code = EXIT_CANNOT

    def __init__(
        self, message: str, hint: str = "", *, path: str = "", line: int = 0, column: int = 0
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.path = path
        self.line = line
        self.column = column


class UsageError(PromptopsError):
    """A command line that means nothing: an unknown name, two options that exclude each other."""


class ConfigError(PromptopsError):
    """A configuration that cannot be used."""


class InputError(PromptopsError):
    """A file that cannot be used: not UTF-8, too large, not YAML, a path out of the repository."""


class NotHereError(InputError):
    """A file of the history whose content this clone does not have: nothing is known of it."""


def unreadable(error: OSError, path: str, hint: str = "") -> InputError:
    """What to say of a file that could not be opened or read; `hint` where more is known."""
    return InputError(
        f"cannot read it: {error.strerror}", hint or _WHAT_NOW.get(error.errno or 0, ""), path=path
    )


_SPELLING = "check the spelling, and the folder it is looked for in"
_WHAT_NOW = {
    errno.ENOENT: _SPELLING,
    errno.ENOTDIR: _SPELLING,
    errno.EISDIR: "it is a folder: name a file in it",
    errno.EACCES: "you may not read it: see who owns it (ls -l)",
    errno.ELOOP: "the symbolic link leads in a circle: name the file itself",
}


class TemplateError(PromptopsError):
    """A template that cannot be rendered, or that asks for what templates may not do."""


class GitError(PromptopsError):
    """git is missing, there is no repository, or it cannot answer."""


class ProviderError(PromptopsError):
    """Who should answer does not: no key, no connection, no such model."""


class IncompleteError(PromptopsError):
    """Work was done, not all of it: no verdict can be given."""

    exit_code = EXIT_INCOMPLETE


class Interrupted(SystemExit):
    """A signal ends the command now; its exit code. A SystemExit, since event loops hold on to any
    other exception that a handler raises within them."""
