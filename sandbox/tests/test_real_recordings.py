"""The stand-in held against recorded answers of the real mod database software."""

import gzip
import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from tests.asking import Answer, Sandbox, ask_raw
from tests.facts import FACTS, facts_path
from vintagestory_sandbox.handmade import MODIDS
from vintagestory_sandbox.releases import IDS_PER_MOD

pytestmark = pytest.mark.real_data


def fileid(identifier: str, release: int) -> int:
    """The id of the file of a handmade mod's nth release."""
    return MODIDS[identifier] * IDS_PER_MOD + release


# What stands in the recorded requests for what in ours; all other requests are sent as they were.
PATHS = {
    **{f"/api/mod/{9000 + number}": f"/api/mod/{900_000 + number}" for number in range(1, 27)},
    "/api/mod/9001x": f"/api/mod/{MODIDS['alpha']}x",
    "/api/mod/9001.0": f"/api/mod/{MODIDS['alpha']}.0",
    "/api/mod/777": "/api/mod/{favourite}",
    "/api/mod/007": "/api/mod/00{favourite}",
    "/api/mod/mcb": "/api/mod/{shared}",
    "/api/comments/90001": "/api/comments/1900001",
    "/api/authors?name=seed": "/api/authors?name=sandbox%20a",
    "/api/authors?name=50%25_": "/api/authors?name=100%25_",
    "/api/v2/users/by-name/seed": "/api/v2/users/by-name/sandbox%20a",
    "/api/mods?gameversion=1.14": "/api/mods?gameversion=1.19",
    "/download/1003/x.zip": f"/download/{fileid('alpha', 3)}/x.zip",
    "/download?fileid=1003": f"/download?fileid={fileid('alpha', 3)}",
    "/download/1006/alpha_1.10.1.zip": f"/download/{fileid('alpha', 6)}/alpha_1.10.1.zip",
    "/download?fileid=1006": f"/download?fileid={fileid('alpha', 6)}",
    "/download/1038/x.zip": f"/download/{fileid('unifile', 1)}/x.zip",
    "/download/1036/x.zip": f"/download/{fileid('gone404', 1)}/x.zip",
    "/download/1001/x.zip": f"/download/{fileid('alpha', 1)}/x.zip",
}

# Recorded on another port with another configuration, or refused by the client before it was sent.
NOT_REPLAYED = {"mods_accept_gzip_on_18083", "http2_tls", "http10", "cdn_mainfile_rawspace"}
# Their addresses were not recorded whole; they have tests of their own.
CUT_SHORT = {
    "updates_many_50",
    "updates_many_200",
    "updates_many_330",
    "updates_many_350",
    "updates_many_400",
    "updates_many_1000",
}
# The outages, and how to have them here.
OUTAGES: dict[str, dict[str, Any]] = {"outage_db": {"kind": "html500"}, "outage_php": {"kind": "status", "status": 502}}
# Maps whose names are the authors' in the recording and ours here.
PEOPLE = {"v2_users_search", "v2_users_search_contrib"}
# Answers that have to be the same to the last byte: they hold nothing of any mod.
CONSTANT = (
    "accept_",
    "api_root",
    "api_unknown",
    "api_mods_trailing",
    "tags",
    "changelogs",
    "post_tags",
    "mods_gv_bad",
    "mods_gv_v",
    "mods_gameversions_str",
    "mods_text_none",
    "mods_author_bad",
    "outage_",
    "oversize_url",
    "cdn_missing",
    "v2_ii_noids",
    "v2_ii_post",
    "v2_ii_badgv",
    "v2_ii_unknown",
    "v2_ii_hosted",
    "v2_ii_nofile",
    "v2_root",
    "v2_users_badlimit",
    "v2_mods",
    "readonly_v2_post",
    "dl_accept_",
    "authors_none",
    "comments_unknown",
)


@dataclass(frozen=True)
class Recording:
    """One recorded exchange."""

    name: str
    method: str
    target: str
    headers: dict[str, str]
    sent_body: bytes | None
    answer: Answer

    @property
    def is_json(self) -> bool:
        return self.answer.body[:1] in {b"{", b"["}


def recordings() -> dict[str, str]:
    """The names of everything recorded and its request; nothing where the facts are not at hand (a test says so)."""
    index = FACTS / "moddb-recorded" / "index.json"
    if not index.exists():
        return {}
    return {entry["name"]: entry["request"] for entry in json.loads(index.read_text())}


REPLAYED = [name for name in recordings() if name not in NOT_REPLAYED | CUT_SHORT]


