"""Every command that talks to a manager, on one that runs."""

import json
import os
import pty
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.commands import PROGRAM, Ended, clean_environment, words_of
from tests.cli.conftest import Run
from tests.managers import ManagerProcess
from vintagestory_sandbox.upstream import SandboxUpstream

JOB = "server_versions_check"
EXACT = r"\(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\)"


def test_jobs_are_listed_in_words(run: Run) -> None:
    shown = run("jobs", "list")
    head, *rows = words_of(shown.out)
    assert head == ["JOB", "RUNS", "HEALTH", "LAST RUN", "NEXT RUN"]
    row = next(row for row in rows if row[0] == "mod_cache_refresh")
    assert row[1] == "every 1 h"
    assert re.fullmatch(rf"(succeeded|cancelled) (.* ago|just now) {EXACT}", row[3])
    assert re.fullmatch(rf"in .* {EXACT}", row[4])


def test_jobs_as_json_are_the_answer_of_the_api(run: Run, manager: ManagerProcess) -> None:
    assert run("jobs", "list", "--json").json == manager.get("/jobs")
    assert run("jobs", "show", JOB, "--json").json == manager.get(f"/jobs/{JOB}")
    shown = run("jobs", "show", JOB)
    assert "Check for new game versions" in shown.out
    assert len(re.findall(rf"^(?:Next run)? +in .*{EXACT}$", shown.out, re.MULTILINE)) == 3


def test_run_starts_a_run_and_says_how_to_follow_it(run: Run, manager: ManagerProcess) -> None:
    started = run("jobs", "run", JOB)
    assert started.code == 0
    run_id = re.findall(r"vsmanager runs follow (\S+)", started.out)[0]
    assert manager.wait_for_run(run_id)["trigger"] == "manual"


def test_run_with_follow_shows_the_log_and_the_outcome(run: Run) -> None:
    followed = run("jobs", "run", "mod_cache_refresh", "--follow")
    assert followed.code == 0
    assert re.search(r"^\d\d:\d\d:\d\d mod_cache_refresh_completed .*mods=", followed.out, re.MULTILINE)
    assert followed.out.splitlines()[-1].startswith("mod_cache_refresh succeeded after ")


def test_run_with_wait_as_json_gives_the_ended_run(run: Run, manager: ManagerProcess) -> None:
    ended = run("jobs", "run", JOB, "--wait", "--json").json
    assert ended["state"] == "succeeded"
    assert ended == manager.get(f"/runs/{ended['id']}")


def test_runs_are_listed_newest_first_and_page_by_page(run: Run, manager: ManagerProcess) -> None:
    manager.run_job(JOB)
    shown = run("runs", "list", "--job", JOB, "--state", "succeeded")
    head, *rows = words_of(shown.out)
    assert head == ["RUN", "JOB", "STATE", "STARTED", "TOOK", "WHAT"]
    assert {row[1] for row in rows} == {JOB}
    assert [row[0] for row in rows] == [item["id"] for item in manager.runs(job_id=JOB, state="succeeded")[:20]]
    first = run("runs", "list", "--limit", "1", "--json").json
    second = run("runs", "list", "--limit", "1", "--cursor", first["next_cursor"], "--json").json
    assert second["items"][0]["id"] < first["items"][0]["id"]


def test_a_run_is_shown_by_its_id_or_by_its_jobs_id(run: Run, manager: ManagerProcess) -> None:
    newest = manager.run_job(JOB)["id"]
    by_id, by_job = run("runs", "show", newest), run("runs", "show", JOB)
    assert newest in by_job.out
    assert "Report" in by_id.out
    assert "server_versions_check_completed" in by_id.out
    assert run("runs", "show", newest, "--json").json == manager.get(f"/runs/{newest}")


