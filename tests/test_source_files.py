"""Files: where they are read from, which are governed, and how they are replaced."""

from __future__ import annotations

import os
import re
import stat
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trees import MemoryTree

from promptops.config import DEFAULT, layered
from promptops.diagnostic import Diagnostic, Edit, Severity, Span
from promptops.errors import InputError
from promptops.source.document import Lines
from promptops.source.globs import matching
from promptops.source.ignores import Ignores
from promptops.source.plain_document import PlainDocument
from promptops.source.reading import read_decision_file, read_instructions_file
from promptops.source.text import decode
from promptops.source.tree import MAX_BYTES, DiskTree
from promptops.source.workspace import find_files, is_record, named_files, read_decisions, read_file
from promptops.source.write import replace_file, spliced

AS_ROOT = os.geteuid() == 0


def message(path: str, tree: DiskTree) -> str:
    with pytest.raises(InputError) as caught:
        tree.read(path)
    assert caught.value.path == path
    return caught.value.message


# -- text --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "said", "line", "column"),
    [
        (b"ok\n\xe9", "not UTF-8 (byte 3)", 2, 1),
        ("hi".encode("utf-16"), "not UTF-8 (byte 0)", 1, 1),
        (b"\xed\xa0\x80", "not UTF-8 (byte 0)", 1, 1),
        (b"a\xc0\xafb", "not UTF-8 (byte 1)", 1, 1),
        (b"a\nb\x00c", "control character U+0000 at offset 3", 2, 2),
        (b"a\r\nb\x1b[2J", "control character U+001B at offset 4", 2, 2),
        (b"a\rb\x7f", "control character U+007F at offset 3", 2, 2),
        (b"a\x0cb", "control character U+000C at offset 1", 1, 2),
        (b"a: 1\n<<<<<<< ours\nb\n", "a merge conflict is not resolved here", 2, 1),
        (b"a\n=======\nb\n>>>>>>> theirs\n", "a merge conflict is not resolved here", 2, 1),
        (b"a\r\n>>>>>>> theirs\r\n", "a merge conflict is not resolved here", 2, 1),
    ],
)
def test_bytes_that_are_no_text(raw: bytes, said: str, line: int, column: int) -> None:
    with pytest.raises(InputError) as caught:
        decode(raw, "x")
    error = caught.value
    assert (error.message, error.line, error.column) == (said, line, column)
    assert error.hint


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\ufeffa",
        "a\tb\r\nc\rd\n",
        "Title\n=======\n",
        "a <<<<<<< b",
        "  <<<<<<< x",
        "\x85\u2028é😀",
    ],
)
def test_text_stays_as_it_is(text: str) -> None:
    assert decode(text.encode(), "x") == text


@given(st.text(st.sampled_from("ab\n\r\u2028\x0c"), max_size=30), st.integers(-2, 40))
def test_lines_and_offsets_agree(text: str, offset: int) -> None:
    lines = Lines(text)
    line, column = lines.position(offset)
    start = lines.starts[line - 1]
    assert start + column - 1 == min(max(offset, 0), len(text))
    parts = re.split(r"\r\n|\r|\n", text)
    assert [lines.line(n + 1) for n in range(len(parts))] == parts
    assert lines.line(0) == lines.line(len(parts) + 1) == ""


# -- the tree ----------------------------------------------------------------------------------


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.md").write_text("secret")
    made = tmp_path / "root"
    (made / "docs").mkdir(parents=True)
    (made / "a.md").write_text("a")
    (made / "docs" / "b.md").write_text("b")
    return made


OUTSIDE = "the path leads outside the repository (a symlink outside, `..` or an absolute path)"


def test_nothing_outside_is_read_and_nobody_learns_whether_it_is_there(root: Path) -> None:
    (root / "there.md").symlink_to("../outside/secret.md")
    (root / "not-there.md").symlink_to("../outside/missing.md")
    (root / "folder").symlink_to("../outside")
    (root / "passwd").symlink_to("/etc/passwd")
    (root / "docs" / "up").symlink_to("../..")
    tree = DiskTree(str(root))
    paths = [
        *("there.md", "not-there.md", "folder/secret.md", "folder/none.md", "passwd"),
        *("../outside/secret.md", "../outside/none.md", "/etc/passwd", "/etc/none", "docs/../../x"),
        *("docs/up/outside/secret.md", "docs/up/root/a.md/../../outside/secret.md", "a\0b"),
    ]
    for walked in (False, True):
        if walked:
            tree.paths()
        for path in paths:
            assert message(path, tree) == OUTSIDE, path
            assert not tree.exists(path)
    assert tree.listed("folder") == ()
    assert tree.listed("../outside") == ()


