"""Whoever should hear of trouble does, and sees it on every page until somebody has looked."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.e2e.axe import expect_accessible
from tests.e2e.house import House
from tests.e2e.pages import OpenPage, settle
from tests.e2e.profiles import PHONE
from tests.notifications.receivers import SECRET_WORD, Receiver, receiver

NAME = "The webhook of the browser"
FAILED = "Fails: Refresh the mod catalogue"


@pytest.fixture
def service() -> Iterator[Receiver]:
    with receiver() as state:
        yield state


@pytest.fixture
def tidy_house(house: House) -> Iterator[House]:
    """One failure is an alert; afterwards all is as it was."""
    house.manager.request("PATCH", "/api/v1/alert-settings", {"failures": 1})
    yield house
    house.manager.request("PATCH", "/api/v1/alert-settings", {"failures": 3})
    house.manager.run_job("mod_cache_refresh")
    for target in house.manager.get("/notification-targets")["items"]:
        house.manager.request("DELETE", f"/api/v1/notification-targets/{target['id']}")


def test_a_target_is_tested_and_kept_and_hears_of_what_fails(open_page: OpenPage, tidy_house: House, service: Receiver) -> None:
    house = tidy_house
    page = open_page("/notifications", role="admin")
    settle(page)
    page.get_by_role("button", name="Add a target").click()
    drawer = page.get_by_role("dialog", name="Add a target")
    drawer.get_by_label("Service").select_option("Webhook (JSON)")
    drawer.get_by_label("Address", exact=True).fill(service.address)
    drawer.get_by_label("Name", exact=True).fill(NAME)
    expect_accessible(page)
    service.status = 500
    drawer.get_by_role("button", name="Send a test").click()
    expect(drawer.get_by_text("It could not be sent:")).to_be_visible()
    service.status = 200
    drawer.get_by_role("button", name="Send a test").click()
    expect(drawer.get_by_text("The service has taken the message.")).to_be_visible()
    drawer.get_by_role("button", name="Add the target").click()
    expect(drawer).to_be_hidden()
    row = page.get_by_role("list", name="Targets").get_by_role("listitem").filter(has_text=NAME)
    expect(row).to_contain_text("Warnings and what is critical")
    assert SECRET_WORD not in page.content()

    watcher = open_page("/servers", role="operator")
    settle(watcher)
    bell = watcher.get_by_role("banner").get_by_role("link", name="1 open alert")
    expect(bell).to_have_count(0)
    with house.trouble("status", "/api", status=400):
        house.manager.run_job("mod_cache_refresh")
    bell.click()
    settle(watcher)
    expect_accessible(watcher)
    expect(page.get_by_role("row").filter(has_text=FAILED).get_by_text("Sent", exact=True).first).to_be_visible()
    assert FAILED in service.titles

    watcher.get_by_role("button", name=f"Mark as seen: {FAILED}").click()
    expect(watcher.get_by_text("seen by operator")).to_be_visible()
    expect(bell).to_have_count(0)
    house.manager.run_job("mod_cache_refresh")
    expect(watcher.get_by_role("list", name="Over").get_by_text(FAILED).first).to_be_visible()


def test_on_a_phone_the_form_of_a_target_fits(open_page: OpenPage) -> None:
    page = open_page("/notifications", role="admin", profile=PHONE)
    settle(page)
    page.get_by_role("button", name="Add a target").click()
    drawer = page.get_by_role("dialog", name="Add a target")
    drawer.get_by_label("In words of your own").check()
    expect(drawer.get_by_text("Crashed: Meadow").first).to_be_visible()
    wider = page.evaluate("() => document.querySelector('[role=dialog]').scrollWidth - window.innerWidth")
    assert wider <= 0
    expect_accessible(page)


def test_only_admins_see_where_messages_go(open_page: OpenPage) -> None:
    page = open_page("/notifications", role="operator")
    settle(page)
    expect(page.get_by_role("heading", name="This needs another role")).to_be_visible()
    expect(page.get_by_role("navigation", name="Pages").get_by_role("link", name="Notifications")).to_have_count(0)
