"""Questions with known answers, asked of `promptops why` on real repositories.

A file of questions says for each: the repository and its commit, a sentence (as FILE and words, or as
a phrase), and what reading `git log -p` showed: the commit that brought it in, those that changed
its words, the file it came from, the commit that took it away (`removed`; `left` where one may as
well say that it took the words away from the rule). The answers are scored:

- right: every fact is in the answer, and no event is there that did not happen;
- unsure: something is missing or wrong, and the answer itself does not call it certain;
- wrong: something is missing or wrong in an answer that calls it certain.

    python -m bench.heldout --clones DIR [QUESTIONS.toml] [--only TEXT] [--misses]

Questions by whose misses the tool was mended flatter it: fresh ones are drawn from repositories that
were not asked about, with a seed, their truth read before the tool is asked, and both figures told.

DIR/NAME is a clone (bare or not) of each repository of the file; one that is not there is passed by.
The clone is not touched: a bare repository that borrows its objects stands at the commit asked for.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

QUESTIONS = Path(__file__).with_suffix(".toml")
ENVIRON = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "GIT_CONFIG_NOSYSTEM": "1",
    "LC_ALL": "C.UTF-8",
    "PYTHONPATH": os.pathsep.join(sys.path),
}
SILENT = ("reformatted",)  # no words changed: reported or not, nothing is claimed
ENDS = ("removed", "restored")
Answer = dict[str, Any]


@dataclass(frozen=True)
class Miss:
    """One fact the answer lacks or invents; sure: the answer stands by what it says there."""

    text: str
    sure: bool


def git(root: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=root, env=ENVIRON, capture_output=True, check=True
    )
    return done.stdout.decode("utf-8", "replace")


def borrowed(clone: Path, commit: str, folder: Path) -> Path:
    """A bare repository at `commit` with the clone's objects."""
    objects = git(clone, "rev-parse", "--path-format=absolute", "--git-path", "objects").strip()
    full = git(clone, "rev-parse", "--verify", commit + "^{commit}").strip()
    git(folder, "init", "-q", "--bare", ".")
    (folder / "objects/info/alternates").write_text(objects + "\n")
    git(folder, "update-ref", "--no-deref", "HEAD", full)
    return folder


def target(root: Path, question: Answer) -> str:
    """What to ask: FILE:LINE of the first line with the words, or the words as a phrase."""
    if "file" not in question:
        return str(question["words"])
    lines = git(root, "show", f"HEAD:{question['file']}").splitlines()
    line = next((n for n, text in enumerate(lines, 1) if question["words"] in text), 0)
    if not line:
        raise SystemExit(f"{question['file']} has no line with {question['words']!r}")
    return f"{question['file']}:{line}"


def ask(root: Path, question: Answer) -> Answer:
    """The answer's result; {"refused": …} where there is none."""
    done = subprocess.run(
        [sys.executable, "-m", "promptops", "why", target(root, question), "--format", "json"],
        cwd=root, env={**ENVIRON, "GIT_DIR": str(root)}, capture_output=True,
    )  # fmt: skip
    if done.returncode not in (0, 1):
        return {"refused": done.stderr.decode("utf-8", "replace").strip()}
    result: Answer = json.loads(done.stdout)["result"]
    return result


def misses(question: Answer, answer: Answer) -> Iterator[Miss]:
    """Everything in which the answer is not the truth of the question."""
    if "refused" in answer:
        yield Miss(answer["refused"].splitlines()[-1], sure=True)
        return
    yield from _beginning(question, answer)
    yield from _events(question, answer)
    yield from _inventions(question, answer)


def _beginning(question: Answer, answer: Answer) -> Iterator[Miss]:
    begun = answer["introduced"] or {"commit": "nothing", "author": ""}
    event = _begun(answer)
    sure = event is None or event["confidence"] == "certain"
    if not _one_of(begun["commit"], question["introduced"]):
        yield Miss(f"introduced {begun['commit'][:10]}, was {question['introduced']}", sure)
    elif question.get("by", begun["author"]) != begun["author"]:
        yield Miss(f"by {begun['author']}, was {question['by']}", sure)
    first = question.get("first", "")
    if first and not any(
        first in (e["after"] or "") + (e["before"] or "") for e in answer["events"]
    ):
        yield Miss(f"no wording with {first!r}", _certain(answer))


