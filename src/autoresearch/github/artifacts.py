"""The results that a workflow run has uploaded, out of archives that nobody vouches for.

A pull request from a fork decides what is in them. So an archive is opened in memory and never on disk, only members
that are named like a result are read, and what is counted is the bytes that really come out, not those declared.
What is inside a `result.json` is for `autoresearch.intake` to judge.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from itertools import islice
from typing import Any

from autoresearch.core.plain import plain
from autoresearch.core.result import MAX_SHARDS
from autoresearch.errors import PublishError
from autoresearch.github.errors import TooLarge
from autoresearch.github.hub import Hub
from autoresearch.intake import MAX_BYTES, MAX_TOTAL_BYTES, is_result_name

NAME = "autoresearch-result"
"""The artifact's name; a shard's has `-` and more behind it."""

_NAME = re.compile(rf"{NAME}(-[\w.-]{{1,100}})?", re.ASCII)
_MAX_LISTED = 2_000
_MAX_MEMBERS = 1_000
_MEMBER = b"PK\x01\x02"
_ENCRYPTED = 0x1
_CHUNK = 1 << 16
_AGAIN = "run the measuring job again"


def results_of(hub: Hub, run_id: str) -> dict[str, bytes]:
    """The results of a workflow run: `artifact/member` → content, in the order of names, one for each shard.

    Of two artifacts with one name (the job ran again) the newest counts. Raises `PublishError` where there is none,
    or where one is expired, too large, encrypted or broken.
    """
    if not re.fullmatch(r"\d{1,20}", run_id, re.ASCII):
        raise PublishError(f"{plain(run_id)} is no id of a workflow run")
    artifacts = _newest(islice(hub.pages(f"/actions/runs/{run_id}/artifacts"), _MAX_LISTED))
    if not artifacts:
        raise PublishError(
            f"workflow run {run_id} has no artifact named {NAME}",
            hint=f"upload what `run --out result.json` wrote with actions/upload-artifact, as {NAME}",
        )
    if len(artifacts) > MAX_SHARDS:
        raise PublishError(f"workflow run {run_id} has {len(artifacts)} results: more than {MAX_SHARDS} shards")
    found: dict[str, bytes] = {}
    room = MAX_TOTAL_BYTES
    for name, artifact in sorted(artifacts.items()):
        archive = _download(hub, name, artifact, min(room, MAX_BYTES))
        for member, content in read_archive(archive, f"artifact {name}", room):
            found[f"{name}/{member}"] = content
            room -= len(content)
    return found


def read_archive(archive: bytes, where: str, room: int = MAX_TOTAL_BYTES) -> Iterator[tuple[str, bytes]]:
    """The results in a zip archive, (name, content) in the order of names; at most `room` bytes together.

    Raises `PublishError` naming `where` for an archive without a result, and for one that cannot be trusted.
    """
    if archive.count(_MEMBER) > _MAX_MEMBERS:  # before zipfile makes an object of each
        raise PublishError(f"{where}: the archive has more than {_MAX_MEMBERS:,} files")
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            for member in _members(opened, where):
                content = _inflated(opened, member, min(room, MAX_BYTES), where)
                room -= len(content)
                yield member.filename, content
    except _BROKEN as error:
        raise PublishError(f"{where}: the archive is broken: {plain(str(error))}", hint=_AGAIN) from error


_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    RuntimeError,  # NotImplementedError too: a method of compression that zipfile does not know
    ValueError,
    OverflowError,
)


def _newest(listed: Iterator[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Name → artifact; ids grow with time."""
    ours = [a for a in listed if _NAME.fullmatch(str(a.get("name"))) and isinstance(a.get("id"), int)]
    return {artifact["name"]: artifact for artifact in sorted(ours, key=lambda artifact: int(artifact["id"]))}


def _download(hub: Hub, name: str, artifact: dict[str, Any], limit: int) -> bytes:
    if artifact.get("expired"):
        raise PublishError(f"artifact {name} has expired: GitHub has deleted it", hint=_AGAIN)
    too_large = PublishError(f"artifact {name}: larger than {limit:,} bytes", hint="upload result.json alone")
    if int(artifact.get("size_in_bytes") or 0) > limit:
        raise too_large
    try:
        return hub.download(f"/actions/artifacts/{artifact['id']}/zip", limit)
    except TooLarge as error:
        raise too_large from error


def _members(opened: zipfile.ZipFile, where: str) -> list[zipfile.ZipInfo]:
    members = sorted((m for m in opened.infolist() if is_result_name(m.filename)), key=lambda member: member.filename)
    names = {member.filename for member in members}
    if not members:
        raise PublishError(f"{where}: no result.json at the top of the archive", hint="upload result.json alone")
    if len(names) < len(members):
        raise PublishError(f"{where}: two files of one name in the archive")
    if len(members) > MAX_SHARDS:
        raise PublishError(f"{where}: more than {MAX_SHARDS} results in the archive")
    return members


def _inflated(opened: zipfile.ZipFile, member: zipfile.ZipInfo, limit: int, where: str) -> bytes:
    """A member's content, a piece at a time, and no byte more than `limit`, whatever the archive declares."""
    if member.flag_bits & _ENCRYPTED:
        raise PublishError(f"{where}: {member.filename} is encrypted")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise PublishError(f"{where}: {member.filename} is not compressed in the usual way (deflate)")
    content = bytearray()
    with opened.open(member) as stream:
        while member.file_size <= limit and (piece := stream.read(_CHUNK)):
            content += piece
            if len(content) > limit:
                break
    if member.file_size > limit or len(content) > limit:
        raise PublishError(f"{where}: {member.filename} is larger than {limit:,} bytes when unpacked")
    return bytes(content)
