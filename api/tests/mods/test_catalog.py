import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.mods.catalogs import FakeModDatabase, answer, check_whole, contents, details, find, ids, row, rows
from tests.upstreams import FakeClock, until
from vintagestory_api.errors import NotFound, Unavailable
from vintagestory_api.jobs.mod_cache_refresh import refresh_mod_cache
from vintagestory_api.kit.clock import SystemClock
from vintagestory_api.mods import catalog as catalog_module
from vintagestory_api.mods.catalog import ModCatalog, get_mod_catalog, use_mod_catalog
from vintagestory_api.mods.catalog_details import harmless
from vintagestory_api.mods.catalog_reads import FittingMods
from vintagestory_api.mods.catalog_refresh import CatalogNotRefreshed
from vintagestory_api.mods.catalog_search import read_query
from vintagestory_api.mods.catalog_store import CatalogDamaged, prepare_catalog
from vintagestory_api.services.run_context import RunContext, current_run

HOUR = 3600.0


@pytest.fixture
def moddb() -> FakeModDatabase:
    return FakeModDatabase(rows(3))


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def catalog(tmp_path: Path, moddb: FakeModDatabase, clock: FakeClock) -> AsyncIterator[ModCatalog]:
    path = tmp_path / "catalog.db"
    prepare_catalog(path)
    catalog = ModCatalog(path, moddb, clock)
    yield catalog
    await catalog.close()


def path_of(catalog: ModCatalog) -> Path:
    return catalog._file.path


def leftovers(catalog: ModCatalog) -> list[str]:
    return [file.name for file in path_of(catalog).parent.iterdir() if not file.name.startswith("catalog.db")]


async def failure_of(call: Awaitable[object]) -> Exception:
    with pytest.raises(Exception) as failed:  # noqa: PT011 - the caller looks at what it is
        await call
    return failed.value


# Refresh


async def test_a_refresh_fills_the_catalogue_and_reports_counts(catalog: ModCatalog, moddb: FakeModDatabase) -> None:
    report = await catalog.refresh()
    assert (report.mods, report.new, report.changed, report.vanished, report.unchanged, report.invalid) == (3, 3, 0, 0, 0, 0)
    assert (report.tags, report.game_versions) == (2, 3)
    assert report.bytes == len(json.dumps(moddb.answer))
    assert ids(await catalog.search(read_query({}))) == [3, 2, 1]
    assert leftovers(catalog) == []


async def test_an_unchanged_refresh_asks_three_times_and_writes_nothing(catalog: ModCatalog, moddb: FakeModDatabase) -> None:
    await catalog.refresh()
    before = contents(path_of(catalog))
    moddb.calls.clear()
    report = await catalog.refresh()
    assert (report.unchanged, report.requests) == (3, 3)
    assert moddb.calls == ["download_list", "tags", "game_versions"]
    assert contents(path_of(catalog)) == before


@pytest.mark.parametrize("call", ["download_list", "tags", "game_versions"])
async def test_an_upstream_that_fails_halfway_changes_nothing(catalog: ModCatalog, moddb: FakeModDatabase, call: str) -> None:
    await catalog.refresh()
    before = contents(path_of(catalog))
    moddb.answer, moddb.tag_names, moddb.version_names = answer(rows(5)), ["Magic"], ["1.23.0"]
    moddb.errors[call] = Unavailable("The mod database is down.")
    assert await failure_of(catalog.refresh()) is moddb.errors[call]
    assert contents(path_of(catalog)) == before
    assert leftovers(catalog) == []
    moddb.errors.clear()
    assert (await catalog.refresh()).new == 2


@pytest.mark.parametrize(
    ("body", "reason", "permanent"),
    [
        (b"not an image", "not_json", False),
        (b'{"statuscode":"400"}', "refused_by_upstream", False),
        (json.dumps(answer(rows(40))).encode(), "shrunk", True),
    ],
)
async def test_a_list_that_is_refused_keeps_the_old_one(
    catalog: ModCatalog, moddb: FakeModDatabase, body: bytes, reason: str, permanent: bool
) -> None:
    moddb.answer = answer(rows(120))
    await catalog.refresh()
    before = contents(path_of(catalog))
    moddb.answer = body
    error = await failure_of(catalog.refresh())
    assert isinstance(error, CatalogNotRefreshed)
    assert (error.extra["reason"], error.permanent) == (reason, permanent)
    assert contents(path_of(catalog)) == before
    assert leftovers(catalog) == []


