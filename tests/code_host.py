"""A code host of our own: the comments of one pull request behind GitHub's and GitLab's paths."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any


class Host:
    """Comments of one pull request behind the two hosts' paths."""

    def __init__(self) -> None:
        self.comments: list[dict[str, Any]] = []
        self.asked: list[tuple[str, str]] = []
        self.tokens: set[str] = set()
        self.status = 200
        self.raw: bytes | None = None
        self.headers: dict[str, str] = {}
        self.foreign: set[int] = set()
        self.read_only = False
        self.account: dict[str, str] = {}  # none: a token that may not ask whose it is
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do(self) -> None:
                outer.asked.append((self.command, self.path))
                usual = outer.status
                outer.tokens.add(
                    self.headers.get("Authorization") or self.headers.get("PRIVATE-TOKEN") or ""
                )
                size = int(self.headers.get("Content-Length") or 0)
                data = json.loads(self.rfile.read(size)) if size else None
                answer = (
                    outer.raw or json.dumps(outer.answer(self.command, self.path, data)).encode()
                )
                self.send_response(outer.status)
                self.send_header("Content-Length", str(len(answer)))
                for name, value in outer.headers.items():
                    self.send_header(name, value)
                if outer.status == 302:
                    self.send_header("Location", "http://127.0.0.1:1/steal")
                self.end_headers()
                self.wfile.write(answer)
                outer.status = usual

            do_GET = do_POST = do_PATCH = do_PUT = do

            def log_message(self, *_: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, method: str, path: str, data: Any) -> Any:
        if path.endswith("/user"):
            self.status = 200 if self.account else 403
            return self.account
        if self.read_only and method != "GET":
            self.status = 403
            return {}
        if method == "GET":
            page = int(path.rpartition("page=")[2])
            return self.comments[(page - 1) * 100 : page * 100]
        if method == "POST":
            made = {"id": 1000 + len(self.comments), "html_url": "https://host/c", **data}
            made["user"] = self.account or {"login": "github-actions[bot]", "type": "Bot"}
            self.comments.append(made)
            return made
        number = int(path.rpartition("/")[2])
        if number in self.foreign:
            self.status = 403
            return {}
        (mine,) = [one for one in self.comments if one["id"] == number]
        mine.update(data)
        return mine