def test_links_inside_are_followed(root: Path) -> None:
    (root / "link.md").symlink_to("docs/b.md")
    (root / "folder").symlink_to("docs")
    (root / "round").symlink_to("round")
    for walked in (False, True):
        tree = DiskTree(str(root))
        if walked:
            assert list(tree.paths()) == ["a.md", "docs/b.md", "folder", "link.md", "round"]
        assert tree.read("link.md") == b"b"
        assert tree.read("folder/b.md") == b"b"
        assert tree.exists("folder/b.md")
        assert not tree.exists("round")
        assert message("round", tree).startswith(("cannot read it", OUTSIDE))


def test_the_root_may_be_a_link(root: Path) -> None:
    (root.parent / "alias").symlink_to(root)
    tree = DiskTree(str(root.parent / "alias"))
    assert tree.read("docs/b.md") == b"b"
    assert tree.listed("docs") == ("docs/b.md",)
    assert DiskTree("/").root == "/"


def test_only_regular_files_are_read(root: Path) -> None:
    os.mkfifo(root / "pipe.md")
    tree = DiskTree(str(root))
    for walked in (False, True):
        if walked:
            tree.paths()
        assert message("pipe.md", tree) == "not a regular file"
        assert message("docs", tree) == "not a regular file"
        assert message("missing.md", tree) == "cannot read it: No such file or directory"
        assert message("a.md/x", tree) == "cannot read it: Not a directory"
        assert not tree.exists("pipe.md")
        assert not tree.exists("docs")
    assert "pipe.md" not in tree.paths()


def test_a_huge_file_is_not_read(root: Path) -> None:
    with (root / "big.md").open("wb") as file:
        file.truncate(100 << 20)
    (root / "fits.md").write_bytes(b"x" * MAX_BYTES)
    tree = DiskTree(str(root))
    assert message("big.md", tree) == "the file is over 1 MiB (104,857,600 bytes)"
    assert len(tree.read("fits.md")) == MAX_BYTES


def test_a_file_that_grows_while_it_is_read_is_refused(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.read
    monkeypatch.setattr(os, "read", lambda handle, size: real(handle, min(size, 7)))
    (root / "c.md").write_text("c" * 50)
    assert DiskTree(str(root)).read("c.md") == b"c" * 50
    info = os.stat(root / "c.md")
    (root / "c.md").write_bytes(b"x" * (MAX_BYTES + 5))
    monkeypatch.setattr(os, "read", real)
    monkeypatch.setattr(os, "fstat", lambda handle: info)
    assert message("c.md", DiskTree(str(root))).startswith("the file is over 1 MiB")


@pytest.mark.skipif(AS_ROOT, reason="root reads everything")
def test_unreadable_files_and_folders(root: Path) -> None:
    (root / "a.md").chmod(0)
    (root / "docs").chmod(0)
    try:
        tree = DiskTree(str(root))
        assert message("a.md", tree) == "cannot read it: Permission denied"
        assert list(tree.paths()) == ["a.md"]
        assert tree.listed("docs") == ()
        assert message("docs/b.md", tree) == "cannot read it: Permission denied"
    finally:
        (root / "docs").chmod(0o700)


def test_other_peoples_folders_are_not_walked(root: Path) -> None:
    for name in (".git", "node_modules", ".venv"):
        (root / name).mkdir()
        (root / name / "AGENTS.md").write_text("x")
    tree = DiskTree(str(root))
    assert list(tree.paths()) == ["a.md", "docs/b.md"]
    assert tree.exists("node_modules/AGENTS.md")
    assert tree.read("node_modules/AGENTS.md") == b"x"


def test_odd_names_are_names(root: Path) -> None:
    names = ["new\nline.md", "é.md", " sp ace.md", "-dash.md", "tab\t.md"]
    for name in names:
        (root / name).write_text(name)
    raw = os.fsdecode(b"latin-\xe9.md")
    (root / raw).write_text("raw")
    tree = DiskTree(str(root))
    assert {*names, raw} <= set(tree.paths())
    assert all(tree.read(name) == name.encode() for name in names)
    assert tree.read(raw) == b"raw"


# -- globs and kinds ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("glob", "yes", "no"),
    [
        ("*.md", ["a.md", ".md"], ["a/b.md", "a.mdx", "a.md\n"]),
        ("**/AGENTS.md", ["AGENTS.md", "a/AGENTS.md", "a/b/AGENTS.md"], ["xAGENTS.md", "AGENTS.md/x"]),
        ("a/**", ["a/b", "a/b/c"], ["a", "ab/c"]),
        ("a/**/c", ["a/c", "a/b/c"], ["ac", "a/bc"]),
        ("a?c", ["abc"], ["ac", "a/c"]),
        ("a[b].(c)+", ["a[b].(c)+"], ["ab.c"]),
        ("", [""], ["a"]),
    ],
)  # fmt: skip
def test_globs(glob: str, yes: Sequence[str], no: Sequence[str]) -> None:
    assert matching([glob], [*yes, *no]) == list(yes)
    assert matching([], ["a"]) == []
    assert matching(["nothing", glob], [*yes, *no]) == list(yes)


