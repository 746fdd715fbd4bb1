"""`make demo`: the main job on real input, with no key and no network.

Everything happens in a throw-away copy of this repository's prompts, in a git repository of its own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DAYS = ("2026-09-01", "2026-10-05", "2026-11-16", "2026-11-20")
SCARS = (
    (
        "The widget shows asterisks and pipes as they are; screen readers read them out.",
        "As discussed.",
    ),
    (
        "at most 120 words.",
        "at most 120 words and always be careful to explain everything in detail.",
    ),
    ("Never use exclamation marks.", "Never use exclamation\u200b marks."),
    ("cases: [late-fee, refund, plan-change]\n", "cases: [late-fee, refnd, plan-change]\n"),
    ("    owner: product\n    position: fixed\n", "    ownr: product\n    position: fixed\n"),
)


def main() -> int:
    """Show it; 0 if every command ended as it should."""
    with tempfile.TemporaryDirectory() as folder:
        shown = Demo(Path(folder))
        shown.prepare()
        return shown.run()


class Demo:
    """A repository with a little history, and the commands that are shown in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.failed: list[str] = []
        self.environ = {
            **{k: v for k, v in os.environ.items() if not k.startswith("GIT_")},
            "PROMPTOPS_HOME": str(folder / ".." / f"{folder.name}-cache"),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_SYSTEM": os.devnull,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        }

    def prepare(self) -> None:
        """The prompts of this repository, in three commits of three days."""
        self._git("init", "--quiet", "--initial-branch", "main")
        for name in ("prompts", "docs/decisions"):
            shutil.copytree(ROOT / name, self.folder / name)
        shutil.copy(ROOT / "AGENTS.md", self.folder / "AGENTS.md")
        agent = self.folder / "prompts/support-agent/prompt.yaml"
        today = agent.read_text()
        agent.write_text(today.replace("at most 120 words", "at most 200 words"))
        self._commit(DAYS[0], "Ada Byron", "Answer billing questions in three languages")
        agent.write_text(today)
        self._commit(
            DAYS[1],
            "Grace Hopper",
            "Shorten answers to what the chat window shows\n\n"
            "Longer answers were rated lower whatever they said (#214).",
        )

    def run(self) -> int:
        """Every command, with what it prints."""
        self.say("1. Our own prompts, as the commit hook sees them")
        self.show("promptops check", 0)
        self.say("2. An instruction file that nobody has imported")
        self.show("promptops check AGENTS.md", 0)
        self.say("3. What the model gets: only the messages, never the reasons")
        self.show(
            "promptops render support-agent --examples --only persona --only cite-policy --only no-discounts",
            0,
        )
        self.say("4. Why is this sentence here?")
        self.show("promptops why support-agent/short-answers", 0)
        self.say("5. Where the tokens are, and what they cost")
        self.show("promptops tokens support-agent", 0)
        self.say("6. Somebody edits the prompt in a hurry")
        self.break_it()
        self.show("promptops check", 1)
        self.say("7. The same edit in review")
        self.show("promptops diff", 0, 1)
        if self.failed:
            print("\nthe demo went wrong at: " + "; ".join(self.failed))
        return int(bool(self.failed))

    def break_it(self) -> None:
        """Five mistakes that reviewers overlook."""
        agent = self.folder / "prompts/support-agent/prompt.yaml"
        text = agent.read_text()
        for before, after in SCARS:
            if before not in text:
                self.failed.append(f"no {before!r} to break")
            text = text.replace(before, after, 1)
        agent.write_text(text)

    def say(self, words: str) -> None:
        """A heading."""
        print(f"\n\x1b[1m{words}\x1b[0m" if sys.stdout.isatty() else f"\n{words}", flush=True)

    def show(self, command: str, *expected: int) -> None:
        """Run one command and print it with its output."""
        print(f"\n$ {command}", flush=True)
        done = subprocess.run(["sh", "-c", command], cwd=self.folder, env=self.environ, check=False)
        if done.returncode not in expected:
            self.failed.append(f"{command} (exit code {done.returncode})")

    def _commit(self, day: str, name: str, message: str) -> None:
        self._git("add", "--all")
        when = f"{day}T12:00:00+0000"
        person = {"NAME": name, "EMAIL": f"{name.split()[0].lower()}@acme.example", "DATE": when}
        who = {f"GIT_{role}_{k}": v for role in ("AUTHOR", "COMMITTER") for k, v in person.items()}
        self._git("commit", "--quiet", "--no-verify", "--message", message, **who)

    def _git(self, *arguments: str, **environ: str) -> None:
        subprocess.run(
            ["git", *arguments], cwd=self.folder, env={**self.environ, **environ}, check=True
        )


if __name__ == "__main__":
    sys.exit(main())
