"""Takes a picture of each page, as a desktop and as a phone, in the light and in the dark. `./just pictures [PAGE …]`"""

import argparse
import re
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.e2e.browser import find_browser, skipping_fails
from tests.e2e.doors import session_of
from tests.e2e.house import House, Role, open_house, password_of
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


def open_plan_of_file(page: Page) -> None:
    """What would be made of a file that another server was exported to."""
    text = page.request.get("/api/v1/servers/meadow/definition").text()
    for field, value in (("id", "orchard"), ("name", "Orchard"), ("port", "42430"), ("ServerName", "Orchard")):
        text = re.sub(rf"^( +{field}): .*$", rf"\1: {value}", text, count=1, flags=re.MULTILINE)
    page.get_by_role("textbox").first.fill(text)
    page.get_by_role("button", name="Show the plan").click()
    plan = page.get_by_text("What would be done")
    expect(plan).to_be_visible()
    # Below the bar at the top, and the one of phones.
    plan.evaluate("element => { element.style.scrollMarginTop = '5rem'; element.scrollIntoView(); }")


def open_second_factor(page: Page) -> None:
    """What is scanned with the phone. Nothing is on before a code is typed."""
    page.get_by_role("button", name="Set up a second factor").click()
    dialog = page.get_by_role("dialog", name="Set up a second factor")
    dialog.get_by_label("Your password", exact=True).fill(password_of("admin"))
    dialog.get_by_role("button", name="Go on").click()
    picture = page.get_by_role("dialog").get_by_role("img", name="QR code")
    expect(picture).to_be_visible()
    page.wait_for_function("img => img.complete && img.naturalWidth > 0", arg=picture.element_handle())


def view_as(page: Page) -> None:
    """The servers as an operator sees them."""
    page.get_by_role("button", name="What to do with Jonas").click()
    page.get_by_role("menuitem", name="View as Jonas").click()
    expect(page.get_by_text("You view the manager as the user Jonas.")).to_be_visible()
    page.goto("/servers")


def leave_view(page: Page) -> None:
    page.get_by_role("button", name="Leave this view").click()
    expect(page.get_by_text("You view the manager as")).to_be_hidden()


def nothing(_page: Page) -> None:
    """The page as it opens, or as it was left."""


class Scene(NamedTuple):
    """An address, what is done there before the picture, and after it."""

    place: str
    prepare: Callable[[Page], None] = nothing
    put_back: Callable[[Page], None] = nothing


#: What is to be seen besides the pages as they open.
SCENES: Final[dict[str, Scene]] = {
    "mods-for-server": Scene("/mods?server=meadow"),
    "server-mods-plan": Scene("/servers/meadow/mods", open_plan),
    "server-backups-restore": Scene("/servers/meadow/backups", open_restore),
    "server-from-file-plan": Scene("/server-from-file", open_plan_of_file),
    "two-factor": Scene("/account", open_second_factor),
    "view-as": Scene("/access", view_as, leave_view),
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
            scene = SCENES.get(name) or Scene(address(name, house))
            page.goto(scene.place)
            settle(page)
            page.wait_for_load_state("networkidle")
            scene.prepare(page)
            settle(page)
            page.wait_for_load_state("networkidle")
            file = folder / f"{name}-{profile.name}.png"
            file.write_bytes(small_png(browser, page.screenshot(animations="disabled")))
            sys.stderr.write(f"{file}  {file.stat().st_size // 1024} kB\n")
            scene.put_back(page)


if __name__ == "__main__":
    sys.exit(main())
