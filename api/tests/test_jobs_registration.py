"""The one place where default jobs are registered."""

from collections.abc import Iterator
from typing import Any
from unittest.mock import MagicMock, create_autospec, patch

import pytest
from pydantic import ValidationError
from structlog.testing import capture_logs

from vintagestory_api.jobs import DEFAULT_JOBS, register_default_jobs
from vintagestory_api.jobs.mod_cache_refresh import refresh_mod_cache
from vintagestory_api.jobs.server_updates import update_servers
from vintagestory_api.jobs.server_versions import check_server_versions
from vintagestory_api.services.api_settings import ApiSettings
from vintagestory_api.services.scheduler import SchedulerService


@pytest.fixture
def settings() -> Iterator[Any]:
    """Stands in for `get_api_settings`; set `.return_value`."""
    with patch("vintagestory_api.jobs.get_api_settings") as get:
        get.return_value = ApiSettings()
        yield get


@pytest.fixture
def scheduler() -> MagicMock:
    mock: MagicMock = create_autospec(SchedulerService, instance=True)
    return mock


def intervals(scheduler: MagicMock) -> dict[str, float]:
    return {call.kwargs["job_id"]: call.kwargs["seconds"] for call in scheduler.add_interval_job.call_args_list}


def crons(scheduler: MagicMock) -> list[str]:
    return [call.args[2] for call in scheduler.add_cron_job.call_args_list]


def test_periodic_jobs_are_registered_with_the_intervals_of_the_settings(settings: Any, scheduler: MagicMock) -> None:
    settings.return_value = ApiSettings(
        mod_list_refresh_interval=120, server_versions_refresh_interval=7200, server_updates_interval=60
    )

    register_default_jobs(scheduler)

    assert intervals(scheduler) == {"mod_cache_refresh": 120, "server_versions_check": 7200, "server_updates": 60}
    functions = {call.kwargs["job_id"]: call.args[0] for call in scheduler.add_interval_job.call_args_list}
    assert functions == {
        "mod_cache_refresh": refresh_mod_cache,
        "server_versions_check": check_server_versions,
        "server_updates": update_servers,
    }


def test_the_defaults_are_an_hour_a_day_and_a_quarter_of_an_hour(settings: Any, scheduler: MagicMock) -> None:
    register_default_jobs(scheduler)

    assert intervals(scheduler) == {"mod_cache_refresh": 3600, "server_versions_check": 86_400, "server_updates": 900}


@pytest.mark.parametrize(
    ("off", "left"),
    [
        ("mod_list_refresh_interval", ["server_versions_check", "server_updates"]),
        ("server_versions_refresh_interval", ["mod_cache_refresh", "server_updates"]),
        ("server_updates_interval", ["mod_cache_refresh", "server_versions_check"]),
    ],
)
def test_a_job_whose_interval_is_0_is_not_registered(settings: Any, scheduler: MagicMock, off: str, left: list[str]) -> None:
    settings.return_value = ApiSettings.model_validate({off: 0})

    register_default_jobs(scheduler)

    assert list(intervals(scheduler)) == left


def test_no_interval_job_is_registered_when_all_intervals_are_0(settings: Any, scheduler: MagicMock) -> None:
    settings.return_value = ApiSettings(
        mod_list_refresh_interval=0, server_versions_refresh_interval=0, server_updates_interval=0
    )

    register_default_jobs(scheduler)

    scheduler.add_interval_job.assert_not_called()


def test_the_history_is_cleaned_unless_nothing_limits_it(settings: Any, scheduler: MagicMock) -> None:
    register_default_jobs(scheduler)
    assert "history_cleanup" in crons(scheduler)

    scheduler.reset_mock()
    settings.return_value = ApiSettings(
        run_history_days=0, run_history_per_job=0, audit_history_days=0, chat_history_days=0, alert_history_days=0
    )
    register_default_jobs(scheduler)
    assert "history_cleanup" not in crons(scheduler)


def test_each_job_and_the_count_are_logged(settings: Any, scheduler: MagicMock) -> None:
    settings.return_value = ApiSettings(mod_list_refresh_interval=0)

    with capture_logs() as logs:
        register_default_jobs(scheduler)

    logged = [entry["job_id"] for entry in logs if entry["event"] == "job_registered"]
    assert logged == [job.id for job in DEFAULT_JOBS if job.id != "mod_cache_refresh"]
    assert [entry["count"] for entry in logs if entry["event"] == "default_jobs_registered"] == [len(logged)]


async def test_a_job_set_to_0_while_running_is_taken_out_and_comes_back_with_its_interval(settings: Any) -> None:
    scheduler = SchedulerService()
    register_default_jobs(scheduler)
    assert {job.id for job in scheduler.get_jobs()} == {job.id for job in DEFAULT_JOBS}

    settings.return_value = ApiSettings(mod_list_refresh_interval=0)
    register_default_jobs(scheduler)
    assert {job.id for job in scheduler.get_jobs()} == {job.id for job in DEFAULT_JOBS} - {"mod_cache_refresh"}

    settings.return_value = ApiSettings(mod_list_refresh_interval=60)
    register_default_jobs(scheduler)
    assert scheduler.get_job("mod_cache_refresh").interval_seconds == 60


async def test_registering_again_without_a_change_leaves_the_next_runs_as_they_are(settings: Any) -> None:
    scheduler = SchedulerService()
    register_default_jobs(scheduler)
    before = scheduler.get_jobs()

    register_default_jobs(scheduler)

    assert scheduler.get_jobs() == before


@pytest.mark.parametrize("wrong", [-1, 59, 31_536_001, 10**12, "often", 60.5, True, None])
def test_an_interval_that_makes_no_sense_is_refused(wrong: Any) -> None:
    with pytest.raises(ValidationError):
        ApiSettings.model_validate({"mod_list_refresh_interval": wrong})


@pytest.mark.parametrize("right", [0, 60, 3600, 31_536_000])
def test_an_interval_within_the_limits_is_taken(right: int) -> None:
    assert ApiSettings(server_versions_refresh_interval=right).server_versions_refresh_interval == right
