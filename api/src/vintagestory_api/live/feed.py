"""Which event of the manager becomes which event of the stream, and who may see it."""

from collections.abc import Callable

from vintagestory_api.access.roles import Role
from vintagestory_api.events import (
    AccessChanged,
    AlertsChanged,
    BackupsChanged,
    Event,
    EventBus,
    GameVersionFound,
    InstalledVersionsChanged,
    JobChanged,
    NotificationsChanged,
    OverviewChanged,
    PlayersChanged,
    RunChanged,
    SchedulesChanged,
    ServerChanged,
    ServerConfigChanged,
    ServerModsChanged,
    SettingsChanged,
    UpdatesChanged,
)
from vintagestory_api.live.hub import LiveHub, OfServer

#: Events that name a server and no more → what they are called in the stream.
_OF_SERVERS: dict[type[Event], str] = {
    ServerChanged: "server",
    PlayersChanged: "players",
    ServerModsChanged: "server_mods",
    ServerConfigChanged: "server_config",
    BackupsChanged: "backups",
    SchedulesChanged: "schedules",
    UpdatesChanged: "updates",
}
#: Events that say no more than that something has changed → what they are called, and who may see them: a viewer of anything,
#: or an admin of everything.
_PLAIN: dict[type[Event], tuple[str, Role]] = {
    InstalledVersionsChanged: ("installed_versions", Role.VIEWER),
    SettingsChanged: ("settings", Role.VIEWER),
    OverviewChanged: ("overview", Role.VIEWER),
    AlertsChanged: ("alerts", Role.VIEWER),
    NotificationsChanged: ("notifications", Role.ADMIN),
    AccessChanged: ("access", Role.ADMIN),
}


def feed(hub: LiveHub, bus: EventBus) -> Callable[[], None]:
    """Let `hub` tell what `bus` hears; the returned function ends that."""

    def tell(event: Event) -> None:
        match event:
            case RunChanged():
                hub.publish("run", event.run, about=OfServer(event.run["server_id"]))
            case JobChanged():
                hub.publish("job", {"job_id": event.job_id})
            case GameVersionFound():
                hub.publish("game_version", {"version": event.version, "channel": event.channel}, about=None)
            case _ if (name := _OF_SERVERS.get(type(event))) is not None:
                server_id: str = getattr(event, "server_id")  # noqa: B009 - each of them has one
                hub.publish(name, {"server_id": server_id}, about=OfServer(server_id))
            case _ if (plain := _PLAIN.get(type(event))) is not None:
                hub.publish(plain[0], {}, plain[1], about=None if plain[1] is Role.VIEWER else OfServer())

    return bus.subscribe(tell)