def meant(glob: list[str], path: list[str]) -> bool:
    """What a glob means, folder by folder; slow."""
    if not glob:
        return not path
    if glob[0] == "**":
        if len(glob) == 1:
            return bool(path)
        return meant(glob[1:], path) or (len(path) > 1 and meant(glob, path[1:]))
    name = re.escape(glob[0]).replace(r"\*", ".*").replace(r"\?", ".")
    return bool(path) and re.fullmatch(name, path[0]) is not None and meant(glob[1:], path[1:])


NAMES = st.text(st.sampled_from("ab."), min_size=1, max_size=5)
PARTS = st.text(st.sampled_from("ab.*?"), min_size=1, max_size=6) | st.just("**")


@given(st.lists(PARTS, min_size=1, max_size=5), st.lists(NAMES, min_size=1, max_size=5))
def test_globs_mean_what_they_say(glob: list[str], path: list[str]) -> None:
    assert (matching(["/".join(glob)], ["/".join(path)]) != []) == meant(glob, path)


def test_globs_end_soon() -> None:
    began = time.process_time()
    assert matching(["**/*" * 8 + "x"], ["a/" * 60 + "b"]) == []
    assert matching(["*a" * 25 + "b"], ["a" * 60]) == []
    assert time.process_time() - began < 5


FILES = {
    "prompts/a/prompt.yaml": "x",
    "prompts/a/cases.yaml": "x",
    "prompts/b.prompt.yaml": "x",
    "other/c.yaml": "x",
    "AGENTS.md": "# Rules\n- Be kind.\n",
    "docs/decisions/1.md": "---\nstatus: accepted\n---\n# T\n",
    "docs/decisions/README.md": "x",
    "docs/decisions/sub/2.md": "x",
    "notes.txt": "x",
}


def test_what_is_what() -> None:
    files = find_files(DEFAULT, FILES)
    assert files.prompts == ("prompts/a/prompt.yaml", "prompts/b.prompt.yaml")
    assert files.instructions == ("AGENTS.md",)
    assert files.decisions == ("docs/decisions/1.md",)
    assert len(files) == 4
    assert not is_record(DEFAULT, "docs/decisions/Template.md")
    both = layered(DEFAULT, prompts=("**/*.md",), instructions=("**/*.md",))
    assert not find_files(both, ["AGENTS.md"]).instructions


@pytest.mark.parametrize(
    ("named", "found"),
    [
        (["prompts/a/cases.yaml"], [("prompts/a/prompt.yaml", "prompt")]),
        (["prompts"], [("prompts/a/prompt.yaml", "prompt"), ("prompts/b.prompt.yaml", "prompt")]),
        (["prompts/"], [("prompts/a/prompt.yaml", "prompt"), ("prompts/b.prompt.yaml", "prompt")]),
        (["other/c.yaml"], [("other/c.yaml", "prompt")]),
        (["notes.txt", "notes.txt"], [("notes.txt", "instructions")]),
        (["docs/decisions/1.md"], [("docs/decisions/1.md", "decision")]),
        (["docs/decisions/README.md"], [("docs/decisions/README.md", "instructions")]),
        (["other"], []),
    ],
)
def test_named_files(named: list[str], found: list[tuple[str, str]]) -> None:
    assert named_files(DEFAULT, MemoryTree(FILES), named).items() == found


