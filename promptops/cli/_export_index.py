"""The decision records about a prompt as one page that links them, as MADR's tools show them."""

from __future__ import annotations

from promptops.cli._call import Call
from promptops.importing import Exported, Left
from promptops.model import Decision, Prompt
from promptops.source.tree import DiskTree
from promptops.source.workspace import read_decisions


def madr_index(call: Call, tree: DiskTree, prompt: Prompt) -> Exported:
    """`index.md` beside the records; rules that no record speaks of are listed as left out."""
    settings = call.settings()
    records = read_decisions(settings, tree, tree.paths())
    cited = {rule.decision: rule.id for rule in prompt.rules if rule.decision}
    about = [
        record for record in records.values() if prompt.id in record.prompts or record.id in cited
    ]
    about.sort(key=lambda record: (str(record.date or ""), record.id))
    rows = [_row(record) for record in about]
    head = [f"# Decisions about {prompt.id}", "", "| date | decision | status | rules |"]
    text = "\n".join([*head, "|---|---|---|---|", *rows]) + "\n"
    known = {rule for record in about for rule in record.rules} | set(cited.values())
    left = [
        Left(f"rule `{r.id}`", "no record speaks of it") for r in prompt.rules if r.id not in known
    ]
    return Exported(f"{settings.decisions.rstrip('/')}/index.md", text, tuple(left))


def _row(record: Decision) -> str:
    title = " ".join(record.title.split()).replace("|", "\\|").replace("]", "\\]")
    status = f"superseded by {record.superseded_by}" if record.superseded_by else record.status
    cells = (
        record.date.isoformat() if record.date else "",
        f"[{title or record.id}]({record.id}.md)",
        status,
        ", ".join(record.rules),
    )
    return f"| {' | '.join(cells)} |"
