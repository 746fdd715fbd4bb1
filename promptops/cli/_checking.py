"""The work of `promptops check`, without the parsing of its options.

A hook names files and nothing else, so it is answered without loading click.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence

from promptops.checking.baseline import (
    accepted,
    baseline_text,
    new_only,
    read_baseline,
)
from promptops.checking.run import Checked, check_files
from promptops.checking.scope import Scope, folder_in, on_disk, since, staged
from promptops.checks import Around, harm_of, registry
from promptops.cli._findings import diagnostic_data
from promptops.cli._keep import Kept, tool_stamp
from promptops.cli._watch import WatchedTree
from promptops.cli._world import Call
from promptops.config import BASELINE, Settings, layered
from promptops.diagnostic import Diagnostic, Severity
from promptops.errors import (
    EXIT_CANNOT,
    EXIT_CLEAN,
    EXIT_FINDINGS,
    ConfigError,
    GitError,
    UsageError,
)
from promptops.report import Block, Diagnostics, Report, Text
from promptops.source.calibration import calibration_files
from promptops.source.cases import NAMES as CASES_FILES
from promptops.source.globs import pattern
from promptops.source.settings import FILES as SETTINGS_FILES
from promptops.source.tree import DiskTree, Tree
from promptops.tokens.counts import Counter
from promptops.tokens.vocab import places
from promptops.values import dataclass

# What could not be used at all: files, templates that cannot be rendered, patterns that are refused.
REFUSED = ("PO00", "PO208", "PO701", "PO704", "PO706")
MOST_ROUNDS = 10


@dataclass(frozen=True, slots=True)
class Wanted:
    """The command line, as given."""

    paths: tuple[str, ...]
    staged: bool = False
    since: str | None = None
    fix: bool = False
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    add_baseline: bool = False
    stdin_filename: str | None = None

    def refuse_nonsense(self) -> None:
        """UsageError for options that exclude each other."""
        if self.staged and self.since:
            raise UsageError("--staged and --since exclude each other", "use one of them")
        if (self.stdin_filename is not None) != (self.paths == ("-",)):
            raise UsageError(
                "`-` and --stdin-filename go together, with no other path",
                "promptops check --stdin-filename prompts/a/prompt.yaml -",
            )
        if self.stdin_filename and (self.staged or self.since or self.fix or self.add_baseline):
            raise UsageError(
                "--stdin-filename checks one text and writes nothing",
                "leave out --staged, --since, --fix and --add-baseline",
            )
        if self.add_baseline and (self.paths or self.since or self.select or self.ignore):
            raise UsageError(
                "--add-baseline accepts all findings, not some",
                "run it without paths and without --since, --select and --ignore",
            )
        if self.staged and (self.fix or self.add_baseline):
            raise UsageError(
                "--staged reads the index, and only files on the disk are written",
                "run it without --staged",
            )

    def adjust(self, settings: Settings) -> Settings:
        """The command line over the settings: --select replaces, --ignore adds."""
        _refuse_unknown(settings)
        ignore = (*settings.ignore, *_codes(self.ignore))
        return layered(settings, select=_codes(self.select) or None, ignore=ignore)


def check(call: Call, wanted: Wanted) -> Report:
    """The answer of the command."""
    wanted.refuse_nonsense()
    scope = _scope(call, wanted)
    if wanted.add_baseline:
        return _accept(call, scope, wanted)
    checked = _check(call, scope, wanted)
    mended = 0
    if wanted.fix:
        _refuse_mixed(call, scope)
        for _ in range(MOST_ROUNDS):  # one mend may lay bare another
            made = _mend(call, checked)
            if not made:
                break
            mended += made
            checked = _check(call, scope, wanted)
    return _report(call, scope, checked, mended)


def _codes(given: tuple[str, ...]) -> tuple[str, ...]:
    codes = tuple(code.strip() for value in given for code in value.split(",") if code.strip())
    for code in codes:
        if not _known(code):
            raise UsageError(f"no check begins with `{code}`", _LISTED)
    return codes


def _refuse_unknown(settings: Settings) -> None:
    """ConfigError for a code of the settings that is the beginning of no check's."""
    excused = (code for codes in settings.per_file_ignores.values() for code in codes)
    for code in (*settings.select, *settings.ignore, *excused):
        if not _known(code):
            raise ConfigError(f"no check begins with `{code}`", _LISTED, path=settings.path)


def _known(code: str) -> bool:
    return any(known.startswith(code) for known in registry())


_LISTED = "`promptops explain` lists them"


def _scope(call: Call, wanted: Wanted) -> Scope:
    if wanted.staged:
        return staged(call.root, call.environ, wanted.paths, wanted.adjust)
    if wanted.since:
        return since(call.root, call.environ, wanted.since, wanted.adjust)
    if wanted.stdin_filename is not None:
        from promptops.cli._editor import edited

        path = call.inside(wanted.stdin_filename)
        return on_disk(edited(call.root, path), (path,), wanted.adjust)
    tree = WatchedTree(call.root)
    scope = on_disk(tree, wanted.paths, wanted.adjust)
    beside = (*SETTINGS_FILES, *(f"**/{name}" for name in CASES_FILES))
    globs = pattern((*scope.settings.prompts, *scope.settings.instructions, *beside))
    call.afterwards.append(lambda output, code: tree.remember(globs, output, code))
    return scope


