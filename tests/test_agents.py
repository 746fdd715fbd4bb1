"""What agents load: each tool's rules on real folders, hostile files, and the command that shows it."""

from __future__ import annotations

import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trees import MemoryTree

from promptops.agents.faults import faults
from promptops.agents.front import front_matter
from promptops.agents.imports import imports, resolved
from promptops.agents.load import MOST_IMPORTS, Loader
from promptops.agents.profiles import CLAUDE, CODEX, COPILOT, CURSOR, GEMINI, PROFILES, WINDSURF
from promptops.agents.repeated import repeated
from promptops.source.tree import DiskTree


def load(files, profile, at=""):
    return Loader(MemoryTree(files)).load(profile, at)


def paths(files, profile, at=""):
    return [part.path for part in load(files, profile, at).parts]


def test_every_profile_says_when_and_where_it_was_looked_up():
    assert len({profile.tool for profile in PROFILES}) == len(PROFILES) >= 5
    for profile in PROFILES:
        assert profile.as_of.count("-") == 2
        assert all(source.startswith("https://") for source in profile.sources)


def test_codex_takes_one_file_a_folder_from_the_root_down_the_override_first():
    files = {
        "AGENTS.md": "root",
        "src/AGENTS.md": "src",
        "src/AGENTS.override.md": "instead",
        "src/api/AGENTS.md": "api",
        "other/AGENTS.md": "elsewhere",
        "src/api/x.py": "",
    }
    wanted = ["AGENTS.md", "src/AGENTS.override.md", "src/api/AGENTS.md"]
    assert paths(files, CODEX, "src/api") == wanted
    assert paths(files, CODEX, "src/api/x.py") == wanted
    assert "instead of AGENTS.md" in load(files, CODEX, "src").parts[1].why


def test_codex_cuts_off_what_is_over_its_cap_the_nearest_file_last():
    files = {"AGENTS.md": "a" * 30_000, "src/AGENTS.md": "ü" * 2_000, "src/api/AGENTS.md": "c" * 10}
    first, second, third = load(files, CODEX, "src/api").parts
    assert first.lost == 0
    assert len(second.text) == 1_384
    assert second.lost == 4_000 - 2_768
    assert (third.text, third.lost) == ("", 10)


def test_codex_settings_of_the_repository_count_where_they_can_be_read():
    toml = 'project_doc_max_bytes = 4\nproject_doc_fallback_filenames = ["TEAM.md", "../x"]\n'
    files = {".codex/config.toml": toml, "TEAM.md": "team rules", "AGENTS.md": ""}
    assert [part.text for part in load({**files, "AGENTS.md": "agents"}, CODEX).parts] == ["agen"]
    del files["AGENTS.md"]
    assert [part.text for part in load(files, CODEX).parts] == ["team"]
    broken = {".codex/config.toml": "= [", "AGENTS.md": "agents"}
    assert [part.text for part in load(broken, CODEX).parts] == ["agents"]
    odd = {".codex/config.toml": "project_doc_max_bytes = true", "AGENTS.md": "agents"}
    assert [part.text for part in load(odd, CODEX).parts] == ["agents"]


def test_empty_files_are_left_out():
    assert paths({"AGENTS.md": " \n", "src/AGENTS.md": "x"}, CODEX, "src") == ["src/AGENTS.md"]


def test_claude_reads_agents_md_where_no_claude_md_is_at_or_above():
    files = {"AGENTS.md": "all", "AGENTS.override.md": "not read", "src/AGENTS.md": "below"}
    assert paths(files, CLAUDE) == ["AGENTS.md"]
    assert paths(files, CLAUDE, "src") == ["AGENTS.md", "src/AGENTS.md"]
    for name in ("CLAUDE.md", ".claude/CLAUDE.md", "CLAUDE.local.md"):
        assert paths({**files, name: "mine"}, CLAUDE, "src") == [name]
    below = {**files, "src/CLAUDE.md": "mine"}
    assert paths(below, CLAUDE) == ["AGENTS.md"]
    assert paths(below, CLAUDE, "src") == ["src/CLAUDE.md"]


