"""What a definition says of roles is checked before anything is done."""

from tests.definitions.defining import notes, planned
from tests.servers.games import VERSION, House

ROLE = "{code: guide, name: Guide, privilege_level: 1, privileges: [chat], land_claim_allowance: 1, land_claim_max_areas: 1}"


def roles(server: str, default_role: str, *more: str) -> str:
    return f"""
format: vsmanager.server/1
server: {{{server}}}
game_roles:
  default_role: {default_role}
  roles: [{", ".join((ROLE, *more))}]
"""


def test_newcomers_get_a_role_that_there_is(house: House) -> None:
    server_id = house.create("Roles")["id"]
    for server in (f"id: {server_id}", f"id: other, version: {VERSION}"):
        assert planned(house, roles(server, "guide"))["can_be_applied"]
        assert planned(house, roles(server, "suplayer"))["can_be_applied"]
        plan = planned(house, roles(server, "nobody"))
        assert not plan["can_be_applied"]
        assert "'nobody'" in notes(plan, "game_roles")


def test_a_game_that_nobody_could_control_is_not_planned(house: House) -> None:
    server_id = house.create("Admins")["id"]
    plan = planned(house, roles(f"id: {server_id}", "guide", ROLE.replace("guide", "admin").replace("{", "{auto_grant: false, ")))
    assert "have to include 'admin'" in notes(plan, "game_roles")
    assert not plan["can_be_applied"]
