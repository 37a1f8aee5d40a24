"""Results out of a workflow run's artifacts, whatever a stranger has put there."""

from __future__ import annotations

import io
import itertools
import struct
import tracemalloc
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from autoresearch.errors import PublishError
from autoresearch.github.artifacts import read_archive, results_of
from autoresearch.github.hub import Hub
from autoresearch.intake import MAX_BYTES
from tests.github.server import GitHub
from tests.github.state import Repo


def zipped(members: Mapping[str, str | bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", how) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def refusal(archive: bytes) -> str:
    with pytest.raises(PublishError) as caught:
        list(read_archive(archive, "artifact x"))
    return caught.value.message


# -- the list of artifacts


def test_one_result_takes_one_list_and_one_download(hub: Hub, shop: Repo) -> None:
    run = shop.add_run()
    shop.add_artifact(run, "autoresearch-result", zipped({"result.json": "{}"}))
    assert results_of(hub, str(run)) == {"autoresearch-result/result.json": b"{}"}
    assert (hub.reads, hub.writes) == (2, 0)


def test_shards_come_in_the_order_of_their_names_and_other_artifacts_are_left_alone(hub: Hub, shop: Repo) -> None:
    run, other = shop.add_run(), shop.add_run()
    for name in ("autoresearch-result-2", "coverage", "autoresearch-results", "my-autoresearch-result"):
        shop.add_artifact(run, name, zipped({"result.json": name}))
    shop.add_artifact(run, "autoresearch-result-1", zipped({"result-1.json": "one"}))
    shop.add_artifact(other, "autoresearch-result-3", zipped({"result.json": "of another run"}))
    assert list(results_of(hub, str(run)).items()) == [
        ("autoresearch-result-1/result-1.json", b"one"),
        ("autoresearch-result-2/result.json", b"autoresearch-result-2"),
    ]


def test_of_a_job_that_ran_again_the_newest_counts(hub: Hub, shop: Repo) -> None:
    run = shop.add_run()
    for text in ("first", "second"):
        shop.add_artifact(run, "autoresearch-result", zipped({"result.json": text}))
    assert results_of(hub, str(run)) == {"autoresearch-result/result.json": b"second"}


def test_all_pages_of_artifacts_are_looked_at(hub: Hub, shop: Repo) -> None:
    run = shop.add_run()
    shop.add_artifact(run, "autoresearch-result", zipped({"result.json": "{}"}))
    for number in range(150):
        shop.add_artifact(run, f"screenshot-{number}", b"")
    assert len(results_of(hub, str(run))) == 1


def test_no_artifact_says_what_to_upload(hub: Hub, shop: Repo) -> None:
    with pytest.raises(PublishError, match="has no artifact named autoresearch-result") as caught:
        results_of(hub, str(shop.add_run()))
    assert "actions/upload-artifact" in caught.value.hint


def test_an_expired_artifact_says_so_and_is_not_asked_for(hub: Hub, shop: Repo) -> None:
    run = shop.add_run()
    shop.add_artifact(run, "autoresearch-result", b"", expired=True)
    with pytest.raises(PublishError, match="has expired") as caught:
        results_of(hub, str(run))
    assert "again" in caught.value.hint
    assert hub.reads == 1


def test_a_declared_size_above_the_limit_is_not_downloaded(hub: Hub, shop: Repo) -> None:
    run = shop.add_run()
    shop.add_artifact(run, "autoresearch-result", b"", size=MAX_BYTES + 1)
    with pytest.raises(PublishError, match="autoresearch-result: larger than 50,000,000 bytes"):
        results_of(hub, str(run))
    assert hub.reads == 1


def test_a_download_without_an_end_is_stopped(hub: Hub, shop: Repo) -> None:
    sent = itertools.count(1)

    def forever() -> Iterator[bytes]:
        for _ in sent:
            yield b"x" * 1_000_000

    run = shop.add_run()
    shop.add_artifact(run, "autoresearch-result", forever(), size=10)
    with pytest.raises(PublishError, match="larger than 50,000,000 bytes"):
        results_of(hub, str(run))
    assert next(sent) < 100


def test_more_results_than_shards_are_refused(hub: Hub, shop: Repo) -> None:
    run = shop.add_run()
    for number in range(257):
        shop.add_artifact(run, f"autoresearch-result-{number}", b"")
    with pytest.raises(PublishError, match="257 results: more than 256 shards"):
        results_of(hub, str(run))


@pytest.mark.parametrize("run_id", ["", "../../user", "1/../2", "１"])
def test_an_id_that_is_none_is_not_asked_for(github: GitHub, hub: Hub, run_id: str) -> None:
    with pytest.raises(PublishError, match="no id of a workflow run"):
        results_of(hub, run_id)
    assert github.calls == []


# -- what is in an archive


def test_only_results_at_the_top_are_read() -> None:
    archive = zipped(
        {"result.json": "a", "result-2.json": "b", "report.md": "c", "x/result.json": "d", "result.js": "e"}
    )
    assert list(read_archive(archive, "x")) == [("result-2.json", b"b"), ("result.json", b"a")]


@pytest.mark.parametrize(
    "name", ["../result.json", "/result.json", "..\\result.json", "a/../result.json", "result-/.json"]
)
def test_a_path_that_leads_elsewhere_is_no_result_and_no_file(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    monkeypatch.chdir(inside)
    assert "no result.json at the top" in refusal(zipped({name: "{}"}))
    assert list(tmp_path.rglob("*")) == [inside]


def test_nothing_is_written_to_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert len(list(read_archive(zipped({"result.json": "{}"}), "x"))) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "content", [b"", b"not a zip", b"PK\x05\x06", b"PK\x05\x06" + b"\xff" * 18, b"\x1f\x8b" + bytes(50), b"{}"]
)
def test_what_is_no_archive_is_broken(content: bytes) -> None:
    assert refusal(content).startswith("artifact x: the archive is broken")


def test_an_archive_damaged_anywhere_is_read_or_refused_and_never_crashes() -> None:
    whole = zipped({"result.json": '{"a": 1}' * 10})
    for position in range(len(whole)):
        damaged = whole[:position] + bytes([whole[position] ^ 0xFF]) + whole[position + 1 :]
        try:
            found = list(read_archive(damaged, "x"))
        except PublishError:
            continue
        assert found == [("result.json", b'{"a": 1}' * 10)]
    for length in range(len(whole)):
        assert refusal(whole[:length])


def test_wrong_content_is_told_by_its_checksum() -> None:
    archive = zipped({"result.json": "good"}, zipfile.ZIP_STORED)
    assert "broken: Bad CRC-32" in refusal(archive.replace(b"good", b"evil", 1))


def test_an_encrypted_member_says_so() -> None:
    archive = bytearray(zipped({"result.json": "{}"}))
    for header, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        archive[archive.index(header) + offset] |= 1
    assert "result.json is encrypted" in refusal(bytes(archive))


@pytest.mark.parametrize("how", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compressions_are_refused(how: int) -> None:
    assert "not compressed in the usual way" in refusal(zipped({"result.json": "{}" * 100}, how))


def test_two_files_of_one_name_are_refused() -> None:
    archive = zipped({"result.json": "a", "result.jsoX": "b"}).replace(b"result.jsoX", b"result.json")
    assert "two files of one name" in refusal(archive)


@pytest.mark.parametrize("lies", [False, True])
def test_a_zip_bomb_takes_no_memory(lies: bool) -> None:
    """A thousandfold compression; the second one declares to be small."""
    archive = bytearray(zipped({"result.json": bytes(MAX_BYTES + 1)}))
    if lies:
        entry = archive.index(b"PK\x01\x02")
        archive[entry + 24 : entry + 28] = struct.pack("<I", 100)
    tracemalloc.start()
    try:
        message = refusal(bytes(archive))
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()
    assert "broken" in message if lies else "larger than 50,000,000 bytes when unpacked" in message


def test_results_that_are_too_large_together_are_refused() -> None:
    archive = zipped({"result-1.json": b"1" * 600, "result-2.json": b"2" * 600})
    found = read_archive(archive, "artifact x", room=1_000)
    assert next(found)[0] == "result-1.json"
    with pytest.raises(PublishError, match=r"result-2\.json is larger than 400 bytes when unpacked"):
        next(found)


def test_a_flood_of_members_is_refused_before_they_are_listed() -> None:
    archive = zipped({f"{number}": b"" for number in range(1_001)})
    assert "more than 1,000 files" in refusal(archive)
