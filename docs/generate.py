"""Write the pages that come from the code: `make docs`. The tests say when one is out of date."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from promptops.source.containers import ListOf, MapOf, Record
from promptops.source.decision import FRONT
from promptops.source.evidence_schema import EVIDENCE
from promptops.source.schema import CASES_FILE, PROMPT
from promptops.source.settings import CONFIG
from promptops.source.shape import Shape
from promptops.source.sidecar import SIDECAR

HERE = Path(__file__).parent
JUDGE = ("prompt.yaml", "cases.yaml", "verdict.schema.json")  # what an installation needs of it
BRACES = re.compile(r"\{(?:[^{}]|\{[^{}]*\})*\}")
NOTE = "<!-- made by `make docs`; change the code instead -->\n"
FILES = (
    (
        "Prompts",
        "`prompts/<id>/prompt.yaml`, or `prompts/<id>.prompt.yaml` with inline cases.",
        PROMPT,
    ),
    (
        "Cases",
        "`cases.yaml` beside the prompt, or the same in `cases.jsonl` (one object a line) or `cases.csv` "
        "(columns `id`, `slice:NAME`, and one for each variable).",
        CASES_FILE,
    ),
    ("Decision records", "Front matter of `docs/decisions/YYYYMMDD-slug.md`, MADR 4.", FRONT),
    (
        "Sidecars of instruction files",
        "`AGENTS.rules.yaml` beside `AGENTS.md`: why its rules are there. `promptops adopt` writes drafts; "
        "an entry finds its rule by the wording in `text`, and `check` says where it no longer does.",
        SIDECAR,
    ),
    ("Settings", "`promptops.toml`, or `[tool.promptops]` in `pyproject.toml`.", CONFIG),
    ("Evidence", "`evidence/<model>.json`, written by `promptops eval`.", EVIDENCE),
)


def pages() -> Mapping[Path, str]:
    """Every generated page by its path."""
    from promptops.checks.explain import docs_pages

    made = {HERE / "format.md": _format()}
    made |= {HERE / "checks" / name: NOTE + text for name, text in docs_pages().items()}
    made[HERE / "assertions.md"] = _assertions()
    made |= {
        path: _filled(path, mark, lines())
        for path, mark, lines in (
            (HERE.parent / "README.md", "commands", _commands),
            (HERE / "design.md", "decisions", _decisions),
        )
    }
    made |= {HERE / name: _redrawn(HERE / name) for name in ("scale-time.svg", "scale-memory.svg")}
    judge, packaged = (HERE.parent / "prompts/judge", HERE.parent / "promptops/evals/judging")
    made |= {packaged / name: (judge / name).read_text() for name in JUDGE}
    return made


def _redrawn(path: Path) -> str:
    """A measured picture as it is drawn today, of the very points it shows: measuring takes minutes."""
    from xml.etree import ElementTree

    from promptops.report.charts import Scale, standalone
    from promptops.report.charts.growth import Line, growth

    svg = "{http://www.w3.org/2000/svg}"
    root = ElementTree.fromstring(path.read_bytes())
    step = next(line.attrib for line in root.iter(f"{svg}line") if line.attrib["class"] == "limit")
    along, up = (Scale(0, 1, float(step[f"{a}1"]), float(step[f"{a}2"])) for a in "xy")
    points: dict[str, list[tuple[float, float]]] = {}
    for dot in root.iter(f"{svg}circle"):
        at = along.back(float(dot.attrib["cx"])), up.back(float(dot.attrib["cy"]))
        points.setdefault(dot.findtext(f"{svg}title") or "", []).append(at)
    lines = [Line(name, shown) for name, shown in points.items()]
    return standalone(growth(root.findtext(f"{svg}title") or "", lines))


def _filled(path: Path, mark: str, lines: str) -> str:
    """A page with the lines between its two marks."""
    before, opened, rest = path.read_text().partition(f"<!-- {mark} -->\n")
    _, closed, after = rest.partition(f"<!-- /{mark} -->")
    return f"{before}{opened}{lines}{closed}{after}"


def _decisions() -> str:
    """Our own decision records, the oldest first."""
    found = sorted((HERE / "decisions").glob("*.md"))
    titles = {path: re.search("^# (.+)$", path.read_text(), re.MULTILINE) for path in found}
    return "".join(
        f"- [{title[1]}](decisions/{path.name})\n" for path, title in titles.items() if title
    )


def _commands() -> str:
    import click

    from promptops.cli._group import group

    made = group()
    context = click.Context(made)
    found = ((name, made.get_command(context, name)) for name in made.list_commands(context))
    rows = [
        f"| `{name}` | {(command.help or '').partition(chr(10) + chr(10))[0].replace(chr(10), ' ')} |"
        for name, command in found
        if command is not None and not command.hidden
    ]
    return "\n".join(["| command | |", "|---|---|", *rows]) + "\n"


def _format() -> str:
    parts = [NOTE, "# The files people write\n", (HERE / "format-guide.md").read_text()]
    for title, where, shape in FILES:
        parts.append(f"\n## {title}\n\n{where}\n")
        parts.extend(_tables(shape, ""))
    return "\n".join(parts).rstrip() + "\n"


def _assertions() -> str:
    """Every assertion type: what it decides, from its docstring, and what it takes, from its shape."""
    from inspect import getdoc

    from promptops.evals.assertions import registry
    from promptops.model import ASSERTIONS
    from promptops.source.argument_shapes import ARGUMENTS, OPTIONS, OPTIONS_OF

    parts = [NOTE, "# Assertions\n", (HERE / "assertions-guide.md").read_text()]
    for kind, word in ASSERTIONS.items():
        shape = ARGUMENTS[word]
        options = [name for name in OPTIONS if kind in OPTIONS_OF[name]]
        knows = f" Options: {', '.join(f'`{name}`' for name in options)}." if options else ""
        short = (
            f", or {shape.fields[shape.shorthand].shape.noun} for its `{shape.shorthand}`"
            if (isinstance(shape, Record) and shape.shorthand)
            else ""
        )
        parts.append(f"## `{kind}`\n\n{getdoc(registry()[kind])}\n")
        parts.append(f"Takes {shape.noun}{short}.{knows}\n")
        if isinstance(shape, Record):
            parts.extend(_tables(shape, ""))
    return "\n".join(parts).rstrip() + "\n"


def _tables(shape: Record, under: str) -> Iterator[str]:
    lines = [f"\n### `{under}`\n"] if under else []
    lines += ["| key | what it is | required |", "|---|---|---|"]
    for name, field in shape.fields.items():
        # The site takes bare braces for attributes, and leaves them out.
        says = BRACES.sub(r"`\g<0>`", field.says.replace("|", "\\|"))
        lines.append(f"| `{name}` | {says} | {'yes' if field.required else ''} |")
    yield "\n".join(lines) + "\n"
    for name, field in shape.fields.items():
        inner = _record_in(field.shape)
        if inner is not None:
            yield from _tables(inner, f"{under}.{name}" if under else name)


def _record_in(shape: Shape) -> Record | None:
    while isinstance(shape, (ListOf, MapOf)):
        shape = shape.item
    return shape if isinstance(shape, Record) else None


def main() -> int:
    """Write the pages; with --check only say which are out of date, and fail."""
    stale = [
        path
        for path, text in pages().items()
        if not path.exists() or path.read_bytes() != text.encode()
    ]
    for path in stale:
        print(
            ("out of date: " if "--check" in sys.argv else "written: ")
            + str(path.relative_to(HERE.parent))
        )
        if "--check" not in sys.argv:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(pages()[path].encode())
    return int(bool(stale) and "--check" in sys.argv)


if __name__ == "__main__":
    sys.exit(main())