def test_everything_below_the_root() -> None:
    assert len(named_files(DEFAULT, MemoryTree(FILES), ["."])) == 4


def test_a_name_that_is_nothing_is_refused(root: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        named_files(DEFAULT, DiskTree(str(root)), ["missing"])
    with pytest.raises(InputError, match="leads outside"):
        named_files(DEFAULT, DiskTree(str(root)), ["../outside"])


def test_files_are_read_as_what_they_are() -> None:
    tree = MemoryTree(FILES)
    assert read_file(tree, "AGENTS.md", "instructions").prompt is not None
    assert read_file(tree, "docs/decisions/1.md", "decision").decision is not None
    assert read_file(tree, "prompts/a/prompt.yaml", "prompt").problems
    assert list(read_decisions(DEFAULT, tree, FILES)) == ["1"]
    broken = MemoryTree({"docs/decisions/1.md": b"\xff", "AGENTS.md": b"a\x00"})
    assert read_decisions(DEFAULT, broken, broken.paths()) == {}
    for reading in (
        read_decision_file(broken, "docs/decisions/1.md"),
        read_instructions_file(broken, "AGENTS.md"),
    ):
        assert [p.kind for p in reading.problems] == ["unreadable-file"]


# -- replacing ---------------------------------------------------------------------------------


def test_a_file_is_replaced_whole(root: Path) -> None:
    target = root / "a.md"
    target.chmod(0o640)
    before = target.stat().st_ino
    replace_file(str(root), "a.md", "é\r\n", b"a")
    assert target.read_bytes() == "é\r\n".encode()
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert target.stat().st_ino != before
    replace_file(str(root), "new/deep/b.md", "b", None)
    assert (root / "new/deep/b.md").read_text() == "b"
    assert not list(root.rglob(".*"))


@pytest.mark.parametrize(
    ("path", "expected", "said"),
    [
        ("a.md", b"other", "the file changed while it was being worked on"),
        ("a.md", None, "the file changed while it was being worked on"),
        ("gone.md", b"a", "the file changed while it was being worked on"),
        ("link.md", b"secret", "a symlink is not written to"),
        ("folder/secret.md", b"secret", "a symlink is not written to"),
        ("folder/new/x.md", None, "a symlink is not written to"),
        ("../outside/secret.md", b"secret", "a symlink is not written to"),
        ("pipe", None, "not a regular file"),
        ("docs", None, "cannot write it: Is a directory"),
        ("a.md/x", None, "cannot write it: Not a directory"),
        ("a\0b", None, "cannot write it"),
    ],
)
def test_what_is_not_written(root: Path, path: str, expected: bytes | None, said: str) -> None:
    (root / "link.md").symlink_to("../outside/secret.md")
    (root / "folder").symlink_to("../outside")
    os.mkfifo(root / "pipe")
    before = snapshot(root.parent)
    with pytest.raises(InputError, match=re.escape(said)):
        replace_file(str(root), path, "evil", expected)
    assert snapshot(root.parent) == before


def snapshot(folder: Path) -> dict[str, bytes | None]:
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


def test_text_that_cannot_be_encoded_costs_nothing(root: Path) -> None:
    before = snapshot(root)
    with pytest.raises(InputError):
        replace_file(str(root), "a.md", "a\ud800", b"a")
    assert snapshot(root) == before


class Failing:
    """Lets the n-th call of some functions of `os` fail, for every n."""

    NAMES = ("open", "write", "fsync", "replace", "fchmod", "makedirs", "stat")

    def __init__(self, monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
        self.calls = 0
        self.fail_at = 0
        self.error = error
        for name in self.NAMES:
            monkeypatch.setattr(os, name, self.wrapped(getattr(os, name)))

    def wrapped(self, real: Any) -> Any:
        def call(*arguments: Any, **named: Any) -> Any:
            self.calls += 1
            if self.calls == self.fail_at:
                raise self.error
            return real(*arguments, **named)

        return call

    def each(self) -> Iterator[int]:
        for n in range(1, 100):
            self.calls, self.fail_at = 0, n
            yield n
            if self.calls < n:
                return
        raise AssertionError("never clean")


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("text", ["new", "n" * 200_000])
def test_whatever_fails_the_file_is_the_old_or_the_new(
    root: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, text: str
) -> None:
    failing = Failing(monkeypatch, error)
    outcomes = set()
    for _ in failing.each():
        (root / "a.md").write_text("old")
        (root / "sub").mkdir(exist_ok=True)
        said = ""
        try:
            replace_file(str(root), "a.md", text, b"old")
        except (InputError, KeyboardInterrupt) as caught:
            said = type(caught).__name__
        failing.fail_at = 0
        now = (root / "a.md").read_text()
        assert now in ("old", text)
        if said == "InputError":
            assert now == "old"
        if not said:
            assert now == text
        assert sorted(p.name for p in root.iterdir()) == ["a.md", "docs", "sub"], "a leftover"
        outcomes.add((said, now == text))
    assert len(failing.NAMES) > 5
    assert ("", True) in outcomes
    assert (type(error).__name__.replace("OSError", "InputError"), False) in outcomes


def test_two_writers_never_mix(root: Path) -> None:
    texts = ["x" * 50_000, "y" * 50_000]

    def write(text: str) -> None:
        for _ in range(20):
            try:
                replace_file(str(root), "a.md", text, (root / "a.md").read_bytes())
            except InputError:
                pass

    threads = [threading.Thread(target=write, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    seen = {(root / "a.md").read_text() for _ in range(200)}
    for thread in threads:
        thread.join()
    assert seen <= {"a", *texts}
    assert not list(root.glob(".*"))


def test_splices_touch_nothing_else() -> None:
    text = "0123456789"
    assert spliced(text, [Edit(8, 9, ""), Edit(0, 1, "zero"), Edit(5, 5, "|")]) == "zero1234|5679"
    assert spliced(text, [Edit(2, 5, "A"), Edit(4, 6, "B")]) == "01A56789"
    assert spliced(text, [Edit(2, 3, "A"), Edit(2, 3, "A")]) == "01A3456789"


# -- ignore comments ---------------------------------------------------------------------------


def diagnostic(code: str, line: int) -> Diagnostic:
    return Diagnostic(code, "n", Severity.ERROR, "m", "h", "x", Span(line, 1, line, 2))


@pytest.mark.parametrize(
    ("text", "code", "line", "covered"),
    [
        ("a  # promptops: ignore[PO104] because it is so\n", "PO104", 1, True),
        ("a  # promptops: ignore[PO1, PO104] because it is so\n", "PO104", 1, True),
        ("a  # promptops: ignore[PO104] because it is so\n", "PO105", 1, False),
        ("a  # promptops: ignore[PO104] because it is so\n", "PO104", 2, False),
        ("a  # promptops: ignore[PO104]\n", "PO104", 1, False),
        ("a  # promptops: ignore[PO104] because x\n", "PO104", 1, False),
        ("a  # promptops: ignore because it is so\n", "PO104", 1, False),
        ("# promptops: ignore[PO104] because it is so\na\n", "PO104", 2, True),
        ("# promptops: ignore[PO104] because it is so\na\n", "PO104", 1, False),
        ("<!-- promptops: ignore[PO104] because it is so -->\r\na\r\n", "PO104", 2, True),
        ("<!-- promptops: ignore[PO104] because -->\na\n", "PO104", 2, False),
        ("  # promptops: ignore[PO104] because it is so\n  a\n", "PO104", 2, True),
    ],
)
def test_ignore_comments_cover_a_line(text: str, code: str, line: int, covered: bool) -> None:
    ignores = Ignores(PlainDocument("x", text), frozenset({"PO104"}))
    assert ignores.covers(diagnostic(code, line), 0) is covered


def test_a_comment_covers_the_rule_that_begins_below_it() -> None:
    text = "rules:\n  # promptops: ignore[PO104,PO105] because it is so\n  - id: a\n    text: b\n"
    ignores = Ignores(PlainDocument("x", text), frozenset({"PO104", "PO105"}))
    assert ignores.covers(diagnostic("PO104", 4), 3)
    assert not ignores.covers(diagnostic("PO104", 4), 4)
    assert [code for code, _ in ignores.unneeded()] == ["PO105"]
    assert not Ignores(PlainDocument("x", "no comment"), frozenset()).found


def test_many_comments_are_read_quickly() -> None:
    began = time.process_time()
    Ignores(PlainDocument("x", "# promptops: ignore[" * 40_000), frozenset())
    Ignores(PlainDocument("x", "#" + " " * 500_000 + "promptops: ignore"), frozenset())
    assert time.process_time() - began < 5