def read(name: str) -> Recording:
    words = re.findall(r"-H ([A-Za-z-]+[:;] ?.*?)(?= -H | http)|-X (\w+)|-d (\S+)|(-I)\b|(https?://.*)", recordings()[name])
    headers: dict[str, str] = {}
    method, sent_body, target = "GET", None, ""
    for header, verb, data, head, url in words:
        if header:
            key, _, value = header.replace(";", ":", 1).partition(":") if header.endswith(";") else header.partition(":")
            if value.strip() or header.endswith(";"):
                headers[key] = value.strip()
        method = verb or ("POST" if data else "") or ("HEAD" if head else "") or method
        sent_body = data.encode() if data else sent_body
        if url:
            parts = urlsplit(url)
            target = parts.path + (f"?{parts.query}" if parts.query else "")
    return Recording(name, method, target, headers, sent_body, recorded_answer(name))


def recorded_answer(name: str) -> Answer:
    path = facts_path("moddb-recorded") / f"{name}.http"
    data = path.read_bytes() if path.exists() else gzip.decompress(path.with_suffix(".http.gz").read_bytes())
    head, _, body = data.partition(b"\r\n\r\n")
    status_line, *lines = head.decode("utf-8").split("\r\n")
    told = dict(line.split(": ", 1) for line in lines)
    return Answer(int(status_line.split()[1]), {key.lower(): value for key, value in told.items()}, body)


def ours(sandbox: Sandbox, recording: Recording) -> str:
    """The address to ask the stand-in for."""
    target = recording.target
    if recording.name == "oversize_url":
        return "/api/tags?x=" + "a" * 9000
    if recording.name.startswith("cdn_"):
        release = "gone404" if recording.name == "cdn_missing" else "alpha"
        number = fileid(release, 1 if release == "gone404" else 3)
        location = sandbox.get(f"/download/{number}/x.zip").headers["location"]
        return quote(location.removeprefix(sandbox.url), safe="/%+?=&()")
    rows = sandbox.get("/api/mods").json["mods"]
    target = PATHS.get(target, target)
    if "{" in target:
        favourite = max(rows, key=lambda row: row["downloads"])["modid"]
        identifiers = [identifier for row in rows if row["modid"] < 900_000 for identifier in row["modidstrs"]]
        target = target.format(favourite=favourite, shared=next(name for name in identifiers if identifiers.count(name) == 2))
    return target


def replay(sandbox: Sandbox, recording: Recording) -> Answer:
    for start, fault in OUTAGES.items():
        if recording.name.startswith(start):
            sandbox.upstream.fault(**fault)
    target = ours(sandbox, recording) if not recording.name.startswith("outage_") else recording.target
    if recording.name == "readonly_v2_post":
        sandbox.upstream.fault("readonly")
    return sandbox.get(target, method=recording.method, headers=recording.headers, body=recording.sent_body)


def test_the_recordings_are_found() -> None:
    facts_path("moddb-recorded")
    assert len(REPLAYED) > 190


@pytest.mark.parametrize("name", REPLAYED)
def test_it_answers_as_recorded(sandbox: Sandbox, name: str) -> None:
    recording = read(name)
    answer = replay(sandbox, recording)
    real = recording.answer
    assert answer.status == real.status
    assert answer.headers.get("content-type") == real.headers.get("content-type")
    assert fixed_headers(answer) == fixed_headers(real)
    if name.startswith(CONSTANT):
        assert answer.body == real.body
    elif name in PEOPLE:
        assert answer.json
        assert all(re.fullmatch(r"[0-9A-F]{20}", key) for key in answer.json)
    elif recording.is_json:
        same_shape(answer.json, real.json)
        assert statuscode(answer) == statuscode(real)
        if "{" not in PATHS.get(recording.target, ""):
            assert story(answer.json) == story(real.json)
    elif real.body.startswith(b"<!DOCTYPE"):
        assert answer.body.startswith(b"<!DOCTYPE html>\r\n")
        assert answer.heading == real.heading
    elif not name.startswith(("cdn_", "dl_follow", "dl_gone404")):
        assert answer.body == real.body


def statuscode(answer: Answer) -> object:
    return answer.json.get("statuscode")


def fixed_headers(answer: Answer) -> dict[str, str]:
    """The headers that do not depend on time, on the connection or on which file it is."""
    by_connection = {"date", "connection", "transfer-encoding"}
    by_file = {
        "content-security-policy",
        "location",
        "etag",
        "last-modified",
        "content-length",
        "content-range",
        "content-disposition",
    }
    return {name: "" if name in by_file else value for name, value in answer.headers.items() if name not in by_connection}


