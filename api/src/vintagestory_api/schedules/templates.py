"""Schedules to begin with."""

from vintagestory_api.schedules.schemas import (
    AnnounceStep,
    BackupStep,
    Conditions,
    CronTrigger,
    IntervalTrigger,
    RestartStep,
    SaveStep,
    ScheduleBody,
    ScheduleTemplate,
    StartStep,
    TemplateList,
    UpdateGameStep,
    UpdateModsStep,
)

_SAY_RESTART = "The server restarts in {minutes} min. It is back a few minutes later."
_SAY_UPDATE = "The server is updated in {minutes} min. It is back a few minutes later."


def templates() -> TemplateList:
    return TemplateList(items=[_nightly_restart(), _backups(), _weekly_update()])


def _nightly_restart() -> ScheduleTemplate:
    body = ScheduleBody(
        name="Nightly restart",
        trigger=CronTrigger(kind="cron", cron="0 5 * * *"),
        conditions=Conditions(server="online", defer_minutes=30),
        steps=[
            AnnounceStep(do="announce", text=_SAY_RESTART, warn_minutes=[30, 10, 5, 1]),
            SaveStep(do="save"),
            BackupStep(do="backup", on_failure="continue"),
            RestartStep(do="restart"),
        ],
        finally_=[StartStep(do="start")],
    )
    text = "Warns 30, 10, 5 and 1 minutes before (not when nobody is on), makes a backup and restarts the server."
    return ScheduleTemplate(id="nightly-restart", title="Restart every night", text=text, body=body)


def _backups() -> ScheduleTemplate:
    body = ScheduleBody(
        name="Backups",
        trigger=IntervalTrigger(kind="interval", seconds=7200),
        conditions=Conditions(players_since_backup=True),
        steps=[BackupStep(do="backup")],
        catch_up="one",
    )
    text = "Makes a backup every two hours, if somebody was on since the last one."
    return ScheduleTemplate(id="backups", title="Back up every 2 hours", text=text, body=body)


def _weekly_update() -> ScheduleTemplate:
    body = ScheduleBody(
        name="Weekly update",
        trigger=CronTrigger(kind="cron", cron="0 4 * * 1"),
        conditions=Conditions(server="online", defer_minutes=60, defer_then="skip"),
        steps=[
            AnnounceStep(do="announce", text=_SAY_UPDATE, warn_minutes=[10, 5, 1]),
            UpdateGameStep(do="update_game", on_failure="continue"),
            UpdateModsStep(do="update_mods"),
        ],
        finally_=[StartStep(do="start")],
    )
    text = (
        "Updates mods and game every Monday at 04:00: patches of its own line, and newer versions where the update policy of the "
        "server says stable. What does not work goes back."
    )
    return ScheduleTemplate(id="weekly-update", title="Update every week", text=text, body=body)
