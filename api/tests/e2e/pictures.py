"""Takes a picture of each page, as a desktop and as a phone, in the light and in the dark. `./just pictures [PAGE …]`"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.e2e.browser import find_browser, skipping_fails
from tests.e2e.doors import session_of
from tests.e2e.house import House, Role, open_house
from tests.e2e.lived_in import live_in
from tests.e2e.pages import EVERY_PAGE, address, role_for, settle
from tests.e2e.profiles import PROFILES, Profile
from tests.e2e.small_png import small_png

FOLDER = Path(__file__).resolve().parents[3] / "docs" / "images"
MODS = 5_000
PATIENCE_MS = 60_000


def open_plan(page: Page) -> None:
    """What an update of all mods would do."""
    page.get_by_role("button", name="Update all").click()
    expect(page.get_by_role("dialog").get_by_role("heading", name="Will be updated")).to_be_visible()


def open_restore(page: Page) -> None:
    """What it would mean to put a backup back."""
    page.get_by_role("button", name="Restore the backup of").last.click()
    expect(page.get_by_role("dialog").get_by_text("A copy of today is kept")).to_be_visible()


#: What is to be seen besides the pages as they open. Name → address, and what is done there.
SCENES: Final[dict[str, tuple[str, Callable[[Page], None]]]] = {
    "mods-for-server": ("/mods?server=meadow", lambda _page: None),
    "server-mods-plan": ("/servers/meadow/mods", open_plan),
    "server-backups-restore": ("/servers/meadow/backups", open_restore),
}
ALL = (*EVERY_PAGE, *SCENES)


def main() -> int:
    parser = argparse.ArgumentParser(prog="just pictures", description=__doc__)
    parser.add_argument("pages", nargs="*", metavar="PAGE", help=f"all without one; there are {', '.join(ALL)}")
    parser.add_argument("--to", type=Path, default=FOLDER, metavar="FOLDER")
    options = parser.parse_args()
    if unknown := set(options.pages) - set(ALL):
        parser.error(f"there is no page {', '.join(sorted(unknown))}; there are {', '.join(ALL)}")
    path = find_browser()
    if path is None:
        return 1 if skipping_fails() else 0
    options.to.mkdir(parents=True, exist_ok=True)
    expect.set_options(timeout=PATIENCE_MS)
    with tempfile.TemporaryDirectory(prefix="vsmanager-pictures-") as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path)
        with open_house(Path(folder), mods=MODS, with_markup=False) as house:
            live_in(house)
            for profile in PROFILES:
                take_pictures(browser, house, profile, None, options.pages or ALL, options.to)
                take_pictures(browser, house, profile, "admin", options.pages or ALL, options.to)
        browser.close()
    return 0


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
            place, prepare = SCENES.get(name) or (address(name, house), lambda _page: None)
            page.goto(place)
            settle(page)
            page.wait_for_load_state("networkidle")
            prepare(page)
            settle(page)
            page.wait_for_load_state("networkidle")
            file = folder / f"{name}-{profile.name}.png"
            file.write_bytes(small_png(browser, page.screenshot(animations="disabled")))
            sys.stderr.write(f"{file}  {file.stat().st_size // 1024} kB\n")


if __name__ == "__main__":
    sys.exit(main())
