"""Writes promptops/tokens/data/prices.json from the price table inside an installed litellm.

litellm is not imported: importing it has effects. `python scripts/prices.py FOLDER` reads the
litellm package in that site-packages folder; every row keeps its source and the snapshot's date.
"""

from __future__ import annotations

import argparse
import datetime
import importlib.metadata
import json
import pathlib
import re
from typing import Any

TARGET = pathlib.Path(__file__).parent.parent / "promptops/tokens/data/prices.json"
MODES = ("chat", "responses", "completion")
PRICES = re.compile(
    r"(input_cost_per_token|output_cost_per_token|cache_read_input_token_cost"
    r"|cache_creation_input_token_cost(_above_1hr)?)(_above_\d+k_tokens)?$"
    r"|(input|output)_cost_per_token_batches$"
)
NUMBERS = ("max_input_tokens", "max_output_tokens", "prompt_cache_min_tokens")
DATE = re.compile(r"\d{4}-\d\d-\d\d$")


def trimmed(row: dict[str, Any], default: str, today: str) -> dict[str, Any]:
    """What we use of one model: prices in US dollars a token, limits in tokens, dates."""
    kept = {
        key: value
        for key, value in row.items()
        if PRICES.match(key) and isinstance(value, int | float) and value > 0
    }
    for key in NUMBERS:
        if isinstance(row.get(key), int | float) and row[key] > 0:
            kept[key] = int(row[key])
    if DATE.match(str(row.get("deprecation_date", ""))):
        kept["deprecation_date"] = row["deprecation_date"]
    source = row.get("source")
    kept["source"] = f"{default}: {source}" if isinstance(source, str) else default
    kept["as_of"] = today
    return kept


def main() -> None:
    """Write the snapshot, one model a line, so that one row can be read without the rest."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=pathlib.Path, help="a site-packages folder with litellm")
    folder = parser.parse_args().folder
    metadata = next(importlib.metadata.distributions(name="litellm", path=[str(folder)]))
    table = json.loads((folder / "litellm/model_prices_and_context_window_backup.json").read_text())
    today = datetime.date.today().isoformat()
    rows = {
        name: trimmed(row, f"litellm {metadata.version}", today)
        for name, row in sorted(table.items())
        if name != "sample_spec" and row.get("mode") in MODES
    }
    lines = [
        f"{json.dumps(name)}:{json.dumps(row, separators=(',', ':'))}"
        for name, row in rows.items()
        if len(row) > 2
    ]
    TARGET.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="ascii")


if __name__ == "__main__":
    main()
