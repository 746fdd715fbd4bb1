"""A provider's batches on the loopback server: `/v1/files` and `/v1/batches` as OpenAI has them.

Faults are fields: what is set there happens. Everything that arrives is counted here.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from loopback import Reply, completion

Row = dict[str, Any]
Answering = Callable[[dict[str, Any]], bytes]


def reply(data: Any, status: int = 200) -> Reply:
    return Reply(status, json.dumps(data).encode())


def refused(status: int, code: str) -> Reply:
    return reply({"error": {"code": code, "message": code}}, status)


def said(body: dict[str, Any]) -> bytes:
    """ "yes", or "no!" to every fifth question."""
    odd = int(body["messages"][-1]["content"].split()[-1]) % 5 == 0
    return completion("no!" if odd else "yes", model=body["model"])


@dataclass
class Overnight:
    """answer: of one request's body. looks: how often a batch is not done yet. ends: its last state.

    rows: what becomes of the output's rows; errors: rows of the error file, by request. before:
    replies to a (method, path) instead of the usual, each used once. lost: paths whose order is
    taken though the reply never comes.
    """

    answer: Answering = said
    looks: int = 0
    ends: str = "completed"
    rows: Callable[[list[Row]], list[Row]] = lambda rows: rows
    failing: Callable[[Row], Row | None] = lambda row: None
    raw: Callable[[bytes], bytes] = lambda data: data
    before: list[tuple[str, Reply]] = field(default_factory=list)
    after: list[tuple[str, Reply]] = field(default_factory=list)
    listed: bool = True
    files: dict[str, bytes] = field(default_factory=dict)
    batches: dict[str, dict[str, Any]] = field(default_factory=dict)
    seen: Counter[str] = field(default_factory=Counter)
    heads: list[str] = field(default_factory=list)
    page: int = 2

    def __call__(self, method: str, path: str, head: str, body: bytes) -> Reply:
        url = urlsplit(path)
        what = f"{method} {re.sub('(file|batch)-[0-9]+', 'ID', url.path.removeprefix('/v1'))}"
        self.seen[what] += 1
        self.heads.append(head)
        if instead := _once(self.before, what):
            return instead
        done = self._serve(what, url.path, parse_qs(url.query), body)
        return _once(self.after, what) or done

    @property
    def asked(self) -> Counter[str]:
        """How often each question was ordered."""
        return Counter(
            row["body"]["messages"][-1]["content"]
            for batch in self.batches.values()
            for row in self.ordered(batch)
        )

    def ordered(self, batch: dict[str, Any]) -> list[Row]:
        return [json.loads(line) for line in self.files[batch["input_file_id"]].splitlines()]

    def _serve(self, what: str, path: str, query: dict[str, list[str]], body: bytes) -> Reply:
        match what:
            case "POST /files":
                id = f"file-{len(self.files)}"
                self.files[id] = _uploaded(body)
                return reply(_file(id, self.files[id]))
            case "GET /files/ID/content":
                return Reply(body=self.files[path.split("/")[-2]])
            case "POST /batches":
                return reply(self._order(json.loads(body)))
            case "GET /batches/ID":
                found = self.batches.get(path.split("/")[-1])
                return reply(self._look(found)) if found else refused(404, "no such batch")
            case "GET /batches" if self.listed:
                return reply(self._page(query))
            case _:
                return refused(404, f"nothing at {path}")

    def _order(self, asked: dict[str, Any]) -> dict[str, Any]:
        id = f"batch-{len(self.batches)}"
        total = len(self.files[asked["input_file_id"]].splitlines())
        self.batches[id] = {
            "id": id,
            "object": "batch",
            "status": "validating",
            "created_at": 1,
            "request_counts": {"total": total, "completed": 0, "failed": 0},
            **{key: asked.get(key) for key in ("endpoint", "input_file_id", "completion_window")},
            "metadata": asked.get("metadata"),
            "looked": 0,
        }
        return self.batches[id]

    def _look(self, batch: dict[str, Any]) -> dict[str, Any]:
        batch["looked"] += 1
        if batch["looked"] > self.looks and not batch.get("over"):
            batch["over"] = True
            batch["status"] = self.ends
            good, bad = [], []
            for row in self.ordered(batch) if self.ends != "failed" else ():
                failed = self.failing(row)
                (bad if failed else good).append(failed or self._done(row))
            self._write(batch, "output_file_id", self.rows(good))
            self._write(batch, "error_file_id", bad)
            counts = batch["request_counts"]
            counts["completed"], counts["failed"] = len(good), len(bad)
            if self.ends == "failed":
                problem = {"code": "token_limit_exceeded", "message": "too much is queued"}
                batch["errors"] = {"object": "list", "data": [problem]}
        elif not batch.get("over"):
            batch["status"] = "in_progress"
            batch["request_counts"]["completed"] = batch["looked"]
        return batch

    def _done(self, row: Row) -> Row:
        body = json.loads(self.answer(row["body"]))
        response = {"status_code": 200, "request_id": "r", "body": body}
        return {"id": "x", "custom_id": row["custom_id"], "response": response, "error": None}

    def _write(self, batch: dict[str, Any], name: str, rows: list[Row]) -> None:
        if rows:
            id = f"file-{len(self.files)}"
            self.files[id] = self.raw("".join(json.dumps(row) + "\n" for row in rows).encode())
            batch[name] = id

    def _page(self, query: dict[str, list[str]]) -> dict[str, Any]:
        newest = list(reversed(self.batches.values()))
        ids = [one["id"] for one in newest]
        start = ids.index(query["after"][0]) + 1 if "after" in query else 0
        data = newest[start : start + self.page]
        more = start + self.page < len(newest)
        ends = {
            "first_id": data[0]["id"] if data else None,
            "last_id": data[-1]["id"] if data else None,
        }
        return {"object": "list", "data": data, "has_more": more, **ends}


def expired(row: Row) -> Row:
    """What OpenAI writes of a request that a batch did not come to."""
    error = {"code": "batch_expired", "message": "This request could not be executed in time."}
    return {"id": "x", "custom_id": row["custom_id"], "response": None, "error": error}


def failed(row: Row, status: int = 400, code: str = "bad") -> Row:
    body = {"error": {"code": code, "message": f"it is {code}"}}
    response = {"status_code": status, "request_id": "r", "body": body}
    return {"id": "x", "custom_id": row["custom_id"], "response": response, "error": None}


def _once(replies: list[tuple[str, Reply]], what: str) -> Reply | None:
    for number, (where, instead) in enumerate(replies):
        if where == what:
            del replies[number]
            return instead
    return None


def _uploaded(body: bytes) -> bytes:
    """The file in a multipart form."""
    boundary = body.split(b"\r\n", 1)[0]
    for part in body.split(boundary):
        head, _, content = part.partition(b"\r\n\r\n")
        if b'name="file"' in head:
            return content.removesuffix(b"\r\n")
    raise AssertionError("no file")


def _file(id: str, data: bytes) -> dict[str, Any]:
    return {
        "id": id,
        "object": "file",
        "bytes": len(data),
        "created_at": 1,
        "filename": "f",
        "purpose": "batch",
        "status": "processed",
    }