def test_claude_reads_every_level_its_rules_and_what_is_imported():
    files = {
        "CLAUDE.md": "See @docs/style.md and `@docs/no.md`, ask @ada.\n```\n@docs/no.md\n```\n",
        "CLAUDE.local.md": "mine",
        ".claude/CLAUDE.md": "more",
        ".claude/rules/all.md": "always",
        ".claude/rules/py.md": '---\npaths:\n  - "src/**/*.py"\n---\nfor Python\n',
        "docs/style.md": "@deeper.md",
        "docs/deeper.md": "deep",
        "docs/no.md": "not imported",
        "src/CLAUDE.md": "below",
        "src/a.py": "",
        "web/a.ts": "",
    }
    everywhere = [
        "CLAUDE.md",
        "docs/style.md",
        "docs/deeper.md",
        ".claude/CLAUDE.md",
        "CLAUDE.local.md",
        ".claude/rules/all.md",
    ]
    assert paths(files, CLAUDE, "src") == [*everywhere, ".claude/rules/py.md", "src/CLAUDE.md"]
    assert paths(files, CLAUDE, "web") == everywhere
    rule = load(files, CLAUDE, "src/a.py").parts[-2]
    assert (rule.text, rule.when, rule.skipped) == ("for Python\n", "files", 4)
    assert "src/a.py" in rule.why


def test_imports_end_at_the_tools_depth_and_in_a_ring():
    chain = {f"{i}.md": f"@{i + 1}.md" for i in range(9)} | {"9.md": "end"}
    found = load({"CLAUDE.md": "@0.md", **chain}, CLAUDE)
    assert [part.path for part in found.parts] == ["CLAUDE.md", "0.md", "1.md", "2.md", "3.md"]
    assert found.broken == (("3.md", "4.md", "it is more than 4 imports deep"),)
    ring = {"GEMINI.md": "@a.md", "a.md": "@GEMINI.md @a.md"}
    assert paths(ring, GEMINI) == ["GEMINI.md", "a.md"]


def test_a_thousand_imports_end():
    files = {f"{i}.md": "x" for i in range(MOST_IMPORTS + 100)}
    files["CLAUDE.md"] = "\n".join(f"@{path}" for path in files)
    found = load(files, CLAUDE)
    assert len(found.parts) <= MOST_IMPORTS + 2
    assert "more than 500 imports" in found.broken[0][2]


def test_cursor_rules_say_themselves_when_they_apply():
    def rule(**values):
        return "---\n" + "".join(f"{k}: {v}\n" for k, v in values.items()) + "---\ntext"

    files = {
        ".cursorrules": "old",
        "AGENTS.md": "root",
        ".cursor/rules/always.mdc": rule(alwaysApply="true", globs="", description=""),
        ".cursor/rules/ts.mdc": rule(globs="*.ts,src/**/*.{tsx,jsx}", alwaysApply="false"),
        ".cursor/rules/asked.mdc": rule(description="about releases", alwaysApply="false"),
        ".cursor/rules/manual.mdc": rule(alwaysApply="false"),
        ".cursor/rules/ignored.md": "no",
        "src/.cursor/rules/near.mdc": rule(alwaysApply="true"),
        "src/a.tsx": "",
        "docs/a.md": "",
    }
    when = {part.path: part.when for part in load(files, CURSOR, "src").parts}
    assert when == {
        ".cursorrules": "start",
        "AGENTS.md": "start",
        ".cursor/rules/always.mdc": "start",
        ".cursor/rules/ts.mdc": "files",
        ".cursor/rules/asked.mdc": "asked",
        ".cursor/rules/manual.mdc": "manual",
        "src/.cursor/rules/near.mdc": "start",
    }
    docs = paths(files, CURSOR, "docs")
    assert ".cursor/rules/ts.mdc" not in docs
    assert "src/.cursor/rules/near.mdc" not in docs