async def test_refreshes_at_the_same_time_are_one(catalog: ModCatalog, moddb: FakeModDatabase) -> None:
    moddb.gate.clear()
    calls = [asyncio.create_task(catalog.refresh()) for _ in range(20)]
    await until(lambda: moddb.asked("download_list") == 1, "the first question")
    moddb.gate.set()
    reports = await asyncio.gather(*calls)
    assert moddb.calls == ["download_list", "tags", "game_versions"]
    assert all(report is reports[0] for report in reports)


async def test_a_refresh_goes_on_when_one_of_two_who_wait_gives_up(catalog: ModCatalog, moddb: FakeModDatabase) -> None:
    moddb.gate.clear()
    first, second = (asyncio.create_task(catalog.refresh()) for _ in range(2))
    await until(lambda: moddb.asked("download_list") == 1, "the first question")
    first.cancel()
    moddb.gate.set()
    assert (await second).mods == 3
    assert first.cancelled()


async def test_progress_rises_to_the_end(catalog: ModCatalog) -> None:
    said: list[tuple[float | None, str]] = []
    await catalog.refresh(lambda fraction, message: said.append((fraction, message)))
    fractions = [fraction for fraction, _ in said if fraction is not None]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0.0, 1.0)
    assert said[-1][1] == "3 mods: 3 new, 0 changed, 0 vanished"


def fake_python(folder: Path, script: str) -> str:
    program = folder / "fake-python"
    program.write_text(f"#!{sys.executable}\nimport os, sys, time\n{script}\n")
    program.chmod(0o755)
    return str(program)


@pytest.fixture
async def catalog_with(tmp_path: Path, moddb: FakeModDatabase) -> AsyncIterator[Callable[[str], ModCatalog]]:
    """Catalogues whose importer is another program."""
    made: list[ModCatalog] = []

    def make(python: str) -> ModCatalog:
        path = tmp_path / "catalog.db"
        prepare_catalog(path)
        made.append(ModCatalog(path, moddb, SystemClock(), python))
        return made[-1]

    yield make
    for catalog in made:
        await catalog.close()


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("by_closing", [False, True], ids=["cancelled", "closed"])
async def test_giving_up_ends_the_importer_first(
    catalog_with: Callable[[str], ModCatalog], tmp_path: Path, by_closing: bool
) -> None:
    pid_file = tmp_path / "pid"
    new = f"{pid_file}.new"
    script = f"open({new!r}, 'w').write(str(os.getpid())); os.rename({new!r}, {str(pid_file)!r}); time.sleep(60)"
    catalog = catalog_with(fake_python(tmp_path, script))
    refresh = asyncio.create_task(catalog.refresh())
    await until(pid_file.exists, "the importer")
    if by_closing:
        await catalog.close()
        assert isinstance(await failure_of(refresh), Unavailable)
    else:
        refresh.cancel()
        with pytest.raises(asyncio.CancelledError):
            await refresh
    assert not is_alive(int(pid_file.read_text()))
    assert not any(name.endswith(".part") for name in leftovers(catalog))


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("sys.exit(3)", "ended with 3"),
        ("print('half'); sys.stderr.write('first\\nno memory'); sys.exit(1)", "no memory"),
        ("os.kill(os.getpid(), 9)", "ended with -9"),
        ("sys.stdout.write('x' * 5_000_000); sys.stderr.write('y' * 5_000_000); sys.exit(1)", "ended with 1"),
        ("print('[]')", "ended with 0"),
    ],
)
async def test_an_importer_that_breaks_is_a_clear_error(
    catalog_with: Callable[[str], ModCatalog], tmp_path: Path, script: str, words: str
) -> None:
    error = await failure_of(catalog_with(fake_python(tmp_path, script)).refresh())
    assert isinstance(error, CatalogNotRefreshed)
    assert words in error.message
    assert len(error.message) < 1_000


