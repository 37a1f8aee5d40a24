"""The server of zip files: another one than the API's, and a token must not be shown to it."""

from __future__ import annotations

from urllib.parse import urlsplit

from tests.github.faults import Faults
from tests.github.records import Artifact, World
from tests.github.transport import Incoming, Outgoing


class Downloads:
    """Answers the addresses to which the API redirects. Faults for it have the verb DOWNLOAD."""

    def __init__(self, world: World, faults: Faults, violations: list[str]) -> None:
        self._world, self._faults, self._violations = world, faults, violations

    def __call__(self, incoming: Incoming) -> Outgoing:
        parts = urlsplit(incoming.target)
        if "authorization" in incoming.headers:
            self._violations.append(f"GET {parts.path}: the token was sent to the server of zip files")
            return Outgoing(401)
        with self._world.lock:
            artifact = self._artifact(parts.path)
        if artifact is None or parts.query != f"signature={artifact.id:08x}":
            return Outgoing(403, {"Content-Type": "application/xml"}, b"<Error>AuthenticationFailed</Error>")
        fault = self._faults.take("DOWNLOAD", parts.path)
        if fault and fault.kind.isdecimal():
            return Outgoing(int(fault.kind))
        whole = artifact.content if isinstance(artifact.content, bytes) else None
        pieces = None if isinstance(artifact.content, bytes) else artifact.content
        cut = fault.kind if fault else None
        return Outgoing(200, {"Content-Type": "application/zip"}, whole or b"", pieces=pieces, cut=cut)

    def _artifact(self, path: str) -> Artifact | None:
        repository, _, file = path.strip("/").rpartition("/")
        repo, key = self._world.repositories.get(repository.lower()), file.removesuffix(".zip")
        return repo.artifacts.get(int(key)) if repo and key.isdecimal() else None