def test_copilot_takes_instructions_that_apply_to_the_files_there():
    files = {
        ".github/copilot-instructions.md": "all",
        ".github/instructions/py.instructions.md": '---\napplyTo: "**/*.py"\n---\npython',
        ".github/instructions/all.instructions.md": "---\napplyTo: '**'\n---\neverything",
        "AGENTS.md": "agents",
        "a.py": "",
        "web/a.ts": "",
    }
    assert ".github/instructions/py.instructions.md" in paths(files, COPILOT)
    web = paths({**files, "CLAUDE.md": "not with AGENTS.md"}, COPILOT, "web")
    assert "CLAUDE.md" not in web
    assert paths({"CLAUDE.md": "instead"}, COPILOT) == ["CLAUDE.md"]
    assert ".github/instructions/py.instructions.md" not in web
    assert ".github/instructions/all.instructions.md" in web


def test_gemini_settings_name_other_files():
    files = {"AGENTS.md": "agents", "GEMINI.md": "gemini"}
    assert paths(files, GEMINI) == ["GEMINI.md"]
    named = json.dumps({"context": {"fileName": ["AGENTS.md", "/etc/passwd"]}})
    assert paths({**files, ".gemini/settings.json": named}, GEMINI) == ["AGENTS.md"]
    old = json.dumps({"contextFileName": "AGENTS.md"})
    assert paths({**files, ".gemini/settings.json": old}, GEMINI) == ["AGENTS.md"]
    for broken in ("{", "[]", '{"context": 3}', "[" * 100_000):
        assert paths({**files, ".gemini/settings.json": broken}, GEMINI) == ["GEMINI.md"]


def test_windsurf_reads_twelve_thousand_characters_of_a_rule():
    rule = "---\ntrigger: always_on\n---\n" + "x" * 12_100
    part = load({".windsurf/rules/a.md": rule}, WINDSURF).parts[0]
    assert (len(part.text), part.lost, part.when) == (12_000, 100, "start")


# -- front matter and imports -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("---\nglobs: *.ts\n---\n", {"globs": ("*.ts",)}),
        ("---\r\nglobs: a, b\r\n---\r\n", {"globs": ("a", "b")}),
        ("---\nglobs: [\"a\", 'b'] # both\n---", {"globs": ("a", "b")}),
        ("---\nglobs:\n  - a # one\n  - 'b'\n---\n", {"globs": ("a", "b")}),
        ("---\nx: {a,b}.ts\n---\n", {"x": ("{a,b}.ts",)}),
        ("---\ndescription: >-\n  two\n  lines\n---\n", {"description": ("two", "lines")}),
        ("---\nglobs: # none\n---\n", {"globs": ()}),
        ("--- \n\n---\n", {}),
        ("---\nglobs: a\n", {}),
        ("# no front matter\n---\n", {}),
        ("", {}),
    ],
)
def test_front_matter_is_read_as_the_tools_read_it(text, values):
    assert front_matter(text)[0] == values


@given(st.text(st.sampled_from("-\n\r: ab[]'\"#,{}@`*~./ ")))
def test_no_text_stops_the_readers(text):
    _, begins = front_matter(text)
    assert 0 <= begins <= len(text)
    for one in imports(text):
        assert text[one.start + 1 : one.end] == one.path
    files = {"CLAUDE.md": text, "AGENTS.md": text, ".cursor/rules/a.mdc": text}
    loader = Loader(MemoryTree(files))
    for path in files:
        for fault in faults(loader, path):
            assert 0 <= fault.start <= fault.end <= len(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("See @README.md.", ["README.md"]),
        ("(@a.md) mail a@b.md", []),
        ("`@a.md` and ``x ` @b.md`` @c.md", ["c.md"]),
        ("    @a.md\n~~~\n@b.md\n~~~\n@c.md", ["a.md", "c.md"]),
        ("```\n@a.md\n", []),
        ("@./a @../b @~/c @/d", ["./a", "../b", "~/c", "/d"]),
        ("@ada, @scope/name!", ["ada", "scope/name"]),
    ],
)
def test_imports_stand_outside_code(text, found):
    assert [one.path for one in imports(text)] == found


def test_imports_never_lead_out():
    assert resolved("../a.md", "x/CLAUDE.md") == "a.md"
    for path in ("../a.md", "~/a.md", "/a.md", "x/../../a.md"):
        assert resolved(path, "CLAUDE.md") is None


# -- what never arrives -------------------------------------------------------------------------


def kinds(files, path):
    return [fault.kind for fault in faults(Loader(MemoryTree(files)), path)]