# Where the real software has null or a value, as the mod has it.
NULLABLE = {"urlalias", "logo", "changelog", "logofilename", "logofile", "logofiledb", "thumbnailfilename", "modidstr", "fileid"}


def same_shape(mine: Any, real: Any, path: str = "") -> None:
    """The same names in the same order, and the same types; every row of a list is like the rows of the real one."""
    name = path.rsplit("/", 1)[-1]
    assert type(mine) is type(real) or (name in NULLABLE and None in (mine, real)), f"{path} is {mine!r}"
    if isinstance(mine, dict) and isinstance(real, dict):
        assert list(mine) == list(real), path
        for key, value in mine.items():
            same_shape(value, real[key], f"{path}/{key}")
    elif isinstance(mine, list) and isinstance(real, list):
        assert bool(mine) == bool(real) or name in {"modidstrs", "screenshots"}, path
        for row in mine if real else ():
            same_shape(row, fullest(real), path)


def fullest(rows: list[Any]) -> Any:
    """A row that has, for each name, a value that says something, where any row does."""
    if not isinstance(rows[0], dict):
        return rows[0]
    return {key: next((row[key] for row in rows if row[key] not in (None, [])), rows[0][key]) for key in rows[0]}


def story(answer: Any) -> dict[str, Any]:
    """What has to be equal, because the handmade mods tell the same stories as the recorded ones."""
    told: dict[str, Any] = {"reason": answer.get("reason")}
    if isinstance(answer.get("mod"), dict):
        mod = answer["mod"]
        told["mod"] = [mod[key] for key in ("side", "type", "tags")]
        told["releases"] = [
            (release["modversion"], release["tags"], release["modidstr"], release["fileid"] is None, release["mainfile"] == "")
            for release in mod["releases"]
        ]
    if isinstance(answer.get("updates"), dict):
        told["updates"] = {
            key: (value["modversion"], value["tags"], value["fileid"] is None) for key, value in answer["updates"].items()
        }
    if "gameversions" in answer:
        both_know = {"1.4.4-dev.2", "1.14.0-pre.1", "1.20.12", "1.21.6", "1.21.7-rc.1"}
        told["game versions"] = {row["name"]: row["tagid"] for row in answer["gameversions"] if row["name"] in both_know}
    if isinstance(answer.get("data"), dict):
        told["data"] = {key: (value.get("errorCode"), value.get("recommendedUpgrade")) for key, value in answer["data"].items()}
    return told


@pytest.mark.parametrize("count", [50, 200, 330])
def test_many_updates_are_told_at_once(sandbox: Sandbox, count: int) -> None:
    real = recorded_answer(f"updates_many_{count}").json["updates"]
    identifiers = [name for row in sandbox.get("/api/mods").json["mods"] for name in row["modidstrs"] if len(name) < 16][:count]
    answer = sandbox.get("/api/updates?mods=" + ",".join(f"{name}@0.0.1" for name in identifiers))
    updates = answer.json["updates"]
    assert answer.status == 200
    assert len(updates) > count * 0.75
    assert {tuple(update) for update in updates.values()} == {tuple(update) for update in real.values()}
    assert list(updates) == sorted(updates, key=str.lower)


@pytest.mark.parametrize("count", [400, 1000])
def test_too_many_updates_are_a_too_long_address(sandbox: Sandbox, count: int) -> None:
    real = recorded_answer(f"updates_many_{count}")
    answer = sandbox.get("/api/updates?mods=" + ",".join(f"longenough{number:06}@0.0.1" for number in range(count)))
    assert (answer.status, answer.body, fixed_headers(answer)) == (real.status, real.body, fixed_headers(real))


def test_a_client_of_http_1_0_gets_no_chunks(sandbox: Sandbox) -> None:
    real = recorded_answer("http10")
    received = ask_raw(sandbox.url, b"GET /api/tags HTTP/1.0\r\nHost: sandbox\r\n\r\n")
    head, _, body = received.partition(b"\r\n\r\n")
    assert body == real.body
    assert b"transfer-encoding" not in head.lower()


@pytest.mark.parametrize("name", ["dl_path", "dl_unifile"])
def test_a_redirect_leaves_blanks_and_foreign_letters_as_they_are(sandbox: Sandbox, name: str) -> None:
    recording = read(name)
    mine, real = replay(sandbox, recording).headers["location"], recording.answer.headers["location"]
    for sign in (" ", "?dl="):
        assert (sign in mine, sign in real) == (True, True)
    assert mine.isascii() == real.isascii()
