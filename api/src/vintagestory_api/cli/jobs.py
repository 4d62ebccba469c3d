"""`vsmanager jobs`: the timetable."""

import re
from typing import Annotated, Any

import typer

from vintagestory_api.cli.connection import connect, segment
from vintagestory_api.cli.failures import CommandFailed, ExitCode
from vintagestory_api.cli.offline import actor
from vintagestory_api.cli.options import AsJson, DataDir, Url
from vintagestory_api.cli.output import duration, print_facts, print_json, print_lines, print_table, took, when
from vintagestory_api.cli.runs import follow_run, in_words, outcome

app = typer.Typer(help="The periodic jobs: when they run, and running them now.")

Job = Annotated[str, typer.Argument(metavar="JOB", help="The job's id, as in: vsmanager jobs list")]

_HEALTH = {"ok": "ok", "failing": "failing", "late": "late", "never_ran": "has not run yet", "paused": "paused", "off": "off"}
_SECONDS = {"": 1, "s": 1, "m": 60, "min": 60, "h": 3_600, "d": 86_400}


@app.command("list")
def list_jobs(data_dir: DataDir = None, url: Url = None, as_json: AsJson = False) -> None:
    """All jobs, with their last and next runs."""
    answer = connect(data_dir, url).get("/jobs")
    if as_json:
        print_json(answer)
        return
    rows = [(job["id"], _how_often(job), _health(job), _last(job), when(job["next_run_at"])) for job in answer["items"]]
    print_table(("JOB", "RUNS", "HEALTH", "LAST RUN", "NEXT RUN"), rows)


@app.command("show")
def show_job(job: Job, data_dir: DataDir = None, url: Url = None, as_json: AsJson = False) -> None:
    """One job, with its latest run and its next times."""
    client = connect(data_dir, url)
    answer = client.get(f"/jobs/{segment(job)}")
    if as_json:
        print_json(answer)
        return
    times = client.get(f"/jobs/{segment(job)}/preview", {"count": 3})["items"]
    last = answer["last_run"]
    print_facts(
        [
            ("Job", f"{answer['id']} – {answer['title']}"),
            ("Runs", _how_often(answer)),
            ("Health", _health(answer)),
            ("Last run", _last(answer)),
            ("Outcome", outcome(last) if last else None),
            ("Took", took(last["started_at"], last["ended_at"]) if last else None),
            ("Run id", last["id"] if last else None),
            *(("Next run" if not place else "", when(time)) for place, time in enumerate(times)),
        ]
    )


@app.command("run")
def run_job(
    job: Job,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Show its log until it has ended.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until it has ended.")] = False,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Run a job now; its schedule stays as it is. With --follow or --wait it fails when the run does."""
    client = connect(data_dir, url)
    run = client.send("POST", f"/jobs/{segment(job)}/run")
    if follow or wait:
        follow_run(client, run["id"], show_log=follow, as_json=as_json)
    elif as_json:
        print_json(run)
    else:
        print_lines(f"Started run {run['id']} of {run['job_id']}. Follow it with: vsmanager runs follow {run['id']}")


@app.command("pause")
def pause_job(
    job: Job,
    reason: Annotated[str | None, typer.Option("--reason", help="Why, for those who come after you.")] = None,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Skip a job's scheduled runs until it is resumed."""
    why = reason if reason is not None else f"paused from the command line by {actor()}"
    answer = connect(data_dir, url).send("POST", f"/jobs/{segment(job)}/pause", {"reason": why})
    _tell(answer, as_json=as_json, words=f"{job} is paused: {why}. Go on with: vsmanager jobs resume {job}")


@app.command("resume")
def resume_job(job: Job, data_dir: DataDir = None, url: Url = None, as_json: AsJson = False) -> None:
    """Let a paused job run again."""
    answer = connect(data_dir, url).send("POST", f"/jobs/{segment(job)}/resume")
    _tell(answer, as_json=as_json, words=f"{job} runs again; next: {when(answer['next_run_at'])}")


@app.command("preview")
def preview_job(
    job: Job,
    count: Annotated[int, typer.Option("--count", "-n", min=1, max=100, help="How many times.")] = 10,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """The next times at which a job is due."""
    answer = connect(data_dir, url).get(f"/jobs/{segment(job)}/preview", {"count": count})
    if as_json:
        print_json(answer)
    elif not answer["items"]:
        print_lines(f"{job} is off, so it has no next run. Give it an interval with: vsmanager jobs set-interval {job} 1h")
    else:
        print_lines(*(when(time) for time in answer["items"]))


@app.command("set-interval")
def set_interval(
    job: Job,
    interval: Annotated[str, typer.Argument(metavar="INTERVAL", help="Seconds, or 90s, 30m, 2h, 1d; 0 turns the job off.")],
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Change how often a job runs, at once."""
    seconds = _read_interval(interval)
    answer = connect(data_dir, url).send("PATCH", f"/jobs/{segment(job)}", {"interval_seconds": seconds})
    _tell(answer, as_json=as_json, words=f"{job} now runs {_how_often(answer)}; next: {when(answer['next_run_at'])}")


def _tell(answer: Any, *, as_json: bool, words: str) -> None:
    if as_json:
        print_json(answer)
    else:
        print_lines(words)


def _read_interval(text: str) -> int:
    found = re.fullmatch(r"([0-9]{1,18})(s|m|min|h|d|)", text.strip(), re.ASCII)
    if found is None:
        raise CommandFailed(
            f"{text!r} is no interval. Give a number of seconds, or one with a unit: 90s, 30m, 2h, 1d. 0 turns the job off.",
            exit_code=ExitCode.USAGE,
            code="wrong_usage",
        )
    return int(found[1]) * _SECONDS[found[2]]


def _how_often(job: dict[str, Any]) -> str:
    if job["cron"]:
        return f"at {job['cron']} ({job['zone']})"
    return f"every {duration(job['interval_seconds'])}" if job["interval_seconds"] else "off"


def _health(job: dict[str, Any]) -> str:
    if job["running"]:
        progress = job["running"]["progress"]
        return "running" if progress is None else f"running, {progress:.0%}"
    words = _HEALTH.get(job["health"], job["health"])
    return f"{words}: {job['paused_reason']}" if job["paused_reason"] else words


def _last(job: dict[str, Any]) -> str | None:
    last = job["last_run"]
    return f"{in_words(last['state'])} {when(last['ended_at'] or last['started_at'] or last['scheduled_for'])}" if last else None
