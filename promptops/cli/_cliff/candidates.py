"""Which rules are to be added: from a file, from the index, or since a revision."""

from __future__ import annotations

import os

from promptops.cli._call import Call
from promptops.cli._cliff.work import Work
from promptops.cli._prompts import usable
from promptops.cliff.candidate import Candidate, changed_rules, with_rules
from promptops.errors import InputError, UsageError
from promptops.model import Prompt, Rule
from promptops.source.containers import ListOf, Record
from promptops.source.reading import Reading
from promptops.source.schema import RULE
from promptops.source.shape import WRONG, Log, is_map
from promptops.source.text import decode
from promptops.source.tree import DiskTree, Tree
from promptops.source.yaml import compose
from promptops.source.yaml_document import YamlDocument

HINT = "give the rule as it would stand in the prompt: `id:`, `text:`, `rationale:`, `tests:`"


def candidates(work: Work) -> Candidate | None:
    """The prompt with and without what is new; None where a change adds and rewords no rule."""
    measured = work.measured
    if measured.add:
        return with_rules(work.prompt, read_rules(work.call, measured.add))
    return _changed(work)


def read_rules(call: Call, name: str) -> list[Rule]:
    """The rule of a YAML file, or its rules: one mapping, or a list of them.

    InputError, with line and column, for a file that holds none.
    """
    folder, file = os.path.split(os.path.join(call.folder, name))
    text = decode(DiskTree(folder).read(file), name)
    root = compose(text, name)
    if root is None:
        raise InputError("the file is empty", HINT, path=name)
    log = Log()
    shape: Record | ListOf = RULE if is_map(root) else ListOf(RULE, least=1)
    read = shape.read(root, (), log)
    if log.problems or read is WRONG:
        document = YamlDocument(name, text, root, 0)
        finding = log.problems[0].finding
        reading = Reading(name, {name: document}, tuple(log.problems))
        raise reading.refusal(finding, finding.help or HINT)
    return [read] if isinstance(read, Rule) else list(read)


def _changed(work: Work) -> Candidate | None:
    from promptops.history.git import Repository
    from promptops.history.trees import CommitTree, IndexTree
    from promptops.source.reading import read_prompt

    path, since = work.reading.path, work.measured.since
    with Repository.find(work.call.root, work.call.environ) as repository:
        base: str | None
        if since:
            base = repository.base_of(repository.resolve(since))
            after: Prompt = work.prompt
        else:
            base = repository.head()
            index = IndexTree(repository)
            if not index.exists(path):
                raise UsageError(f"{path} is not staged", "git add it, or name --since REV")
            after = usable(read_prompt(index, path))
        tree: Tree | None = CommitTree(repository, base) if base else None
        if tree is None or not tree.exists(path):
            hint = f"`promptops cliff {work.prompt.id}` measures all of its rules"
            raise UsageError(f"{path} is new: there is nothing to compare it with", hint)
        return changed_rules(usable(read_prompt(tree, path)), after)