async def test_a_python_that_is_gone_is_a_clear_error(catalog_with: Callable[[str], ModCatalog]) -> None:
    assert "can't be started" in str(await failure_of(catalog_with("/nowhere/python").refresh()))


async def test_damage_is_told_and_remembered_for_the_next_start(catalog: ModCatalog) -> None:
    await catalog.refresh()
    path_of(catalog).write_bytes(b"rubbish" * 10_000)
    assert isinstance(await failure_of(catalog.refresh()), CatalogNotRefreshed)
    assert path_of(catalog).with_name("catalog.db.damaged").exists()
    assert isinstance(await failure_of(catalog.search(read_query({}))), CatalogDamaged)
    prepare_catalog(path_of(catalog))
    check_whole(path_of(catalog))


# Which mods fit a game version


async def test_the_list_of_fitting_mods_is_fetched_once_and_kept_for_a_day(
    catalog: ModCatalog, moddb: FakeModDatabase, clock: FakeClock
) -> None:
    await catalog.refresh()
    moddb.fitting["1.21"] = [1, 3]
    query = read_query({"game_version": ["1.21.1"]})
    pages = await asyncio.gather(*(catalog.search(query) for _ in range(10)))
    assert [ids(page) for page in pages] == [[3, 1]] * 10
    clock.advance(23 * HOUR)
    assert (await catalog.fitting("1.21")).modids == {1, 3}
    assert moddb.asked("mod_ids_fitting") == 1
    clock.advance(2 * HOUR)
    moddb.fitting["1.21"] = [2]
    assert ids(await catalog.search(query)) == [2]
    assert moddb.asked("mod_ids_fitting") == 2
    assert await catalog.fitting("1.21") == FittingMods(frozenset({2}), clock.now_ms(), stale=False)


async def test_an_old_list_of_fitting_mods_is_kept_when_the_upstream_fails(
    catalog: ModCatalog, moddb: FakeModDatabase, clock: FakeClock
) -> None:
    await catalog.refresh()
    moddb.fitting["1.21"] = [1]
    assert not (await catalog.fitting("1.21")).stale
    clock.advance(48 * HOUR)
    moddb.errors["mod_ids_fitting"] = Unavailable("down")
    assert ids(await catalog.search(read_query({"game_version": ["1.21"]}))) == [1]
    stale = await catalog.fitting("1.21")
    assert (set(stale.modids), stale.stale) == ({1}, True)


async def test_without_any_list_of_fitting_mods_a_failing_upstream_is_an_error(
    catalog: ModCatalog, moddb: FakeModDatabase
) -> None:
    await catalog.refresh()
    moddb.errors["mod_ids_fitting"] = Unavailable("down")
    assert await failure_of(catalog.search(read_query({"game_version": ["1.21"]}))) is moddb.errors["mod_ids_fitting"]
    assert await failure_of(catalog.fitting("1.21")) is moddb.errors["mod_ids_fitting"]


