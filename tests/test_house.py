"""What holds for the whole of the code: its sizes, its rooms, its registries and what start-up loads."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import pytest

from promptops.checks import registry
from promptops.checks.explain import FAMILIES
from promptops.cli._group import group, names
from promptops.cli._keep import ANSWERING, READING_HISTORY

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "promptops"
MODULES = sorted(PACKAGE.rglob("*.py"))
MOST_LINES, MOST_IN_FUNCTION, MOST_PARAMETERS = 300, 40, 7

# What is heavier than a commit may wait for, and where it may stand at the top of a module all the
# same: modules that nothing loads before it is needed, which the test of the start-up's closure holds.
HEAVY = {"dask", "git", "jinja2", "litellm", "numpy", "ray", "rich", "ruamel", "scipy", "tiktoken"}
AT_THE_TOP = {
    "promptops.cliff": {"numpy"},
    "promptops.render.expressions": {"jinja2"},
    "promptops.render.filters": {"jinja2"},
    "promptops.render.interpret": {"jinja2"},
    "promptops.render.parse": {"jinja2"},
}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def name_of(path: Path) -> str:
    """The dotted name of a module."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def functions() -> Iterator[tuple[str, Function]]:
    """Every function of the package, methods and inner ones too, with its module's name."""
    for path in MODULES:
        for node in ast.walk(tree_of(path)):
            if isinstance(node, Function):
                yield f"{name_of(path)}.{node.name}", node


def lines_in(function: Function) -> int:
    """Its lines from `def` on, without its docstring."""
    assert function.end_lineno is not None
    said = function.body[0]
    documented = ast.get_docstring(function) is not None
    documentation = (said.end_lineno or 0) - said.lineno + 1 if documented else 0
    return function.end_lineno - function.lineno + 1 - documentation


def parameters(function: Function) -> int:
    given = function.args
    every = [*given.posonlyargs, *given.args, *given.kwonlyargs]
    return len(every) + bool(given.vararg) + bool(given.kwarg)


def records() -> set[Function]:
    """Constructors that keep what they are given and do nothing else: parameters are fields there."""
    found: set[Function] = set()
    for path in MODULES:
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.FunctionDef) and node.name == "__init__":
                kept = all(
                    isinstance(line, ast.Assign) and isinstance(line.value, ast.Name)
                    for line in node.body
                )
                found |= {node} if kept else set()
    return found


def top_imports(path: Path) -> Iterator[str]:
    """The dotted names that importing a module imports, type checking apart."""
    package = name_of(path) if path.name == "__init__.py" else name_of(path.parent / "x.py")[:-2]
    todo: list[ast.stmt] = list(tree_of(path).body)
    while todo:
        match todo.pop():
            case ast.Import(names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module, names, level):
                base = package.rsplit(".", level - 1)[0] if level else ""
                whole = ".".join(part for part in (base, module or "") if part)
                yield whole
                yield from (f"{whole}.{alias.name}" for alias in names)
            case ast.If(test, body, orelse) if "TYPE_CHECKING" not in ast.unparse(test):
                todo += [*body, *orelse]
            case ast.Try(body=body, handlers=handlers):
                todo += [*body, *(line for handler in handlers for line in handler.body)]
            case ast.ClassDef(body=body) | ast.With(body=body):
                todo += body


def inner_imports(path: Path) -> Iterator[str]:
    """The dotted names that its functions import when they are called."""
    for function in (node for node in ast.walk(tree_of(path)) if isinstance(node, Function)):
        for node in ast.walk(function):
            match node:
                case ast.Import(names):
                    yield from (alias.name for alias in names)
                case ast.ImportFrom(module, names, 0):
                    yield str(module)
                    yield from (f"{module}.{alias.name}" for alias in names)


def folders_loaded(starts: set[str]) -> set[str]:
    """Where all modules lie that those of these names can ever import, below the package."""
    by_name = {name_of(path): path for path in MODULES}
    seen: set[str] = set()
    todo = [name for name in by_name if any(f"{name}.".startswith(f"{start}.") for start in starts)]
    while todo:
        name = todo.pop()
        if name in by_name and name not in seen:
            seen.add(name)
            todo += [*top_imports(by_name[name]), *inner_imports(by_name[name])]
            todo.append(name.rpartition(".")[0])
    found = {by_name[name].parent.relative_to(PACKAGE).as_posix() for name in seen}
    return {"" if folder == "." else folder for folder in found}


def test_what_is_kept_is_of_the_very_code_that_would_answer() -> None:
    """A folder left out of the stamp: a change of its code, and the old answer is given for ever."""
    tables = {"tokens/data"}
    commands = {"promptops.cli.check", "promptops.cli._checking", "promptops.cli.diff"}
    assert folders_loaded(commands) == set(ANSWERING) - tables
    assert folders_loaded({"promptops.cli.fleet"}) == {*ANSWERING, "fleet"} - tables
    assert folders_loaded({"promptops.history"}) == set(READING_HISTORY)


def test_functions_are_short() -> None:
    long = {name for name, function in functions() if lines_in(function) > MOST_IN_FUNCTION}
    assert long == set()


def test_functions_take_few_parameters() -> None:
    kept = records()
    many = {n for n, f in functions() if parameters(f) > MOST_PARAMETERS and f not in kept}
    assert many == set()


def test_modules_are_short() -> None:
    long = {name_of(p) for p in MODULES if len(p.read_text().splitlines()) > MOST_LINES}
    assert long == set()


def test_every_module_says_what_it_is_for() -> None:
    assert [name_of(p) for p in MODULES if not ast.get_docstring(tree_of(p))] == []


