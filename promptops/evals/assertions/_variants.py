"""The variants of an answer that IFEval's loose mode forgives: an introduction, a farewell, marks."""

from __future__ import annotations

from collections.abc import Iterator


def variants(answer: str) -> Iterator[tuple[str, str]]:
    """(what was left out, the text) of the seven others; those without a word are no answers."""
    lines = answer.split("\n")
    cuts = (
        ("", answer),
        ("without its first line", "\n".join(lines[1:]).strip()),
        ("without its last line", "\n".join(lines[:-1]).strip()),
        ("without its first and last line", "\n".join(lines[1:-1]).strip()),
    )
    for name, text in cuts:
        if name and text:
            yield name, text
        bare = text.replace("*", "")
        if bare != text and bare.strip():
            yield f"{name} and without asterisks" if name else "without asterisks", bare
