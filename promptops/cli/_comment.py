"""The one place that talks to a code host: a comment found again by its first line, and replaced."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.message import Message
from typing import Any
from urllib.parse import quote, urlsplit

from promptops.errors import ProviderError, UsageError

SECONDS = 30.0
PAGES = 30  # of 100 comments each
LARGEST = 8 << 20  # bytes of an answer
_LOCAL = ("127.0.0.1", "localhost", "::1")
_CANNOT_WRITE = (401, 403, 404)


@dataclass(frozen=True, slots=True)
class Host:
    """Where the comments of one pull request are. edit: the URL of one comment, `{id}` in it;
    account: the one that says whose token this is."""

    name: str
    account: str
    listing: str
    edit: str
    method: str
    headers: Mapping[str, str]


def host_of(environ: Mapping[str, str]) -> Host:
    """What CI says of itself; UsageError where it runs for no pull request or has no token."""
    if environ.get("GITHUB_ACTIONS"):
        return _github(environ)
    if environ.get("GITLAB_CI"):
        return _gitlab(environ)
    hint = "it runs in GitHub Actions and GitLab CI; elsewhere post the file yourself"
    raise UsageError("no CI that is known here", hint)


def _github(environ: Mapping[str, str]) -> Host:
    number = _number(environ.get("PROMPTOPS_PULL_REQUEST") or _of_ref(environ))
    repository = quote(_needed(environ, "GITHUB_REPOSITORY"))
    api = _api(environ, "GITHUB_API_URL")
    base = f"{api}/repos/{repository}/issues"
    headers = {
        "Authorization": f"Bearer {_needed(environ, 'GITHUB_TOKEN')}",
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": "2022-11-28",
    }
    listing, edit = f"{base}/{number}/comments", f"{base}/comments/{{id}}"
    return Host("GitHub", f"{api}/user", listing, edit, "PATCH", headers)


def _of_ref(environ: Mapping[str, str]) -> str:
    """`7` of refs/pull/7/merge."""
    parts = environ.get("GITHUB_REF", "").split("/")
    return parts[2] if parts[:2] == ["refs", "pull"] and len(parts) > 3 else ""


def _gitlab(environ: Mapping[str, str]) -> Host:
    number = _number(environ.get("CI_MERGE_REQUEST_IID", ""))
    project = quote(_needed(environ, "CI_PROJECT_ID"), safe="")
    api = _api(environ, "CI_API_V4_URL")
    base = f"{api}/projects/{project}/merge_requests/{number}/notes"
    headers = {"PRIVATE-TOKEN": _needed(environ, "PROMPTOPS_GITLAB_TOKEN")}
    return Host("GitLab", f"{api}/user", base, f"{base}/{{id}}", "PUT", headers)


def _number(said: str) -> str:
    if not (said.isascii() and said.isdecimal()):
        hint = "run it on pull_request, or in a merge request pipeline"
        raise UsageError("this job runs for no pull request", hint)
    return said


def _needed(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name, "")
    if not value or not value.isprintable():
        raise UsageError(f"{name} is not set", "give the job what it needs; see docs/ci.md")
    return value


def _api(environ: Mapping[str, str], name: str) -> str:
    url = _needed(environ, name).rstrip("/")
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOCAL):
        raise UsageError(f"{name} is no https URL", "a token is not sent in the clear")
    return url


def post(host: Host, text: str) -> tuple[str, str]:
    """(what was done, the comment's URL); the URL is "" where the token may not write.

    ProviderError where the host does not answer or refuses for another reason.
    """
    marker = text.partition("\n")[0]
    try:
        for mine in _own(host, [c for c in _comments(host) if _body(c).startswith(marker)]):
            if _body(mine).rstrip() == text.rstrip():
                return "the comment says this already", str(mine.get("html_url") or host.listing)
            url = host.edit.format(id=int(mine["id"]))
            try:
                return "comment updated", _write(host, host.method, url, text)
            except _Refused:
                continue  # somebody else's, who wrote our marker
        return "comment posted", _write(host, "POST", host.listing, text)
    except _Refused as refused:
        said = f"{host.name} does not let this token comment ({refused}); the review is in FILE"
        return said, ""


def _write(host: Host, method: str, url: str, text: str) -> str:
    answer = _ask(host, method, url, {"body": text})
    return str(answer.get("html_url") or url)


class _Refused(Exception):
    """The token may not do this."""


def _comments(host: Host) -> Iterator[dict[str, Any]]:
    for page in range(1, PAGES + 1):
        found = _ask(host, "GET", f"{host.listing}?per_page=100&page={page}")
        yield from (one for one in found if isinstance(one, dict) and "id" in one)
        if len(found) < 100:
            return


def _own(host: Host, comments: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Those that this account wrote: a token may edit those of others too, and they could edit them
    again. GitHub does not tell a job whose its token is; then it is a bot's."""
    me = _account(host) if comments else ""
    return [one for one in comments if _by(one.get("user") or one.get("author"), me)]


def _account(host: Host) -> str:
    try:
        said = _ask(host, "GET", host.account)
    except _Refused:
        return ""
    return str(said.get("login") or said.get("username") or "") if isinstance(said, dict) else ""


def _by(author: Any, me: str) -> bool:
    if not isinstance(author, dict):
        return True  # the host does not say; it refuses to change what is not ours
    if me:
        return me in (author.get("login"), author.get("username"))
    return bool(author.get("type", "Bot") == "Bot")


def _body(comment: Mapping[str, Any]) -> str:
    return str(comment.get("body") or "").replace("\r\n", "\n")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would take the token along."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _asked_too_often(headers: Message) -> bool:
    """GitHub says so with 403 too, which otherwise means that a token may not write."""
    return headers.get("x-ratelimit-remaining") == "0" or "retry-after" in headers


def _ask(host: Host, method: str, url: str, data: Any = None) -> Any:
    body = None if data is None else json.dumps(data).encode()
    headers = {**host.headers, "Content-Type": "application/json", "User-Agent": "promptops"}
    request = urllib.request.Request(url, body, headers, method=method)
    opener = urllib.request.build_opener(_NoRedirect, urllib.request.ProxyHandler())
    try:
        with opener.open(request, timeout=SECONDS) as answer:
            content = answer.read(LARGEST + 1)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 429 or _asked_too_often(error.headers):
            hint = "run the job again in some minutes; nothing was written"
            raise ProviderError(f"{host.name} takes no more requests for now", hint) from None
        if error.code in _CANNOT_WRITE:
            raise _Refused(str(error.code)) from None
        raise ProviderError(f"{host.name} answered {error.code}", "run the job again") from None
    except (OSError, ValueError) as error:
        raise ProviderError(f"{host.name} does not answer: {error}", "run the job again") from None
    try:
        if len(content) > LARGEST:
            raise ValueError
        return json.loads(content)
    except ValueError:
        raise ProviderError(f"{host.name} answered no JSON", "run the job again") from None
