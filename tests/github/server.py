"""GitHub on loopback: stateful, and as strict as the real one.

    with GitHub() as github:
        shop = github.repository("acme/shop", files={"README.md": "# Shop"})
        token = github.token(permissions={"contents": "write"})
        …                      # a client at github.api_url
        assert github.violations == []

Every request and answer is checked against GitHub's own description of its API; what does not fit is kept in
`violations`. Nothing here needs pytest.
"""

from __future__ import annotations

import hashlib
import json
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.github import actions, git, issues, pulls  # noqa: F401 - they register their operations
from tests.github.call import HANDLERS, Answer, Refusal, Request, not_found
from tests.github.contract import Operation, find
from tests.github.downloads import Downloads
from tests.github.faults import Fault, Faults, broken
from tests.github.limits import Limits
from tests.github.objects import Objects
from tests.github.state import BOT, Repo, World
from tests.github.tokens import Token, check
from tests.github.transport import Incoming, Outgoing, Server
from tests.github.views import Views


@dataclass
class Call:
    """One request that came in; `status` 0: it got no answer."""

    number: int
    verb: str
    path: str
    query: dict[str, str]
    body: Any
    login: str
    status: int = 0

    @property
    def writes(self) -> bool:
        """Whether it was meant to change something."""
        return self.verb != "GET" and not self.path.endswith("graphql")