def test_faults_are_told_where_they_are():
    big = {"AGENTS.md": "x" * 33_000, "src/AGENTS.md": "y"}
    [cut] = faults(Loader(MemoryTree(big)), "AGENTS.md")
    assert (cut.start, cut.end) == (32_768, 33_000)
    [below] = faults(Loader(MemoryTree(big)), "src/AGENTS.md")
    assert "nothing of it reaches OpenAI Codex" in below.message
    assert "33,000 of them above" in below.message


def test_only_what_is_written_as_a_document_is_missed():
    text = "@ada @scope/name @~/mine.md @/etc/passwd @../out.md @gone.md @here.md `@x.md`"
    found = faults(Loader(MemoryTree({"CLAUDE.md": text, "here.md": ""})), "CLAUDE.md")
    assert [text[fault.start : fault.end] for fault in found] == ["@../out.md", "@gone.md"]


def test_rule_files_that_nothing_loads():
    bare = "---\ndescription:\nalwaysApply: false\n---\nx"
    assert kinds({".cursor/rules/a.mdc": bare}, ".cursor/rules/a.mdc") == ["never-loaded"]
    assert kinds({"x/.cursor/rules/b/a.mdc": "x"}, "x/.cursor/rules/b/a.mdc") == ["never-loaded"]
    said = bare.replace("false", "true")
    assert kinds({".cursor/rules/a.mdc": said}, ".cursor/rules/a.mdc") == []
    path = ".github/instructions/a.instructions.md"
    assert kinds({path: "x"}, path) == ["never-loaded"]
    assert kinds({path: "---\napplyTo: '*'\n---\nx"}, path) == []
    assert kinds({".claude/rules/a.md": "x"}, ".claude/rules/a.md") == []
    long = "---\ntrigger: manual\nglobs: a\n---\n" + "x" * 12_001
    assert kinds({".windsurf/rules/a.md": long}, ".windsurf/rules/a.md") == ["over-cap"]


def test_what_is_said_twice_is_found_with_its_lines():
    same = "Never push to `main` without a review."
    files = {
        "CLAUDE.md": f"# One\n\n- **{same}**\n\n@a.md\n@b.md\n@c.md\n",
        "a.md": f"---\nx: y\n---\n- {same}\n",
        "b.md": "one and the same text",
        "c.md": "one and the same text\n",
    }
    rule, whole = repeated(load(files, CLAUDE).parts)
    assert rule.places == ("CLAUDE.md:3", "a.md:4")
    assert (whole.places, whole.whole) == (("b.md", "c.md"), True)


# -- hostile trees ------------------------------------------------------------------------------


def test_links_out_loops_and_huge_files_end_in_a_word(tmp_path):
    root = tmp_path / "repo"
    (root / "src").mkdir(parents=True)
    (tmp_path / "secret.md").write_text("hunter2")
    (root / "AGENTS.md").symlink_to(tmp_path / "secret.md")
    (root / "CLAUDE.md").write_text("@loop.md @out.md @fifo.md @big.md @src")
    (root / "loop.md").symlink_to(root / "loop.md")
    (root / "out.md").symlink_to(tmp_path / "secret.md")
    (root / "src" / "up").symlink_to(root)
    (root / "big.md").write_bytes(b"x" * (2 << 20))
    os.mkfifo(root / "fifo.md")
    loader = Loader(DiskTree(str(root)))
    for profile in PROFILES:
        found = loader.load(profile, "src")
        assert "hunter2" not in "".join(part.text for part in found.parts)
    claude = loader.load(CLAUDE, "")
    broken = {wanted for _, wanted, _ in claude.broken}
    assert {"loop.md", "out.md", "fifo.md"} <= broken
    big = next(part for part in claude.parts if part.path == "big.md")
    assert (big.text, "over 1 MiB" in big.problem) == ("", True)


# -- the command --------------------------------------------------------------------------------


@pytest.fixture
def repository(tmp_path):
    (tmp_path / ".git").mkdir()
    (tmp_path / "src" / "api").mkdir(parents=True)
    (tmp_path / "AGENTS.md").write_text("- Never push to `main` without a review.\n")
    (tmp_path / "src" / "AGENTS.md").write_text("- Never push to `main` without a review!\n" * 900)
    (tmp_path / "src" / "api" / "a.py").write_text("")
    (tmp_path / "CLAUDE.md").write_text("@AGENTS.md @gone.md\n")
    return tmp_path