def _events(question: Answer, answer: Answer) -> Iterator[Miss]:
    sure, events = _certain(answer), answer["events"]
    for commit in question.get("changed", []):
        if not any(e["commit"].startswith(commit) and e["kind"] not in ENDS for e in events):
            yield Miss(f"no change at {commit}", sure)
    for move in question.get("moved", []):
        commit, _, path = move.partition(" ")
        if not any(e["commit"].startswith(commit) and e["from_path"] == path for e in events):
            yield Miss(f"not from {path} at {commit}", sure)
    for commit in question.get("restored", []):
        if not any(e["commit"].startswith(commit) and e["kind"] == "restored" for e in events):
            yield Miss(f"not restored at {commit}", sure)
    gone = question.get("removed")
    if gone and not (events and events[-1]["commit"].startswith(gone) and not answer["present"]):
        last = f"{events[-1]['kind']} {events[-1]['commit'][:10]}" if events else "nothing"
        sure = not events or events[-1]["confidence"] == "certain"
        yield Miss(f"last is {last}, was removed {gone}", sure)
    left = question.get("left")
    if left and not (events and events[-1]["commit"].startswith(left)):
        last = f"{events[-1]['kind']} {events[-1]['commit'][:10]}" if events else "nothing"
        sure = not events or events[-1]["confidence"] == "certain"
        yield Miss(f"last is {last}, the words left at {left}", sure)


def _inventions(question: Answer, answer: Answer) -> Iterator[Miss]:
    known = [*question["introduced"], *question.get("changed", []), *question.get("others", [])]
    known += [move.split()[0] for move in question.get("moved", [])]
    known += [*question.get("restored", []), question.get("removed", "none")]
    known += [question.get("left", "none")]
    back = bool(question.get("restored"))  # the removal before it need not be listed
    for event in answer["events"]:
        if event["kind"] in SILENT or (back and event["kind"] == "removed"):
            continue
        if not _one_of(event["commit"], known):
            text = f"{event['kind']} {event['commit'][:10]} did not happen to it"
            yield Miss(text, event["confidence"] == "certain")


def _begun(answer: Answer) -> Answer | None:
    begun = (answer["introduced"] or {}).get("commit")
    found: Answer | None = next((e for e in answer["events"] if e["commit"] == begun), None)
    return found


def _certain(answer: Answer) -> bool:
    """True if the whole answer stands: nothing in it is unsure, or said to be missing."""
    return bool(answer["complete"]) and all(e["confidence"] == "certain" for e in answer["events"])


def _one_of(commit: str, beginnings: list[str]) -> bool:
    return any(commit.startswith(one) for one in beginnings)


def verdict(found: list[Miss]) -> str:
    if not found:
        return "right"
    return "wrong" if any(miss.sure for miss in found) else "unsure"


def kind(question: Answer) -> str:
    """What the question is about, for the table: the hardest thing in it."""
    for name in ("removed", "left", "restored", "moved", "changed"):
        if question.get(name):
            return name
    return "introduced"


def main() -> int:
    """Ask and print the scores; 1 if an answer was wrong."""
    parser = argparse.ArgumentParser(prog="python -m bench.heldout")
    parser.add_argument("questions", nargs="?", type=Path, default=QUESTIONS)
    parser.add_argument("--clones", type=Path, required=True, help="folder with one clone a name")
    parser.add_argument("--only", default="", help="questions whose repository or words have this")
    parser.add_argument("--misses", action="store_true", help="list what is not right")
    options = parser.parse_args()
    exam = tomllib.loads(options.questions.read_text("utf-8"))
    score: dict[str, Counter[str]] = defaultdict(Counter)
    for name, repository in exam["repositories"].items():
        clone = options.clones / name
        if not clone.exists():
            print(f"no {clone}: git clone {repository['url']} {clone}", file=sys.stderr)
            continue
        asked = [q for q in exam["questions"] if q["repository"] == name]
        asked = [q for q in asked if options.only in f"{name} {q['words']}"]
        with tempfile.TemporaryDirectory() as folder:
            root = borrowed(clone, repository["commit"], Path(folder))
            for question in asked:
                found = list(misses(question, ask(root, question)))
                score[kind(question)][verdict(found)] += 1
                if found and options.misses:
                    _show(name, question, found)
    _table(score)
    return int(any(counts["wrong"] for counts in score.values()))


def _show(name: str, question: Answer, found: list[Miss]) -> None:
    print(f"{verdict(found)}: {name}: {question.get('file', '')} {question['words']!r}")
    for miss in found:
        print(f"    {'certain' if miss.sure else 'unsure '}  {miss.text}")


def _table(score: dict[str, Counter[str]]) -> None:
    print(f"{'question':12} {'n':>4} {'right':>6} {'unsure':>7} {'wrong':>6}")
    total: Counter[str] = Counter()
    for name, counts in [*sorted(score.items()), ("all", total)]:
        print(
            f"{name:12} {counts.total():4} {counts['right']:6} {counts['unsure']:7} {counts['wrong']:6}"
        )
        total += counts if name != "all" else Counter()


if __name__ == "__main__":
    sys.exit(main())
