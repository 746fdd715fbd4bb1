"""The batches that were ordered and not fetched yet."""

from __future__ import annotations

from promptops.errors import UsageError
from promptops.evals.batches.ledger import records
from promptops.evals.batches.tables import any_noted, tables
from promptops.report import Block, Report, Table, Text

HEAD = ("name", "batch", "model", "calls")


def listed(place: str) -> Report:
    """Every batch in the store, by name."""
    found = []
    if any_noted(place):
        with tables(place) as noted:
            found = [record for record, _ in records(noted)]
    data = [
        {
            "name": one.name,
            "batch": one.batch or None,
            "file": one.file or None,
            "provider": one.provider,
            "model": one.model,
            "base_url": one.base_url,
            "calls": len(one.keys),
        }
        for one in found
    ]
    rows = tuple(
        (one.name, one.batch or "not known", one.model, str(len(one.keys))) for one in found
    )
    block: Block = Table(HEAD, rows, "lllr") if rows else Text("no batch is waited for")
    return Report("store", {"batches": data}, (block,))


def forgotten(place: str, name: str) -> Report:
    """Let go of one batch; UsageError where there is none of that name."""
    with tables(place) as noted:
        found = {record.name: record for record, _ in records(noted)}
        if name not in found:
            hint = f"there is {', '.join(found)}" if found else "there is none"
            raise UsageError(f"no batch `{name}` in the store" if name else "which batch?", hint)
        noted.drop(found[name].keys, name)
    calls = len(found[name].keys)
    data = {"forgotten": name, "calls": calls}
    return Report("store", data, (Text(f"{calls} calls of {name} may be asked again"),))