def test_tokens_at_shows_each_agents_load(run, repository):
    ran = run("tokens", "--at", "src/api", "--model", "openai/gpt-4o", cwd=repository)
    assert ran.code == 0
    words = " ".join(ran.out.split())
    assert "OpenAI Codex" in words
    assert "imported by CLAUDE.md" in words
    assert "never arrive" in words
    assert "CLAUDE.md imports @gone.md, and there is no such file" in words
    assert "nothing is loaded in src/api by Gemini CLI" in words


def test_tokens_at_in_json_adds_up(run, repository):
    ran = run("tokens", "--at", ".", "--tool", "claude-code", "--format", "json", "--model",
              "openai/gpt-4o", cwd=repository)  # fmt: skip
    told = json.loads(ran.out)["result"]["load"]
    assert told["at"] == "."
    [claude] = told["tools"]
    assert [part["path"] for part in claude["parts"]] == ["CLAUDE.md", "AGENTS.md"]
    parts = sum(part["models"]["openai/gpt-4o"]["tokens"] for part in claude["parts"])
    assert abs(claude["models"]["openai/gpt-4o"]["tokens"] - parts) <= 3
    assert claude["broken_imports"][0]["import"] == "gone.md"


def test_a_file_narrows_it_to_the_agents_that_load_it(run, repository):
    ran = run("tokens", "CLAUDE.md", "--at", "src", "--format", "json", cwd=repository)
    tools = [one["tool"] for one in json.loads(ran.out)["result"]["load"]["tools"]]
    assert tools == ["claude-code"]
    assert "no agent" in run("tokens", "src/api/a.py", "--at", "src", cwd=repository).out


def test_tokens_at_refuses_what_is_not_there(run, repository):
    assert "no such folder" in run("tokens", "--at", "nope", cwd=repository).err
    assert (
        "did you mean `codex`" in run("tokens", "--at", ".", "--tool", "codx", cwd=repository).err
    )
    assert "goes with --at" in run("tokens", "--tool", "codex", cwd=repository).err


def test_tokens_alone_counts_instruction_files_where_no_prompt_is_governed(run, repository):
    ran = run("tokens", "--format", "json", cwd=repository)
    found = [one["path"] for one in json.loads(ran.out)["result"]["prompts"]]
    assert found == ["AGENTS.md", "CLAUDE.md", "src/AGENTS.md"]


def test_check_follows_the_files_that_a_finding_depends_on(run, repository):
    def told():
        ran = run("check", "--select", "PO38", "--format", "json", cwd=repository)
        return [(d["code"], d["path"]) for d in json.loads(ran.out)["result"]["diagnostics"]]

    assert told() == [("PO381", "CLAUDE.md"), ("PO380", "src/AGENTS.md")]
    assert told() == told()
    (repository / "gone.md").write_text("here again")
    (repository / "AGENTS.md").write_text("")
    (repository / "src" / "AGENTS.md").write_text("- Never push to `main`.\n")
    assert told() == []


def test_what_only_comes_when_asked_for_is_not_counted(run, tmp_path, golden):
    (tmp_path / ".git").mkdir()
    (tmp_path / ".cursor" / "rules").mkdir(parents=True)
    (tmp_path / ".cursor/rules/ask.mdc").write_text("---\ndescription: releases\n---\n- Tag it.\n")
    (tmp_path / ".cursor/rules/big.mdc").write_bytes(b"x" * (2 << 20))
    (tmp_path / ".cursorrules").write_text("- Never push to `main` without a review.\n")
    (tmp_path / "AGENTS.md").write_text("- Never push to `main` without a review.\n- Use tabs.\n")
    call = ("tokens", "--at", ".", "--tool", "cursor", "--model", "openai/gpt-4o")
    golden("tokens/at/text.txt", run(*call, cwd=tmp_path).out)
    golden("tokens/at/json.txt", run(*call, "--format", "json", cwd=tmp_path).out)
    ran = run(*call, "-v", cwd=tmp_path)
    assert "only if the agent asks for it" in " ".join(ran.out.split())
    assert "not read: the file is over 1 MiB" in " ".join(ran.out.split())
    assert "said more than once: 1 text" in ran.out


