"""The pages of the web UI, and how tests open them."""

from typing import Protocol

from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.house import House, Role
from tests.e2e.profiles import DESKTOP, Profile

#: Of all pages inside the frame, without those of one thing. Name → address.
LISTS = {
    "overview": "/",
    "servers": "/servers",
    "new-server": "/new-server",
    "adopt-server": "/adopt-server",
    "server-from-file": "/server-from-file",
    "backups": "/backups",
    "backup-places": "/backups/places",
    "schedules": "/schedules",
    "updates": "/updates",
    "jobs": "/jobs",
    "runs": "/runs",
    "mods": "/mods",
    "game-versions": "/game-versions",
    "alerts": "/alerts",
    "notifications": "/notifications",
    "settings": "/settings",
    "access": "/access",
    "audit": "/audit",
    "account": "/account",
}
#: Pages of one thing, whose address the house knows.
SERVER_PARTS = (
    "console",
    "players",
    "mods",
    "mods-history",
    "mods-ready",
    "mods-config",
    "backups",
    "backups-restores",
    "backups-rules",
    "schedules",
    "schedules-new",
    "config",
    "config-world",
    "config-roles",
    "config-tuning",
    "config-versions",
    "config-text",
    "updates",
    "logs",
    "files",
    "versions",
    "settings",
)
SERVER = ("server", *(f"server-{part}" for part in SERVER_PARTS))
DETAILS = ("job", "run", "mod", "backup", *SERVER)
OUTSIDE = {"sign-in": "/sign-in"}
EVERY_PAGE = (*LISTS, *DETAILS, *OUTSIDE)


class OpenPage(Protocol):
    """Opens pages, each in a browser of its own unless `context` is given; without a role, nobody is signed in."""

    def __call__(
        self, path: str | None, *, role: Role | None = None, profile: Profile = DESKTOP, context: BrowserContext | None = None
    ) -> Page: ...


def address(name: str, house: House) -> str:
    if name == "job":
        return "/jobs/mod_cache_refresh"
    if name == "run":
        newest = house.manager.get("/runs?job_id=mod_cache_refresh&state=succeeded&limit=1")["items"][0]["id"]
        return f"/runs/{newest}"
    if name == "mod":
        return f"/mods/{house.most_loaded_mod}"
    if name == "backup":
        return f"/backups/{newest_backup(house)}"
    if name in SERVER:
        return "/".join(["/servers/meadow", *name.split("-")[1:]])
    return {**LISTS, **OUTSIDE}[name]


def newest_backup(house: House) -> str:
    """Its id. There is one after the first question."""
    if not house.manager.get("/backups")["items"]:
        made = house.manager.post("/servers/meadow/backups", {})
        assert house.manager.wait_for_run(made.json["id"])["state"] == "succeeded"
    return str(house.manager.get("/backups?limit=1")["items"][0]["id"])


def role_for(name: str) -> Role | None:
    return None if name in OUTSIDE else "admin"


def settle(page: Page) -> None:
    """Wait until the page's heading is there and nothing says that it is still being loaded."""
    expect(page.get_by_role("heading", level=1).first).to_be_visible()
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
