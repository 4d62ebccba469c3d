"""Takes a picture of each page, as a desktop and as a phone, in the light and in the dark. `./just pictures [PAGE …]`"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.e2e.browser import find_browser, skipping_fails
from tests.e2e.doors import session_of
from tests.e2e.house import House, Role, open_house
from tests.e2e.pages import EVERY_PAGE, address, role_for, settle
from tests.e2e.profiles import PROFILES, Profile
from tests.e2e.small_png import small_png

FOLDER = Path(__file__).resolve().parents[3] / "docs" / "images"
MODS = 5_000
HISTORY_RUNS = 24


def main() -> int:
    parser = argparse.ArgumentParser(prog="just pictures", description=__doc__)
    parser.add_argument("pages", nargs="*", metavar="PAGE", help=f"all without one; there are {', '.join(EVERY_PAGE)}")
    parser.add_argument("--to", type=Path, default=FOLDER, metavar="FOLDER")
    options = parser.parse_args()
    if unknown := set(options.pages) - set(EVERY_PAGE):
        parser.error(f"there is no page {', '.join(sorted(unknown))}; there are {', '.join(EVERY_PAGE)}")
    path = find_browser()
    if path is None:
        return 1 if skipping_fails() else 0
    options.to.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="vsmanager-pictures-") as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path)
        with open_house(Path(folder), mods=MODS, with_markup=False) as house:
            make_history(house)
            for profile in PROFILES:
                take_pictures(browser, house, profile, None, options.pages or EVERY_PAGE, options.to)
                take_pictures(browser, house, profile, "admin", options.pages or EVERY_PAGE, options.to)
        browser.close()
    return 0


def make_history(house: House) -> None:
    """Runs as a house has them after a while: most well, a few not."""
    for number in range(HISTORY_RUNS):
        with house.trouble("status", "/api", status=400) if number % 11 == 7 else nullcontext():
            house.manager.run_job("mod_cache_refresh", timeout=120)
        if number % 4 == 0:
            house.manager.run_job("server_versions_check")
            house.manager.run_job("history_cleanup")
    make_servers(house)
    house.add_user("Anna", "admin")
    house.add_user("Jonas", "operator")
    house.manager.post("/tokens", {"name": "backup script", "role": "operator"})
    house.manager.post("/tokens", {"name": "status page", "role": "viewer"})


def make_servers(house: House) -> None:
    """One that people play on, one that is not needed today."""
    house.add_server("Meadow")
    house.add_server("Winter test", max_players=4)
    house.tell_game("meadow", players=5, visit_seconds=600, chat_seconds=20, boot_seconds=2)
    start = house.manager.post("/servers/meadow/start")
    assert house.manager.wait_for_run(start.json["id"])["state"] == "succeeded"


def take_pictures(
    browser: Browser, house: House, profile: Profile, role: Role | None, names: Sequence[str], folder: Path
) -> None:
    """Pictures of the pages that are for `role`."""
    with browser.new_context(
        base_url=house.url,
        viewport=profile.viewport,
        color_scheme=profile.color_scheme,
        is_mobile=profile.is_phone,
        has_touch=profile.is_phone,
        device_scale_factor=2 if profile.is_phone else 1,
        reduced_motion="reduce",
        locale="en-GB",
        timezone_id="Europe/Berlin",
        storage_state=None if role is None else session_of(house, browser, role),
    ) as context:
        page = context.new_page()
        for name in names:
            if role_for(name) != role:
                continue
            page.goto(address(name, house))
            settle(page)
            page.wait_for_load_state("networkidle")
            file = folder / f"{name}-{profile.name}.png"
            file.write_bytes(small_png(browser, page.screenshot(animations="disabled")))
            sys.stderr.write(f"{file}  {file.stat().st_size // 1024} kB\n")


if __name__ == "__main__":
    sys.exit(main())
