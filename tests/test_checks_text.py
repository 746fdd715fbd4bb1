"""PO4 on rules as people write them: what is found, and what is left in peace."""

from __future__ import annotations

import pytest
from check_examples import codes, examined, prompt_with
from hypothesis import given
from hypothesis import strategies as st

from promptops.checks._clauses import clauses
from promptops.checks._words import many, split, stem

PLAIN = ("AGENTS.md", "instructions")


def found(*rules: str, **more: str) -> list[str]:
    return codes(prompt_with(*rules, **more))


@pytest.mark.parametrize(
    "text",
    [
        "Be careful with refunds.",
        "Answer as appropriate.",
        "Ask for the order number if necessary.",
        "Try to cite the policy.",
        "Use your best judgement.",
        "Keep the answer reasonably short.",
        "Follow best practices.",
        "Mention fees, taxes, etc.",
        "Give an appropriate greeting.",
    ],
)
def test_vague_wording_is_found(text):
    assert found(text) == ["PO404"]


@pytest.mark.parametrize(
    "text",
    [
        "Do not try to guess the account id.",
        "An apology can be helpful.",
        "Give an appropriate greeting (`Hello` by day, `Good evening` after 18:00).",
        "Use the tools (search, calendar, etc.).",
        "Write `if necessary` in the field for notes.",
        "Say that no number is sufficient for an estimate.",
        "Be aware of the time zone.",
    ],
)
def test_the_same_words_where_they_say_something(text):
    assert found(text) == []


def test_vague_wording_points_at_the_words():
    (only,) = examined(prompt_with("Be careful with refunds."), "prompts/e/prompt.yaml", "prompt")
    assert (only.span.line, only.span.column, only.span.end_column) == (9, 12, 22)
    assert "“Be careful”" in only.message
    assert "rule `r0`" in only.message


def test_plain_files_are_judged_milder():
    text = "# Tests\n\n- Use appropriate exception types.\n- Run the linter if needed.\n"
    (only,) = examined(text, *PLAIN)
    assert (only.code, str(only.severity), only.span.line) == ("PO404", "info", 3)
    assert "line 3" in only.message


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Always use tables for prices.", "Never use tables for prices."),
        ("Use tables for prices.", "Do not use tables for prices."),
        ("Include the invoice number.", "Exclude the invoice number."),
        ("Mention discounts.", "Be brief. Don't mention discounts."),
        ("Keep answers formal.", "Keep answers informal."),
        ("Answer in at most 3 sentences.", "Write at least five sentences."),
        ("Use under 80 words.", "Use 100 to 150 words."),
        ("Answer in at most 3 sentences.", "Answer in at most 5 sentences."),
        ("Run all tests before every commit.", "Do not run all the tests before committing."),
        ("Run the tests; it takes a minute.", "Don't run the tests, it takes too long."),
        ("Run the linter before pushing.", "Never run the linter before pushing (CI does it)."),
        ("Run the linter before pushing.", "Do not run the linter before pushing - CI does."),
        ("Run the linter before pushing, then push.", "Don't run the linter before pushing."),
        ("Before pushing, run the linter.", "Do not run the linter before pushing."),
        ("Remember to run the linter.", "Do not run the linter because CI does."),
        ("Don't forget to run the linter.", "Important: do not run the linter."),
        ("Make sure that you run the linter.", "You should never run the linter."),
        ("Run the release checks.", "Skip the release checks."),
        ("Always commit directly to main.", "Never commit to main directly."),
        ("Prefer default exports.", "Avoid default exports."),
        ("Prefer using default exports.", "Avoid using default exports."),
        ("Refrain from using default exports.", "Use default exports."),
        ("Only use default exports.", "No default exports."),
        ("Add emojis to headings.", "No emojis to headings."),
        ("Comments are required in tests.", "In tests, comments are forbidden."),
        ("Use a prefix to avoid collisions.", "Do not use a prefix to avoid collisions."),
        ("Mock what does not answer.", "Never mock what does not answer."),
        ("Quote the releases.", "Never quote the releases."),
    ],
)
def test_contradictions_are_found_in_either_order(first, second):
    assert "PO402" in found(first, second)
    assert "PO402" in found(second, first)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Use tables for prices.", "Never use tables for names."),
        ("Never exclude the invoice number.", "Always include the invoice number."),
        ("Say what you can do.", "Say what you cannot do."),
        ("Answer in at most 3 sentences.", "Write the summary in at least five sentences."),
        ("Use at least 2 sentences.", "Use at most 5 sentences."),
        ("Use at least 2 sentences.", "Use at most 50 words."),
        ("If the customer is angry, apologise.", "If the customer is calm, do not apologise."),
        ("Commit if asked.", "Commit if not asked."),
        ("Run all tests before committing.", "Do not commit before running all tests."),
        ("Run the tests before committing.", "Do not run all tests before committing."),
        ("Use tabs (in Makefiles).", "Never use tabs."),
        ("Use tabs - except in Python.", "Never use tabs."),
        ("In Go, use tabs.", "In Python, do not use tabs."),
        ("Use default exports for pages.", "Avoid default exports."),
        ("No need to add comments.", "Add comments."),
        ("Don't forget to run the linter.", "Run the linter."),
        ("Don't skip the linter.", "Run the linter."),
        ("Only use mocks for the network.", "Never use mocks."),
    ],
)
def test_what_can_both_be_kept_is_no_contradiction(first, second):
    assert "PO402" not in found(first, second)