def broken(text, path="AGENTS.md", **others):
    files = {path: text, **{name.replace("__", "/"): "" for name in others.pop("there", ())}}
    found = faults(Loader(MemoryTree({**files, **others})), path)
    return [text[one.start : one.end] for one in found if one.kind == "broken-link"]


@pytest.mark.parametrize(
    ("text", "path", "wanted"),
    [
        ("See [how](docs/x.md).", "AGENTS.md", ["docs/x.md"]),
        ("See [how](docs/x.md#top 'Title') and [b](y.md).", "CLAUDE.md", ["docs/x.md#top", "y.md"]),
        (
            "See [how](<docs/a b.md>) ![shot](img/%61.png)",
            "AGENTS.md",
            ["<docs/a b.md>", "img/%61.png"],
        ),
        ("See [how](../x.md) and [`code`](./lib/).", "src/AGENTS.md", ["../x.md", "./lib/"]),
        ("See [how [1]](docs/x(1).md).", "AGENTS.md", ["docs/x(1).md"]),
        ("Follow @docs/x.md and @./y.py.", "AGENTS.md", ["@docs/x.md", "@./y.py"]),
        ("- [a](mdc:src/a.ts)", ".cursor/rules/r.mdc", ["mdc:src/a.ts"]),
        ("- [a](src/a.ts:12)", ".github/copilot-instructions.md", ["src/a.ts:12"]),
    ],
)
def test_links_that_lead_nowhere(text, path, wanted):
    assert broken(text, path) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "`[how](docs/x.md)` is how a link is written",
        "```md\n[how](docs/x.md)\n```",
        "[site](https://example.org/x.md) [mail](mailto:a@b.org) [top](#top) [host](www.a.org/x.md)",
        "[root](/docs/x.md) [home](~/x.md) [out](../x.md) [host](promptops.dev/x.html)",
        "[all](docs/*.md) [one](docs/<name>.md) [two](docs/{name}.md) [your](path/to/x.md)",
        "[made](dist/x.js) [theirs](node_modules/next/docs/x.md) [mine](notes.local.md)",
        "Example: [how](docs/x.md), and e.g. @docs/x.md",
        "[word](something) [1](2)",
        "@google/design.md is a package, @alice a person",
        "[here](real.md) [dir](real/) [dir](real) [anchor](real.md#x) [line](real.md:3)",
        "[module](theirs/x.md)",
        "f(x)[0](y.z)",
    ],
)
def test_what_is_no_broken_link(text):
    more = {".gitmodules": '[submodule "t"]\n\tpath = theirs\n', "real.md": "", "real/x.md": ""}
    assert broken(text, **more) == []


def test_a_link_may_be_written_from_the_root_and_names_its_neighbour():
    assert broken("[how](docs/x.md)", "src/AGENTS.md", there=["docs/x.md"]) == []
    files = {"src/AGENTS.md": "[how](docs/X.md)", "doc/x.md": ""}
    [fault] = faults(Loader(MemoryTree(files)), "src/AGENTS.md")
    assert (fault.message, fault.help) == (
        "`docs/X.md` leads to no file",
        "did you mean `../doc/x.md`?",
    )
    files = {
        ".cursor/rules/r.mdc": "---\nalwaysApply: true\n---\n[how](mdc:docs/x.md)",
        "doc/x.md": "",
    }
    [fault] = faults(Loader(MemoryTree(files)), ".cursor/rules/r.mdc")
    assert fault.help == "did you mean `mdc:doc/x.md`?"


def test_a_mention_that_is_an_import_is_said_once():
    kinds = [
        one.kind for one in faults(Loader(MemoryTree({"CLAUDE.md": "@docs/x.md"})), "CLAUDE.md")
    ]
    assert kinds == ["broken-import"]


@pytest.mark.parametrize("piece", ["[a](b ", "[" * 3, "[a](", "](", "[[a]", "(<a", "[a](b(c"])
def test_links_take_linear_time(piece):
    broken(piece * 20_000)
