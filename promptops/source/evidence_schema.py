"""Evidence, the committed summary of a run, as a shape."""

from __future__ import annotations

from promptops.source.containers import Field, ListOf, MapOf, Record
from promptops.source.schema import ID, TEXT, VERSION
from promptops.source.value_shapes import Choice, Flag, Number, Text

RATE = Number(whole=False)
COUNTED = {
    "passed": Field(Number(), "answers that satisfied it", True),
    "n": Field(Number(), "answers that were judged", True),
    "rate": Field(RATE, "passed / n"),
    "interval": Field(ListOf(RATE), "where the rate lies, at the stated confidence"),
    "verdict": Field(Choice("yes", "no", "cannot_tell"), "whether the rule is kept"),
}
OUTCOMES = Record({**COUNTED, "over_triggered": Field(Record(COUNTED), "where it must not fire")})
POINTS = Number(-100_000, whole=False)
RANGE = ListOf(POINTS)
EDGE = Record(
    {
        "source": Field(TEXT, "the rule that harms", True),
        "target": Field(TEXT, "the rule that is kept less", True),
        "effect_pp": Field(POINTS, "what it loses, in percentage points"),
        "interval": Field(RANGE, "where that lies"),
    }
)
TESTED = Record(
    {
        "text": Field(TEXT, "digest of the rule's text", True),
        "verdict": Field(Choice("safe", "harmful", "cannot_tell"), "may it stay", True),
        "breaks": Field(ListOf(TEXT), "the rules it harms"),
        "margin_pp": Field(POINTS, "what it certainly costs each tested rule less than"),
        "calls": Field(Number(), "calls that were asked"),
        "measured": Field(TEXT, "when, ISO 8601 UTC"),
    }
)
CLIFF = Record(
    {
        "tested": Field(MapOf(TESTED), "by rule: what it does to the others"),
        "interference": Field(
            Record(
                {
                    "calls": Field(Number(), "calls that were asked", True),
                    "delta_pp": Field(POINTS, "harm that was looked for", True),
                    "complete": Field(Flag(), "every pair was decided", True),
                    "edges": Field(ListOf(EDGE), "what was confirmed", True),
                }
            ),
            "which rule breaks which",
        ),
        "capacity": Field(
            Record(
                {
                    "shape": Field(TEXT, "none, threshold, linear, exponential, cannot_tell", True),
                    "rules": Field(Number(), "rules of the whole prompt", True),
                    "break_point": Field(POINTS, "rules from which on it falls"),
                    "interval": Field(RANGE, "where the break lies"),
                    "curve": Field(
                        ListOf(
                            Record(
                                {
                                    "rules": Field(Number(), "rules in the prompt", True),
                                    "rate": Field(RATE, "how often one is kept", True),
                                    "interval": Field(RANGE, "where that lies"),
                                    "n": Field(Number(), "calls"),
                                }
                            )
                        ),
                        "compliance against the number of rules",
                    ),
                }
            ),
            "how compliance falls as rules pile up",
        ),
    }
)
EVIDENCE = Record(
    {
        "promptops": Field(Choice("1"), "the version of this format: 1", True),
        "prompt": Field(ID, "the prompt's id", True),
        "version": Field(VERSION, "the prompt's version when it was measured", True),
        "model": Field(TEXT, "the model that answered", True),
        "measured": Field(TEXT, "when, ISO 8601 UTC", True),
        "commit": Field(Text(), "the commit it was measured on"),
        "tool": Field(Text(), "the version of promptops"),
        "digests": Field(
            Record(
                {
                    "prompt": Field(TEXT, "of the rendered prompt", True),
                    "cases": Field(TEXT, "of the cases", True),
                    "assertions": Field(TEXT, "of the assertions", True),
                    "parameters": Field(TEXT, "of the model's parameters", True),
                }
            ),
            "what was measured; evidence whose digests no longer match is stale",
            True,
        ),
        "rules": Field(MapOf(OUTCOMES), "outcomes by rule", True),
        "slices": Field(MapOf(MapOf(OUTCOMES)), "outcomes by slice, then by rule"),
        "task": Field(OUTCOMES, "what the task needs, tied to no rule"),
        "cliff": Field(CLIFF, "what `promptops cliff` measured"),
        "judge": Field(
            Record(
                {
                    "model": Field(TEXT, "the model that judged", True),
                    "calibrated": Field(Flag(), "whether it was compared with people", True),
                    "said": Field(TEXT, "how far it can be believed", True),
                }
            ),
            "where a model judged: which one, and how far it can be believed",
        ),
        "recorded": Field(
            Text(),
            "of recorded answers: the digest of their file; nobody asked the model for these",
        ),
        "complete": Field(Flag(), "false: some calls got no answer"),
        "seal": Field(Text(), "digest of all the rest: evidence changed by hand has another"),
    }
)
