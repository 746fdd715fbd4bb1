"""HTML that escapes what it is not told to be markup, and the one style sheet of our pages."""

from __future__ import annotations

from html import escape

from promptops.report.safe import powerless, safe

CSP = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
VOID = ("meta", "br", "hr", "col")


class Markup(str):
    """A string that is HTML already."""

    __slots__ = ()


def markup(*parts: str) -> Markup:
    """The parts after one another; what is no Markup is made safe and escaped."""
    return Markup("".join(p if isinstance(p, Markup) else _escaped(p) for p in parts))


def _escaped(text: str) -> str:
    return powerless(escape(safe(text)), "&#58;", "&#91;")


def tag(name: str, /, *inside: str, **attributes: str) -> Markup:
    """An element. `class_` is `class`, other `_` are `-`; an attribute of "" stands alone."""
    said = "".join(
        f" {key.rstrip('_').replace('_', '-')}" + (f'="{markup(value)}"' if value else "")
        for key, value in attributes.items()
    )
    if name in VOID:
        return Markup(f"<{name}{said}>")
    return Markup(f"<{name}{said}>{markup(*inside)}</{name}>")


def page(title: str, *body: str, style: str = "", script: str = "") -> str:
    """A whole page that loads nothing and reads well without running anything.

    style: what this page needs beyond the common style sheet. script: all that may run in it; its
    policy allows nothing but these very bytes.
    """
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_policy(script)),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", title),
        tag("style", Markup(COLOURS + STYLE + style)),
    )
    run = (tag("script", Markup(script)),) if script else ()
    main = tag("body", tag("main", Markup("\n"), *body), *run)
    return f"<!doctype html>\n{tag('html', head, Markup(chr(10)), main, lang='en')}\n"


def _policy(script: str) -> str:
    if not script:
        return CSP
    from base64 import b64encode
    from hashlib import sha256

    return f"{CSP}; script-src 'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"


COLOURS = """
:root { color-scheme: light dark; --text: #1c2127; --quiet: #57606a; --back: #fff; --soft: #f3f5f7;
  --line: #d0d7de; --bad: #b3261e; --warn: #8a5300; --good: #116a2c; --info: #0a5cad;
  --mark: #ffe08a; --fill: #3b78c4; --removed: #ffdfdb; --added: #d5f5dd; }
@media screen and (prefers-color-scheme: dark) { :root { --text: #e4e8ec; --quiet: #9aa5b1; --back: #14181d;
  --soft: #1e242b; --line: #39424d; --bad: #ff8a80; --warn: #f0b357; --good: #6fd58c;
  --info: #7bb8ff; --mark: #6b5200; --fill: #5b94dd; --removed: #5a1f1c; --added: #17472a; } }
"""

