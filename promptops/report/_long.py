"""What a long page has more: contents to move about by, and tables that sort and filter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from promptops.report import Block, Heading
from promptops.report._page import Markup, markup, tag
from promptops.report.safe import one_line

STYLE = """
nav ul { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; max-width: none; }
a { color: var(--info); }
th button { all: unset; cursor: pointer; } th button:focus-visible { outline: 2px solid var(--info); }
th[aria-sort=ascending] button::after { content: " ↑"; } th[aria-sort=descending] button::after { content: " ↓"; }
.filter { display: block; margin: .9rem 0 0; color: var(--quiet); font-size: .875rem; }
.filter input { font: inherit; color: var(--text); background: var(--back); border: 1px solid var(--quiet);
  border-radius: 4px; padding: .25rem .5rem; margin-left: .5rem; min-width: 12rem; }
@media print { nav, .filter { display: none; } }
"""

# It only reorders and hides rows that are there: everything can be read without it.
SCRIPT = """
"use strict";
const value = (row, at) => row.cells[at] ? row.cells[at].textContent.trim() : "";
const measure = (text) => {
  const found = /^([$]?)(-?[\\d,.]+) ?(day|month|year|%)?/.exec(text);
  const size = { day: 1, month: 30, year: 365 };
  return found ? parseFloat(found[2].replace(/,/g, "")) * (size[found[3]] || 1) : NaN;
};
const order = (a, b) => {
  const [x, y] = [measure(a), measure(b)];
  if (Number.isNaN(x) && Number.isNaN(y)) return a.localeCompare(b);
  return Number.isNaN(x) ? 1 : Number.isNaN(y) ? -1 : x - y;
};
for (const table of document.querySelectorAll("table")) {
  const body = table.tBodies[0];
  if (!body || body.rows.length < 8) continue;
  [...table.tHead.rows[0].cells].forEach((head, at) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const rows = [...body.rows].sort((a, b) => order(value(a, at), value(b, at)));
      body.append(...(down ? rows.reverse() : rows));
    });
  });
  const label = document.createElement("label");
  label.className = "filter";
  const field = document.createElement("input");
  field.type = "search";
  label.append("Show rows with", field);
  table.parentElement.before(label);
  field.addEventListener("input", () => {
    const wanted = field.value.toLowerCase();
    for (const row of body.rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
  });
}
"""


def contents(drawn: Sequence[Markup], blocks: Sequence[Block]) -> Iterator[Markup]:
    """The drawn page with a list of its sections after its title; `drawn` has a line feed a block."""
    titles = [b for b in blocks if isinstance(b, Heading) and b.level == 2]
    pieces = iter(drawn)
    listed = False
    number = 0
    for block, piece, feed in zip(blocks, pieces, pieces, strict=False):
        if isinstance(block, Heading) and block.level == 2:
            number += 1
            yield markup(tag("h2", one_line(block.text), id=f"s{number}"), feed)
            continue
        yield markup(piece, feed)
        if not listed and isinstance(block, Heading) and len(titles) > 1:
            listed = True
            yield _nav(titles)


def _nav(titles: Sequence[Heading]) -> Markup:
    links = (tag("a", one_line(t.text), href=f"#s{n}") for n, t in enumerate(titles, 1))
    return tag("nav", tag("ul", *(tag("li", link) for link in links)), aria_label="sections")
