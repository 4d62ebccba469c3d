"""Which event of the manager becomes which event of the stream, and who may see it."""

from collections.abc import Callable

from vintagestory_api.access.roles import Role
from vintagestory_api.events import (
    AccessChanged,
    Event,
    EventBus,
    GameVersionFound,
    InstalledVersionsChanged,
    JobChanged,
    OverviewChanged,
    PlayersChanged,
    RunChanged,
    ServerChanged,
    ServerModsChanged,
    SettingsChanged,
)
from vintagestory_api.live.hub import LiveHub


def feed(hub: LiveHub, bus: EventBus) -> Callable[[], None]:
    """Let `hub` tell what `bus` hears; the returned function ends that."""

    def tell(event: Event) -> None:
        match event:
            case RunChanged():
                hub.publish("run", event.run)
            case JobChanged():
                hub.publish("job", {"job_id": event.job_id})
            case GameVersionFound():
                hub.publish("game_version", {"version": event.version, "channel": event.channel})
            case ServerChanged():
                hub.publish("server", {"server_id": event.server_id})
            case PlayersChanged():
                hub.publish("players", {"server_id": event.server_id})
            case ServerModsChanged():
                hub.publish("server_mods", {"server_id": event.server_id})
            case InstalledVersionsChanged():
                hub.publish("installed_versions", {})
            case SettingsChanged():
                hub.publish("settings", {})
            case OverviewChanged():
                hub.publish("overview", {})
            case AccessChanged():
                hub.publish("access", {}, Role.ADMIN)

    return bus.subscribe(tell)