STYLE = """* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--text);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
main { max-width: 68rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; overflow-wrap: anywhere; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 1rem; }
h2 { font-size: 1.25rem; margin: 2.2rem 0 .7rem; padding-bottom: .25rem;
  border-bottom: 1px solid var(--line); }
h3, h4, h5, h6 { font-size: 1.05rem; margin: 1.5rem 0 .5rem; }
p, ul { margin: .7rem 0; max-width: 46rem; }
code, pre { font: .875rem/1.5 ui-monospace, "SFMono-Regular", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
pre { margin: .7rem 0; padding: .7rem .9rem; background: var(--soft); border-radius: 6px;
  white-space: pre-wrap; }
.good { color: var(--good); } .bad, .error { color: var(--bad); } .warn, .warning { color: var(--warn); }
.info { color: var(--info); } .quiet { color: var(--quiet); }
.scroll { overflow-x: auto; margin: .9rem 0; background:
  linear-gradient(90deg, var(--back) 30%, transparent) 0 0 / 3rem 100% local no-repeat,
  linear-gradient(270deg, var(--back) 30%, transparent) 100% 0 / 3rem 100% local no-repeat,
  linear-gradient(90deg, var(--line), transparent) 0 0 / .7rem 100% scroll no-repeat,
  linear-gradient(270deg, var(--line), transparent) 100% 0 / .7rem 100% scroll no-repeat; }
.scroll:focus-visible, summary:focus-visible { outline: 2px solid var(--info); outline-offset: 2px; }
table { border-collapse: collapse; }
th, td { padding: .4rem 1rem .4rem 0; text-align: left; vertical-align: top;
  border-bottom: 1px solid var(--line); overflow-wrap: break-word; }
td.long { min-width: 15rem; max-width: 40rem; overflow-wrap: anywhere; }
th { white-space: nowrap; color: var(--quiet); font-weight: 600; font-size: .875rem; }
.short { white-space: nowrap; }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.bars { list-style: none; padding: 0; max-width: none; display: grid; gap: .5rem 1rem;
  grid-template-columns: fit-content(18rem) fit-content(14rem) minmax(8rem, 1fr) fit-content(16rem); }
.bars .number { white-space: normal; }
.bars li { display: grid; grid-template-columns: subgrid; grid-column: 1 / -1; }
@media (max-width: 40rem) {
  td.text { overflow-wrap: anywhere; }
  .bars { display: block; } .bars li { grid-template-columns: 1fr auto; margin-bottom: .9rem; }
  .bars .bar, .bars .note { grid-column: 1 / -1; } }
.bar { position: relative; display: block; height: 1rem; align-self: center; background: var(--soft);
  border-radius: 3px; }
.bar span { position: absolute; inset: 0 auto 0 0; background: var(--fill); border-radius: 3px; }
.bar.over span { background: repeating-linear-gradient(45deg, var(--bad) 0 6px, var(--fill) 6px 9px); }
.bar i { position: absolute; top: -3px; bottom: -3px; border-left: 2px solid var(--text); }
del { background: var(--removed); } ins { background: var(--added); text-decoration-thickness: 1px; }
.words { max-width: 46rem; white-space: pre-wrap; padding-left: .9rem; border-left: 3px solid var(--line); }
details { margin: .9rem 0; padding: .1rem .9rem; border: 1px solid var(--line); border-radius: 6px; }
summary { padding: .45rem 0; cursor: pointer; font-weight: 600; }
.diagnostic { margin: 1rem 0; padding: .2rem 0 .2rem .9rem; border-left: 3px solid; }
.diagnostic > * { color: var(--text); }
.diagnostic p { margin: .2rem 0; } .diagnostic pre { margin: .4rem 0; }
.diagnostic .level { font-weight: 600; } .diagnostic .place { color: var(--quiet); }
mark { color: inherit; background: var(--mark); border-radius: 2px; }
mark.point { border-left: 3px solid var(--bad); }
.line { color: var(--quiet); user-select: none; }
@media screen and (max-width: 40rem) {
  .cards, .cards tbody, .cards tr, .cards td { display: block; } .cards thead { display: none; }
  .cards tr { padding: .5rem 0; border-bottom: 1px solid var(--line); } .cards tr[hidden] { display: none; }
  .cards td { padding: .1rem 0; border: 0; text-align: left; white-space: normal; max-width: none; }
  .cards td:first-child { font-weight: 600; }
  .cards td:not(:first-child, .long) { display: inline-block; margin-right: 1rem; }
  .cards td.number:first-child::before, .cards td:not(:first-child, .long)::before { content: attr(data-label) " "; color: var(--quiet);
    font-size: .875rem; }
  .cards td:not(:first-child, .long):empty { display: none; } }
@page { margin: 15mm; }
@media print {
  .scroll { background: none; } .chart { min-width: 0 !important; }
  :root { color-scheme: light; }
  body { font-size: 10pt; } main { max-width: none; padding: 0; }
  .scroll { overflow: visible; } td.long { min-width: 11rem; }
  pre, tr, li, .diagnostic, .chart, figcaption { break-inside: avoid; }
  h1, h2, h3, h4, figcaption, thead { break-after: avoid; }
  .bar, .bar span, mark, del, ins { print-color-adjust: exact; }
  details::details-content { content-visibility: visible; display: block; }
}
"""
