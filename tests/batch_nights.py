"""`promptops eval --engine batch` by a real litellm against the loopback server, as a JSON object.

`python tests/batch_nights.py FOLDER`: a process of its own, because litellm's import takes seconds,
changes the process and warns; all commands run in it, one after the other.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from batches import Overnight, refused
from cliff_server import Model
from cliff_server import prompt_text as cliff_text
from loopback import Loopback, Reply, completion
from repos import Repo
from test_eval import prompt_text

KEY = "sk-nightly-0123456789"
N = 20
WAIT = ("--engine", "batch", "--wait", "60")
PRICES = """
[tool.promptops.models."openai/gpt-5-mini"]
input_cost_per_token = 2e-6
output_cost_per_token = 8e-6
input_cost_per_token_batches = 1e-6
output_cost_per_token_batches = 4e-6
"""


def live(number: int, body: dict[str, Any]) -> Reply:
    odd = int(body["messages"][-1]["content"].split()[-1]) % 5 == 0
    return Reply(body=completion("no!" if odd else "yes", model=body["model"]))


class Desk:
    """A repository, a place for answers, and commands run in this process."""

    def __init__(self, folder: Path, name: str, root: Path | None = None) -> None:
        new = root is None and not (folder / "repo").exists()
        self.repo = Repo(folder / "repo") if new else None
        self.root, self.home = root or folder / "repo", folder / name
        if self.repo is not None:
            files = {"prompts/p.prompt.yaml": prompt_text(N), "pyproject.toml": PRICES}
            self.repo.commit(files)

    def run(self, *argv: str, key: str = KEY) -> dict[str, Any]:
        from promptops.__main__ import main

        os.environ.update(PROMPTOPS_HOME=str(self.home), PROMPTOPS_API_KEY=key)
        out, err = io.StringIO(), io.StringIO()
        sys.argv = ["promptops", *argv, "-C", str(self.root)]
        code: Any = 0
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                code = main()
            except SystemExit as end:
                code = end.code
        return {"code": code, "out": out.getvalue(), "err": err.getvalue()}

    def eval(self, url: str, *more: str, key: str = KEY) -> dict[str, Any]:
        to = ("--api-base", url, "--model", "m")
        return self.run("eval", "p", *to, "--format", "json", *more, key=key)


def overnight(folder: Path) -> dict[str, Any]:
    """Live, then by a batch, then live again on the batch's answers."""
    at = Overnight(looks=1)
    with Loopback(live, at) as server:
        alone = Desk(folder, "alone").eval(server.url)
        before = server.count
        desk = Desk(folder, "night")
        text = ("eval", "p", "--api-base", server.url, "--model", "m", "--engine", "batch")
        told = {
            "live": alone,
            "ordered": desk.run(*text),
            "listed": desk.run("store", "batches", "--format", "json"),
            "refused": desk.eval(server.url),
            "early": desk.eval(server.url, "--engine", "batch"),
            "fetched": desk.eval(server.url, "--engine", "batch"),
            "again": desk.eval(server.url),
            "verified": desk.run("store", "verify"),
        }
        calls = server.count - before
        bodies = [row["body"] for batch in at.batches.values() for row in at.ordered(batch)]
        asked = [body for _, body, _ in server.served[:before]]
    kept = [path.read_bytes() for path in desk.home.rglob("answers.db*") if path.is_file()]
    return {
        **told,
        "calls": calls,
        "seen": dict(at.seen),
        "same": sorted(map(repr, asked)) == sorted(map(repr, bodies)),
        "keyed": all(f"Bearer {KEY}" in head for head in at.heads),
        "leaked": any(KEY.encode() in data for data in kept),
    }