def test_a_rule_can_contradict_itself():
    (only,) = examined(
        prompt_with("Use at most 3 sentences. Use at least 5 sentences."), "p/prompt.yaml", "prompt"
    )
    assert (
        only.message
        == "rule `r0` contradicts itself: at least 5 sentences against at most 3 sentences"
    )


def test_rules_for_different_slices_may_differ():
    cases = "[{id: a, slices: {language: de}}, {id: b, slices: {language: en}}]"
    rules = (
        "a|Use tables for prices.|when: {language: de}",
        "b|Never use tables for prices.|when: {language: en}",
    )
    assert "PO402" not in found(*rules, cases=cases)
    same = (rules[0], rules[1].replace("en}", "de}"))
    assert "PO402" in found(*same, cases=cases)


def test_headings_that_forbid_turn_what_stands_under_them():
    text = "## Do\n\n- Use tables for the prices.\n\n## Never\n\n- Skip tables for the prices.\n"
    assert codes(text, *PLAIN) == []
    text = text.replace("- Skip tables", "- Never use tables")
    assert codes(text, *PLAIN) == ["PO402"]
    assert codes(text.replace("## Never", "## Bad examples"), *PLAIN) == []
    assert codes(text.replace("## Never", "## Tables"), *PLAIN) == ["PO402"]
    lists = "# Files\n\n- Include files that:\n  - are read\n- Exclude files that:\n  - are made\n"
    assert codes(lists, *PLAIN) == []


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (
            "Cite the policy section you rely on.",
            "Always cite the section of the policy on which you rely.",
        ),
        ("Never share a customer's address.", "Do not share customer addresses!"),
        ("引用你所依据的政策条款。", "引用你所依据的政策条款"),
    ],
)
def test_near_duplicates_are_found_once(first, second):
    if first.startswith("Never"):
        first, second = f"{first} Not by mail.", f"{second} Not by mail."
    assert found(first, second).count("PO401") == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Name the fee of plan 1 in every answer.", "Name the fee of plan 2 in every answer."),
        (
            "Read https://a.example/x before you answer.",
            "Read https://b.example/x before you answer.",
        ),
        ("Cite the invoice number and the due date.", "Cite the refund number and the due date."),
        ("Greet.", "Greet."),
    ],
)
def test_rules_that_differ_in_what_matters_are_no_duplicates(first, second):
    assert "PO401" not in found(first, second)


def test_a_repeated_passage_of_a_plain_file_is_one_finding():
    passage = (
        "- Run the whole test suite with coverage before every push.\n"
        "- Name the failing module in the title of the report.\n"
        "- Attach the complete log of the failing build job.\n"
    )
    text = f"# Push\n\n{passage}\n- Wait for review.\n- Answer within a day.\n- Ask twice.\n- Be done.\n\n{passage}"
    (only,) = examined(text, *PLAIN)
    assert only.code == "PO401"
    assert only.message.endswith("and so do rules right after it")
    parallel = "# Layers\n\n" + "".join(
        f"- Create fully implemented code for the {layer} layer, with no templates in lieu of code.\n"
        for layer in ("service", "manager", "resilience")
    )
    assert codes(parallel, *PLAIN) == []


@pytest.mark.parametrize(
    "text",
    [
        "Keep answers under 80 words and never mention competitors.",
        "Greet the customer by name. Close with a question about other invoices.",
        "Write amounts with two decimals; use the language of the question.",
    ],
)
def test_two_requests_in_one_rule(text):
    assert found(text) == ["PO403"]


@pytest.mark.parametrize(
    "text",
    [
        "Never promise a refund; say that billing decides.",
        "Cite the section. Put the section in brackets.",
        "Greet the customer by name. Names build trust.",
        "If the policy is silent, say that you cannot tell.",
        "Compare cost and benefit.",
    ],
)
def test_one_request_with_its_conditions(text):
    assert "PO403" not in found(text)


@pytest.mark.parametrize(
    "text", ["NEVER EVER GIVE ADVICE.", "Give no advice!!", "YOU MUST NEVER GUESS."]
)
def test_shouting(text):
    assert "PO405" in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "Never use HTTP or FTP.",
        "The field MUST NOT be empty.",
        'Answer "DO NOT USE THIS" where the tool says so.',
        "Explain `IF THE USER ASKS` blocks.",
        "Quote CREATE OR REPLACE TABLE statements in full.",
    ],
)
def test_capitals_that_have_a_reason(text):
    assert "PO405" not in found(text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Do not forget to cite the section.", "PO409"),
        ("Never avoid naming the fee.", "PO409"),
        ("Apply the rule above to refunds.", "PO410"),
        ("As mentioned above, cite the section.", "PO410"),
        ("Rule 3 holds for refunds too.", "PO410"),
        ("TODO: wait for legal.", "PO414"),
        ("Charge a fee of TBD.", "PO414"),
        ("Sign as [YOUR COMPANY].", "PO414"),
        ("Until further notice, offer a callback.", "PO415"),
        ("Offer a callback for now.", "PO415"),
        ("Temporarily, offer a callback until May.", "PO415"),
    ],
)
def test_what_a_rule_forgot_to_shed(text, code):
    assert found(text) == [code]