class GitHub:
    """The server; a context manager. `prefix` "/api/v3" makes it look like GitHub Enterprise Server."""

    def __init__(self, *, prefix: str = "", server_url: str = "https://github.com") -> None:
        self.world, self.faults, self.limits = World(), Faults(), Limits()
        self.calls: list[Call] = []
        self.violations: list[str] = []
        self.server_url, self.prefix = server_url, prefix
        self._tokens: dict[str, Token] = {}
        self._callbacks: list[Callable[[Call], None]] = []
        self._dies_after: int | None = None
        self._api, self._downloads = Server(self._answer), Server(Downloads(self.world, self.faults, self.violations))
        self.views = Views(self.api_url, server_url)

    @property
    def api_url(self) -> str:
        return self._api.address + self.prefix

    def __enter__(self) -> Self:
        self._api.start()
        self._downloads.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._api.stop()
        finally:
            self._downloads.stop()

    # -- what a test sets up

    def repository(
        self, full_name: str, files: Mapping[str, str | bytes | None] | None = None, *, private: bool = False
    ) -> Repo:
        """A new repository whose first commit holds `files`; without any, it has no commit at all."""
        with self.world.lock:
            made = Repo(self.world, full_name, objects=Objects(), private=private, parent=None)
            self.world.repositories[full_name.lower()] = made
            if files:
                made.push(made.default_branch, files, made.owner, "First commit")
            return made

    def rename(self, repo: Repo, full_name: str) -> None:
        """Its old address redirects from now on."""
        with self.world.lock:
            self.world.moved[repo.full_name.lower()] = self.world.repositories.pop(repo.full_name.lower())
            for text, token in self._tokens.items():
                if token.repository and token.repository.lower() == repo.full_name.lower():
                    self._tokens[text] = replace(token, repository=full_name)
            repo.full_name = full_name
            self.world.repositories[full_name.lower()] = repo

    def delete(self, repo: Repo) -> None:
        """A fork that goes away leaves its pull requests behind."""
        with self.world.lock:
            del self.world.repositories[repo.full_name.lower()]

    def token(
        self,
        permissions: Mapping[str, str] | None = None,
        login: str = BOT,
        *,
        read_only: bool = False,
        repository: str | None = None,
    ) -> str:
        """A new token. `permissions` as in a workflow ("pull-requests" or with "_"); None: all that its owner may.

        `read_only`: as runs of forks and Dependabot get it. `repository`: the only one that it is good for, as the
        token of a workflow is; without it, all that are public or that the owner reads.
        """
        given = None if permissions is None else {name.replace("-", "_"): level for name, level in permissions.items()}
        if read_only and given is None:
            given = dict.fromkeys(("actions", "checks", "contents", "deployments", "issues", "pull_requests"), "read")
        with self.world.lock:
            text = f"ghs_{hashlib.sha256(str(len(self._tokens)).encode()).hexdigest()[:36]}"
            self._tokens[text] = Token(login, given, read_only, repository)
            if login.endswith("[bot]"):
                for repo in self.world.repositories.values():
                    if repository is None or repo.full_name.lower() == repository.lower():
                        repo.readers.add(login)
        return text

    def on_call(self, callback: Callable[[Call], None]) -> None:
        """Calls back with each request before anything is done for it, outside of all locks."""
        self._callbacks.append(callback)

    def die_after(self, calls: int | None) -> None:
        """Answers so many more calls, then cuts every connection: as if the client had been killed. None: never."""
        with self.world.lock:
            self._dies_after = None if calls is None else len(self.calls) + calls

    @property
    def writes(self) -> list[Call]:
        """The calls that were meant to change something, whatever became of them."""
        return [call for call in self.calls if call.writes]

    # -- one request

    def _answer(self, incoming: Incoming) -> Outgoing:
        parts = urlsplit(incoming.target)
        path = parts.path.removeprefix(self.prefix)
        token = self._token(incoming)
        login = token.login if isinstance(token, Token) else ""
        with self.world.lock:
            query = dict(parse_qsl(parts.query, keep_blank_values=True))
            body = _json(incoming.body)
            call = Call(len(self.calls) + 1, incoming.verb, path, query, body, login)
            self.calls.append(call)
            dead = self._dies_after is not None and call.number > self._dies_after
        for callback in self._callbacks:
            callback(call)
        if dead:
            return Outgoing(0, cut="reset")
        fault = self.faults.take(call.verb, path)
        if fault and fault.before:
            return self._broken(call, fault)
        try:
            answer = self._routed(incoming, call, token)
        except Refusal as refusal:
            answer = Answer(refusal.status, refusal.data, refusal.headers)
        except Exception:  # noqa: BLE001 - a fault of the test server must fail the test, not hang the client
            self._violation(call, traceback.format_exc())
            answer = Answer(500, {"message": "Server Error"})
        if fault:
            return self._broken(call, fault, answer)
        return self._out(incoming, call, answer)

    def _token(self, incoming: Incoming) -> Token | Refusal | None:
        given = incoming.headers.get("authorization", "")
        if not given:
            return None
        kind, _, text = given.partition(" ")
        if kind.lower() in ("token", "bearer") and text in self._tokens:
            return self._tokens[text]
        return Refusal(401, "Bad credentials")

    def _routed(self, incoming: Incoming, call: Call, token: Token | Refusal | None) -> Answer:
        if isinstance(token, Refusal):
            raise token
        if not incoming.headers.get("user-agent"):
            raise Refusal(
                403, "Request forbidden by administrative rules. Please make sure your request has a User-Agent"
            )
        if call.path == self._graphql:
            return self._viewer(call)
        found = find(call.verb, self._moved(call))
        handler = found and HANDLERS.get(found[0].name)
        if found is None or handler is None:
            self._violation(call, "there is no such operation in tests/github/api.json")
            raise not_found()
        operation, quoted = found
        params = {name: unquote(value) for name, value in quoted.items()}
        with self.world.lock:
            self.limits.count(call.verb)
            repo = self._repo(params)
            if "repo" in params:
                self._allow(token, repo, operation, params)
            self._check_request(incoming, call, operation, params)
            answer = handler(
                Request(
                    world=self.world,
                    views=self.views,
                    downloads=self._downloads.address,
                    login=call.login,
                    path=call.path,
                    params=params,
                    query=call.query,
                    body=call.body,
                    found=repo,
                    rate=self.limits.rate,
                )
            )
        for wrong in operation.wrong_in_answer(answer.status, answer.data):
            self._violation(call, f"answer: {wrong}")
        return answer

    def _moved(self, call: Call) -> str:
        """The path below the repository's name of today; redirects from a name that it had."""
        home, _, rest = call.path.removeprefix("/").partition("/")
        names = {str(repo.id): repo.full_name for repo in self.world.repositories.values()}
        if home == "repositories" and rest.partition("/")[0] in names:
            key, slash, rest = rest.partition("/")
            return f"/repos/{names[key]}{slash}{rest}"
        owner, name, *below = [*rest.split("/"), ""]
        repo = self.world.moved.get(f"{owner}/{name}".lower()) if home == "repos" else None
        if repo is None:
            return call.path
        url = "/".join([self.api_url, "repositories", str(repo.id), *below]).rstrip("/")
        raise Refusal(301 if call.verb == "GET" else 307, "Moved Permanently", headers={"Location": url}, url=url)

    @property
    def _graphql(self) -> str:
        return "/api/graphql" if self.prefix else "/graphql"

    def _viewer(self, call: Call) -> Answer:
        """Of GraphQL only the question whose token it is: REST does not tell that to the token of a workflow."""
        if not call.login:
            raise Refusal(401, "This endpoint requires you to be authenticated.")
        asked = call.body.get("query", "") if isinstance(call.body, dict) else ""
        if call.verb != "POST" or "".join(asked.split()) not in ("query{viewer{login}}", "{viewer{login}}"):
            self._violation(call, "of GraphQL there is only `query { viewer { login } }`")
            raise Refusal(400, "A query attribute must be specified and must be a string.")
        return Answer(data={"data": {"viewer": {"login": call.login}}})

    def _repo(self, params: dict[str, str]) -> Repo | None:
        return self.world.repositories.get(f"{params.get('owner')}/{params.get('repo')}".lower())

    @staticmethod
    def _allow(token: Token | None, repo: Repo | None, operation: Operation, params: dict[str, str]) -> None:
        if repo is None:
            raise not_found()
        number, on_pull = params.get("issue_number", ""), None
        if number.isdecimal() and int(number) in repo.issues:
            on_pull = repo.issues[int(number)].pull is not None
        key = params.get("comment_id", "")
        if key.isdecimal() and int(key) in repo.comments:
            on_pull = repo.issues[repo.comments[int(key)].issue].pull is not None
        check(token, repo, operation.verb, operation.template, on_pull=on_pull)

    def _check_request(self, incoming: Incoming, call: Call, operation: Operation, params: dict[str, str]) -> None:
        if incoming.body and call.body is None:
            self._violation(call, "the body is no JSON")
            raise Refusal(400, "Problems parsing JSON")
        wrong = list(operation.wrong_in_request(params, call.query, call.body))
        for each in wrong:
            self._violation(call, each)
        if any(each.startswith(("body, ", "the body", "path ")) for each in wrong):
            raise Refusal(422, "Invalid request.\n\n" + "\n".join(wrong))

    def _violation(self, call: Call, what: str) -> None:
        with self.world.lock:
            self.violations.append(f"{call.verb} {call.path}: {what}")

    def _out(self, incoming: Incoming, call: Call, answer: Answer) -> Outgoing:
        body = b"" if answer.data is None else json.dumps(answer.data).encode()
        headers = {"Content-Type": "application/json; charset=utf-8", **self.limits.headers, **answer.headers}
        headers["X-GitHub-Request-Id"] = f"{call.number:04X}"
        if call.verb == "GET" and answer.status == 200:
            headers["ETag"] = f'W/"{hashlib.sha256(body).hexdigest()}"'
            if incoming.headers.get("if-none-match") == headers["ETag"]:
                with self.world.lock:
                    self.limits.used -= 1  # these cost nothing
                call.status = 304
                return Outgoing(304, headers)
        call.status = answer.status
        return Outgoing(answer.status, headers, body)

    def _broken(self, call: Call, fault: Fault, done: Answer | None = None) -> Outgoing:
        answer = broken(fault, done, self.limits.headers)
        call.status = answer.status
        return answer


def _json(body: bytes) -> Any:
    try:
        return json.loads(body) if body else None
    except ValueError:
        return None
