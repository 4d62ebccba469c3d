"""Messages leave through a child process; whatever a service does, the manager goes on and no secret is told."""

import os
import sys
from pathlib import Path

import pytest

from tests.notifications.receivers import SECRET_WORD, Receiver
from vintagestory_api.kit.children import run_child
from vintagestory_api.notifications.failures import in_plain_words
from vintagestory_api.notifications.sender import mask
from vintagestory_api.notifications.sending import Message, Sender, SenderBroken

HELLO = Message("Our world crashed", "It ended by itself.", "critical")


async def test_a_message_arrives_as_it_was_written(service: Receiver) -> None:
    assert await Sender().send(service.address, HELLO) is None
    (message,) = service.messages
    assert (message["title"], message["message"], message["type"]) == ("Our world crashed", "It ended by itself.", "failure")


async def test_markup_arrives_as_text(service: Receiver) -> None:
    text = "<b>bold</b> **stars** [link](http://evil) {braces} 100%"
    assert await Sender().send(service.address, Message("A <i>title</i>", text, "info")) is None
    assert service.messages[0]["message"] == text


@pytest.mark.parametrize("status", [500, 404, 403])
async def test_a_service_that_refuses_says_why_without_the_address(service: Receiver, status: int) -> None:
    service.status = status
    problem = await Sender().send(service.address, HELLO)
    assert problem is not None
    assert problem.endswith(f"(It answered {status}.)")
    assert problem.startswith("The service ")
    assert "***" not in problem
    assert SECRET_WORD not in problem


async def test_a_service_that_can_not_be_reached_is_told_in_words() -> None:
    problem = await Sender().send(f"json://127.0.0.1:9/{SECRET_WORD}", HELLO)
    assert problem == "The service can't be reached. Look at its address, and at the network of this machine."


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("Failed to send to Discord: Unauthorized - Invalid Token., error=401.", "not valid (any more)"),
        ("Failed to send Telegram notification: (error=429)", "no more messages"),
        ("Failed to send JSON notification: Bad Gateway, error=502.", "trouble of its own"),
        ("Failed to send JSON notification: , error=418.", "refused the message"),
        ("A Connection error occurred sending Email notification to ***.", "can't be reached"),
        ("TypeError: something of a plugin", "TypeError: something of a plugin"),
        ("", "without saying why"),
    ],
)
def test_what_apprise_says_is_put_in_plain_words(said: str, words: str) -> None:
    assert words in in_plain_words(said)


async def test_a_service_that_hangs_is_given_up_and_its_child_is_gone(service: Receiver, tmp_path: Path) -> None:
    service.hangs = True
    before = children_of_this_process()
    problem = await Sender(send_seconds=3).send(service.address, HELLO)
    assert problem == "It did not answer within 3 s."
    assert children_of_this_process() <= before


def children_of_this_process() -> set[str]:
    found = set()
    for path in Path(f"/proc/{os.getpid()}/task").glob("*/children"):
        found |= set(path.read_text().split())
    return found


@pytest.mark.parametrize(
    ("address", "service", "scheme"),
    [
        ("discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js", "Discord", "discord"),
        ("https://discord.com/api/webhooks/4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js", "Discord", "https"),
        ("tgram://123456789:abcdefg_hijklmnop/12315544/", "Telegram", "tgram"),
        ("ntfy://topic", "ntfy", "ntfy"),
        ("mailto://user:pass@example.com", "E-Mail", "mailto"),
    ],
)
async def test_an_address_is_named_by_its_service(address: str, service: str, scheme: str) -> None:
    looked = await Sender().look(address)
    assert (looked.service, looked.scheme) == (service, scheme)


@pytest.mark.parametrize("address", ["", "nonsense", "foo://bar", "discord://", "json://", "file:///etc/passwd", "://", "\x00"])
async def test_what_is_no_address_has_no_service(address: str) -> None:
    looked = await Sender().look(address)
    assert looked.service is None


async def test_a_child_that_breaks_is_told_without_what_it_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(SenderBroken, match="ended with 1"):
        await Sender().send(f"json://x/{SECRET_WORD}", HELLO)
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(SenderBroken, match="can't be started"):
        await Sender().send(f"json://x/{SECRET_WORD}", HELLO)


async def test_the_manager_itself_never_imports_what_sends() -> None:
    script = (
        "import sys, vintagestory_api.main, vintagestory_api.notifications.service, vintagestory_api.notifications.sending;"
        " print(sorted({'apprise', 'requests', 'httpx2', 'sqlalchemy'} & set(sys.modules)))"
    )
    ended = await run_child((sys.executable, "-I", "-c", script))
    assert ended.output == b"[]\n", ended.complaint


def test_words_of_an_address_are_masked_in_complaints() -> None:
    address = "json://ada:lovelace%21x@host.example/path/tok3n-secret?key=abcdef"
    said = mask("Failed to post to host.example with lovelace!x and tok3n-secret, key abcdef:\n 500", address)
    assert said == "Failed to post to *** with *** and ***, key ***: 500"
    assert mask(f"See {address}", address) == "See ***"
