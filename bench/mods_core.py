"""Making a plan for 300 mods with 600 dependencies, and reading a folder of 300 mods, cold and unchanged."""

import random
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

from figures import Figure, Measured, median, spread
from vintagestory_api.server_mods.mod_folder import ModFolders
from vintagestory_api.server_mods.modinfo import Dependency
from vintagestory_api.server_mods.plan import Offer, Present, Release, Wish
from vintagestory_api.server_mods.resolve import resolve

_MODS, _DEPENDENCIES, _RELEASES = 300, 600, 12
_GAME = "1.22.3"
_MEMBERS = 60


def measure(*, quick: bool) -> Measured:
    repeats = 3 if quick else 30
    offers, installed = _made_up_mods()
    plans: dict[str, Callable[[], int]] = {
        "install_all": lambda: len(resolve([], _install_all(offers), offers, _GAME).steps),
        "update_all": lambda: len(resolve(installed, [Wish("update")], offers, _GAME).steps),
        "install_one": lambda: len(resolve(installed, [Wish("install", "new")], [*offers, _new_mod()], _GAME).steps),
        "remove_one": lambda: len(resolve(installed, [Wish("remove", "mod0")], offers, _GAME).steps),
    }
    steps = {name: plan() for name, plan in plans.items()}
    resolving = {name: _milliseconds(plan, repeats) for name, plan in plans.items()}
    with tempfile.TemporaryDirectory(prefix="vsmanager-bench-") as name:
        folder = Path(name)
        for number in range(_MODS):
            _write_mod(folder / f"mod{number}.zip", f"mod{number}")
        cold = _milliseconds(lambda: len(ModFolders().read(folder).mods), repeats)
        folders = ModFolders()
        folders.read(folder)
        unchanged = _milliseconds(lambda: len(folders.read(folder).mods), repeats)
    return Measured(
        [
            Figure("resolve_300_mods_ms", round(max(median(times) for times in resolving.values()), 1), 50, "ms"),
            Figure("mod_folder_unchanged_ms", round(median(unchanged), 1), 50, "ms"),
        ],
        {
            "mods": _MODS,
            "dependencies": _DEPENDENCIES,
            "releases_of_each": _RELEASES,
            "files_in_each_zip": _MEMBERS,
            "steps": steps,
            "resolve_ms": {name: spread(times, 1) for name, times in resolving.items()},
            "mod_folder_cold_ms": spread(cold, 1),
            "mod_folder_unchanged_ms": spread(unchanged, 1),
        },
    )


def _milliseconds(work: Callable[[], int], repeats: int) -> list[float]:
    times = []
    for _turn in range(repeats):
        started = time.perf_counter()
        work()
        times.append((time.perf_counter() - started) * 1000)
    return times


def _install_all(offers: list[Offer]) -> list[Wish]:
    return [Wish("install", offer.modid) for offer in offers]


def _made_up_mods() -> tuple[list[Offer], list[Present]]:
    """Every mod needs two others, one of them in a version that only its later releases have; a quarter is outdated."""
    numbers = random.Random(5)
    offers, installed = [], []
    for number in range(_MODS):
        others = numbers.sample(range(_MODS), _DEPENDENCIES // _MODS)
        needed = tuple(Dependency(f"mod{other}", f"1.{numbers.randrange(5)}.0") for other in others)
        releases = tuple(
            Release(
                f"1.{minor}.0",
                tuple(f"1.{line}.{patch}" for line in (21, 22) for patch in range(4)),
                (*needed, Dependency("game", "1.22.0")),
                "both",
                release_id=number * _RELEASES + minor,
            )
            for minor in range(_RELEASES)
        )
        offers.append(Offer(f"mod{number}", f"Mod {number}", "both", releases))
        version = f"1.{_RELEASES - (2 if number % 4 == 0 else 1)}.0"
        installed.append(Present(f"mod{number}", version, f"Mod {number}", dependencies=needed))
    return offers, installed


def _new_mod() -> Offer:
    return Offer("new", "New", "both", (Release("1.0.0", (_GAME,), (Dependency("mod0", "1.11.0"), Dependency("mod7")), "both"),))


def _write_mod(path: Path, modid: str) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(_MEMBERS - 1):
            archive.writestr(f"assets/{modid}/blocktypes/block{number}.json", '{"code": "block"}')
        archive.writestr("modinfo.json", f'{{"type": "content", "modid": "{modid}", "name": "Mod", "version": "1.0.0",}}')
