"""Somebody with a role on one server sees that server alone, and an admin sees what they see."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.axe import expect_accessible
from tests.e2e.doors import expect_signed_in, sign_in
from tests.e2e.house import House, password_of
from tests.e2e.pages import SERVER_PARTS, OpenPage, settle
from tests.e2e.profiles import DESKTOP, PHONE, Profile
from tests.e2e.watch import Watch

NAME = "Olga of the meadow"
PAGES = ("/", "/servers", "/mods", "/backups", "/schedules", "/updates", "/runs", "/alerts", "/game-versions", "/account")


@pytest.fixture(scope="module")
def valley(house: House) -> Iterator[str]:
    """A server beside the meadow."""
    server_id = house.add_server("Valley")
    yield server_id
    house.manager.wait_for_run(house.manager.request("DELETE", f"/api/v1/servers/{server_id}?delete_files=true").json["id"])


@pytest.fixture
def olga(house: House) -> Iterator[str]:
    """The id of a user who is operator of the meadow and nothing else."""
    on_meadow = [{"server_id": "meadow", "role": "operator"}]
    body = {"name": NAME, "role": "none", "server_roles": on_meadow, "password": password_of(NAME)}
    answer = house.manager.post("/users", body)
    assert answer.status == 201, answer.json
    yield str(answer.json["id"])
    house.remove_user(answer.json["id"])


def text_of(page: Page) -> str:
    return page.locator("body").inner_text()


@pytest.mark.parametrize("profile", [DESKTOP, PHONE], ids=lambda profile: profile.name)
@pytest.mark.usefixtures("valley", "olga")
def test_who_has_a_role_on_one_server_sees_that_one_alone(open_page: OpenPage, profile: Profile) -> None:
    page = open_page("/sign-in", profile=profile)
    sign_in(page, NAME)
    expect_signed_in(page)
    for path in (*PAGES, "/servers/meadow", *(f"/servers/meadow/{part.replace('-', '/')}" for part in SERVER_PARTS)):
        page.goto(path)
        settle(page)
        assert "Valley" not in text_of(page), path
        expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.goto("/servers/meadow")
    settle(page)
    expect(page.get_by_role("group", name="Actions for Meadow")).to_be_visible()
    assert page.get_by_role("link", name="Settings", exact=True).count() == 0, "they are for admins"
    expect_accessible(page)


@pytest.mark.usefixtures("olga")
def test_a_server_that_is_not_theirs_is_not_there_for_them(open_page: OpenPage, valley: str, noted: Watch) -> None:
    noted.expect("404")
    page = open_page("/sign-in")
    sign_in(page, NAME)
    expect_signed_in(page)
    page.goto(f"/servers/{valley}")
    expect(page.get_by_text(f"There is no game server '{valley}'.")).to_be_visible()
    assert "Valley" not in text_of(page)


def test_roles_are_given_and_taken_while_the_page_is_open(open_page: OpenPage, house: House, valley: str, olga: str) -> None:
    theirs = open_page("/sign-in")
    sign_in(theirs, NAME)
    expect_signed_in(theirs)
    theirs.goto("/servers")
    expect(theirs.get_by_role("main").get_by_role("link", name="Meadow").first).to_be_visible()
    page = open_page("/access", role="admin")
    page.get_by_role("button", name=f"What to do with {NAME}").click()
    page.get_by_role("menuitem", name="Change roles").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Add a server").select_option(label="Valley")
    dialog.get_by_label("Role on Valley", exact=True).select_option(label="Viewer")
    expect_accessible(page)
    dialog.get_by_role("button", name="Save the roles").click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_text("Viewer on Valley")).to_be_visible()
    expect(theirs.get_by_role("main").get_by_role("link", name="Valley").first).to_be_visible()
    answer = house.manager.request("PATCH", f"/api/v1/users/{olga}", {"server_roles": []})
    assert answer.status == 200
    expect(theirs.get_by_text("have no role on any server")).to_be_visible()


@pytest.mark.parametrize("profile", [DESKTOP, PHONE], ids=lambda profile: profile.name)
@pytest.mark.usefixtures("valley", "olga")
def test_an_admin_views_the_manager_as_a_user_and_leaves_that_view(open_page: OpenPage, house: House, profile: Profile) -> None:
    page = open_page("/sign-in", profile=profile)
    sign_in(page, "admin")
    expect_signed_in(page)
    page.goto("/access")
    page.get_by_role("button", name=f"What to do with {NAME}").click()
    page.get_by_role("menuitem", name=f"View as {NAME}").click()
    banner = page.get_by_text(f"You view the manager as the user {NAME}.")
    expect(banner).to_be_visible()
    for path in ("/", "/servers", "/backups", "/servers/meadow"):
        page.goto(path)
        settle(page)
        expect(banner).to_be_visible()
        assert "Valley" not in text_of(page), path
    expect_accessible(page)
    page.get_by_role("button", name="Leave this view").click()
    expect(banner).to_be_hidden()
    page.goto("/servers")
    expect(page.get_by_role("main").get_by_role("link", name="Valley").first).to_be_visible()
    trail = [entry["action"] for entry in house.manager.get("/audit?who=admin&limit=50")["items"]]
    assert trail.index("leave_view") < trail.index("view_as")
