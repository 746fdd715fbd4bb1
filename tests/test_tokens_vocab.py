"""Vocabularies: pinned by hash, found without a network, kept as tables that heal."""

from __future__ import annotations

import base64
import gzip
import io
import json
import multiprocessing
import os
import sys
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from token_world import NOWHERE, here, source_of

from promptops.errors import InputError, UsageError
from promptops.tokens import hub, shelf, vocab
from promptops.tokens.counts import Counter
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
        assert vocabulary.get.startswith(("pip install ", "promptops vocab add "))


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


# vocabularies that only their own library can run

SAID = (
    "Answer billing questions briefly.",
    "Cite the policy section you rely on, as [n].",
    "Größe und Gewicht: 12 kg, 7 €.",
    "the quick brown fox jumps over the lazy dog",
)
TEXT = "Answer the question briefly. Größe 7 漢字 <s> <|endoftext|>\n\n  two  spaces"


@cache
def hub_file() -> bytes:
    """A Hugging Face `tokenizer.json`, trained here, with a special token."""
    import tokenizers

    made = tokenizers.Tokenizer(tokenizers.models.BPE())
    made.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = tokenizers.decoders.ByteLevel()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=["<|endoftext|>"],
        initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    made.train_from_iterator(SAID * 5, trainer)
    return made.to_str().encode()


@cache
def piece_file() -> bytes:
    """A SentencePiece model with byte fallback, as Llama 2 and the first Mistral have."""
    import sentencepiece

    out = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(SAID * 20),
        model_writer=out,
        model_type="bpe",
        vocab_size=350,
        byte_fallback=True,
        minloglevel=9,
    )
    return out.getvalue()


def ids_of(kind: str) -> list[int]:
    """What the library itself says of TEXT."""
    if kind == "huggingface":
        import tokenizers

        theirs = tokenizers.Tokenizer.from_str(hub_file().decode())
        theirs.encode_special_tokens = True
        return theirs.encode(TEXT, add_special_tokens=False).ids
    import sentencepiece

    return sentencepiece.SentencePieceProcessor(model_proto=piece_file()).encode(TEXT)


KINDS = {"huggingface": hub_file, "sentencepiece": piece_file}


@pytest.mark.parametrize("kind", KINDS)
def test_ones_own_file_is_counted_as_its_library_does(tmp_path, shelf_places, kind):
    file = tmp_path / "any-name"
    file.write_bytes(KINDS[kind]())
    added = shelf.add(str(file), shelf_places, "ours", "", TODAY)
    assert (added.format, added.pattern) == (kind, "")
    assert added.tokens >= 300
    file.unlink()
    found = vocab.encoder("ours", shelf_places)
    assert found.encode(TEXT) == ids_of(kind)
    assert found.count("") == 0
    said = SAID[0]
    assert found.decode(found.encode(said)) == said.encode()
    with pytest.raises(InputError):
        found.count("\ud800")
    assert shelf.verify(vocab.known(shelf_places.cache)["ours"], shelf_places).state == "ready"
    counter = Counter(shelf_places, {"house-llm": {"encoding": "ours"}})
    count = counter.count(TEXT, "house-llm")
    assert (count.tokens, count.known) == (len(ids_of(kind)), "assumed")
    assert count.vocab_sha256 == vocab.digest(KINDS[kind]())


@pytest.mark.parametrize("kind", KINDS)
def test_without_its_library_nothing_is_guessed(tmp_path, shelf_places, kind, monkeypatch):
    file = tmp_path / "any-name"
    file.write_bytes(KINDS[kind]())
    with pytest.raises(InputError, match="none of the vocabularies") as caught:
        shelf.add(str(file), shelf_places, "", "", TODAY)
    assert "--like" not in caught.value.hint
    shelf.add(str(file), shelf_places, "ours", "", TODAY)
    monkeypatch.setattr(hub, "find_spec", lambda _: None)
    counter = Counter(shelf_places, {"house-llm": {"encoding": "ours"}})
    count = counter.count(TEXT, "house-llm")
    assert (count.tokens, count.known) == (None, "unknown")
    assert "pip install" in count.method
    with pytest.raises(InputError, match="needs the library"):
        shelf.add(str(file), vocab.Places(str(tmp_path / "new")), "third", "", TODAY)


@pytest.mark.parametrize("wrong", [b"{}", b"\n\x00not a model", b'{"model": 3}'])
def test_files_that_no_library_takes_are_refused_and_named(tmp_path, shelf_places, wrong):
    file = tmp_path / "wrong"
    file.write_bytes(wrong)
    with pytest.raises(InputError, match="cannot be used") as caught:
        shelf.add(str(file), shelf_places, "ours", "", TODAY)
    assert caught.value.path == str(file)
    assert file.read_bytes() == wrong
    assert not os.path.exists(shelf_places.cache)


def test_a_pinned_one_is_found_in_an_installed_package(tmp_path, monkeypatch):
    where = only(tmp_path, "deepseek_tokenizer.json", hub_file())
    pin = vocab.known(where.cache)["deepseek"]
    refused: list[InputError] = []
    assert vocab.encoder("deepseek", where, refused) is None
    assert "this is not deepseek" in refused[0].message
    monkeypatch.setattr(pin, "sha256", vocab.digest(hub_file()))
    assert vocab.encoder("deepseek", where).encode(TEXT) == ids_of("huggingface")
    file = next((tmp_path / "site").rglob("*.json"))
    shelf.add(str(file), where, "", "", TODAY)
    file.unlink()
    assert vocab.encoder("deepseek", where).encode(TEXT) == ids_of("huggingface")
    assert Counter(where).count(TEXT, "deepseek-v3").known == "exact"


# ids that are no token's (p50k_base has one)


def test_a_vocabulary_with_a_hole(tmp_path, monkeypatch):
    tokens = [*BYTES, b"ab", b"", b"abc", b"  "]
    lines = (b"%s %d\n" % (base64.b64encode(t), i) for i, t in enumerate(tokens) if t)
    data = b"".join(lines)
    with pytest.raises(InputError, match="ids are not"):
        tiktoken_file(data)
    assert tiktoken_file(data, frozenset({257})) == tokens
    with pytest.raises(InputError, match="ids are not"):
        tiktoken_file(lines_of(BYTES), frozenset({300}))
    pin = vocab.known()["p50k_base"]
    monkeypatch.setattr(pin, "sha256", vocab.digest(data))
    monkeypatch.setattr(pin, "holes", frozenset({257}))
    monkeypatch.setattr(pin, "tokens", len(tokens))
    monkeypatch.setattr(vocab, "known", lambda _="": {"p50k_base": pin})
    where = only(tmp_path, pin.cached_as, data)
    found = vocab.encoder("p50k_base", where)
    assert found.encode("abc ab   x") == [258, 32, 256, 259, 32, 120]
    assert found.decode([258, 257]) == b"abc"
    assert shelf.verify(pin, where).state == "ready"
    forged = compile_table([*BYTES, b"ab", b"", b"abd", b"  "], pin.sha256, pin.holes)
    write_table(vocab.table_path(pin, where), forged)
    assert shelf.verify(pin, where).state == "damaged"
    with pytest.raises(ValueError, match="empty or stands twice"):
        compile_table(tokens, "00" * 32)
