import pytest

from vintagestory_api.access.bind_rule import NoAdminYet, check_may_listen


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "localhost", "LOCALHOST", "::1", "[::1]"])
def test_this_machine_alone_needs_no_admin(host: str) -> None:
    check_may_listen(host, has_admin=False)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "fd00::1", "panel.example.org", "", "localhost.example.org"])
def test_other_addresses_wait_for_an_admin(host: str) -> None:
    with pytest.raises(NoAdminYet, match="vsmanager admin create NAME, or vsmanager token create --role admin"):
        check_may_listen(host, has_admin=False)
    check_may_listen(host, has_admin=True)
