"""Settings are changed with what they mean beside them; what is refused is said at its field."""

from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.e2e.house import House
from tests.e2e.pages import OpenPage, settle
from tests.e2e.watch import Watch

INTERVAL = "mod_list_refresh_interval"


def field_of(house: House) -> dict[str, Any]:
    """The interval as the API describes it; an hour, so that its page shows 1 and hours."""
    (field,) = (field for field in house.manager.get("/settings/fields")["items"] if field["name"] == INTERVAL)
    return dict(field)


def input_of(page: Page, house: House) -> Locator:
    return page.get_by_role("textbox", name=field_of(house)["title"], exact=True)


def test_a_value_that_is_refused_is_told_at_its_field_and_nothing_is_saved(
    open_page: OpenPage, house: House, noted: Watch
) -> None:
    noted.expect("422")
    before = field_of(house)["value"]
    page = open_page("/settings", role="admin")
    settle(page)
    count = input_of(page, house)
    count.fill("9000000")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("One field can't be saved as it is.")).to_be_visible()
    expect(count).to_have_attribute("aria-invalid", "true")
    told = count.get_attribute("aria-describedby") or ""
    assert page.locator(f"[id='{told.split()[-1]}']").inner_text()
    assert field_of(house)["value"] == before
    page.get_by_role("button", name="Discard").click()
    expect(count).to_have_value("1")
    expect(count).not_to_have_attribute("aria-invalid", "true")


def test_a_changed_setting_is_in_force_at_once_and_seen_in_other_browsers(open_page: OpenPage, house: House) -> None:
    page = open_page("/settings", role="admin")
    other = open_page("/settings", role="operator")
    settle(page)
    settle(other)
    try:
        input_of(page, house).fill("3")
        expect(page.get_by_text("1 unsaved change")).to_be_visible()
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_text("Saved", exact=True)).to_be_visible()
        assert field_of(house)["value"] == 3 * 3600
        assert house.manager.get("/jobs/mod_cache_refresh")["interval_seconds"] == 3 * 3600
        expect(other.get_by_text("3 hours", exact=True)).to_be_visible()
    finally:
        house.manager.request("PATCH", "/api/v1/settings", {INTERVAL: 3600})


def test_an_operator_sees_the_settings_and_who_may_change_them(open_page: OpenPage) -> None:
    page = open_page("/settings", role="operator")
    settle(page)
    expect(page.get_by_text("Only admins can change the settings.")).to_be_visible()
    expect(page.get_by_role("main").get_by_role("textbox")).to_have_count(0)
