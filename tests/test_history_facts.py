"""What is kept between commands: found again, and worth nothing as soon as anything is wrong."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptops.history import facts as module
from promptops.history.facts import Facts

ROWS = [["prose", "Say “yes”. \udcff", 3], None, {"a": 1.5}]


def keep(path: Path, value: object = ROWS, *key: str, stamp: str = "code") -> None:
    with closing(Facts(str(path), stamp)) as facts:
        facts.put(value, "units", *(key or ("abc", "yaml")))


def kept(path: Path, *key: str, stamp: str = "code") -> object:
    with closing(Facts(str(path), stamp)) as facts:
        return facts.get("units", *(key or ("abc", "yaml")))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "home" / "kept.sqlite"


def test_a_value_is_found_again_by_its_kind_and_its_whole_key(file: Path) -> None:
    keep(file)
    assert kept(file) == ROWS
    assert kept(file, "abc", "") is None
    assert kept(file, "abc") is None
    assert kept(file, "abcyaml") is None
    with closing(Facts(str(file), "code")) as facts:
        assert facts.get("links", "abc", "yaml") is None


def test_what_was_just_put_is_known_before_it_is_written(file: Path) -> None:
    facts = Facts(str(file), "code")
    facts.put(ROWS, "units", "abc")
    assert facts.get("units", "abc") == ROWS
    assert not file.exists()
    facts.close()
    assert facts.get("units", "abc") == ROWS
    facts.close()


def test_nothing_is_kept_nowhere() -> None:
    with closing(Facts()) as facts:
        facts.put(ROWS, "units", "abc")
        assert facts.get("units", "abc") is None


def test_asking_makes_no_file(file: Path) -> None:
    assert kept(file) is None
    assert not file.parent.exists()


def test_only_the_user_may_read_it(file: Path) -> None:
    keep(file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700


def test_rows_of_other_code_are_not_found_and_make_room(file: Path) -> None:
    keep(file, "old", stamp="before")
    assert kept(file, stamp="after") is None
    assert kept(file, stamp="before") == "old"
    keep(file, "new", stamp="after")
    assert kept(file, stamp="after") == "new"
    assert kept(file, stamp="before") is None
    with closing(sqlite3.connect(file)) as db:
        assert len(db.execute("SELECT * FROM sqlite_master WHERE type = 'table'").fetchall()) == 1


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE {} SET value = '[\"ok\"]'",
        "UPDATE {} SET value = x'00ff'",
        "UPDATE {} SET value = CAST(x'22ff22' AS TEXT)",
        "UPDATE {} SET value = NULL",
        "UPDATE {} SET seal = ''",
        "UPDATE {} SET name = '0'",
        "DROP TABLE {}",
    ],
)
def test_a_damaged_row_is_not_found_and_is_mended(file: Path, change: str) -> None:
    keep(file)
    with closing(sqlite3.connect(file)) as db:
        (table,) = db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchone()
        db.execute(change.format(table))
        db.commit()
    assert kept(file) is None
    keep(file)
    assert kept(file) == ROWS


def test_a_row_under_the_name_of_another_is_not_found(file: Path) -> None:
    keep(file, "one", "a")
    keep(file, "two", "b")
    with closing(sqlite3.connect(file)) as db:
        (table,) = db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchone()
        rows = db.execute(f"SELECT * FROM {table}").fetchall()
        for (name, *_), (_, value, seal) in zip(rows, rows[::-1], strict=True):
            db.execute(
                f"UPDATE {table} SET value = ?, seal = ? WHERE name = ?", (value, seal, name)
            )
        db.commit()
    assert (kept(file, "a"), kept(file, "b")) == (None, None)


@settings(max_examples=30)
@given(at=st.floats(0, 1), noise=st.binary(min_size=1, max_size=64))
def test_no_damage_of_the_file_gives_another_answer(
    tmp_path_factory: pytest.TempPathFactory, at: float, noise: bytes
) -> None:
    file = tmp_path_factory.getbasetemp() / "damaged.sqlite"
    file.unlink(missing_ok=True)
    keep(file)
    content = bytearray(file.read_bytes())
    start = int(at * (len(content) - 1))
    content[start : start + len(noise)] = noise
    file.write_bytes(content)
    assert kept(file) in (ROWS, None)
    keep(file)
    keep(file)  # the first one may have had to make room
    assert kept(file) == ROWS


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\0" + b"\0" * 100, b"no database" * 999])
def test_a_file_that_is_no_database_makes_room(file: Path, content: bytes) -> None:
    file.parent.mkdir()
    file.write_bytes(content)
    assert kept(file) is None
    keep(file)
    keep(file)
    assert kept(file) == ROWS


def test_a_file_that_has_become_too_large_is_begun_anew(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(file, "x" * 50_000, "large")
    monkeypatch.setattr(module, "MOST_BYTES", 20_000)
    assert kept(file, "large") == "x" * 50_000
    keep(file)
    assert kept(file) == ROWS
    assert kept(file, "large") is None
    assert file.stat().st_size < 20_000


def test_what_waits_is_written_in_time_and_a_full_file_takes_no_more(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_WAITING", 10_000)
    monkeypatch.setattr(module, "MOST_BYTES", 50_000)
    facts = Facts(str(file), "code")
    for number in range(60):
        facts.put("x" * 3_000, "units", str(number))
    assert facts.get("units", "0") == "x" * 3_000
    facts.close()
    assert file.stat().st_size < 100_000
    assert kept(file, "0") == "x" * 3_000
    assert kept(file, "59") is None


def test_a_busy_file_is_left_alone(file: Path) -> None:
    keep(file, "before")
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert kept(file) == "before"
        keep(file, "meanwhile")
        assert kept(file) == "before"
        other.execute("ROLLBACK")
    keep(file, "after")
    assert kept(file) == "after"


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser writes everywhere")
def test_a_folder_that_cannot_be_written_keeps_nothing(file: Path) -> None:
    file.parent.mkdir(mode=0o500)
    keep(file)
    assert kept(file) is None


def test_a_place_that_cannot_be_made_keeps_nothing(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file")
    file = tmp_path / "home" / "kept.sqlite"
    keep(file)
    assert kept(file) is None
    (tmp_path / "folder.sqlite").mkdir()
    keep(tmp_path / "folder.sqlite")
    assert kept(tmp_path / "folder.sqlite") is None


def test_a_python_without_sqlite_keeps_nothing(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sqlite3", None)
    keep(file)
    assert kept(file) is None
    assert not file.exists()


WRITER = """
import sys
from promptops.history.facts import Facts

for turn in range(20):
    facts = Facts(sys.argv[1], "code")
    for number in range(20):
        facts.put([turn, number, "x" * number], "units", str(number))
    facts.close()
"""


def test_writers_at_once_do_not_spoil_it(file: Path) -> None:
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(file)]) for _ in range(3)]
    while any(writer.poll() is None for writer in writers):
        for number in range(20):
            value = kept(file, str(number))
            assert value is None or value[1:] == [number, "x" * number]  # type: ignore[index]
    assert [writer.returncode for writer in writers] == [0, 0, 0]
    assert {str(kept(file, str(number)))[:2] for number in range(20)} == {"[1"}