async def test_a_slow_list_of_fitting_mods_is_not_waited_for_and_arrives_later(
    catalog: ModCatalog, moddb: FakeModDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    await catalog.refresh()
    monkeypatch.setattr(catalog_module, "PATIENCE_SECONDS", 0.05)
    moddb.fitting["1.21"] = [2]
    moddb.gate.clear()
    query = read_query({"game_version": ["1.21"]})
    for _ in range(2):
        page = await catalog.search(query)
        assert (page.filled, page.fits_fetched_at, page.items) == (True, None, ())
    moddb.gate.set()
    await until(lambda: ids(find(path_of(catalog), game_version="1.21")) == [2], "the list")
    assert moddb.asked("mod_ids_fitting") == 1


async def test_a_game_version_nobody_knows_asks_nobody(catalog: ModCatalog, moddb: FakeModDatabase) -> None:
    assert not (await catalog.search(read_query({"game_version": ["1.21"]}))).filled
    await catalog.refresh()
    await failure_of(catalog.search(read_query({"game_version": ["7.77"]})))
    assert moddb.asked("mod_ids_fitting") == 0


# Details


def document(page: catalog_module.ModPage) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(page.document + b"}")
    return parsed


async def test_details_are_fetched_when_first_asked_and_then_kept(catalog: ModCatalog, moddb: FakeModDatabase) -> None:
    await catalog.refresh()
    moddb.mods["2"] = details(2)
    pages = await asyncio.gather(*(catalog.details(key) for key in ("2", "mod2", "MOD2") * 5))
    assert moddb.calls.count("mod 2") == moddb.asked("mod") == 1
    shown = document(pages[0])
    assert (shown["id"], shown["name"], shown["summary"], shown["modids"]) == (2, "Mod number 2", "What mod 2 does.", ["mod2"])
    assert shown["releases"][0]["game_versions"] == ["1.21.0"]
    assert shown["releases"][0]["created"] == "2025-12-29T15:53:01.000Z"
    assert not pages[0].stale
    assert pages[0].listed


async def test_details_are_fetched_again_after_a_day_and_after_a_release(
    catalog: ModCatalog, moddb: FakeModDatabase, clock: FakeClock
) -> None:
    await catalog.refresh()
    moddb.mods["2"] = details(2)
    await catalog.details("2")
    moddb.answer = answer([row(1), row(2, lastreleased="2026-01-01 00:00:00"), row(3)])
    await catalog.refresh()
    moddb.mods["2"] = details(2, text="<p>New</p>")
    assert document(await catalog.details("2"))["description_html"] == "<p>New</p>"
    await catalog.details("2")
    assert moddb.asked("mod") == 2
    clock.advance(25 * HOUR)
    await catalog.details("2")
    assert moddb.asked("mod") == 3


async def test_kept_details_are_shown_as_stale_when_the_upstream_fails(
    catalog: ModCatalog, moddb: FakeModDatabase, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await catalog.refresh()
    moddb.mods["2"] = details(2)
    fresh = await catalog.details("2")
    clock.advance(25 * HOUR)
    moddb.errors["mod"] = Unavailable("down")
    stale = await catalog.details("2")
    assert (stale.document, stale.fetched_at, stale.stale) == (fresh.document, fresh.fetched_at, True)
    assert await failure_of(catalog.details("3")) is moddb.errors["mod"]
    moddb.errors.clear()
    moddb.gate.clear()
    monkeypatch.setattr(catalog_module, "PATIENCE_SECONDS", 0.05)
    assert (await catalog.details("2")).stale
    moddb.gate.set()


async def test_a_mod_that_left_the_list_keeps_its_page(catalog: ModCatalog, moddb: FakeModDatabase, clock: FakeClock) -> None:
    await catalog.refresh()
    moddb.mods["3"] = details(3)
    await catalog.details("3")
    moddb.answer = answer(rows(2))
    await catalog.refresh()
    page = await catalog.details("3")
    assert (page.listed, page.stale) == (False, False)
    clock.advance(25 * HOUR)
    moddb.mods.clear()
    assert (await catalog.details("3")).stale


async def test_of_several_mods_with_one_id_the_most_downloaded_is_shown_and_the_others_named(
    catalog: ModCatalog, moddb: FakeModDatabase
) -> None:
    shared = [row(n, f"Mod {n}", downloads=n * (3 - n), modidstrs=["Shared"]) for n in (1, 2, 3)]
    moddb.answer = answer(shared)
    moddb.mods = {str(n): details(n) for n in (1, 2, 3)}
    await catalog.refresh()
    page = await catalog.details("shared")
    assert document(page)["id"] == 1
    assert page.also == ((2, "Mod 2"), (3, "Mod 3"))
    assert (await catalog.details("3")).also == ()


async def test_a_number_is_a_mods_number_before_it_is_an_id(catalog: ModCatalog, moddb: FakeModDatabase) -> None:
    moddb.answer = answer([row(1, modidstrs=["2"]), row(2), row(3, modidstrs=["777"])])
    moddb.mods = {str(n): details(n) for n in (1, 2, 3)}
    await catalog.refresh()
    assert document(await catalog.details("2"))["id"] == 2
    assert document(await catalog.details("777"))["id"] == 3


async def test_a_mod_that_only_the_upstream_knows_is_shown_and_kept(catalog: ModCatalog, moddb: FakeModDatabase) -> None:
    moddb.mods["brandnew"] = moddb.mods["50"] = details(50, name="Brand new")
    page = await catalog.details("brandnew")
    assert (document(page)["name"], document(page)["modids"], page.listed) == ("Brand new", ["mod50"], False)
    await catalog.details("50")
    assert moddb.calls == ["mod brandnew"]


async def test_a_mod_that_nobody_knows_is_not_found(catalog: ModCatalog) -> None:
    await catalog.refresh()
    for key in ("nope", "99999", "9" * 300, "", "é", "\ud800", "a b", "../tags", "'; --"):
        assert isinstance(await failure_of(catalog.details(key)), NotFound)


async def test_an_answer_about_another_mod_is_not_taken_for_this_one(catalog: ModCatalog, moddb: FakeModDatabase) -> None:
    await catalog.refresh()
    moddb.mods["2"] = details(3)
    assert isinstance(await failure_of(catalog.details("2")), Unavailable)


async def test_only_the_details_looked_at_last_are_kept(
    catalog: ModCatalog, moddb: FakeModDatabase, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalog_module, "KEPT_DETAILS", 2)
    await catalog.refresh()
    for n in (1, 2, 3):
        clock.advance(1)
        moddb.mods[str(n)] = details(n)
        await catalog.details(str(n))
    assert [entry[0] for entry in contents(path_of(catalog), "details")["details"]] == [2, 3]


@pytest.mark.parametrize(
    ("html", "clean"),
    [
        ("<p onclick='x()'>Hi <b>you</b></p>", "<p>Hi <b>you</b></p>"),
        ("<script>alert(1)</script>after", "after"),
        ("<style>p{}</style><iframe src='https://x.y'></iframe>", ""),
        ("<img src='https://x.y/p.png' onerror='x()'>", ""),
        ("<a href='javascript:alert(1)'>a</a>", '<a target="_blank" rel="noopener noreferrer nofollow">a</a>'),
        ("<a href='data:text/html,x'>a</a>", '<a target="_blank" rel="noopener noreferrer nofollow">a</a>'),
        ("<a href='/relative'>a</a>", '<a target="_blank" rel="noopener noreferrer nofollow">a</a>'),
        (
            "<a href='https://x.y' target='_blank'>a</a>",
            '<a href="https://x.y" target="_blank" rel="noopener noreferrer nofollow">a</a>',
        ),
        ("<p style='position:fixed' class='x' id='y'>a</p>", "<p>a</p>"),
        ("<svg><a xlink:href='javascript:x'>a</a></svg>", ""),
        ("a &amp; b &lt;script&gt;", "a &amp; b &lt;script&gt;"),
        ("<form action='https://x.y'><input name='password'></form>", ""),
    ],
)
def test_html_of_authors_is_made_harmless(html: str, clean: str) -> None:
    assert harmless(html) == clean


async def test_changelogs_are_made_harmless_too(catalog: ModCatalog, moddb: FakeModDatabase) -> None:
    moddb.mods["mod7"] = details(7)
    assert document(await catalog.details("mod7"))["releases"][0]["changelog_html"] == "<p>First </p>"


# Tags and the job


async def test_tags_say_how_many_mods_have_them(catalog: ModCatalog) -> None:
    await catalog.refresh()
    assert await catalog.tags() == [
        {"name": "Food", "color": "#92c96a", "mods": 0},
        {"name": "QoL", "color": "#92c96a", "mods": 3},
    ]


async def test_the_job_refreshes_the_catalogue_in_use_and_reports_to_its_run(catalog: ModCatalog) -> None:
    run = RunContext("run-1", "mod_cache_refresh")
    token = current_run.set(run)
    use_mod_catalog(catalog)
    try:
        report = await refresh_mod_cache()
    finally:
        use_mod_catalog(None)
        current_run.reset(token)
    assert report is not None
    assert (run.outcome, run.progress) == ("succeeded", 1.0)
    assert run.report is not None
    assert run.report["new"] == 3


def test_without_a_catalogue_in_use_asking_for_it_is_an_error() -> None:
    with pytest.raises(Unavailable):
        get_mod_catalog()
