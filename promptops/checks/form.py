"""PO0: the form of the files themselves.

The readers find these problems; each check here reports one kind of them. PO000-PO009 mean that the
file could not be used at all: such a run ends with exit code 2.
"""

from __future__ import annotations

from collections.abc import Iterator

from promptops.checks import ON_FORM, ON_IGNORES, ON_TEXT, Around, check
from promptops.diagnostic import Finding, Severity
from promptops.source.ignores import Ignores
from promptops.source.reading import Reading

REFUSED = "PO00"


def _of(reading: Reading, kind: str) -> Iterator[Finding]:
    for problem in reading.problems:
        if problem.kind == kind:
            yield problem.finding


@check("PO001", "unreadable-file", Severity.ERROR, on=(ON_FORM,))
def unreadable_file(reading: Reading, around: Around) -> Iterator[Finding]:
    """A file that cannot be read as UTF-8 text inside the repository is a file nobody has checked.

    Raw control characters, other encodings, files over 1 MiB, unresolved merge conflicts and
    symlinks out of the repository are refused.

    Bad:
        <<<<<<< ours
        summary: Answers billing questions.
        =======
        summary: Answers questions.
        >>>>>>> theirs

    Good:
        summary: Answers billing questions.
    """
    yield from _of(reading, "unreadable-file")


@check("PO002", "invalid-yaml", Severity.ERROR, on=(ON_FORM,))
def invalid_yaml(reading: Reading, around: Around) -> Iterator[Finding]:
    """What is not YAML, JSON or CSV means nothing, or something else to every reader.

    Anchors, aliases, tags, merge keys, directives and second documents are refused too: no prompt
    needs them, and a kilobyte of aliases can stand for gigabytes.

    Bad:
        summary: Answers: billing, refunds

    Good:
        summary: "Answers: billing, refunds"
    """
    yield from _of(reading, "invalid-yaml")


@check("PO003", "duplicate-key", Severity.ERROR, on=(ON_FORM,))
def duplicate_key(reading: Reading, around: Around) -> Iterator[Finding]:
    """Of a key written twice, readers silently keep one: the text you reviewed may not be the one sent.

    Bad:
        rules:
          - {id: cite-policy, text: Cite the policy., text: Never cite., rationale: Claims must be checkable.}

    Good:
        rules:
          - {id: cite-policy, text: Cite the policy., rationale: Claims must be checkable.}
    """
    yield from _of(reading, "duplicate-key")


@check("PO004", "refused-value", Severity.ERROR, on=(ON_FORM,))
def refused_value(reading: Reading, around: Around) -> Iterator[Finding]:
    """A number of a thousand digits, or a list as a key, is an accident or an attack.

    Bad:
        budget: {prompt_tokens: 99999999999999999999999999}

    Good:
        budget: {prompt_tokens: 900}
    """
    yield from _of(reading, "refused-value")


@check("PO005", "outside-path", Severity.ERROR, on=(ON_FORM,))
def outside_path(reading: Reading, around: Around) -> Iterator[Finding]:
    """A path that leads out of the repository would read, or overwrite, a file that is not yours.

    The refusal reads the same whether or not the file exists.

    Bad:
        target: ../../.ssh/id_rsa

    Good:
        target: AGENTS.md
    """
    yield from _of(reading, "outside-path")


@check("PO010", "unknown-key", Severity.ERROR, on=(ON_FORM,))
def unknown_key(reading: Reading, around: Around) -> Iterator[Finding]:
    """A misspelt key is silently without effect: the budget that nobody checks, the test never run.

    Bad:
        sumary: Answers billing questions.

    Good:
        summary: Answers billing questions.
    """
    yield from _of(reading, "unknown-key")


@check("PO011", "missing-key", Severity.ERROR, on=(ON_FORM,))
def missing_key(reading: Reading, around: Around) -> Iterator[Finding]:
    """Without this key the file says nothing that can be used.

    Bad:
        rules:
          - {text: Cite the policy section., rationale: Claims must be checkable by the customer.}

    Good:
        rules:
          - {id: cite-policy, text: Cite the policy section., rationale: Claims must be checkable.}
    """
    yield from _of(reading, "missing-key")


@check("PO012", "wrong-type", Severity.ERROR, on=(ON_FORM,))
def wrong_type(reading: Reading, around: Around) -> Iterator[Finding]:
    """A list where text belongs, or text where a number belongs, is read differently by every tool.

    Bad:
        budget: {prompt_tokens: about 900}

    Good:
        budget: {prompt_tokens: 900}
    """
    yield from _of(reading, "wrong-type")


