"""Real git repositories for tests: fixed dates, a cleared environment, no settings of the machine."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

START = 1_700_000_000
CLEAN = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "LC_ALL": "C.UTF-8"}
ALONE = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null"}
ENVIRON = {**CLEAN, **ALONE}
ADA = "Ada Lovelace <ada@example.org>"
BOB = "Bob Ross <bob@example.org>"


class Repo:
    """A repository under construction. Every commit is an hour later than the one before."""

    def __init__(self, root: Path, *options: str, create: bool = True) -> None:
        self.root = root
        self.clock = START
        if create:
            root.mkdir(parents=True, exist_ok=True)
            self.git("init", "-q", "-b", "main", *options)

    def git(self, *arguments: str, env: Mapping[str, str] | None = None, given: bytes = b"") -> str:
        """What git prints; an error fails the test."""
        return self.raw(*arguments, env=env, given=given).decode("utf-8", "surrogateescape").strip()

    def raw(
        self, *arguments: str, env: Mapping[str, str] | None = None, given: bytes = b""
    ) -> bytes:
        """The bytes git prints; an error fails the test."""
        done = subprocess.run(
            ["git", *arguments], cwd=self.root, input=given, capture_output=True,
            env={**ENVIRON, **self.identity(ADA), **(env or {})}, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr.decode("utf-8", "replace")
        return done.stdout

    def identity(self, author: str) -> dict[str, str]:
        """Author, committer and both dates as variables."""
        name, _, email = author.rpartition(" <")
        date = f"{self.clock} +0000"
        return {
            f"GIT_{who}_{what}": value
            for who in ("AUTHOR", "COMMITTER")
            for what, value in (("NAME", name), ("EMAIL", email.rstrip(">")), ("DATE", date))
        }

    def write(self, path: str, content: str | bytes) -> None:
        """A file of the work tree, with its folders."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(
            content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content
        )

    def commit(
        self, files: Mapping[str, str | bytes | None], message: str = "change", author: str = ADA
    ) -> str:
        """Write the files (None deletes one) and commit everything; the new commit's id."""
        for path, content in files.items():
            if content is None:
                (self.root / path).unlink()
            else:
                self.write(path, content)
        self.git("add", "-A")
        return self.record(message, author)

    def record(self, message: str, author: str = ADA, *options: str) -> str:
        """Commit the index as it is; the new commit's id."""
        self.clock += 3600
        env = self.identity(author)
        given = message.encode("utf-8", "surrogateescape")
        self.git(
            "commit",
            "-q",
            "--allow-empty",
            "--no-verify",
            "-F",
            "-",
            *options,
            env=env,
            given=given,
        )
        return self.head()

    def merge(self, branch: str, message: str = "merge", *options: str) -> str:
        """A merge commit, always; the new commit's id."""
        self.clock += 3600
        self.git("merge", "-q", "--no-ff", "-m", message, *options, branch, env=self.identity(ADA))
        return self.head()

    def head(self) -> str:
        """HEAD's id."""
        return self.git("rev-parse", "HEAD")


def rules(*texts: str, title: str = "Rules") -> str:
    """A Markdown file with one bullet for each text."""
    return f"# {title}\n\n" + "".join(f"- {text}\n" for text in texts)
