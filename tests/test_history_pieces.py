"""Rules that were joined with others and parted again: each piece keeps the life it had."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from repos import BOB, Repo, rules
from test_history_walk import KIND, kinds, life

ONE = "Quote the invoice number whenever a customer disputes some charge"
TWO = "Offer refunds before escalating complaints towards senior billing staff"
OWN = "Never promise delivery dates"


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = Repo(tmp_path / "repo")
    made.commit({"README": "x\n"}, "start")
    return made


@pytest.mark.parametrize("joint", ["escalating", "charge Offer"])
def test_what_was_merged_reworded_and_split_was_merged(repo: Repo, joint: str) -> None:
    begun = repo.commit({"AGENTS.md": rules(KIND, ONE + ".")}, "first")
    repo.commit({"AGENTS.md": rules(KIND, ONE + ".", TWO + ".")}, "second", BOB)
    merged = repo.commit({"AGENTS.md": rules(KIND, f"{ONE} {TWO}.")}, "joined")
    both = f"{ONE} {TWO} kindly and promptly".replace("disputes", "contests")
    repo.commit({"AGENTS.md": rules(KIND, f"{both}.")}, "other words")
    at = both.index(joint) + (len(joint) if " " in joint else 0)
    halves = both[:at].strip() + ".", both[at:].strip() + "."
    repo.commit({"AGENTS.md": rules(KIND, *halves)}, "parted")
    found = life(repo, "AGENTS.md", "Quote")
    assert [kind for kind, _ in kinds(found)] == ["split", "reworded", "merged", "introduced"]
    assert found.events[2].commit.id == merged
    assert found.events[-1].commit.id == begun
    assert found.events[-1].after == ONE + "."


def test_a_file_that_goes_to_and_fro_is_renamed_though_a_rule_is_reworded(repo: Repo) -> None:
    first = "Pudivole nobakagu mitirace leradivo kanonora gulebano foguleka diditidi before cebaguba to."
    last = first.replace("Pudivole", "Batipuse of").replace("to.", "to vopucepu timimile.")
    repo.commit({"AGENTS.md": rules(first, ONE, TWO)})
    for path, other in (("docs/guide.md", "AGENTS.md"), ("AGENTS.md", "docs/guide.md")) * 2:
        texts = rules(first, ONE, TWO)
        if path == "AGENTS.md" and len(repo.git("rev-list", "HEAD").split()) > 4:
            texts = rules(last, ONE, TWO)
        repo.commit({other: None, path: texts}, "change")
    found = kinds(life(repo, "AGENTS.md", "Batipuse"))
    assert [kind for kind, _ in found] == ["renamed"] * 4 + ["introduced"]


_LOOKED_FOR = """
from promptops.history.elsewhere import mentions
from promptops.history.units import PROSE, Unit
words = [first + "abcdefg" for first in "bcdfghjklmnpqrtvwxyz"]
unit = Unit(PROSE, " ".join(words), " ".join(words), 1, 1)
print([mentions(" ".join(words[at : at + 6]), unit) for at in range(15)])
"""


def test_where_a_text_is_looked_for_depends_on_its_words_alone() -> None:
    """Python puts the words of a set in another order each time it is started."""
    said = {
        subprocess.run(
            [sys.executable, "-c", _LOOKED_FOR],
            env={"PYTHONHASHSEED": str(seed), "PYTHONPATH": str(Path(__file__).parents[1])},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in range(4)
    }
    assert len(said) == 1
    assert "True" in said.pop()


def test_a_sentence_that_was_longer_before_is_found_whole(repo: Repo) -> None:
    shell = "The assistant can run commands for the user by wrapping them with <bash> and </bash>."
    longer = "The assistant can browse with commands for the user by wrapping them with <web> and </web>."
    shorter = "The assistant can browse with <web> and </web>."
    more = f'MORE = """\n{KIND}\n"""\n'
    repo.commit({"prompt.py": f'TEXT = """{shell}\n{OWN}.\n"""\n{more}'}, "shell")
    begun = repo.commit({"prompt.py": f'TEXT = """{shell}\n{longer}\n{OWN}.\n"""\n{more}'}, "web")
    cut = repo.commit({"prompt.py": f'TEXT = """{shell}\n{shorter}\n{OWN}.\n"""\n{more}'}, "short")
    repo.commit({"prompt.py": None, "prompt.md": rules(shell, shorter, OWN + ".")}, "Markdown")
    found = life(repo, "prompt.md", "The assistant can browse")
    assert [(e.kind, e.commit.id) for e in found.events[1:]] == [
        ("reworded", cut), ("introduced", begun),
    ]  # fmt: skip
    assert found.events[1].before.startswith(longer.rstrip("."))
