"""Which changes need a record, and which record answers which need. No files, no git."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptops.config import DEFAULT, Settings
from promptops.decisions.found import Evidence, found, newly_cited, stub
from promptops.decisions.message import Trailers, trailers
from promptops.decisions.needed import Need, changes_of_meaning, needed
from promptops.decisions.records import Record, rewritten, shortcomings
from promptops.decisions.spelling import speller
from promptops.decisions.typography import same_meaning
from promptops.model import Budget, Decision, Message, Prompt, Retired, Rule
from promptops.source.decision import read_decision
from promptops.source.shape import Log

KNOWN = speller({**os.environ, "HOME": os.path.expanduser("~")})
ALL = replace(
    DEFAULT,
    require_decision_for=frozenset({"rule", "model", "modality", "data", "budget", "output"}),
)


# -- typography ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Never use emoji.", "never  use\nemoji"),
        ("NEVER use emoji.", "**Never** use *emoji*!"),
        ("Don’t guess", "Don't guess."),
        ("Say “hi”.", 'Say "hi"'),
        ("a — b", "a - b"),
        ("E-mail the team.", "Email the team."),
        ("Write naïve texts", "Write naïve texts"),
        ("必ず日本語で。", "必ず日本語で"),
        ("I recieve teh adress", "I receive the address"),
        ("Answer immediatly", "Answer immediately."),
        ("Ask whether it is wierd", "Ask whether it is weird"),
        ("Accomodate the customer", "Accommodate the customer"),
        ("Name the langauge", "Name the language"),
        ("Don't promise refunds.", "Do not promise refunds."),
        ("You can’t promise them", "You cannot promise them"),
        ("It's the rule", "It is the rule"),
        ("Summarise the ticket in colour", "Summarize the ticket in color"),
        ("Cancelled orders need a licence", "Canceled orders need a license"),
        ("Use at most ten words", "Use at most 10 words"),
        ("Write fewer then 5 words", "Write fewer than 5 words"),
        ("Check the the policy", "Check the policy"),
        ("* Be brief\n* Be calm", "- Be brief\n- Be calm"),
        ("Give a definate answer", "Give a definite answer"),
    ],
)
def test_typography_and_mended_misspellings_say_the_same(before: str, after: str) -> None:
    assert same_meaning(before, after, KNOWN)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Answer `YES`.", "Answer `yes`."),
        ('Answer "Yes".', 'Answer "yes".'),
        ("Cite [§1].", "Cite (§1)."),
        ("At most 1.5 pages", "At most 15 pages"),
        ("Between 10-20 words", "Between 10 20 words"),
        ("Subtract -5", "Subtract 5"),
        ("a 10% fee", "a 10 fee"),
        ("Greet {{ name }}", "Greet {{ names }}"),
        ("Do now", "Do not"),
        ("Read the form", "Read the from"),
        ("Is it legal?", "Is it illegal?"),
        ("Offer a refund", "Offer refunds"),
        ("Cite the page", "Site the page"),
        ("Accept it", "Except it"),
        ("treat hypotension", "treat hypertension"),
        ("the interstate road", "the intrastate road"),
        ("use the intranet", "use the internet"),
        ("it is moral", "it is amoral"),
        ("Never guess", "Guess"),
        ("C++ code", "C code"),
        ("mark it as untied", "mark it as united"),
        ("re-sign the contract", "resign the contract"),
        ("un-ionized labour", "unionized labour"),
        ("open the US office", "open the us office"),
        ("call at 9 in May", "call at 9 in may"),
        ("call Polish support", "call polish support"),
        ("No, cite it", "No cite it"),
        ("Do not, stop", "Do not stop"),
        ("Write colour, not color", "Write color, not colour"),
        ("Use British spelling (colour)", "Use British spelling (color)"),
        ("You can't promise it", "You can promise it"),
        ("Don't do it", "Do it"),
        ("Use at most ten words", "Use at most 11 words"),
        ("wait more, then ask", "wait more than ask"),
        ("always", ""),
        ("must reply", "may reply"),
        ("必ず日本語で", "必ず英語で"),
    ],
)
def test_another_meaning_is_never_taken_for_typography(before: str, after: str) -> None:
    assert not same_meaning(before, after, KNOWN)
    assert not same_meaning(after, before, KNOWN)


def test_without_a_vocabulary_no_spelling_is_judged_but_the_plainest() -> None:
    assert not same_meaning("Answer immediatly", "Answer immediately")
    assert same_meaning("I recieve it", "I receive it")


def test_where_no_vocabulary_is_installed_no_word_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.path", [])
    nobody = speller({"PROMPTOPS_HOME": "/nonexistent", "TIKTOKEN_CACHE_DIR": ""})
    assert not nobody("receive")


@given(st.text(max_size=60))
def test_a_text_says_what_it_says(text: str) -> None:
    assert same_meaning(text, text)
    assert same_meaning(text, f"  {text}\n")


@given(st.text(max_size=40), st.text(max_size=40))
def test_sameness_without_spelling_goes_both_ways(one: str, other: str) -> None:
    assert same_meaning(one, other) == same_meaning(other, one)


# -- needs ---------------------------------------------------------------------------------------


def prompt(*rules: Rule, **more: object) -> Prompt:
    values = {"path": "prompts/p/prompt.yaml", "messages": (Message("system", "Answer."),), **more}
    return Prompt("p", rules=rules, **values)  # type: ignore[arg-type]


CITE = Rule("cite", "Cite the policy section.", rationale="Refunds were promised wrongly.")
GREET = Rule("greet", "Greet by name.")


def kinds(before: Prompt | None, after: Prompt | None, settings: Settings = ALL) -> list[str]:
    return [f"{n.kind} {n.change} {n.what}" for n in needed(before, after, settings)]


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (prompt(CITE, GREET), []),
        (prompt(GREET, CITE), []),
        (prompt(replace(CITE, text="cite the policy section")), ["rule removed rule `greet`"]),
        (prompt(CITE), ["rule removed rule `greet`"]),
        (prompt(CITE, GREET, Rule("new", "Be brief.")), ["rule added rule `new`"]),
        (
            prompt(replace(CITE, text="Cite nothing."), GREET),
            ["rule reworded rule `cite`"],
        ),
        (prompt(replace(CITE, id="cite-policy"), GREET), []),
        (
            prompt(Rule("quote", "Quote the section.", replaces="cite"), GREET),
            ["rule reworded rule `quote`"],
        ),
        (
            prompt(replace(CITE, rationale="Other.", owner="x", section="tone"), GREET),
            [],
        ),
        (
            prompt(CITE, GREET, messages=(Message("system", "Refuse."),)),
            ["rule reworded message 1 (system)"],
        ),
        (
            prompt(CITE, GREET, messages=(Message("developer", "Answer."),)),
            ["rule reworded message 1 (developer)"],
        ),
        (
            prompt(CITE, GREET, messages=(Message("system", "answer"), Message("user", "Hm"))),
            ["rule added message 2 (user)"],
        ),
        (prompt(CITE, GREET, messages=()), ["rule removed message 1 (system)"]),
        (prompt(CITE, GREET, models=("a", "b")), ["model changed the list of models"]),
        (prompt(CITE, GREET, modalities_in=("text", "image")), ["modality added image as input"]),
        (
            prompt(CITE, GREET, modalities_out=("audio",)),
            ["modality added audio as output", "modality removed text as output"],
        ),
        (prompt(CITE, GREET, data=("account-id",)), ["data added data class `account-id`"]),
        (prompt(CITE, GREET, output_schema="a.json"), ["output added the output contract"]),
    ],
)
def test_needs_go_by_meaning(after: Prompt, expected: list[str]) -> None:
    assert kinds(prompt(CITE, GREET), after) == expected


def test_models_count_by_which_they_are_and_which_comes_first() -> None:
    before = prompt(models=("a", "b", "c"))
    assert kinds(before, prompt(models=("a", "c", "b"))) == []
    assert kinds(before, prompt(models=("b", "a", "c"))) == ["model changed the list of models"]


def test_budgets_count_when_they_are_raised_or_dropped() -> None:
    before = prompt(budget=Budget(prompt_tokens=900, usd_per_month=400.0))
    raised = prompt(budget=Budget(prompt_tokens=1000, rule_tokens=5))
    assert kinds(before, raised) == [
        "budget raised budget `prompt_tokens`",
        "budget raised budget `usd_per_month`",
    ]
    lowered = prompt(budget=Budget(prompt_tokens=800, usd_per_month=400.0, rule_tokens=9))
    assert kinds(before, lowered) == []
    (first, _) = needed(before, raised, ALL)
    assert (first.before, first.after) == ("900", "1,000")


def test_a_contract_counts_when_it_says_something_else() -> None:
    both = prompt(output_schema="a.json")
    assert needed(both, both, ALL) == ()
    (need,) = needed(both, both, ALL, contract_changed=True)
    assert (need.kind, need.change) == ("output", "changed")
    (gone,) = needed(both, prompt(), ALL)
    assert gone.change == "removed"


def test_a_whole_prompt_is_one_decision_and_its_data_another() -> None:
    new = prompt(CITE, GREET, data=("account-id",), modalities_in=("text", "image"))
    assert kinds(None, new) == [
        "rule added ",
        "modality added image as input",
        "data added data class `account-id`",
    ]
    assert kinds(new, None) == ["rule removed "]
    assert needed(None, new, ALL)[0].sentence == "prompt `p` was added"
    assert needed(None, None, ALL) == ()


def test_removing_data_counts_and_can_be_waived_adding_cannot() -> None:
    before, after = prompt(data=("old",)), prompt(data=("new",))
    added, removed = needed(before, after, DEFAULT)
    assert (added.what, added.waivable) == ("data class `new`", False)
    assert (removed.what, removed.waivable) == ("data class `old`", True)


def test_settings_say_which_kinds_count_but_never_fewer_than_privacy() -> None:
    before = prompt(CITE)
    after = prompt(CITE, GREET, models=("a",), data=("id",))
    assert kinds(before, after, DEFAULT) == ["data added data class `id`"]
    nothing = replace(DEFAULT, require_decision_for=frozenset())
    assert kinds(before, after, nothing) == ["data added data class `id`"]
    models = replace(DEFAULT, require_decision_for=frozenset({"model"}))
    assert len(kinds(before, after, models)) == 2


def test_plain_instruction_files_need_none() -> None:
    assert changes_of_meaning(prompt(CITE, governed=False), prompt(GREET, governed=False)) == ()


# -- what a message says -------------------------------------------------------------------------


def test_trailers_are_found_anywhere_in_a_message() -> None:
    message = """Reword the greeting

