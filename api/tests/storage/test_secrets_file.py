"""Secrets that people give us lie in one file that is whole at any moment, and are told nowhere."""

import threading
from pathlib import Path

import pytest

from vintagestory_api.kit.redaction import redact
from vintagestory_api.storage.secrets_file import SecretsFile, SecretsNotSaved, SecretsUnreadable


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "secrets.json"


def test_what_was_put_is_there_for_the_next_manager_and_nobody_else_can_read_it(path: Path) -> None:
    secrets = SecretsFile(path)
    assert secrets.get("ping") is None
    secrets.put("ping", "https://hc.example/abc")
    secrets.put("other", "more")
    secrets.put("ping", "https://hc.example/def")
    assert SecretsFile(path).get("ping") == "https://hc.example/def"
    assert SecretsFile(path).get("other") == "more"
    assert path.stat().st_mode & 0o777 == 0o600


def test_what_was_removed_is_gone(path: Path) -> None:
    secrets = SecretsFile(path)
    secrets.put("ping", "a-secret-thing")
    secrets.remove("ping")
    secrets.remove("never there")
    assert SecretsFile(path).get("ping") is None
    assert b"a-secret-thing" not in path.read_bytes()


def test_what_was_read_or_written_is_masked_from_then_on(path: Path) -> None:
    SecretsFile(path).put("one", "swordfish-0001")
    path.write_bytes(b'{"two": "swordfish-0002"}')
    assert SecretsFile(path).get("two") == "swordfish-0002"
    assert redact("see swordfish-0001 and swordfish-0002") == "see *** and ***"


@pytest.mark.parametrize("content", [b"", b"no json", b"[]", b'{"a": 1}', b'{"a": {"b": "c"}}', b"\xff\xfe", b'{"a": "b"'])
def test_a_file_that_is_not_ours_is_left_alone_and_told(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    secrets = SecretsFile(path)
    with pytest.raises(SecretsUnreadable, match="The file of secrets"):
        secrets.get("a")
    with pytest.raises(SecretsUnreadable, match="The file of secrets"):
        secrets.put("a", "b-secret-value")
    with pytest.raises(SecretsUnreadable, match="The file of secrets"):
        secrets.remove("a")
    assert path.read_bytes() == content


def test_a_disk_that_takes_nothing_changes_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = SecretsFile(path)
    secrets.put("a", "the-first-value")

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("vintagestory_api.storage.secrets_file.write_atomically", fail)
    with pytest.raises(SecretsNotSaved, match="No space left on device"):
        secrets.put("a", "the-second-value")
    with pytest.raises(SecretsNotSaved):
        secrets.remove("a")
    assert secrets.get("a") == SecretsFile(path).get("a") == "the-first-value"


def test_many_threads_lose_nothing(path: Path) -> None:
    secrets = SecretsFile(path)
    threads = [threading.Thread(target=secrets.put, args=(f"n{number}", f"value-{number:08}")) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    again = SecretsFile(path)
    assert [again.get(f"n{number}") for number in range(20)] == [f"value-{number:08}" for number in range(20)]
