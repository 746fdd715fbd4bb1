"""Vocabularies: pinned by hash, found without a network, kept as tables that heal."""

from __future__ import annotations

import base64
import gzip
import json
import multiprocessing
import os
import sys
from datetime import date
from pathlib import Path
from types import ModuleType

import pytest
from token_world import NOWHERE, here, source_of

from promptops.errors import InputError, UsageError
from promptops.tokens import hub, shelf, vocab
from promptops.tokens.formats import tekken, tiktoken_file
from promptops.tokens.tables import BadTable, Table, compile_table, open_table, write_table

CL = vocab.known()["cl100k_base"]
TODAY = date(2026, 11, 21)
BYTES = [bytes([value]) for value in range(256)]


def lines_of(tokens: list[bytes]) -> bytes:
    return b"".join(b"%s %d\n" % (base64.b64encode(t), rank) for rank, t in enumerate(tokens))


def only(tmp_path: Path, name: str, data: bytes) -> vocab.Places:
    """A machine whose only file is litellm's copy of cl100k_base, with this content."""
    file = tmp_path / "site" / "litellm" / "litellm_core_utils" / "tokenizers" / name
    file.parent.mkdir(parents=True)
    file.write_bytes(data)
    return vocab.Places(str(tmp_path / "kept"), (), (str(tmp_path / "site"),))


def test_a_table_maps_both_ways():
    tokens = [*BYTES, b"ab", b"abc", "é".encode()]
    table = Table(compile_table(tokens, "00" * 32))
    assert [table.rank(token) for token in tokens] == list(range(len(tokens)))
    assert list(table.tokens()) == tokens
    assert table.rank(b"abd") == table.rank(b"") == -1
    assert table.sha256 == "00" * 32


@pytest.mark.parametrize(
    ("tokens", "why"),
    [
        ([*BYTES, b"ab", b"ab"], "twice"),
        ([*BYTES, b""], "empty"),
        (BYTES[:-1], "single byte"),
    ],
)
def test_a_vocabulary_that_cannot_encode_all_text_is_refused(tokens, why):
    with pytest.raises(ValueError, match=why):
        compile_table(tokens, "00" * 32)


def test_it_is_compiled_once_and_then_mapped(tmp_path):
    where = here(str(tmp_path))
    first = vocab.encoder("cl100k_base", where)
    assert first.count("hello world") == 2
    path = Path(vocab.table_path(CL, where))
    before = path.stat().st_mtime_ns
    nothing = vocab.Places(str(tmp_path), (), ())
    assert vocab.encoder("cl100k_base", nothing).count("hello world") == 2
    assert path.stat().st_mtime_ns == before
    assert oct(path.stat().st_mode & 0o777) == "0o600"


@pytest.mark.parametrize("damage", ["cut", "empty", "other", "mark"])
def test_a_damaged_table_is_rebuilt(tmp_path, damage):
    where = here(str(tmp_path))
    vocab.encoder("cl100k_base", where)
    path = Path(vocab.table_path(CL, where))
    whole = path.read_bytes()
    path.write_bytes(
        {
            "cut": whole[:-1],
            "empty": b"",
            "other": compile_table(BYTES, "11" * 32),
            "mark": whole[:8] + b"\0\0\0\0" + whole[12:],
        }[damage]
    )
    assert vocab.encoder("cl100k_base", where).count("hello world") == 2
    assert path.read_bytes() == whole


def test_a_wrong_hash_is_refused_named_and_left_alone(tmp_path):
    wrong = lines_of(BYTES)
    where = only(tmp_path, CL.cached_as, wrong)
    refused: list[InputError] = []
    assert vocab.encoder("cl100k_base", where, refused) is None
    (error,) = refused
    file = next((tmp_path / "site").rglob(CL.cached_as))
    assert error.path == str(file)
    assert "SHA-256" in error.message
    assert file.read_bytes() == wrong
    assert not (tmp_path / "kept").exists()


def test_after_a_wrong_copy_the_next_one_is_taken(tmp_path):
    where = only(tmp_path, CL.cached_as, b"wrong")
    both = vocab.Places(where.cache, (), (*where.path, *sys.path))
    refused: list[InputError] = []
    assert vocab.encoder("cl100k_base", both, refused).count("hello world") == 2