@pytest.fixture
def stuck_run(manager: ManagerProcess, sandbox: SandboxUpstream) -> Iterator[str]:
    """A run that waits for an upstream which says nothing."""
    sandbox.fault("hang", "/api/mods")
    run_id = manager.post("/jobs/mod_cache_refresh/run").json["id"]
    yield run_id
    manager.post(f"/runs/{run_id}/cancel")
    sandbox.reset()
    manager.wait_for_run(run_id)


def follow(manager: ManagerProcess, run_id: str, *options: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [PROGRAM, "runs", "follow", run_id, *options],
        env=clean_environment(VS_DATA_DIR=str(manager.data_dir), PYTHONUNBUFFERED="1"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_cancel_ends_a_run_and_whoever_follows_it_learns_that(run: Run, manager: ManagerProcess, stuck_run: str) -> None:
    with follow(manager, stuck_run, "--json") as following:
        cancelled = run("runs", "cancel", stuck_run)
        out, err = following.communicate(timeout=30)
    assert cancelled.code == 0
    assert stuck_run in cancelled.out
    ended = Ended(following.returncode, out, err)
    assert ended.code == 1
    assert json.loads(out)["state"] == "cancelled"
    assert ended.problem["code"] == "run_cancelled"
    assert "was cancelled" in err


def test_ctrl_c_ends_following_quietly_and_leaves_the_run_alone(manager: ManagerProcess, stuck_run: str) -> None:
    with follow(manager, stuck_run) as following:
        assert following.stdout is not None
        assert "mod_cache_refresh_started" in following.stdout.readline()
        following.send_signal(signal.SIGINT)
        _, err = following.communicate(timeout=10)
    assert following.returncode == 130
    assert err == ""
    assert manager.get(f"/runs/{stuck_run}")["state"] == "running"


def test_a_running_job_is_not_started_twice(run: Run, stuck_run: str) -> None:
    refused = run("jobs", "run", "mod_cache_refresh", "--json")
    assert refused.code == 1
    assert refused.out == ""
    assert refused.problem["code"] == "job_already_running"
    assert refused.problem["status"] == 409


def test_a_paused_job_says_why_until_it_is_resumed(run: Run, manager: ManagerProcess) -> None:
    paused = run("jobs", "pause", JOB, "--reason", "the upstream moves")
    assert paused.code == 0
    row = next(row for row in words_of(run("jobs", "list").out) if row[0] == JOB)
    assert row[2] == "paused: the upstream moves"
    assert run("jobs", "resume", JOB, "--json").json["paused_reason"] is None
    assert run("jobs", "pause", JOB, "--json").json["paused_reason"].startswith("paused from the command line by ")
    run("jobs", "resume", JOB)
    assert manager.get(f"/jobs/{JOB}")["paused_reason"] is None


def test_an_interval_is_given_with_a_unit_and_0_turns_the_job_off(run: Run, manager: ManagerProcess) -> None:
    try:
        assert "every 2 h" in run("jobs", "set-interval", JOB, "2h").out
        assert manager.get("/settings")["server_versions_refresh_interval"] == 7200
        assert run("jobs", "set-interval", JOB, "0", "--json").json["enabled"] is False
        assert "is off" in run("jobs", "preview", JOB).out
        wrong = run("jobs", "set-interval", JOB, "5")
        assert (wrong.code, "from 60 (a minute)" in wrong.err) == (2, True)
        assert run("jobs", "set-interval", JOB, "often").code == 2
        assert manager.get("/settings")["server_versions_refresh_interval"] == 0
    finally:
        run("settings", "reset")


def test_a_preview_tells_the_next_times(run: Run, manager: ManagerProcess) -> None:
    shown = run("jobs", "preview", "mod_cache_refresh", "--count", "4")
    assert len(re.findall(rf"^in .* {EXACT}$", shown.out, re.MULTILINE)) == 4
    times = run("jobs", "preview", "mod_cache_refresh", "-n", "4", "--json").json["items"]
    assert times == manager.get("/jobs/mod_cache_refresh/preview?count=4")["items"]


def test_settings_are_changed_through_the_running_manager(run: Run, manager: ManagerProcess) -> None:
    try:
        changed = run("settings", "set", "run_history_days", "30", "--json").json
        assert changed == manager.get("/settings") == run("settings", "list", "--json").json
        assert changed["run_history_days"] == 30
        row = next(row for row in words_of(run("settings", "list").out) if row[0] == "run_history_days")
        assert row[1:3] == ["30", "90"]
        assert "upstream_contact is now me@example.org." in run("settings", "set", "upstream_contact", "me@example.org").out
    finally:
        answer = run("settings", "reset", "--json").json
    assert answer["settings"]["run_history_days"] == 90
    assert answer["kept_as"].startswith("api-settings.json.")


@pytest.mark.parametrize(("key", "value"), [("run_history_days", "-1"), ("run_history_days", "many"), ("no_such", "1")])
def test_a_setting_that_can_not_be_used_changes_nothing(run: Run, manager: ManagerProcess, key: str, value: str) -> None:
    before = manager.get("/settings")
    refused = run("settings", "set", "--json", key, "--", value)
    assert refused.code == 2
    assert f"\n  {key}: " in refused.err
    assert refused.problem["errors"][0]["field"] == key
    assert manager.get("/settings") == before


def test_mods_are_found_and_shown(run: Run, manager: ManagerProcess) -> None:
    shown = run("catalog", "search", "--limit", "3")
    head, *rows = words_of(shown.out)
    assert head == ["NUMBER", "NAME", "AUTHOR", "SIDE", "DOWNLOADS", "LAST RELEASED", "MOD ID"]
    assert len(rows) == 4
    assert re.search(r"^3 of \d+ mods.* Next page: --cursor \S+$", shown.out, re.MULTILINE)
    mod = next(mod for mod in manager.get("/catalog/mods?limit=100")["items"] if mod["modids"] and mod["tags"])
    options = ["--side", mod["side"], "--tag", mod["tags"][0], "--author", mod["author"]]
    found = run("catalog", "search", mod["modids"][0], *options, "--json").json
    assert mod["id"] in [item["id"] for item in found["items"]]
    one = run("catalog", "show", mod["modids"][0])
    assert one.code == 0
    assert "RELEASE" in one.out
    assert run("catalog", "show", str(mod["id"]), "--json").json["releases"]


def test_strange_words_find_nothing_and_break_nothing(run: Run) -> None:
    for words in (["c++"], ['better"'], ["AND"], ["*"]):
        assert run("catalog", "search", *words).code == 0


def test_tags_and_versions_are_listed(run: Run, manager: ManagerProcess) -> None:
    assert "QoL" in [row[0] for row in words_of(run("catalog", "tags").out)]
    assert run("catalog", "tags", "--json").json == manager.get("/catalog/tags")
    shown = run("versions", "--channel", "stable")
    assert words_of(shown.out)[1][1:3] == ["stable", "latest"]
    assert re.search(r"^\d+ versions, ", shown.out, re.MULTILINE)
    versions = run("versions", "--json").json["items"]
    assert versions == manager.get("/game-versions")["items"]


def test_changes_are_in_the_audit_trail(run: Run, manager: ManagerProcess) -> None:
    manager.run_job(JOB)
    rows = words_of(run("audit", "list", "--action", "run_job").out)
    assert rows[0] == ["WHEN", "WHO", "WHAT", "RESULT", "DETAILS"]
    assert rows[1][1:4] == ["local command line (admin)", "run_job", "ok"]
    assert run("audit", "list", "--limit", "2", "--json").json == manager.get("/audit?limit=2")


def test_tokens_made_while_it_runs_work_at_once(run: Run, manager: ManagerProcess) -> None:
    made = run("token", "create", "--role", "viewer", "--name", "while-it-runs", "--json").json
    assert manager.request("GET", "/api/v1/me", token=made["token"]).json["name"] == "while-it-runs"
    assert run("token", "revoke", "while-it-runs").code == 0
    deadline = time.monotonic() + 10
    while manager.request("GET", "/api/v1/me", token=made["token"]).status != 401:
        assert time.monotonic() < deadline, "the revoked token still works"
        time.sleep(0.1)


@pytest.mark.parametrize(
    "arguments",
    [
        ["jobs", "show", "nope"],
        ["jobs", "run", "nope"],
        ["jobs", "run", "../runs"],
        ["runs", "show", "nope"],
        ["runs", "follow", "01a20ad3-62f2-7000-b04a-297232ca3686"],
        ["runs", "cancel", "01a20ad3-62f2-7000-b04a-297232ca3686"],
        ["catalog", "show", "no_such_mod"],
    ],
)
def test_what_does_not_exist_is_not_found(run_here: Run, manager: ManagerProcess, arguments: list[str]) -> None:
    ended = run_here(*arguments, "--json", VS_DATA_DIR=str(manager.data_dir))
    assert ended.code == 5, ended
    assert ended.out == ""
    assert ended.problem["exit_code"] == 5


@pytest.mark.parametrize(
    "arguments",
    [
        ["jobs"],
        ["jobs", "run"],
        ["jobs", "rnu", JOB],
        ["jobs", "preview", JOB, "--count", "0"],
        ["runs", "list", "--state", "sleeping"],
        ["runs", "list", "--cursor", "rubbish"],
        ["catalog", "search", "--limit", "many"],
        ["token", "create", "--role", "king", "--name", "x"],
        ["audit", "list", "--since", "yesterday"],
        ["jobs", "list", "--url", "http://127.0.0.1:1", "--data-dir", "x"],
        ["nonsense"],
    ],
)
def test_wrong_usage_says_what_is_wrong(run_here: Run, manager: ManagerProcess, arguments: list[str]) -> None:
    ended = run_here(*arguments, VS_DATA_DIR=str(manager.data_dir))
    assert ended.code == 2, ended
    assert ended.out == ""
    assert ended.err.startswith("error: ")


def test_a_reader_that_has_enough_ends_the_command_quietly(manager: ManagerProcess) -> None:
    done = subprocess.run(
        f'set -o pipefail; "{PROGRAM}" versions --json | true',
        shell=True,
        executable="/bin/bash",
        env=clean_environment(VS_DATA_DIR=str(manager.data_dir)),
        capture_output=True,
        check=False,
    )
    assert done.returncode in {0, 141}  # 0 when all of it fitted into the pipe before `true` ended
    assert done.stderr == b""


def test_a_closed_pipe_is_no_error(manager: ManagerProcess) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [PROGRAM, "jobs", "list"],
            env=clean_environment(VS_DATA_DIR=str(manager.data_dir)),
            stdout=writing,
            stderr=subprocess.PIPE,
            check=False,
        )
    finally:
        os.close(writing)
    assert done.returncode == 141
    assert done.stderr == b""


def test_a_table_fits_the_terminal(manager: ManagerProcess, tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    env = clean_environment(VS_DATA_DIR=str(manager.data_dir), COLUMNS="80", TERM="xterm")
    with (
        (tmp_path / "err").open("wb") as err,
        subprocess.Popen([PROGRAM, "jobs", "list"], env=env, stdout=theirs, stderr=err) as shown,
    ):
        os.close(theirs)
        text = b""
        try:
            while part := os.read(ours, 4096):
                text += part
        except OSError:  # how Linux tells that the other side is closed
            pass
        finally:
            os.close(ours)
    assert shown.returncode == 0
    lines = re.sub(r"\x1b\[[0-9;]*m", "", text.decode()).splitlines()
    assert max(map(len, lines)) <= 80
    assert any(line.startswith("mod_cache_refresh ") for line in lines)