def test_heavy_libraries_are_imported_where_they_are_needed() -> None:
    wrong = [
        f"{name_of(path)} imports {name}"
        for path in MODULES
        for name in top_imports(path)
        if (first := name.split(".")[0]) in HEAVY and first not in allowed(name_of(path))
    ]
    assert wrong == []


def allowed(module: str) -> set[str]:
    """What a module may import at its top: what its room may, or what is its own to use."""
    return {
        name
        for room, names in AT_THE_TOP.items()
        if module == room or module.startswith(f"{room}.")
        for name in names
    }


def test_the_command_line_loads_nothing_heavy_before_it_is_needed() -> None:
    """`--help` loads every command's module, and that loads what stands at its top, and so on."""
    by_name = {name_of(path): path for path in MODULES}
    seen: dict[str, str] = {}
    todo = [("promptops.cli._group", ""), ("promptops.cli._checking", "")]
    todo += [(f"promptops.cli.{name.replace('-', '_')}", "") for name in names()]
    heavy = []
    while todo:
        name, why = todo.pop()
        if name.split(".")[0] in HEAVY:
            heavy.append(f"{name}, through {why}")
        if name in by_name and name not in seen:
            seen[name] = why
            todo += [(found, name) for found in top_imports(by_name[name])]
            todo.append((name.rpartition(".")[0], name))
    assert len(seen) > 100
    assert heavy == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("--help",),
        ("--version",),
        ("explain", "PO101"),
        ("schema", "prompt"),
        ("check",),
        ("check", "--select", "PO1", "prompts/example/prompt.yaml"),
        ("check", "--staged"),
    ],
    ids=" ".join,
)
def test_nothing_heavy_is_loaded(run, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    run("init", cwd=tmp_path)
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", "."], cwd=tmp_path, check=True)
    program = (
        "import sys; before = set(sys.modules)\n"  # a measurement of coverage loads modules too
        "from promptops.cli import main; code = main(sys.argv[1:]); after = set(sys.modules) - before\n"
        "print('LOADED', *sorted({name.split('.')[0] for name in after})); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.rpartition("LOADED")[2].split())
    assert "promptops" in loaded
    assert loaded & (HEAVY | {"httpx", "jsonschema", "regex"}) == set()
    if arguments[0] == "check":  # what each commit waits for
        assert loaded & {"asyncio", "difflib", "http", "re2", "socket", "sqlite3", "ssl"} == set()
    if arguments == ("check",):
        assert loaded & {"click", "dataclasses", "inspect", "typing"} == set()


# Where the outside world may be looked at: the command line, the door for programs, and the two
# modules that tell litellm where not to look.
OUTSIDE = {
    "os.environ": {"promptops.evals.providers.litellm", "promptops.tokens.endpoint"},
    "os.getcwd": {"promptops.loading"},
    **{
        name: set()
        for name in ("Path.cwd", "time.time", "date.today", "datetime.now", "datetime.utcnow")
    },
}
DRAWN = re.compile(r"random\.(random|choice|randint|shuffle|sample|uniform|seed|SystemRandom)$")


def test_below_the_command_line_nothing_looks_at_the_world() -> None:
    wrong = []
    for path in MODULES:
        module = name_of(path)
        if f"{module}.".startswith("promptops.cli."):
            continue
        for node in ast.walk(tree_of(path)):
            said = ast.unparse(node) if isinstance(node, ast.Attribute) else ""
            if (said in OUTSIDE and module not in OUTSIDE[said]) or DRAWN.match(said):
                wrong.append(f"{module}: {said}")
    assert wrong == []


def test_every_check_has_a_family_a_page_and_its_own_name() -> None:
    checks = registry().values()
    assert len(checks) >= 30
    assert {check.code[:3] for check in checks} <= set(FAMILIES)
    assert len({check.name for check in checks}) == len(checks)
    pages = {path.stem for path in (ROOT / "docs" / "checks").glob("PO*.md")}
    assert pages == {check.code for check in checks}
    for check in checks:
        page = (ROOT / "docs" / "checks" / f"{check.code}.md").read_text()
        assert "Bad" in page, check.code
        assert "Good" in page, check.code


COMMANDS = group()
CONTEXT = click.Context(COMMANDS)


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command of the command line as it is typed, subcommands in place of their group."""
    for name in COMMANDS.list_commands(CONTEXT):
        command = COMMANDS.get_command(CONTEXT, name)
        assert command is not None
        if isinstance(command, click.Group) and command.commands:
            yield from ((f"{name} {inner}", one) for inner, one in command.commands.items())
        else:
            yield name, command


@pytest.mark.parametrize(("name", "command"), list(commands()))
def test_every_command_says_what_it_does_and_shows_two_examples(
    name: str, command: click.Command
) -> None:
    assert command.help
    title, *examples = (command.epilog or "").strip("\b\n").splitlines()
    assert title == "Examples:"
    assert len(examples) >= 2
    assert any(f"promptops {name}" in line for line in examples)


def test_the_security_promises_name_tests_that_exist() -> None:
    rows = re.findall(r"^\| \d+ \|.*\|$", (ROOT / "SECURITY.md").read_text(), re.M)
    assert len(rows) >= 8
    for row in rows:
        held_by = re.findall(r"`(tests/[^`]+)`", row.split("|")[-2])
        assert held_by, row
        for test in held_by:
            path, _, function = test.partition("::")
            assert (ROOT / path).is_file(), test
            assert not function or f"def {function}(" in (ROOT / path).read_text(), test


def test_every_path_that_the_pages_name_exists() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
    for page in pages:
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text()):
            if not target.startswith(("http:", "https:", "mailto:")):
                assert (page.parent / target).exists(), f"{page.name}: {target}"
