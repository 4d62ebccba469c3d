"""Jobs are run here and watched as they happen, without loading anything anew."""

import re

from playwright.sync_api import Page, expect

from tests.e2e.house import House
from tests.e2e.pages import OpenPage, settle

JOB = "Check for new game versions"
JOB_ID = "server_versions_check"
#: As long as a test looks at a run, and no longer: what is late goes on when the trouble is over.
SLOW_MS = 25_000


def mark(page: Page) -> None:
    page.evaluate("() => { window.__sameDocument = true; }")


def expect_never_loaded_anew(page: Page) -> None:
    assert page.evaluate("() => window.__sameDocument === true")


def test_a_job_that_is_run_now_is_seen_to_begin_and_to_end(open_page: OpenPage, house: House) -> None:
    page = open_page("/jobs", role="operator")
    settle(page)
    mark(page)
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name=JOB, exact=True))
    with house.trouble("latency", ms=SLOW_MS):
        row.get_by_role("button", name=f"Run now: {JOB}").click()
        expect(row.get_by_role("link", name=f"Show the run of: {JOB}")).to_be_visible()
    expect(row.get_by_role("button", name=f"Run now: {JOB}")).to_be_visible()
    newest = house.manager.runs(job_id=JOB_ID)[0]
    assert (newest["state"], newest["trigger"]) == ("succeeded", "manual")
    expect(row.locator(f'a[href="/runs/{newest["id"]}"]').first).to_be_visible()
    expect_never_loaded_anew(page)


def test_a_run_that_somebody_else_started_shows_its_log_and_its_end_live(open_page: OpenPage, house: House) -> None:
    with house.trouble("latency", ms=SLOW_MS):
        run_id = house.manager.post(f"/jobs/{JOB_ID}/run").json["id"]
        page = open_page(f"/runs/{run_id}", role="viewer")
        settle(page)
        mark(page)
        log = page.get_by_role("region", name="Log of this run")
        expect(log).to_contain_text(f"{JOB_ID}_started")
    expect(log).to_contain_text(f"{JOB_ID}_completed")
    expect(page.get_by_text("Succeeded", exact=True).first).to_be_visible()
    expect(page.get_by_text(re.compile(r"^Checked \d+ game versions in "))).to_be_visible()
    expect_never_loaded_anew(page)


def test_a_run_is_cancelled_after_the_page_has_said_what_that_costs(open_page: OpenPage, house: House) -> None:
    with house.trouble("latency", ms=30_000):
        run_id = house.manager.post(f"/jobs/{JOB_ID}/run").json["id"]
        page = open_page(f"/runs/{run_id}", role="operator")
        settle(page)
        page.get_by_role("button", name="Cancel", exact=True).click()
        dialog = page.get_by_role("dialog", name=f"Cancel this run of “{JOB}”?")
        expect(dialog).to_contain_text("is given up")
        dialog.get_by_role("button", name="Cancel the run").click()
        expect(dialog).to_be_hidden()
        expect(page.get_by_text("Cancelled", exact=True).first).to_be_visible()
    assert house.manager.get(f"/runs/{run_id}")["state"] == "cancelled"


def test_a_job_is_paused_with_a_reason_and_resumed(open_page: OpenPage, house: House) -> None:
    page = open_page("/jobs", role="operator")
    settle(page)
    page.get_by_role("button", name=f"Pause: {JOB}").click()
    dialog = page.get_by_role("dialog", name=f"Pause “{JOB}”?")
    dialog.get_by_label("Why").fill("the service moves")
    dialog.get_by_role("button", name="Pause", exact=True).click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_text("Paused: the service moves")).to_be_visible()
    page.get_by_role("button", name=f"Resume: {JOB}").click()
    expect(page.get_by_role("button", name=f"Pause: {JOB}")).to_be_visible()
    assert house.manager.get(f"/jobs/{JOB_ID}")["paused_reason"] is None


def test_a_viewer_is_offered_no_action(open_page: OpenPage) -> None:
    page = open_page("/jobs", role="viewer")
    settle(page)
    expect(page.get_by_role("main").get_by_role("button", name=re.compile("^(Run now|Pause|Resume)"))).to_have_count(0)
    expect(page.get_by_text("you are signed in as viewer")).to_be_visible()