def test_tiktokens_own_cache_is_read(tmp_path):
    (tmp_path / CL.cached_as).write_bytes(source_of("cl100k_base"))
    where = vocab.Places("", (str(tmp_path),), ())
    assert vocab.encoder("cl100k_base", where).count("hello world") == 2


def test_nothing_here_is_no_error():
    assert vocab.encoder("cl100k_base", NOWHERE) is None
    with pytest.raises(KeyError):
        vocab.encoder("no_such", NOWHERE)


def test_a_home_that_cannot_be_written_costs_time_only(tmp_path):
    (tmp_path / "file").write_text("")
    where = here(str(tmp_path / "file" / "below"))
    assert vocab.encoder("cl100k_base", where).count("hello world") == 2


def test_a_failed_write_leaves_no_half_file(tmp_path, monkeypatch):
    def no_space(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", no_space)
    with pytest.raises(OSError, match="No space"):
        write_table(str(tmp_path / "t" / "x.table"), b"data")
    assert list((tmp_path / "t").iterdir()) == []


def _build(folder: str) -> int:
    return vocab.encoder("cl100k_base", here(folder)).count("hello world")


def test_builds_at_the_same_time_leave_one_good_file(tmp_path):
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        assert pool.map(_build, [str(tmp_path)] * 4) == [2] * 4
    (file,) = tmp_path.iterdir()
    assert open_table(str(file), CL.sha256).size == CL.tokens


def test_tables_of_another_source_or_none_are_bad(tmp_path):
    write_table(str(tmp_path / "t"), compile_table(BYTES, "11" * 32))
    with pytest.raises(BadTable):
        open_table(str(tmp_path / "t"), "22" * 32)
    with pytest.raises(FileNotFoundError):
        open_table(str(tmp_path / "u"), "22" * 32)
    with pytest.raises(BadTable):
        Table(b"short")


def test_sources_that_cannot_be_read_are_input_errors(tmp_path):
    with pytest.raises(InputError, match="cannot read"):
        vocab.read_source(str(tmp_path / "none"))
    (tmp_path / "bad.gz").write_bytes(b"no gzip")
    with pytest.raises(InputError, match="cannot read"):
        vocab.read_source(str(tmp_path / "bad.gz"))
    (tmp_path / "bomb.gz").write_bytes(gzip.compress(bytes(vocab.MAX_SOURCE + 10)))
    with pytest.raises(InputError, match="64 MiB"):
        vocab.read_source(str(tmp_path / "bomb.gz"))


@pytest.mark.parametrize(
    ("environ", "cache", "folders"),
    [
        ({"PROMPTOPS_HOME": "/p"}, "/p/vocab", ("/tmp/data-gym-cache",)),
        ({"HOME": "/h"}, "/h/.cache/promptops/vocab", ("/tmp/data-gym-cache",)),
        ({"HOME": "/h", "XDG_CACHE_HOME": "/x"}, "/x/promptops/vocab", ("/tmp/data-gym-cache",)),
        ({"HOME": "/h", "XDG_CACHE_HOME": "rel"}, "/h/.cache/promptops/vocab", None),
        ({"TMPDIR": "/t"}, "", ("/t/data-gym-cache",)),
        ({"TIKTOKEN_CACHE_DIR": "/a", "DATA_GYM_CACHE_DIR": "/b"}, "", ("/a",)),
        ({"DATA_GYM_CACHE_DIR": "/b"}, "", ("/b",)),
        ({"TIKTOKEN_CACHE_DIR": "", "DATA_GYM_CACHE_DIR": "/b"}, "", ()),
    ],
)
def test_places_follow_the_environment(environ, cache, folders):
    found = vocab.places(environ, ())
    assert found.cache == cache
    assert folders is None or found.folders == folders


def test_file_formats():
    assert tiktoken_file(lines_of([*BYTES, b"ab"])) == [*BYTES, b"ab"]
    rows = [{"rank": i, "token_bytes": base64.b64encode(t).decode()} for i, t in enumerate(BYTES)]
    assert tekken(json.dumps({"vocab": rows}).encode()) == BYTES
    for bad in (b"a b c\n", b"!! 0\n", b"YQ== x\n"):
        with pytest.raises(InputError, match="base64"):
            tiktoken_file(bad)
    for bad in (b"{", b"[]", b'{"vocab": [{}]}'):
        with pytest.raises(InputError, match="tekken"):
            tekken(bad)
    with pytest.raises(InputError, match="ids"):
        tiktoken_file(b"YQ== 1\n")


def test_every_pinned_vocabulary_says_where_it_is_from():
    for vocabulary in vocab.known().values():
        assert len(bytes.fromhex(vocabulary.sha256)) == 32
        assert vocabulary.source
        assert date.fromisoformat(vocabulary.as_of) <= date(2027, 1, 1)
        assert vocabulary.get.startswith("pip install ")


# the shelf: list, add, verify


@pytest.fixture
def shelf_places(tmp_path):
    yield vocab.Places(str(tmp_path / "kept"), (), ())
    vocab.known.cache_clear()


def states(where: vocab.Places) -> dict[str, str]:
    return {one.vocabulary.name: one.state for one in shelf.listing(where)}


def test_listing_says_what_is_here(tmp_path):
    where = here(str(tmp_path))
    assert states(where)["cl100k_base"] == "found"
    vocab.encoder("cl100k_base", where)
    assert states(where)["cl100k_base"] == "ready"
    assert set(states(NOWHERE).values()) == {"missing"}


def test_adding_a_pinned_file_needs_no_name(tmp_path, shelf_places):
    file = tmp_path / "mine.tiktoken"
    file.write_bytes(source_of("cl100k_base"))
    assert shelf.add(str(file), shelf_places, "", "", TODAY).name == "cl100k_base"
    assert states(shelf_places)["cl100k_base"] == "ready"
    assert file.read_bytes() == source_of("cl100k_base")
    with pytest.raises(UsageError, match="this is cl100k_base"):
        shelf.add(str(file), shelf_places, "other", "o200k_base", TODAY)


def test_adding_an_unknown_file_is_refused_and_leaves_it(tmp_path, shelf_places):
    file = tmp_path / "wrong.tiktoken"
    file.write_bytes(source_of("cl100k_base")[:-8])
    before = file.read_bytes()
    with pytest.raises(InputError, match="SHA-256") as caught:
        shelf.add(str(file), shelf_places, "", "", TODAY)
    assert caught.value.path == str(file)
    assert file.read_bytes() == before
    assert not os.path.exists(shelf_places.cache)


def test_adding_ones_own(tmp_path, shelf_places):
    file = tmp_path / "own.tiktoken"
    file.write_bytes(lines_of([*BYTES, b"hi"]))
    added = shelf.add(str(file), shelf_places, "own", "cl100k_base", TODAY)
    assert added.as_of == "2026-11-21"
    assert vocab.encoder("own", shelf_places).count("hi hi") == 3
    assert shelf.verify(vocab.known(shelf_places.cache)["own"], shelf_places).state == "ready"
    other = tmp_path / "other.tiktoken"
    other.write_bytes(lines_of([*BYTES, b"ho"]))
    with pytest.raises(UsageError, match="taken"):
        shelf.add(str(other), shelf_places, "own", "cl100k_base", TODAY)
    with pytest.raises(UsageError, match="no vocabulary `nope`"):
        shelf.add(str(other), shelf_places, "third", "nope", TODAY)
    (Path(shelf_places.cache) / vocab.ADDED).write_text("{")
    vocab.known.cache_clear()
    assert "own" not in vocab.known(shelf_places.cache)
    with pytest.raises(InputError, match="damaged"):
        shelf.add(str(other), shelf_places, "third", "cl100k_base", TODAY)


def test_adding_tekken_files_and_files_that_lack_bytes(tmp_path, shelf_places):
    rows = [{"rank": i, "token_bytes": base64.b64encode(t).decode()} for i, t in enumerate(BYTES)]
    file = tmp_path / "t.json"
    file.write_text(json.dumps({"vocab": rows}))
    added = shelf.add(str(file), shelf_places, "own-tekken", "tekken", TODAY)
    assert shelf.verify(added, shelf_places).state == "unproven"
    file.write_bytes(lines_of(BYTES[:-1]))
    with pytest.raises(InputError, match="cannot be used"):
        shelf.add(str(file), shelf_places, "short", "cl100k_base", TODAY)
    with pytest.raises(UsageError, match="no folder"):
        shelf.add(str(file), NOWHERE, "", "", TODAY)


def test_verify_proves_a_table_and_removes_a_forged_one(tmp_path):
    where = here(str(tmp_path))
    vocab.encoder("cl100k_base", where)
    assert shelf.verify(CL, where).state == "ready"
    tokens = tiktoken_file(source_of("cl100k_base"))
    tokens[1000], tokens[1001] = tokens[1001], tokens[1000]
    path = vocab.table_path(CL, where)
    write_table(path, compile_table(tokens, CL.sha256))
    found = shelf.verify(CL, where)
    assert found.state == "damaged"
    assert "pinned" in found.note
    assert not os.path.exists(path)
    assert shelf.verify(CL, where).state == "found"
    Path(path).write_bytes(b"cut")
    assert shelf.verify(CL, where).state == "damaged"


def test_verify_sees_flipped_slots(tmp_path):
    where = here(str(tmp_path))
    vocab.encoder("cl100k_base", where)
    path = Path(vocab.table_path(CL, where))
    data = bytearray(path.read_bytes())
    data[60_000:60_004] = b"\0\0\0\0" if data[60_000:60_004] != b"\0\0\0\0" else b"\1\0\0\0"
    path.write_bytes(data)
    assert shelf.verify(CL, where).state == "damaged"


def test_verify_a_wrong_source(tmp_path):
    where = only(tmp_path, CL.cached_as, b"wrong")
    found = shelf.verify(CL, where)
    assert (found.state, Path(found.path).read_bytes()) == ("damaged", b"wrong")
    assert shelf.verify(CL, NOWHERE).state == "missing"


# vocabularies that only the tokenizers library can run


class FakeTokenizer:
    """As much of `tokenizers.Tokenizer` as we use: a token a word."""

    encode_special_tokens = False

    @classmethod
    def from_str(cls, text: str) -> FakeTokenizer:
        if "model" not in json.loads(text):
            raise Exception("no model")
        return cls()

    def encode(self, text: str, add_special_tokens: bool) -> object:
        assert self.encode_special_tokens
        assert not add_special_tokens
        self.words = text.split(" ")
        return type("Encoding", (), {"ids": list(range(len(self.words)))})()

    def decode(self, ids: list[int], skip_special_tokens: bool) -> str:
        assert not skip_special_tokens
        return " ".join(self.words[i] for i in ids)


@pytest.fixture
def hub_library(monkeypatch):
    module = ModuleType("tokenizers")
    module.Tokenizer = FakeTokenizer
    monkeypatch.setitem(sys.modules, "tokenizers", module)
    monkeypatch.setattr(hub, "find_spec", lambda _: object())


def hub_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes) -> vocab.Places:
    where = only(tmp_path, "deepseek_tokenizer.json", data)
    monkeypatch.setattr(vocab.known(where.cache)["deepseek"], "sha256", vocab.digest(data))
    return where


def test_a_hub_vocabulary_is_counted_by_its_library(tmp_path, monkeypatch, hub_library):
    where = hub_places(tmp_path, monkeypatch, b'{"model": {}}')
    found = vocab.encoder("deepseek", where)
    assert found.count("a b c") == 3
    assert found.decode(found.encode("a b c")) == b"a b c"
    assert found.count("") == 0
    with pytest.raises(InputError):
        found.count("\ud800")
    file = next((tmp_path / "site").rglob("*.json"))
    shelf.add(str(file), where, "", "", TODAY)
    file.unlink()
    assert vocab.encoder("deepseek", where).count("a b") == 2
    assert shelf.verify(vocab.known(where.cache)["deepseek"], where).state == "ready"


def test_a_hub_vocabulary_that_is_wrong_or_without_its_library(tmp_path, monkeypatch, hub_library):
    where = hub_places(tmp_path, monkeypatch, b"{}")
    refused: list[InputError] = []
    assert vocab.encoder("deepseek", where, refused) is None
    assert "cannot be used" in refused[0].message
    monkeypatch.setattr(hub, "find_spec", lambda _: None)
    assert vocab.encoder("deepseek", where) is None
