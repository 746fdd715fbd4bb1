"""PO3, waste: the same meaning in fewer tokens."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache

from promptops.checks import ON_PROMPT, Around, check
from promptops.checks._figures import encoder_of
from promptops.diagnostic import Finding, Place, Severity
from promptops.model import Prompt

TYPE_CHECKING = False  # `typing` costs a check a tenth of its start
if TYPE_CHECKING:
    from typing import Any

_WORTH = 20  # tokens below which a remark is not worth a reader's second
_MOST_FAILURES = 100  # brackets that open no JSON; each may cost a scan of the text
_ROWS = 3  # that repeat the same keys


def texts(prompt: Prompt) -> Iterator[tuple[Place, str]]:
    """Every static text of a governed prompt that reaches the model, with its place."""
    for index, message in enumerate(prompt.messages):
        yield ("messages", index, "content"), message.content
    for index, rule in enumerate(prompt.rules):
        yield ("rules", index, "text"), rule.text


def _json_in(text: str) -> Iterator[tuple[int, int, Any]]:
    """(start, end, value) of each JSON object or array in a text, the outermost ones."""
    if "{" not in text and "[" not in text:
        return
    decoder = json.JSONDecoder()
    at = failed = 0
    while failed < _MOST_FAILURES and (match := _open().search(text, at)) is not None:
        try:
            value, end = decoder.raw_decode(text, match.start())
        except (ValueError, RecursionError):
            at = match.end()
            failed += 1
            continue
        if value:
            yield match.start(), end, value
        at = end


@cache
def _open() -> re.Pattern[str]:
    return re.compile(r"[{\[](?=\s*[\"\[{\]}\d-])")


@check("PO340", "padded-json", Severity.INFO, (ON_PROMPT,))
def padded_json(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """Indented JSON costs a third more tokens than compact JSON and says the same.

    Bad:
        models: [openai/gpt-4o]
        messages:
          - role: system
            content: |
              {{ rules }}
              {
                "plans": [
                  {
                    "name": "basic",
                    "seats": 3
                  },
                  {
                    "price": 9,
                    "sla": "none"
                  }
                ]
              }

    Good:
        models: [openai/gpt-4o]
        messages:
          - role: system
            content: |
              {{ rules }}
              {"plans":[{"name":"basic","seats":3},{"price":9,"sla":"none"}]}
    """
    encoder = encoder_of(prompt, around) if around.counter else None
    for place, text in texts(prompt) if encoder else ():
        for start, end, value in _json_in(text):
            if encoder is None:
                return
            compact = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
            now, then = encoder[1].count(text[start:end]), encoder[1].count(compact)
            if now - then >= _WORTH:
                message = (
                    f"JSON of {now:,} tokens says the same in {then:,} without its white space"
                )
                help = "write it compact, unless people must read it here"
                yield Finding(place, message, help, within=(start, end))


@check("PO341", "repeated-keys", Severity.INFO, (ON_PROMPT,))
def repeated_keys(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """The same keys in row after row are paid in every row; a table names them once.

    Bad:
        models: [openai/gpt-4o]
        messages:
          - role: system
            content: |
              {{ rules }}
              [{"plan_name":"basic","monthly_price":9,"seats_included":3},{"plan_name":"team","monthly_price":29,"seats_included":10},{"plan_name":"firm","monthly_price":99,"seats_included":50},{"plan_name":"group","monthly_price":199,"seats_included":99},{"plan_name":"bank","monthly_price":999,"seats_included":999}]

    Good:
        models: [openai/gpt-4o]
        messages:
          - role: system
            content: |
              {{ rules }}
              plan_name,monthly_price,seats_included
              basic,9,3
              team,29,10
              firm,99,50
              group,199,99
              bank,999,999
    """
    encoder = encoder_of(prompt, around) if around.counter else None
    for place, text in texts(prompt) if encoder else ():
        for start, end, value in _json_in(text):
            rows = value if isinstance(value, list) else []
            if encoder is None or len(rows) < _ROWS or not all(isinstance(r, dict) for r in rows):
                continue
            keys = list(rows[0])
            if len(keys) < 2 or any(list(row) != keys for row in rows):
                continue
            columns = json.dumps([keys, *(list(row.values()) for row in rows)], ensure_ascii=False)
            now, then = encoder[1].count(text[start:end]), encoder[1].count(columns)
            if now - then >= _WORTH:
                message = f"{len(rows)} rows repeat the keys {', '.join(keys[:3])}: {now:,} tokens, about {then:,} as a table"
                yield Finding(place, message, "name the keys once, as columns", within=(start, end))


@check("PO342", "escaped-unicode", Severity.WARNING, (ON_PROMPT,))
def escaped_unicode(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """Escaped letters are spelled out to the model, six characters each: Russian costs eight times
    the tokens, and reads worse.

    Bad:
        models: [openai/gpt-4o]
        rules:
          - id: greet
            text: 'Begin with "\\u041f\\u0440\\u0438\\u0432\\u0435\\u0442".'

    Good:
        models: [openai/gpt-4o]
        rules:
          - id: greet
            text: Begin with "Привет".
    """
    encoder = encoder_of(prompt, around)
    for place, text in texts(prompt) if encoder else ():
        for match in re.finditer(r"(?:\\u[0-9a-fA-F]{4}){3,}", text) if "\\u" in text else ():
            try:
                plain = json.loads(f'"{match.group()}"')
                plain.encode()
            except ValueError:
                continue
            if encoder is not None:
                now, then = encoder[1].count(match.group()), encoder[1].count(plain)
                message = f"{now} tokens of escapes stand for {then} tokens of text"
                help = f"write the characters: {plain}"
                yield Finding(place, message, help, within=match.span(), replacement=plain)


@check("PO343", "costly-literal", Severity.INFO, (ON_PROMPT,))
def costly_literal(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """Identifiers and hashes are cut into fragments, 18 tokens or more each; models copy them badly too.

    Bad:
        models: [openai/gpt-4o]
        rules:
          - id: tenant
            text: The tenant is 7b3f9c2e-4d1a-4e8b-9f60-2a5c8d7e1b34.

    Good:
        models: [openai/gpt-4o]
        rules:
          - id: tenant
            text: The tenant is acme-eu.
    """
    encoder = encoder_of(prompt, around)
    for place, text in texts(prompt) if encoder else ():
        for match in _literal().finditer(text):
            if encoder is not None:
                size = encoder[1].count(match.group())
                message = f"`{match.group()[:24]}…` is {size} tokens on {encoder[0]}"
                help = "give it a short name here, and let the program put the value in where it is used"
                yield Finding(place, message, help, within=match.span())


@cache
def _literal() -> re.Pattern[str]:
    uuid = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
    return re.compile(rf"(?<![\w-])(?:{uuid}|[0-9a-fA-F]{{32,}}|\d{{16,}})(?![\w-])")