@pytest.mark.parametrize(
    "text",
    [
        "Do not only name the fee.",
        "Answer questions about the terms below 18 years of age.",
        "Mark open points as TODO.",
        "List [name] and [date].",
        "Say that the site is temporarily closed if it is.",
        "Answer until the customer is content.",
    ],
)
def test_what_only_looks_like_it(text):
    assert found(text) == []


def test_a_blank_in_a_message_is_found_too():
    text = prompt_with(
        "Greet.", messages='[{role: system, content: "You work for [INSERT NAME]. {{ rules }}"}]'
    )
    (only,) = examined(text, "p/prompt.yaml", "prompt")
    assert (only.code, "the message" in only.message) == ("PO414", True)


def test_examples_are_judged_by_the_tests_of_their_rule():
    test = "tests: [{cases: all, assert: %s}]"
    rule = 'r|Name the section, e.g. "see [§4], please".|' + test
    assert found(rule % "{regex: '\\[§[0-9]+\\]'}") == []
    assert found(rule % "{not_contains: please}") == ["PO406"]
    assert found(rule % "{no_comma: true}") == ["PO406"]
    assert found(rule % "{all_lowercase: true}") == []
    assert found(rule % "{all_uppercase: true}") == ["PO406"]
    assert found(rule % "{contains_any: [SEE, Section]}") == ["PO406"]
    assert found(rule % "{contains_any: [SEE, Section], ignore_case: true}") == []
    assert found(rule % "{contains: SEE, ignore_case: true}") == []
    assert found(rule % "{regex: 'SEE', ignore_case: true}") == []
    assert found(rule % "{word_count: {min: 50}}") == []
    assert found(rule % "{regex: '(?=x)'}") == ["PO208"]


def test_an_example_may_fail_what_one_case_asks():
    text = prompt_with(
        'r|Name the plan, e.g. "Starter".|tests:\n  - {cases: [a], assert: {contains: Pro}}\n'
        "  - {cases: [b], assert: {not_contains: Starter}, fires: false}",
        cases="[{id: a}, {id: b}]",
    )
    assert codes(text) == []


def test_placed_rules_and_sections_are_rendered():
    content = '{{ rule("greet") }} {{ rules | section("tone") }}'
    rules = ("greet|Greet.", "warm|Stay warm.|section: tone", "lost|Name the fee.")
    messages = f"[{{role: system, content: '{content}'}}]"
    (only,) = examined(prompt_with(*rules, messages=messages), "p/prompt.yaml", "prompt")
    assert (only.code, only.rule) == ("PO412", "lost")
    loop = "[{role: system, content: '{% for r in rules %}{{ r.text }}{% endfor %}'}]"
    assert found(*rules, messages=loop) == []


def test_variables_count_as_used_in_blocks_too():
    messages = "[{role: system, content: '{% if formal %}Be formal.{% endif %} {{ rules }}'}]"
    assert found("Greet.", variables="{formal: {}}", messages=messages) == []
    assert found("Greet.", variables="{formal: {}, form: {}}", messages=messages) == ["PO413"]


def test_when_names_slices_that_cases_have():
    cases = "[{id: a, slices: {language: de}, assert: {contains: x}}]"
    assert "PO407" in found("r|Greet.|when: {segment: smb}", cases=cases)
    assert "PO407" in found("r|Greet.|when: {language: []}", cases=cases)
    assert "PO407" not in found("r|Greet.|when: {language: de}", cases=cases)


def test_revived_rules_need_the_same_polarity():
    retired = "[{id: old, text: Use emoji in answers., reason: Customers found it childish.}]"
    assert "PO411" in found("Use emoji in an answer.", retired=retired)
    assert "PO411" not in found("Never use emoji in an answer.", retired=retired)


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=60)


@given(st.lists(WORDS, max_size=6))
def test_splitting_many_texts_is_splitting_each(texts):
    assert [list(part) for part in many(texts)] == [split(text) for text in texts]


@given(WORDS)
def test_words_of_clauses_are_the_words_of_the_text(text):
    assert sum(map(len, clauses(text))) <= len(split(text)) + text.count(".")


@pytest.mark.parametrize(
    "forms",
    [
        "cite cites cited citing citation citations",
        "reply replies replied",
        "use uses using",
        "stop stops stopped stopping",
        "policy policies policy's",
        "answer answers answered answering",
        "business businesses",
        "short shortly",
    ],
)
def test_forms_of_a_word_have_one_stem(forms):
    assert len({stem(word) for word in forms.split()}) == 1


def test_stems_leave_short_words_alone():
    assert [stem(word) for word in ("is", "as", "this", "need", "thing", "über")] == [
        "is", "as", "thi", "need", "thing", "über"
    ]  # fmt: skip
