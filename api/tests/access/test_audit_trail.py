"""What the trail keeps of a change, and that it keeps it."""

import asyncio
from dataclasses import replace

import orjson
import pytest

from vintagestory_api.access import audit_service
from vintagestory_api.access import in_store as in_store_module
from vintagestory_api.access.access import Access
from vintagestory_api.access.audit import AuditEntry, AuditFilter, presentable
from vintagestory_api.access.schemas import AuditEntryView
from vintagestory_api.kit.ids import uuid7


def entry() -> AuditEntry:
    return AuditEntry(
        id=uuid7(),
        at=1,
        who_kind="token",
        who_id="1",
        who_name="bot",
        role="admin",
        action="paint_fence",
        target={},
        from_address=None,
        result="ok",
        status=200,
    )


async def test_an_entry_is_written_although_its_caller_is_cancelled(access: Access, monkeypatch: pytest.MonkeyPatch) -> None:
    is_writing, may_write = asyncio.Event(), asyncio.Event()
    real = in_store_module.in_store

    async def held(database, work):  # type: ignore[no-untyped-def] # stands in for a generic function
        is_writing.set()
        await may_write.wait()
        return await real(database, work)

    monkeypatch.setattr(audit_service, "in_store", held)
    caller = asyncio.create_task(access.audit.record(entry()))
    await is_writing.wait()
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    may_write.set()
    await access.audit.aclose()
    assert [found.action for found in await access.audit.list(AuditFilter(), limit=10)] == ["paint_fence"]


@pytest.mark.parametrize(
    "fields",
    [
        {"words": ["w" * 100] * 1_000},
        {"deep": {"deeper": {"deepest": ["x"] * 100_000}}},
        {f"field {number}": "x" * 150 for number in range(1_000)},
        {"f" * 100_000: 1},
        {"number": 10**60, "other": -(2**63)},
        {"half a character": "\ud800", "\ud800": [1.5, True, None]},
    ],
)
def test_details_stay_small_and_can_be_written(fields: dict[str, object]) -> None:
    kept = presentable(fields)
    assert len(orjson.dumps(kept)) <= 2_000
    assert AuditEntryView.of(replace(entry(), details=kept)).model_dump_json()


def test_small_details_are_kept_as_they_are_but_for_secrets() -> None:
    assert presentable({"name": "bot", "count": 3, "on": None, "api_key": "abcdef"}) == {
        "name": "bot",
        "count": 3,
        "on": None,
        "api_key": "***",
    }