def _check(call: Call, scope: Scope, wanted: Wanted) -> Checked:
    keeper = Kept(call.environ, "check", call.root)
    kept = keeper.load()
    before = dict(kept)
    stamp = tool_stamp()
    processes = len(os.sched_getaffinity(0)) if scope.forks and hasattr(os, "fork") else 1
    checked = check_files(
        scope.tree,
        scope.files,
        scope.settings,
        _around(call, scope, wanted),
        stamp,
        kept,
        processes,
    )
    if kept != before:
        keeper.save(kept)
    return checked


def _around(call: Call, scope: Scope, wanted: Wanted) -> Around:
    """What the checks may know; of a change also what nobody has decided."""
    around = Around(
        call.today,
        _counter(call, scope.settings),
        scope.before,
        calibrations=_calibrations(scope.tree),
    )
    if not (wanted.staged or wanted.since):
        return around
    from promptops.cli._undecided import with_decisions

    return with_decisions(call, around, wanted.since)


def _calibrations(tree: Tree) -> dict[str, str]:
    """The committed calibrations of judges that no longer hold, and why."""
    files = calibration_files(tree)
    if not files:
        return {}
    from promptops.evals.judging import prompt_digest
    from promptops.source.calibration import read_calibration

    now = prompt_digest()
    found = {path: read_calibration(tree, path, now)[1] for path in files}
    return {path: why for path, why in found.items() if why}


def _counter(call: Call, settings: Settings) -> Counter:
    """Counts tokens for the checks that ask; opens no vocabulary before that."""
    return Counter(places(call.environ), settings.models)


def _accept(call: Call, scope: Scope, wanted: Wanted) -> Report:
    from promptops.source.write import replace_file

    path = scope.settings.baseline or BASELINE
    read_baseline(scope.tree, path)  # the settings may name any file: only a baseline is replaced
    before = scope.tree.read(path) if scope.tree.exists(path) else None
    checked = _check(call, scope, wanted)
    found = accepted(checked.diagnostics)
    replace_file(call.root, path, baseline_text(found, checked.sources), before)
    known = len(found)
    words = f"{known} finding{'s' * (known != 1)} accepted in {path}; commit it"
    blocks = (Text(words), *_grave(found, checked.sources))
    return Report("check", {"baseline": path, "accepted": known}, blocks)


def _grave(found: Sequence[Diagnostic], sources: Mapping[str, str]) -> Iterator[Block]:
    """Errors that a baseline now hides, once more: nobody should get used to those unseen."""
    errors = tuple(one for one in found if one.severity is Severity.ERROR)
    if errors:
        n = "1 error" if len(errors) == 1 else f"{len(errors)} errors"
        yield Text(f"{n} among them, which no later run shows:", "warn")
        yield Diagnostics(errors, sources)


def _report(call: Call, scope: Scope, checked: Checked, mended: int) -> Report:
    known = read_baseline(scope.judge or scope.tree, scope.settings.baseline or BASELINE)
    found = new_only(checked.diagnostics, checked.sources, known)
    result = {
        "diagnostics": [diagnostic_data(diagnostic) for diagnostic in found],
        "files": checked.files,
        "fixed": mended,
        "known": len(checked.diagnostics) - len(found),
    }
    return Report(
        "check", result, tuple(_blocks(call, scope, found, checked, mended)), _exit_code(found)
    )


def _nothing(scope: Scope) -> Iterator[Block]:
    if scope.change:
        yield Text("nothing to check: the change touches no prompt and no instruction file")
        return
    yield Text("nothing to check here: no prompts, no instruction files")
    yield Text("start with `promptops init`, or name a file: `promptops check FILE.md`")


def _blocks(
    call: Call, scope: Scope, found: tuple[Diagnostic, ...], checked: Checked, mended: int
) -> Iterator[Block]:
    if scope.relaxed and call.verbosity >= 0:
        files = " and ".join(scope.relaxed)
        yield Text(f"the change edits {files}; it is judged by the settings before it", tone="warn")
    if mended:
        yield Text(f"{mended} mended")
    if not checked.files and call.verbosity >= 0:
        yield from _nothing(scope)
        return
    rules = {d.code: (d.name, harm_of(d.code)) for d in found}
    if found or call.verbosity >= 0:
        yield Diagnostics(found, checked.sources, rules, checked.files)


def _exit_code(found: tuple[Diagnostic, ...]) -> int:
    if any(diagnostic.code.startswith(REFUSED) for diagnostic in found):
        return EXIT_CANNOT
    failing = any(diagnostic.severity is not Severity.INFO for diagnostic in found)
    return EXIT_FINDINGS if failing else EXIT_CLEAN


def _mend(call: Call, checked: Checked) -> int:
    from promptops.checking.fix import fix_files

    return fix_files(DiskTree(call.root), checked.sources, checked.diagnostics)


def _refuse_mixed(call: Call, scope: Scope) -> None:
    """Where there is a git repository: no file that is both staged and changed since is written."""
    from promptops.history.git import Repository

    try:
        repository = Repository.find(call.root, call.environ)
    except GitError:
        return
    from promptops.checking.fix import refuse_unsafe_fix

    with repository:
        refuse_unsafe_fix(repository, folder_in(repository.root, call.root), scope.files)
