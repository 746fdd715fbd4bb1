"""Our 25 IFEval types against a published checker, on hostile answers to IFEval's own prompts.

    python -m bench.ifeval_differential CHECKER DATA.jsonl… [--python PYTHON] [--each 10] [--seed 1]

CHECKER is a folder that holds the package `instruction_following_eval` (or any other with its
`instructions_registry`: name it with --module). It runs in a process of its own, by a Python that has
what it needs (nltk 3.8 or 3.9 with its punkt data, langdetect, immutabledict, absl-py). Of every
disagreement the key, the type and the answer are printed; the exit code is 1 where there is one. Where
a letter is asked for that is none, checkers from before 2024 draw one by lot: that is not compared.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

Row = Mapping[str, Any]

PLAIN = (
    "The payment came nine days after it was due. We charge a fee for that, as section 4 says. Do you"
    " want to see it? Mr. Smith, of No. 5, paid $1,000.50 on Jan. 3rd; U.S. banks were closed."
)
PIECES = (
    PLAIN, "", " ", "\n\n", "\r\n", "***", "\n***\n", "******", "\n******\n", "---", "* a\n* b\n- c",
    "* *nested* **bold** ***both***", "1. one\n2. two", "• dot", "[name] [a [b] c] [[d]] [e\nf] []",
    "[x](http://y)", "<<Title>>", "<< >>", "<<a>>b>>", "<<two\nlines>>", "P.S. so", "p. s. so", "P.P.S x",
    "PS no", "P.S", "```json\n{\"a\": [1, 2]}\n```", "```\n{\"a\": 1}\n```", "{\"a\": NaN}", "{'a': 1}",
    "\"quoted\"", "“curly”", "\"", "My answer is yes.", "My answer is no", "My answer is **maybe**.",
    "My answer is maybe.", "SECTION 1\nx\nSECTION 2\ny", "Section 1", "Day 1 Day 2", "DAY\n3", "PARAGRAPH 1",
    "İstanbul ıŞIK", "straße ẞ", "ǅ ﬁ", "Ä́ é", "😀😀", "🏳\u200d🌈", "\u200b", "\ufeff", "\u00a0", "\u2028",
    "\u0085", "\x1c", "\x0b\x0c", "\x00", "١٢٣", "10,000 3.14 5%", "don't can't it's I'm", "WELL-KNOWN USA U.S.A.",
    "A I", "e.g. this, i.e. that etc. and so on", "Wait... what?! No!! \"Yes.\" (Ok.) 'Fine.'", "a,b，c、d",
    "twenty-one forty two", "Das ist so, weil die Zahlung zu spät kam.", "これは日本語です。", "Это русский текст.",
    "هذا نص عربي", "यह हिन्दी है", "이것은 한국어입니다", "นี่คือภาษาไทย", "ਇਹ ਪੰਜਾਬੀ ਹੈ", "ಇದು ಕನ್ನಡ", "ఇది తెలుగు",
    "Is there anything else I can help with?", "Any other questions?", "x" * 3_000, "! " * 200, ". " * 150,
)  # fmt: skip
JOINS = ("", " ", "\n", "\n\n", "\n\n***\n\n", "\r\n", "\n******\n", ". ", ", ")


def made_for(name: str, given: Row, rng: random.Random) -> str:
    """A piece that an instruction looks for, or nearly."""
    near = rng.choice((-1, 0, 0, 1))
    number = next((v for v in given.values() if isinstance(v, int)), 2)
    count = max(0, number + near)
    text = next((v for v in given.values() if isinstance(v, str) and v not in RELATIONS), "word")
    words = next((v for v in given.values() if isinstance(v, list)), [text])
    pieces = {
        "number_words": "word " * count,
        "number_sentences": "Is it so? " * count,
        "number_paragraphs": "\n\n***\n\n".join(["para"] * count),
        "nth_paragraph_first_word": "\n\n".join([f"{text.title()}, so"] * count),
        "number_placeholders": "[a] " * count,
        "number_bullet_lists": "\n".join(rng.choice(("* a", "- a", "  * a")) for _ in range(count)),
        "number_highlighted_sections": " ".join(rng.choice(("*a*", "**a**")) for _ in range(count)),
        "multiple_sections": "\n".join(f"{text} {i}" for i in range(count)),
        "frequency": f"{text} " * count,
        "letter_frequency": f"{text.upper()}{text}" * (count // 2 + 1),
        "capital_word_frequency": "NASA " * count,
        "english_capital": PLAIN.upper(),
        "english_lowercase": PLAIN.lower(),
        "two_responses": "one\n******\ntwo",
        "existence": " ".join(map(str, words)),
        "forbidden_words": rng.choice(("", "x")) + str(words[0]) + rng.choice(("", "s", ".")),
        "quotation": f'"{PLAIN}"',
        "title": "<<On Fees>>",
        "no_comma": PLAIN.replace(",", ""),
        "json_format": '```json\n{"a": "b"}\n```',
    }
    return pieces.get(name.partition(":")[2], text)


RELATIONS = ("at least", "less than")


def answer(row: Row, rng: random.Random) -> str:
    """What the row's instructions look for, among pieces that lead a checker astray."""
    asked = zip(row["instruction_id_list"], row["kwargs"], strict=True)
    wanted = [made_for(name, given, rng) for name, given in asked]
    some = [one for one in wanted if rng.random() < 0.8]
    some += rng.choices(PIECES, k=rng.choice((0, 0, 1, 2, 4)))
    rng.shuffle(some)
    text = rng.choice(JOINS).join(some)
    turned = rng.random()
    if turned < 0.05:
        return text.upper()
    if turned < 0.1:
        return f"Sure! Here it is:\n{text}\nHope this helps!"
    if turned < 0.15:
        return "".join(rng.choice((one, one, one, one.swapcase(), "")) for one in text)
    return f'"{text}"' if turned < 0.2 else text