@check("PO013", "invalid-value", Severity.ERROR, on=(ON_FORM,))
def invalid_value(reading: Reading, around: Around) -> Iterator[Finding]:
    """A value of the right kind that can mean nothing: a version that is none, a day that never was.

    Bad:
        version: one

    Good:
        version: 1.0.0
    """
    yield from _of(reading, "invalid-value")


@check("PO014", "unquoted-text", Severity.WARNING, on=(ON_FORM,))
def unquoted_text(reading: Reading, around: Around) -> Iterator[Finding]:
    """Text such as 1.10, yes or 007 is a number or a truth value to other YAML readers.

    They show 1.1, true and 7. Quotes make it text everywhere; `--fix` adds them.

    Bad:
        summary: 1.10

    Good:
        summary: "1.10"
    """
    yield from _of(reading, "unquoted-text")


@check("PO015", "duplicate-id", Severity.ERROR, on=(ON_FORM,))
def duplicate_id(reading: Reading, around: Around) -> Iterator[Finding]:
    """Two rules of one id: no test, decision or history can say which of them it means.

    Bad:
        rules:
          - {id: cite, text: Cite the policy section., rationale: Claims must be checkable.}
          - {id: cite, text: Name the invoice number., rationale: Customers could not find it.}

    Good:
        rules:
          - {id: cite-policy, text: Cite the policy section., rationale: Claims must be checkable.}
          - {id: name-invoice, text: Name the invoice number., rationale: Customers could not find it.}
    """
    yield from _of(reading, "duplicate-id")


@check("PO016", "scattered-cases", Severity.ERROR, on=(ON_FORM,))
def scattered_cases(reading: Reading, around: Around) -> Iterator[Finding]:
    """Cases in two places drift apart, and an eval would run only one of them.

    Happens where a prompt has inline `cases:` and a cases file beside it, or two cases files.

    Bad:
        cases: [{id: late-fee}]
        # and cases.yaml in the same folder

    Good:
        # cases.yaml in the same folder
    """
    yield from _of(reading, "scattered-cases")


@check("PO017", "duplicate-prompt-id", Severity.ERROR)
def duplicate_prompt_id(prompt: object, around: Around) -> Iterator[Finding]:
    """Two prompts of one id: `load`, `why` and evidence would take one of them, nobody knows which.

    Bad:
        id: taken-by-another-prompt

    Good:
        id: support-agent
    """
    other = around.prompt_ids.get(getattr(prompt, "id", ""), "")
    path = getattr(prompt, "path", "")
    if other and other != path:
        yield Finding(
            ("id",),
            f"the id `{getattr(prompt, 'id', '')}` is taken by {other}",
            "give each prompt its own id",
        )


@check("PO018", "byte-order-mark", Severity.WARNING, on=(ON_TEXT,))
def byte_order_mark(text: str, around: Around) -> Iterator[Finding]:
    """An invisible character at the start changes every token of the prefix and breaks the cache.

    Editors on Windows write it; `--fix` deletes it.

    Bad:
        a file that begins with U+FEFF

    Good:
        a file that begins with its first visible character
    """
    if text.startswith("\ufeff"):
        yield Finding((), "a byte order mark (U+FEFF)", "delete it", within=(0, 1), replacement="")


@check("PO090", "unexplained-ignore", Severity.ERROR, on=(ON_IGNORES,))
def unexplained_ignore(ignores: Ignores, around: Around) -> Iterator[Finding]:
    """An ignore comment without a reason hides a finding from everybody, for ever. It has no effect.

    Bad:
        summary: Answers billing questions.  # promptops: ignore[PO408]

    Good:
        summary: Answers billing questions.
    """
    for ignore in ignores.found:
        if not ignore.codes or not ignore.reasoned:
            what = "a reason" if ignore.codes else "codes"
            yield Finding(
                (),
                f"an ignore comment without {what}",
                "write `promptops: ignore[PO104] because …`, so that the next reader can judge",
                within=(ignore.start, ignore.end),
            )


@check("PO091", "unused-ignore", Severity.WARNING, on=(ON_IGNORES,))
def unused_ignore(ignores: Ignores, around: Around) -> Iterator[Finding]:
    """An ignore comment that nothing needs any more will hide the next finding on its line.

    Bad:
        summary: Answers billing questions.  # promptops: ignore[PO408] because it was long once

    Good:
        summary: Answers billing questions.
    """
    for code, ignore in ignores.unneeded():
        yield Finding(
            (), f"nothing here needs ignore[{code}]", "delete it", within=(ignore.start, ignore.end)
        )
