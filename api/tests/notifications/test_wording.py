"""What messages say, and what the words of others can't do in them."""

from typing import Any

import pytest

from vintagestory_api.notifications.records import Notice
from vintagestory_api.notifications.wording import compose, fill_in, harmless

AT = 1_780_000_000_000  # 2026-05-28 20:26:40 UTC


def notice(**fields: Any) -> Notice:
    defaults: dict[str, Any] = {
        "kind": "server_crashed", "severity": "warning", "title": "Our world crashed", "text": "It ended by itself.", "at": AT,
        "server_id": "our-world", "server_name": "Our world", "action": "/servers/our-world",
    }  # fmt: skip
    return Notice(**{**defaults, **fields})


def test_one_notice_is_told_as_it_is_with_a_link_where_there_is_an_address() -> None:
    assert compose([notice()]) == ("Our world crashed", "It ended by itself.")
    _, text = compose([notice()], public_url="https://vs.example.org/")
    assert text == "It ended by itself.\nhttps://vs.example.org/servers/our-world"


def test_what_is_over_says_so_and_how_often_it_was() -> None:
    title, text = compose([notice(phase="over", text="It is over.", more=12)])
    assert title == "Over: Our world crashed"
    assert text == "It is over.\nIt happened 12 more times since."


def test_several_become_a_list_the_worst_first_and_the_rest_is_counted() -> None:
    many = [notice(title=f"Player {number} joined", severity="info", kind="player_joined") for number in range(11)]
    title, text = compose([*many, notice(severity="critical", title="Our world stays down")], more=5)
    assert title == "17 notices: 1 critical"
    lines = text.splitlines()
    assert "Our world stays down" in lines[0]
    assert lines[-1] == "… and 9 more"
    assert len(lines) == 9


def test_a_message_is_never_longer_than_discord_takes() -> None:
    for notices in ([notice(text="x" * 50_000)], [notice(title="t" * 5000, text="y" * 5000) for _ in range(20)]):
        title, text = compose(notices, template="{text}" * 20, public_url="https://vs.example.org", maybe_twice=True)
        assert len(title) + len(text) < 2000


def test_a_template_is_filled_in_and_nothing_else_happens() -> None:
    template = "[{severity}] {server}: {title} ({kind}, {count}x, {time}) {0} {title.__class__} {{text}} {unknown} %s"
    _, text = compose([notice(title="A {text} in a title", more=2)], template=template, zone="Europe/Berlin")
    assert text == (
        "[warning] Our world: A {text} in a title (server_crashed, 3x, 2026-05-28 22:26) {0} {title.__class__} "
        "{It ended by itself.\nIt happened 2 more times since.} {unknown} %s"
    )


def test_what_is_filled_in_is_not_filled_in_again() -> None:
    assert fill_in("{title}{text}", {"title": "{text}", "text": "{title}"}) == "{text}{title}"


@pytest.mark.parametrize(
    "call", ["@everyone", "@HERE", "hi @everyone!", "x@everyone", "<@123>", "<@&456>", "<!channel>", "<#789>", "@Anna", "(@all)"]
)
def test_nobody_is_called_by_the_words_of_others(call: str) -> None:
    text = harmless(call)
    assert text.replace("\N{ZERO WIDTH SPACE}", "") == call
    for trigger in ("@everyone", "@here", "@HERE", "<@", "<!", "<#", "@Anna", "@all"):
        assert trigger not in text


def test_a_link_shows_where_it_leads_and_an_address_of_mail_stays() -> None:
    assert "](" not in harmless("[Click here](http://evil.example)")
    assert harmless("write to ada@example.org") == "write to ada@example.org"


def test_nothing_turns_or_hides_text() -> None:
    assert harmless("a\x00b\x1b[31mc\u202ed\r\te\nf") == "a b [31mc d  e\nf"
    title, _ = compose([notice(title="two\nlines\x07")])
    assert title == "two lines "


def test_words_of_others_stay_words_in_every_place() -> None:
    evil = notice(title="@everyone joined", text="@here <!channel>", server_name="@everyone")
    for template in (None, "{title} {text} {server}"):
        for notices in ([evil], [evil, evil]):
            title, text = compose(notices, template=template)
            assert "@everyone" not in title + text
            assert "@here" not in text


def test_a_template_of_an_admin_may_call_everybody() -> None:
    _, text = compose([notice()], template="@everyone {title}")
    assert text == "@everyone Our world crashed"


def test_what_may_arrive_twice_says_so() -> None:
    assert compose([notice()], maybe_twice=True)[1].endswith(
        "(Perhaps you got this before: the manager ended while it was being sent.)"
    )