def theirs(module: str, folder: str) -> None:
    """The child: rows with answers on stdin, a line with [strict, loose] for each on stdout."""
    sys.path.insert(0, folder)
    import_module("langdetect").DetectorFactory.seed = 0
    registry = import_module(module).INSTRUCTION_DICT
    out = sys.stdout
    sys.stdout = sys.stderr
    for line in sys.stdin:
        row = json.loads(line)
        lines = row["answer"].split("\n")
        tried = [row["answer"]]
        tried += ["\n".join(some).strip() for some in (lines[1:], lines[:-1], lines[1:-1])]
        tried += [one.replace("*", "") for one in tried]
        both: list[list[bool]] = [[], []]
        for name, given in zip(row["instruction_id_list"], row["kwargs"], strict=True):
            checker = registry[name](name)
            checker.build_description(**given)
            if "prompt" in (checker.get_instruction_args() or {}):
                checker.build_description(prompt=row["prompt"])
            kept = [bool(one.strip()) and bool(checker.check_following(one)) for one in tried]
            both[0].append(kept[0])
            both[1].append(any(kept))
        out.write(json.dumps(both) + "\n")


def rows_of(files: Sequence[str], each: int, seed: int) -> Iterator[dict[str, Any]]:
    """Every row of the files with `each` answers."""
    rng = random.Random(seed)
    for file in files:
        for line in Path(file).read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            yield from ({**row, "answer": answer(row, rng)} for _ in range(each))


def main() -> int:
    """Ask both, compare, and say where they differ."""
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n", 1)[0])
    parser.add_argument("checker")
    parser.add_argument("data", nargs="*")
    parser.add_argument("--module", default="instruction_following_eval.instructions_registry")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--each", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--theirs", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.theirs:
        theirs(given.module, given.checker)
        return 0
    rows = list(rows_of(given.data, given.each, given.seed))
    argv = [given.python, __file__, given.checker, "--module", given.module, "--theirs"]
    sent = "".join(json.dumps(row) + "\n" for row in rows)
    done = subprocess.run(argv, input=sent, stdout=subprocess.PIPE, text=True, check=True)
    said = [json.loads(line) for line in done.stdout.splitlines()]
    return compared(rows, said)


def compared(rows: Sequence[Row], said: Sequence[Any]) -> int:
    """Print each disagreement and a line a type; 1 where there is a disagreement."""
    from promptops.evals.ifeval import followed

    seen: Counter[str] = Counter()
    kept: Counter[str] = Counter()
    differ: Counter[str] = Counter()
    for row, both in zip(rows, said, strict=True):
        ours = followed(row["answer"], row)
        for level, name in ((0, "strict"), (1, "loose")):
            for at, kind in enumerate(row["instruction_id_list"]):
                seen[kind] += 1
                kept[kind] += both[level][at]
                letter = str(row["kwargs"][at].get("letter", "a")).lower()
                if ours[level][at] != both[level][at] and "a" <= letter <= "z":
                    differ[kind] += 1
                    print(row["key"], kind, name, f"theirs {both[level][at]}", row["kwargs"][at])
                    print("   ", ascii(row["answer"][:400]))
    for kind in sorted(seen):
        print(
            f"{kind:45} {seen[kind]:6} judged, {kept[kind] / seen[kind]:4.0%} kept, {differ[kind]} differ"
        )
    print(f"{len(rows)} answers, {seen.total()} judgements, {differ.total()} disagreements")
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