def by_name(folder: Path) -> dict[str, Any]:
    """A provider that litellm knows by the model's name: parameters as litellm maps them."""
    at = Overnight()
    with Loopback(live, at) as server:
        os.environ.update(OPENAI_API_BASE=server.url, OPENAI_API_KEY=KEY)
        desk = Desk(folder, "named")
        to = ("eval", "p", "--model", "openai/gpt-5-mini", "--engine", "batch", "--format", "json")
        plan = desk.run(*to, "--plan", key="")
        poor = desk.run(*to, "--max-usd", "0.02", key="")
        done = desk.run(*to, "--wait", "60", "--max-usd", "9", key="")
        rest = desk.run(*to, "--wait", "60", "--max-usd", "9", key="")
        body = at.ordered(at.batches["batch-0"])[0]["body"]
        keys = {head.partition("Bearer ")[2].split()[0] for head in at.heads}
    del os.environ["OPENAI_API_BASE"]
    none = desk.run(
        "eval", "p", "--model", "anthropic/claude-3-5-haiku-latest", "--engine", "batch"
    )
    told = {"plan": plan, "poor": poor, "done": done, "rest": rest, "none": none}
    return {**told, "body": body, "keys": sorted(keys), "asked": sum(at.asked.values())}


def faults(folder: Path) -> dict[str, Any]:
    """What goes wrong on the way, and what a second command makes of it."""
    moved = Reply(307, b"", {"Location": "http://127.0.0.1:1/v1/batches"})
    torn = Reply(body=b'{"id": "batch-0", "object"', reset=10)
    given: dict[str, Callable[[Overnight], None]] = {
        "wrong key": lambda at: at.before.append(("POST /files", refused(401, f"your key {KEY}"))),
        "no batches": lambda at: at.before.append(("POST /batches", refused(404, "nothing"))),
        "moved": lambda at: at.before.append(("POST /batches", moved)),
        "crowded": lambda at: at.before.append(
            ("POST /batches", Reply(429, b"{}", {"Retry-After": "0.01"}))
        ),
        "lost reply": lambda at: at.after.append(("POST /batches", torn)),
        "server error": lambda at: at.after.append(("POST /batches", refused(500, "oops"))),
        "busy files": lambda at: at.before.append(("POST /files", refused(503, "later"))),
        "torn output": lambda at: at.before.append(
            ("GET /files/ID/content", Reply(body=b"x" * 90, reset=30))
        ),
    }
    told = {}
    for name, give in given.items():
        at = Overnight()
        give(at)
        with Loopback(live, at) as server:
            desk = Desk(folder, name.replace(" ", "-"))
            first = desk.eval(server.url, "--engine", "batch", "--wait", "30")
            second = desk.eval(server.url, "--engine", "batch", "--wait", "30")
        told[name] = {"first": first, "second": second, "orders": at.seen["POST /batches"]}
        told[name]["asked"] = sorted(set(at.asked.values()))
    return told


def rounds(folder: Path) -> dict[str, Any]:
    """`cliff`, each round a batch; the answers follow from the request alone, so live ones are equal."""
    model = Model(12, {(2, 3): 0.35, (4, 5): 0.35})

    def answer(body: dict[str, Any]) -> bytes:
        told, asked = (message["content"] for message in body["messages"])
        return completion(model.said(told, asked, 1), model=body["model"])

    at = Overnight(answer=answer)
    repo = Repo(folder / "world")
    repo.commit({"prompts/world.prompt.yaml": cliff_text(12, 30, 0.6)})
    with Loopback(lambda _, body: Reply(body=answer(body)), at) as server:
        told: dict[str, Any] = {}
        for name, more in {"live": (), "first": WAIT[:2], "waited": WAIT, "again": ()}.items():
            desk = Desk(folder, "cliff-live" if name == "live" else "cliff-batch", repo.root)
            to = ("--api-base", server.url, "--model", "m", "--max-calls", "100", *more)
            told[name] = desk.run("cliff", "world", *to, "--format", "json")
            told[name]["count"] = server.count
        orders = at.seen["POST /batches"]
    return {**told, "orders": orders, "asked": sum(at.asked.values())}


def main() -> None:
    folder = Path(sys.argv[1])
    start = time.monotonic()
    told = {"overnight": overnight(folder), "by name": by_name(folder), "faults": faults(folder)}
    told["rounds"] = rounds(folder)
    told["seconds"] = {"all": round(time.monotonic() - start, 1)}
    print("\n" + json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
    os._exit(0)  # litellm's own threads would be waited for
