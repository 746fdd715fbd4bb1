"""promptfoo's tests as cases: their variables, every combination of listed values, files of them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice, product
from posixpath import join, normpath
from typing import Any

from promptops.errors import InputError
from promptops.importing.formats._promptfoo_asserts import assertion
from promptops.importing.interface import Left, Source
from promptops.importing.names import Names, is_id, slug
from promptops.importing.reading import foreign_text
from promptops.model import Assertion, Case
from promptops.source.foreign_yaml import Map, Seq, load_foreign, text_of

MOST_CASES = 1_000
_SCRIPTS = (".js", ".cjs", ".mjs", ".ts", ".py", ".rb", ".sh")


@dataclass(slots=True)
class Tests:
    """Collects the cases of one config. tied: (metric, case, assertion) of those that name one."""

    source: Source
    left: list[Left] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)
    tied: list[tuple[str, str, Assertion]] = field(default_factory=list)
    names: Names = field(default_factory=Names)
    templates: Mapping[str, Any] = field(default_factory=dict)

    def read(self, config: Map) -> None:
        """Every test of the config, with what holds for all of them."""
        templates = config.get("assertionTemplates")
        self.templates = templates if isinstance(templates, Map) else {}
        default = config.get("defaultTest")
        default = default if isinstance(default, Map) else Map()
        self._more("defaultTest", default)
        rows = list(
            islice(self._rows(config.get("tests"), config.lines.get("tests", 0)), MOST_CASES + 1)
        )
        for scenario in _maps(config.get("scenarios")):
            for data in _maps(scenario.get("config")) or [Map()]:
                rows += [_over(data, row) for row in _maps(scenario.get("tests")) or [Map()]]
        if len(rows) > MOST_CASES:
            self.left.append(
                Left(f"tests beyond the first {MOST_CASES:,}", "the kept copy has them")
            )
        for row in rows[:MOST_CASES]:
            self._test(_over(default, row))
        if not rows and _maps(default.get("assert")):
            self.left.append(
                Left("the assertions of `defaultTest`", "there is no test they look at")
            )

    def _rows(self, tests: Any, line: int) -> Iterator[Map]:
        if isinstance(tests, str):
            yield from self._file(tests, line)
        for i, one in enumerate(tests if isinstance(tests, Seq) else ()):
            if isinstance(one, Map):
                yield one
            elif isinstance(one, str):
                yield from self._file(one, tests.lines[i])

    def _file(self, name: str, line: int) -> Iterator[Map]:
        text = self.text(name, line)
        if text is None:
            return
        path = name.removeprefix("file://")
        if path.endswith(".csv"):
            yield from _csv(text)
        elif path.endswith(".jsonl"):
            for row in text.splitlines():
                yield from _maps(Seq([load_foreign(row, path)]) if row.strip() else None)
        elif path.endswith((".yaml", ".yml", ".json")):
            yield from _maps(load_foreign(text, path))
        else:
            self.left.append(Left(f"`{name}`", "tests of this kind are not read", line))

    def text(self, name: str, line: int) -> str | None:
        """A file beside the config, inside the repository; None, and said so, where there is none."""
        path = name.removeprefix("file://")
        head, colon, tail = path.rpartition(":")
        script = head if colon and "/" not in tail else path
        if name.startswith(("exec:", "http://", "https://")) or script.endswith(_SCRIPTS):
            why = "code and networks are never asked; the kept copy has it"
            self.left.append(Left(f"`{name}`", why, line))
            return None
        full = self.place(name)
        try:
            return foreign_text(self.source.files.read(full), full)
        except InputError as error:
            self.left.append(Left(f"`{name}`", error.message, line))
            return None

    def place(self, name: str) -> str:
        """The path in the repository of a file that the config names."""
        path = name.removeprefix("file://")
        return path if path.startswith("/") else normpath(join(self.source.folder, path))

    def _test(self, row: Map) -> None:
        self._more("a test", row)
        given = row.get("vars")
        if isinstance(given, str):
            text = self.text(given, row.lines.get("vars", row.line))
            loaded = load_foreign(text, given) if text is not None else None
            given = loaded if isinstance(loaded, Map) else Map()
        if not isinstance(given, Map):
            given = Map()
        lists = {name: self._values(name, value, given) for name, value in given.items()}
        room = MOST_CASES - len(self.cases)
        for values in islice(product(*lists.values()), room):
            self._case(row, dict(zip(lists, values, strict=True)))

    def _values(self, name: str, value: Any, given: Map) -> list[str]:
        if isinstance(value, str) and value.startswith("file://"):
            text = self.text(value, given.lines.get(name, given.line))
            return [value if text is None else text]
        if isinstance(value, Seq) and all(isinstance(one, str) for one in value):
            return list(value) or [""]
        return [text_of(value)]

    def _case(self, row: Map, values: dict[str, str]) -> None:
        said = text_of(row.get("description")) or " ".join(values.values())
        name = self.names.give(said if is_id(said) else slug(said) or "case")
        asserts = []
        for one in self._asserts(row.get("assert")):
            made, left = assertion(one, values)
            if left is not None and left not in self.left:
                self.left.append(left)
            metric = text_of(one.get("metric"))
            if made is not None and metric:
                self.tied.append((metric, name, made))
            elif made is not None:
                asserts.append(made)
        slices = {n: v for n, v in _plain(row.get("metadata")).items() if isinstance(v, str)}
        self.cases.append(Case(id=name, variables=values, slices=slices, asserts=tuple(asserts)))

    def _asserts(self, given: Any) -> Iterator[Map]:
        """Assertions, those of sets and templates among them."""
        for one in _maps(given):
            reference = text_of(one.get("$ref")).removeprefix("#/assertionTemplates/")
            if one.get("type") == "assert-set":
                if {"threshold", "weight"} & set(one):
                    what = "the threshold of an `assert-set`"
                    self._say(Left(what, "each assertion counts by itself here", one.line))
                yield from _maps(one.get("assert"))
            elif "$ref" in one and isinstance(self.templates.get(reference), Map):
                yield self.templates[reference]
            else:
                yield one

    def _more(self, what: str, row: Map) -> None:
        """What tests have and cases have not."""
        for key in row:
            if key not in ("vars", "assert", "description", "metadata"):
                why = "cases have no such thing; the kept copy has it"
                self._say(Left(f"`{key}` of {what}", why, row.lines.get(key, 0)))

    def _say(self, left: Left) -> None:
        if left not in self.left:
            self.left.append(left)


def _plain(value: Any) -> Map:
    return value if isinstance(value, Map) else Map()


def _maps(value: Any) -> list[Map]:
    return [one for one in value if isinstance(one, Map)] if isinstance(value, list) else []


def _over(default: Map, row: Map) -> Map:
    """A test with what `defaultTest` gives every test."""
    made = Map()
    made.update(row)
    made.lines, made.line = row.lines, row.line
    first, own = default.get("vars"), row.get("vars")
    if isinstance(first, Map) and (own is None or isinstance(own, Map)):
        both = Map()
        both.update({**first, **(own or {})})
        both.lines = {**first.lines, **(own.lines if own is not None else {})}
        made["vars"] = both
    made["assert"] = Seq([*_maps(default.get("assert")), *_maps(row.get("assert"))])
    return made


def _csv(text: str) -> Iterator[Map]:
    """A row a test: columns are variables, `__expected…` assertions, `__description` its name."""
    for number, row in enumerate(csv.DictReader(io.StringIO(text)), 2):
        test, values, asserts = Map(), Map(), Seq()
        test.line = number
        for name, value in row.items():
            if not isinstance(name, str) or not isinstance(value, str):
                continue
            if name.startswith("__expected") and value:
                asserts.append(_short(value, number))
            elif name == "__description":
                test["description"] = value
            elif not name.startswith("__"):
                values[name.strip()] = value
        test["vars"], test["assert"] = values, asserts
        yield test


def _short(value: str, line: int) -> Map:
    """`contains: text`, `similar(0.8): text`, or the text that the answer equals."""
    made = Map()
    made.line = line
    kind, colon, rest = value.partition(":")
    kind, _, threshold = kind.strip().partition("(")
    named = {"grade": "llm-rubric", "fn": "javascript", "eval": "javascript"}.get(kind, kind)
    known = colon and named and all(c.isalpha() or c == "-" for c in named) and " " not in named
    made["type"], made["value"] = (named, rest.strip()) if known else ("equals", value)
    if known and threshold:
        made["threshold"] = threshold.rstrip(")")
    return made
