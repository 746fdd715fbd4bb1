"""What a start may not pay for: held by what is loaded, compiled and started, never by a clock."""

from __future__ import annotations

import subprocess
import sys

import pytest
import yaml

from promptops.errors import InputError
from promptops.source.yaml import compose


def in_a_process(program: str, *arguments: str) -> str:
    """What a fresh Python prints."""
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


COMPILED = """\
import re, re._compiler as compiler
patterns, compile = [], compiler.compile
def counted(pattern, flags=0):
    patterns.append(pattern)
    return compile(pattern, flags)
compiler.compile = counted
from promptops.source.libyaml import yaml
print(sum("year" in str(one) or "\\U0010ffff" in str(one) for one in patterns))
print(yaml.safe_load("[2024-05-06, 1.5, yes, '\\u00e9']"), re.compile("a") is re.compile("a"))
"""


def test_yaml_is_loaded_without_the_patterns_of_its_python_reader() -> None:
    compiled, read = in_a_process(COMPILED).split("\n")
    assert compiled == "0"
    assert read == "[datetime.date(2024, 5, 6), 1.5, True, 'é'] True"


def test_what_the_python_reader_explains_it_explains_still() -> None:
    with pytest.raises(InputError, match=r"U\+0001"):
        compose("a: \x01\n", "x.yaml")
    with pytest.raises(yaml.reader.ReaderError):
        list(yaml.parse("a: \ufffe", Loader=yaml.Loader))


AT_IMPORT = """\
import sys, re, re._compiler as compiler
found, compile = set(), compiler.compile
def counted(pattern, flags=0):
    frame = sys._getframe()
    while frame.f_code.co_name != "<module>" or frame.f_globals["__name__"] in ("re", "__main__"):
        frame = frame.f_back
        if frame is None:
            break
    else:
        found.add(frame.f_globals["__name__"])
    return compile(pattern, flags)
compiler.compile = counted
import promptops.review.review
print(*sorted(name for name in found if name.startswith("promptops.")))
"""


def test_a_review_compiles_few_patterns_before_it_has_read_anything() -> None:
    """Those that every prompt needs; the rest wait for a file that has what they look for."""
    always = {"promptops.tokens.layout", "promptops.tokens.pretokenize"}
    assert set(in_a_process(AT_IMPORT).split()) == always


def test_the_version_is_said_without_click_and_in_its_words() -> None:
    said = in_a_process(
        "import sys; before = set(sys.modules)\n"  # whoever measures coverage has loaded some
        "from promptops.cli import main; code = main(['--version'])\n"
        "print(code, (sys.modules.keys() - before).isdisjoint({'click', 'typing', 're'}))"
    )
    with_click = in_a_process(
        "from promptops.cli._group import group; group()(['--version'], prog_name='promptops')"
    )
    assert said.splitlines() == [with_click, "0 True"]
