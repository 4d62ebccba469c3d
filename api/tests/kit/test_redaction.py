"""No secret in what is written down, and what is written down stays readable."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vintagestory_api.access.roles import Role
from vintagestory_api.access.tokens import new_token
from vintagestory_api.kit import redaction
from vintagestory_api.kit.redaction import MASK, redact, redact_value, remember_secret

TOKEN = "vsm_abcdefghijklmnopqrstuvwxyz0123456789"


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    before = set(redaction._known)
    yield
    redaction._known.clear()
    redaction._known.update(before)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (f"with {TOKEN}.", "with ***."),
        (f"Authorization: Bearer {TOKEN}", "Authorization: Bearer ***"),
        ("Authorization: Basic YWRhOmxvdmVsYWNl", "Authorization: Basic ***"),
        ("https://ada:lovelace@host/path", "https://***@host/path"),
        ("redis://:lovelace@host", "redis://***@host"),
        ("https://ada:love@lace@host/", "https://***@host/"),
        ("password=hunter2", "password=***"),
        ("PASSWORD: hunter2, next", "PASSWORD: ***, next"),
        ('{"password": "hunter 2", "user": "ada"}', '{"password": ***, "user": "ada"}'),
        ("passphrase='several words here'", "passphrase=***"),
        ("db_password=hunter2&x=1", "db_password=***&x=1"),
        ("?api_key=k123&page=2", "?api_key=***&page=2"),
        ("X-API-Key: k123", "X-API-Key: ***"),
        ("x-auth-token: k123", "x-auth-token: ***"),
        ("Set-Cookie: session=k123; Path=/", "Set-Cookie: ***; Path=/"),
        ("client_secret = k123", "client_secret = ***"),
        ("/serverconfig password hunter 2", "/serverconfig password ***"),
        ("Handling Console Command /sc  Password hunter2\nnext", "Handling Console Command /sc  Password ***\nnext"),
    ],
)
def test_secrets_in_a_text_are_masked(text: str, masked: str) -> None:
    assert redact(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "",
        "5 tokens left",
        "the password was wrong",
        "asked https://mods.vintagestory.at/api/mods at 12:30",
        "mail ada@example.org or see http://host:8080/path",
        "https://host/user:with:colons",
        "secretary=ada",
        "vsm_short",
    ],
)
def test_what_is_no_secret_stays_readable(text: str) -> None:
    assert redact(text) == text


def test_a_remembered_secret_is_masked_anywhere() -> None:
    remember_secret("correct-horse")
    remember_secret("short")
    assert redact("acorrect-horseb, short") == "a***b, short"
    assert redact_value({"x": ["correct-horse"]}) == {"x": [MASK]}


def test_our_tokens_are_masked_in_every_surrounding() -> None:
    _, secret = new_token("test", Role.ADMIN, created_by="test", now_ms=0)
    for text in (secret, f"'{secret}'", f"token={secret}", f"({secret})", f"/path/{secret}/x", f"a={secret}&b"):
        assert secret not in redact(text)


@given(st.text(), st.text())
def test_a_token_never_survives_whatever_stands_around_it(before: str, after: str) -> None:
    text = f"{before} {TOKEN} {after}"
    assert TOKEN not in redact(text)


@given(st.text())
def test_masking_twice_is_masking_once_and_always_writable(text: str) -> None:
    once = redact(text)
    assert redact(once) == once
    once.encode()


@pytest.mark.parametrize(
    "text",
    [
        "a-" * 40_000, "a_" * 40_000, "token" * 16_000, "://a:" * 16_000, "bearer " * 12_000, "token" + " " * 80_000,
        "://" + "a:b" * 27_000, 'token="' * 12_000, "token='" + "x" * 80_000, "vsm_" * 20_000,
    ],
    ids=lambda text: text[:8],
)  # fmt: skip
def test_a_text_made_to_be_slow_is_not(text: str) -> None:
    begun = time.process_time()
    redact(text)
    assert time.process_time() - begun < 0.5


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        ({"password": "x"}, {"password": MASK}),
        ({"Authorization": "x", "cookie": ["a"], "apiKey": 7}, {"Authorization": MASK, "cookie": MASK, "apiKey": MASK}),
        ({"token": None, "secret": True}, {"token": None, "secret": True}),
        ({"tokens": 5, "passed": 3}, {"tokens": 5, "passed": 3}),
        ({"a": [{"b": ({"password": "x"},)}]}, {"a": [{"b": [{"password": MASK}]}]}),
        ({"url": "https://a:b@host/"}, {"url": "https://***@host/"}),
        ({f"key {TOKEN}": 1}, {"key ***": 1}),
        ([1, 2.5, None, True, "x"], [1, 2.5, None, True, "x"]),
        (ValueError("password=x"), "password=***"),
        (b"password=x", "b'password=***'"),
        (2**70, str(2**70)),
        ({1: {2: 3}}, {"1": {"2": 3}}),
    ],
)
def test_nested_values_are_masked_by_key_and_by_text(value: Any, masked: Any) -> None:
    assert redact_value(value) == masked


def test_what_lies_very_deep_or_in_a_circle_becomes_text_without_secrets() -> None:
    circle: dict[str, Any] = {"password": "hunter2"}
    circle["self"] = circle
    text = json.dumps(redact_value(circle))
    assert "hunter2" not in text


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary() | st.dates(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text() | st.integers(), inner, max_size=4),
        max_leaves=20,
    )
)
def test_what_comes_out_fits_into_json(value: Any) -> None:
    json.dumps(redact_value(value)).encode()
