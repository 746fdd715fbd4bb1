"""The pictures of the report in the README: `python docs/pictures.py`, with chromium on the PATH.

The page is of this repository's example prompt, in a repository with three commits of three people.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
EXAMPLE = HERE.parent / "prompts" / "support-agent"
WIDTH, HEIGHT = 1000, 1060
PEOPLE = (
    ("Ada Lovelace", "2025-11-03", 8, "1.0.0", "Start the support agent"),
    ("Grace Hopper", "2026-06-01", 15, "2.0.0", "Legal asked for seven more rules (#77)"),
    ("Katherine Johnson", "2026-11-01", 22, "2.3.0", "Hand-overs and privacy (#102)"),
)


def with_rules(text: str, count: int, version: str) -> str:
    """The prompt with only its first rules, as an earlier version."""
    head, _, rest = text.partition("\nrules:\n")
    rules, mark, tail = rest.partition("\nretired:")
    kept = re.split(r"(?m)^(?=  - id: )", rules)[: count + 1]
    whole = head + "\nrules:\n" + "".join(kept).rstrip("\n") + "\n" + mark + tail
    return re.sub(r"(?m)^version: .*$", f"version: {version}", whole, count=1)


def main() -> None:
    chromium = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
    with tempfile.TemporaryDirectory() as folder:
        prompt = Path(folder, "prompts/support-agent/prompt.yaml")
        prompt.parent.mkdir(parents=True)
        for name in ("cases.yaml",):
            (prompt.parent / name).write_bytes((EXAMPLE / name).read_bytes())
        subprocess.run(["git", "init", "-q", folder], check=True)
        for name, day, count, version, subject in PEOPLE:
            prompt.write_text(with_rules((EXAMPLE / "prompt.yaml").read_text(), count, version))
            commit(folder, name, day, subject)
        tool = [sys.executable, "-m", "promptops"]
        measure = ["eval", "support-agent", "--model", "simulated/plain", "--repeats", "9"]
        subprocess.run([*tool, *measure, "--evidence", "-q"], cwd=folder, check=False)
        page = Path(folder, "report.html")
        subprocess.run([*tool, "report", "support-agent", "--output", page], cwd=folder, check=True)
        for scheme, number in (("light", 1), ("dark", 0)):
            shot = HERE / f"report-{scheme}.png"
            size = f"--window-size={WIDTH},{HEIGHT}"
            scheme_of = f"--blink-settings=preferredColorScheme={number}"
            where = [size, scheme_of, f"--screenshot={shot}", page.as_uri()]
            subprocess.run([*chromium, *where], check=True, stderr=subprocess.DEVNULL)


def commit(folder: str, name: str, day: str, subject: str) -> None:
    """Commit everything as that person, on that day."""
    mail = f"{name.split()[0].lower()}@acme.example"
    who = {
        f"GIT_{role}_{what}": value
        for role in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", name), ("EMAIL", mail), ("DATE", f"{day}T10:00:00Z"))
    }
    subprocess.run(["git", "-C", folder, "add", "-A"], check=True)
    command = ["git", "-C", folder, "commit", "-q", "-m", subject]
    subprocess.run(command, env={**os.environ, **who}, check=True)


if __name__ == "__main__":
    main()