Squashed:
    decision-waiver: the marketing department
      asked for the shorter form
    Decision: 20260101-a, docs/decisions/20260102-b.md

Co-authored-by: Bob <bob@example.org>
# ------------------------ >8 ------------------------
 Decision-Waiver: this is in the diff below
"""
    said = trailers(message)
    assert said.waivers == ("the marketing department asked for the shorter form",)
    assert said.decisions == ("20260101-a", "20260102-b")


@pytest.mark.parametrize(
    "message", ["", "Decision-Waiver:", "My Decision: x is", "# Decision-Waiver: x"]
)
def test_what_is_no_trailer(message: str) -> None:
    assert trailers(message) == Trailers()


@given(st.text(max_size=200))
def test_any_message_can_be_read(message: str) -> None:
    said = trailers(f"{message}\nDecision-Waiver: moved to the new style guide of June\n")
    assert "moved to the new style guide of June" in said.waivers or ">8" in message


# -- what answers --------------------------------------------------------------------------------

SECTIONS = {
    "Context and Problem Statement": "Eleven refunds were promised against the policy in March.",
    "Decision Outcome": "Every billing answer names the section it relies on.",
}
PRIVACY = {"Consent": "contract", "Retention": "30 days", "Residency": "EU", "Reviewer": "DPO"}


def record(name: str = "20260412-cite", **more: object) -> Record:
    values = {
        "title": "Cite",
        "status": "accepted",
        "prompts": ("p",),
        "rules": ("cite",),
        "kind": "rule",
        "makers": ("legal",),
        "sections": SECTIONS,
        **more,
    }
    decision = Decision(name, f"docs/decisions/{name}.md", **values)  # type: ignore[arg-type]
    return Record(decision, f"{decision.title} {' '.join(decision.sections.values())}")


def records(*some: Record) -> dict[str, Record]:
    return {one.decision.id: one for one in some}


NEED = Need("p", "x.yaml", "rule", "reworded", "rule `cite`", "cite", "Cite.", "Cite a section.")
WHOLE = Need("p", "x.yaml", "rule", "reworded", "message 1 (system)", "", "a", "b")
DATA = Need("p", "x.yaml", "data", "added", "data class `account-id`", "", "", "account-id")


def answer(need: Need, evidence: Evidence) -> tuple[str, tuple[str, ...]]:
    (one,) = found([need], evidence)
    return one.decision, one.objections


@pytest.mark.parametrize(
    ("need", "one"),
    [
        (NEED, record()),
        (NEED, record(prompts=())),
        (NEED, record(rules=())),
        (NEED, record(kind="data", sections={**SECTIONS, **PRIVACY})),
        (WHOLE, record(rules=())),
        (WHOLE, record()),
        (DATA, record(kind="data", sections={**SECTIONS, **PRIVACY, "More": "the account id"})),
    ],
)
def test_a_new_record_about_it_answers(need: Need, one: Record) -> None:
    assert answer(need, Evidence(records(one))) == ("20260412-cite", ())


@pytest.mark.parametrize(
    ("need", "one", "objection"),
    [
        (NEED, record(status="proposed"), "is proposed, not accepted"),
        (NEED, record(status="rejected"), "is rejected, not accepted"),
        (NEED, record(status="superseded"), "is superseded, not accepted"),
        (
            NEED,
            record(makers=()),
            "is not finished: decision `20260412-cite` does not say who decided",
        ),
        (
            NEED,
            record(sections={**SECTIONS, "Context": "As discussed in the meeting with the team."}),
            "is not finished: the context of decision `20260412-cite` gives no reason",
        ),
        (
            NEED,
            record(sections={**SECTIONS, "Consequences": "TODO(decide): what gets better"}),
            "is not finished: decision `20260412-cite` does not say yet: what gets better",
        ),
        (
            replace(NEED, after="Cite the policy section you rely on."),
            record(sections={**SECTIONS, "Context": "The policy section relied on must be cited."}),
            "only restates the rule in its context",
        ),
        (
            DATA,
            record(kind="data", sections={**SECTIONS, **PRIVACY}),
            "does not speak of `account-id`",
        ),
        (
            DATA,
            record(kind="data", title="account id", sections=SECTIONS),
            "is not finished: decision `20260412-cite` of kind `data` does not say on what ground"
            " people's data may be used",
        ),
    ],
)
def test_what_does_not_count_says_why(need: Need, one: Record, objection: str) -> None:
    decision, objections = answer(need, Evidence(records(one)))
    assert decision == ""
    assert objections == (f"`20260412-cite` {objection}",)


@pytest.mark.parametrize(
    "one",
    [record(prompts=("other",)), record(rules=("greet",)), record(kind="model", rules=())],
)
def test_records_about_others_are_not_even_mentioned(one: Record) -> None:
    assert answer(NEED, Evidence(records(one))) == ("", ())


def test_an_older_record_counts_only_where_it_is_newly_pointed_at() -> None:
    old = Evidence(records(record()), frozenset({"20260412-cite"}))
    assert answer(NEED, old) == ("", ("`20260412-cite` was decided before this change",))
    cited = replace(old, cited={("p", "cite"): "20260412-cite"})
    assert answer(NEED, cited)[0] == "20260412-cite"
    named = replace(old, said=Trailers(decisions=("20260412-cite",)))
    assert answer(NEED, named)[0] == "20260412-cite"
    others = replace(named, records=records(record(prompts=("q",))))
    assert answer(NEED, others) == ("", ("`20260412-cite` is about others",))


def test_rules_and_retired_rules_cite_anew() -> None:
    before = prompt(replace(CITE, decision="a"), GREET)
    after = replace(
        prompt(replace(CITE, decision="b")), retired=(Retired("greet", "Greet.", decision="c"),)
    )
    assert dict(newly_cited(before, after)) == {("p", "cite"): "b", ("p", "greet"): "c"}
    assert dict(newly_cited(after, after)) == {}
    assert dict(newly_cited(None, after)) == {("p", "cite"): "b", ("p", "greet"): "c"}
    assert dict(newly_cited(before, None)) == {}


def test_a_waiver_needs_a_reason_and_never_covers_new_data() -> None:
    said = Trailers(("as discussed", "the style guide of June asks for shorter words"))
    one, data = found([NEED, DATA], Evidence(said=said))
    assert one.waiver == "the style guide of June asks for shorter words"
    assert not data.answered
    assert data.objections == ("a new modality or data class is never waived: it needs a record",)
    (stubbed,) = found([NEED], Evidence(said=Trailers(("as discussed",))))
    assert stubbed.objections == ("the Decision-Waiver “as discussed” gives no reason",)


@pytest.mark.parametrize(
    ("reason", "said", "wrong"),
    [
        ("per requirements", "", "gives no reason"),
        ("see SUP-1204", "", "gives no reason"),
        ("minor wording tweak", "", "gives no reason"),
        ("cleaning up the prompt", "", "gives no reason"),
        ("no change in meaning, only British spelling", "", ""),
        ("duplicate of brand-voice", "Never use emoji.", ""),
        ("cite the policy section", "Cite the policy section you rely on", "only repeats"),
        ("eleven refunds were promised wrongly", "Cite the policy section", ""),
    ],
)
def test_stubs(reason: str, said: str, wrong: str) -> None:
    assert wrong in stub(reason, said)
    assert bool(stub(reason, said)) == bool(wrong)


# -- decided records stay ------------------------------------------------------------------------

MADR = """---
status: accepted
date: 2026-04-12
decision-makers: [legal]
prompts: [p]
kind: rule
---
# Cite

