"""A manager that is killed while a message is on its way sends it again, and says so."""

from pathlib import Path

from tests.apps import data_dir_where_nothing_is_due
from tests.managers import running_manager
from tests.notifications.receivers import Receiver
from tests.players.towns import until

TITLE = "The manager has started"


def test_a_message_that_was_on_its_way_arrives_after_all(tmp_path: Path, empty_database: Path, service: Receiver) -> None:
    data_dir = data_dir_where_nothing_is_due(tmp_path / "data", empty_database)
    rules = [{"kinds": ["manager_started"]}]
    with running_manager(data_dir) as manager:
        made = manager.post("/notification-targets", {"name": "Phone", "address": service.address, "rules": rules})
        assert made.status == 201, made.json
        manager.post("/notification-targets", {"name": "Unused", "address": service.address})
    service.hangs = True
    with running_manager(data_dir) as manager:
        until(service.asked.is_set)
        manager.kill()
    assert service.titles == []
    service.hangs = False
    service.let_go.set()
    with running_manager(data_dir) as manager:
        until(lambda: any("Perhaps you got this before" in text for text in service.texts))
        until(lambda: "sent" in [item["state"] for item in manager.get("/notification-deliveries")["items"]])
        assert {item["target_name"] for item in manager.get("/notification-deliveries")["items"]} == {"Phone"}
    assert set(service.titles) == {TITLE}