## Context and Problem Statement

Eleven refunds were promised.

## Decision Outcome

Cite the section.
"""
NYGARD = "# 7. Cite\n\n## Status\n\nAccepted\n\n## Context\n\nEleven refunds.\n"
LOG4BRAINS = "# Cite\n\n- Status: accepted\n- Date: 2026-04-12\n\n## Context\n\nEleven refunds.\n"


def read(text: str, name: str = "20260412-cite") -> Record:
    return Record(read_decision(text, f"docs/decisions/{name}.md", Log())[0], text)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (MADR, MADR),
        (MADR, MADR.replace("accepted", "superseded by 20270101-new")),
        (MADR, MADR.replace("accepted", "deprecated")),
        (MADR, MADR.replace("\n", "\r\n")),
        (MADR, MADR.replace("promised.\n", "promised. \n\n")),
        (NYGARD, NYGARD.replace("Accepted", "Superseded by [8. Quote](0008-quote.md)")),
        (LOG4BRAINS, LOG4BRAINS.replace("accepted", "superseded by 0008-quote")),
        (MADR.replace("accepted", "proposed"), MADR.replace("Eleven", "Twelve")),
    ],
)
def test_what_may_happen_to_a_record(before: str, after: str) -> None:
    assert rewritten(read(before), read(after)) == ""


@pytest.mark.parametrize(
    ("after", "how"),
    [
        (MADR.replace("Eleven", "Twelve"), "was rewritten"),
        (MADR.replace("accepted", "proposed"), "went from accepted back to proposed"),
        (MADR.replace("accepted", "rejected"), "went from accepted back to rejected"),
        (MADR.replace("[legal]", "[sales]"), "has other decision-makers"),
        (MADR.replace("[p]", "[p, q]"), "has other prompts"),
        (MADR.replace("kind: rule", "kind: data"), "has another kind"),
        (MADR.replace("# Cite\n", "# Quote\n"), "has another title"),
        (MADR.replace("2026-04-12", "2026-04-13"), "has another date"),
        (
            MADR.replace("accepted", "superseded by x").replace("Eleven", "Twelve"),
            "was rewritten",
        ),
    ],
)
def test_what_may_not(after: str, how: str) -> None:
    assert rewritten(read(MADR), read(after)) == how
    assert rewritten(read(MADR), None) == "was deleted"


def test_a_finished_record_lacks_nothing() -> None:
    assert list(shortcomings(record().decision)) == []
    assert date(2026, 4, 12) == read(MADR).decision.date
