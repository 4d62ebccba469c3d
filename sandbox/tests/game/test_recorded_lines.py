"""The lines that real servers printed, against those of the stand-in: the same forms, in the same order."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.facts import facts_path
from tests.game.playing import Game, Installs
from tests.game.test_game_mods import put_mod

pytestmark = pytest.mark.real_data

PREFIX = re.compile(
    r"(?:vsserver_1  \| )?(?:\d{1,2}\.\d{1,2}\.\d{4} )?\d{2}:\d{2}:\d{2}(?:\.\d+)? "
    r"\[(?:Server )?(?P<kind>(?:Client )?[A-Za-z]+)\] (?P<text>.*)"
)
ADDRESS = r"\[[0-9a-f:.]+\]:\d+"
VERSION = r"\d+\.\d+\.\d+(?:-(?:pre|rc)\.\d+)?"
# The stack of an exception and the answers of several lines have no time and no type.
BARE = "Bare"

# What the stand-in prints: a name, and the form of the line with its type.
SHAPES = {
    name: re.compile(form)
    for name, form in {
        "logger": r"Notification: Server logger started\.",
        "version": rf"Notification: Game Version: v{VERSION} \((?:Stable|Unstable)\)",
        "runtime": r"Notification: C# Framework: \.net \d+\.\d+\.\d+",
        "zstd": r"Notification: Zstd Version: \d+\.\d+\.\d+",
        "system": r"Notification: Operating System: .+",
        "cores": r"Notification: CPU Cores: \d+",
        "processor": r"Notification: CPU: .+",
        "memory": r"Notification: Available RAM: \d+ MB",
        "story": r"Event: (?:(?:It begins|It senses|A world unbroken|The center unfolding|The carved mountains|The rolling hills"
        r"|The sheer cliffs|The endless plains|The winter snows|And scorching deserts|Spring waters)\.\.\."
        r"|\.\.\. it calls to you|Return again\.)",
        "launching": r"Event: Launching server\.\.\.",
        "server": rf"Event: Server v{VERSION}, network v{VERSION}, api v{VERSION}",
        "phase": r"Notification: Entering runphase [A-Z][A-Za-z]+",
        "loading configuration": r"Event: Loading configuration\.\.\.",
        "no configuration": r"Notification: serverconfig\.json not found, creating new one",
        "loading savegame": r"Notification: Loading savegame",
        "new savegame": r"Notification: Create new save game data\. Playstyle: \w+",
        "savegame": r"Notification: Savegame .+\.vcdbs loaded",
        "world size": r"Notification: World size = \d+ \d+ \d+",
        "assets": r"Notification: Start discovering assets",
        "category": r"Notification: Found \d+ base assets in category \w+",
        "recipes": r"Event: \d+ (?:(?:cooking|smithing|clay forming|knapping|barrel) recipes|metal alloys) loaded",
        "from files": r"Event: \d+ (?:crafting recipes|traits|classes) loaded from \d+ files",
        "finalized": r"Event: Server assets loaded, parsed, registered and finalized",
        "initialising": r"Event: Initialising systems\.\.\.",
        "weather": r"Notification: Reloaded \d+ weather patterns, \d+ wind patterns and \d+ weather events",
        "systems": r"Notification: Started \d+ systems on Server:",
        "mod of systems": r"Notification:     Mod '[^']+' \([a-z]+\):",
        "system of mod": r"Notification:         [A-Za-z]+(?:\.[A-Za-z]+)+",
        "map": r"Notification: Server map set",
        "generators": r"Event: Starting world generators\.\.\.",
        "trees": r"Notification: Reloaded \d+ tree generators",
        "spawn": r"Event: Loading \d+x\d+x\d+ spawn chunks\.\.\.",
        "percent": r"Event: \d+% \(\d+ in queue\)",
        "ticking": r"Event: Begin game ticking\.\.\.",
        "threads": r"Notification: Starting server threads",
        "ready": r"Event: Dedicated Server now running on Port \d+ and all ips!",
        "since 1.20": r"Notification: Please be aware that as of 1\.20, .+ with '/serverconfig whitelistmode off'",
        "empty": r"Notification: All clients disconnected, pausing game calendar\.",
        "not empty": r"Notification: A client reconnected, resuming game calendar\.",
        "connecting": rf"Notification: A Client attempts connecting via TCP on {ADDRESS}, assigning client id \d+",
        "udp": rf"Notification: UDP: Client \d+ connected via: (?:{ADDRESS}|0\.0\.0\.0:0)",
        "identifying": r"Notification: Client \d+ uid [A-Za-z0-9+/]{24} attempting identification\. Name: [\w-]{1,16}",
        "delayed": r"Notification: Delayed join, need to load one spawn chunk first\.",
        "placing": r"Notification: Placing [\w-]+ at \d+\.\d+ \d+\.\d+ \d+\.\d+",
        "joins": rf"Event: [\w-]+ (?:{ADDRESS}|127\.0\.0\.1:0) joins\.",
        "auth": r'Debug: Response from auth server: \{"playername":"\w+","entitlements":null,"valid":1\}',
        "chat": r"Chat: \d+ \| [\w-]+: .+",
        "gone": r"Event: Client \d+ disconnected\.",
        "gone because": r"Notification: Client \d+ disconnected: ",
        "udp gone": r"Notification: UDP: client disconnected [\w-]+",
        "command": r"Notification: Handling Console Command /.+",
        "list": r"Notification: List of online Players",
        "playing": rf"{BARE}: Playing \[\d+\] [\w-]+ {ADDRESS} \(\d+ms\) \(\d+s inactive\)",
        "backup": r"Notification: Ok, generating backup, this might take a while",
        "backup done": r"Notification: Backup complete!",
        "suspended": r"Notification: Server ticking has been suspended",
        "autosave": r"Notification: Autosaving game world\. Notifying mods, then systems of save\.\.\.",
        "defragmented": r"Notification: Defragmented listener lists",
        "resumed": r"Notification: Server ticking has been resumed",
        "offthread": r"Notification: Offthread save of \d+ generating chunks done\.",
        "offthread savegame": r"Event: Offthread save of savegame done\.",
        "offthread chunks": r"Event: Offthread save of \d+ chunks done\.",
        "not suspended": r"Warning: Server suspend requested, but reached max wait time\. Server is only partially suspended\.",
        "not saved": r"Notification: Unable to autosave, was not able to pause the server",
        "overloaded": r"Warning: Server overloaded\. A tick took \d+ms to complete\.",
        "stop": r"Notification: Server stop requested, begin shutdown sequence\. Stop reason: .+",
        "notified": r"Event: Mods and systems notified, now saving everything\.\.\.",
        "saved": r"Event: Saved (?:player world data|map regions|map chunks|loaded chunks|generating chunks)\.\.\.",
        "saved game": r"Event: Saved savegamedata\.\.\.2",
        "world saved": r"Event: World saved! Saved \d+ chunks, \d+ mapchunks, \d+ mapregions\.",
        "shutting down": r"Event: Shutting down \d+ server threads\.\.\. ",
        "console gone": r"Event: Killed console thread",
        "threads gone": r"Event: All threads gracefully shut down",
        "last tick": r"Event: Doing last tick\.\.\.",
        "stopped": r"Event: Stopped the server!",
        "searching": r"Notification: Will search the following paths for mods:",
        "searched": r"Notification:     (?:/|[A-Z]:\\).+",
        "dependencies": r"Error: \[\w+\] Could not resolve some dependencies:",
        "missing": rf"Error: \[\w+\]     \w+@{VERSION} - Missing",
        "infected": rf"Error: \[\w+\]     \w+@{VERSION} - Dependency '[^']+' \(\w+\) has dependency errors itself\.",
        "duplicate": r"Warning: Multiple mods share the mod ID '\w+' \('[^']+', '[^']+'\)\. "
        r"Will only load the highest version one - v[\d.]+\.",
        "fatal": r"Fatal: Caught unhandled exception in thread '\w+'\. Shutting down server\.",
        "exception": r"Error: Exception: .+\.",
        "stack": rf"{BARE}:    at [A-Z][\w.]+\(.*\)(?: in \S+:line \d+)?",
        "no runtime": rf"{BARE}: You must install or update \.NET to run this application\.",
        "wanted runtime": rf"{BARE}: Framework: 'Microsoft\.NETCore\.App', version '\d+\.0\.0' \(x64\)",
        "found runtimes": rf"{BARE}: The following frameworks were found:",
        "found runtime": rf"{BARE}:   \d+\.\d+\.\d+ at \[/.+/Microsoft\.NETCore\.App\]",
        "report version": rf"{BARE}: Game Version: v{VERSION} \((?:Stable|Unstable)\)",
        "report": rf"{BARE}: \d{{1,2}}/\d{{1,2}}/\d{{4}} \d{{1,2}}:\d\d:\d\d [AP]M: Critical error occurred"
        r"(?: in the following mod\(s\): .+)?",
        "report mods": rf"{BARE}: Loaded Mods: game@{VERSION}, creative@{VERSION}, survival@{VERSION}(?:, .+)?",
    }.items()
}

# What it does not print: single player, other programs, mods, versions before 1.18.
NOT_IMITATED = [
    re.compile(form)
    for form in (
        r"Notification: A Client attempts connecting via Dummy connection .+",
        r"Notification: Upped server view distance .+",
        r"Notification: Default spawn was set in serverconfig, resetting for safety\.",
        r"Error: Mod exception during event .+",
        r"Notification: \[playercorpseforked\] .+",
        r"Client Error: .+",
        r"Event: (?:Loading assets\.\.\.|Loading save game\.\.\.|Begin save game ticking\.\.\.|Singleplayer Server now running!)",
        r"Event: Carltoffel 127\.0\.0\.1 joins\.",
        r"Event: Saved savegamedata\.\.\.",
        r"Event: Dedicated Server now running",
        r"Event: player1 (?:joins|left)\.",
        r"Chat: attacker: .+",
        r"Bare: Server has stopped: exit code: 150",
        r"Bare: Running on 64 bit Windows .+",
        r"Bare: Microsoft\.Data\.Sqlite\.SqliteException .+",
    )
]

# Recordings whose lines come in the order in which the stand-in prints them.
IN_ORDER = (
    "01-1.22.6-dedicated-startup-file-main.log",
    "02-1.22.6-dedicated-ready-file-main.log",
    "05-1.20.0-pre.13-file-startup.log",
    "06-1.20.4-console-loading.log",
    "09-1.21.5-join-file-main.log",
    "10-1.19-shutdown-file-main.log",
    "25-1.22.3-stratum-fork-console-autosave.log",
)


def plain(line: str) -> str:
    """A line as `Type: text`, with nothing of when it was printed."""
    found = PREFIX.fullmatch(line)
    return f"{found['kind']}: {found['text']}" if found else f"{BARE}: {line}"


def recordings() -> list[Path]:
    return [path for path in sorted(facts_path("logs").iterdir()) if path.name[0].isdigit()]


def recorded_lines(path: Path) -> list[str]:
    return [plain(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def shape_of(line: str) -> str | None:
    return next((name for name, shape in SHAPES.items() if shape.fullmatch(line)), None)


@pytest.fixture(scope="module")
def printed(installs: Installs, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """Everything that a few runs of the stand-in have printed and written, in its order within a run."""
    data = tmp_path_factory.mktemp("recorded") / "data"
    put_mod(data / "Mods", "alpha", dependencies={"beta": "6.9.0"})
    put_mod(data / "Mods", "gamma", dependencies={"alpha": "0.7.5"})
    put_mod(data / "Mods", "delta", file="delta-1.zip")
    put_mod(data / "Mods", "delta", "1.1.0", file="delta-2.zip")
    game = Game(installs("1.22.6"), data, script="1 join Alice; 3 chat Alice hello; 2000 leave Alice", slow_tick_ms=600)
    games = [game]
    try:
        game.ready()
        game.answer("/whitelist add Alice")
        game.tell({"speed": 20, "players": 0, "script": "0 join Alice; 1 chat Alice hello", "slow_tick_ms": 600})
        game.wait_for("Alice: hello")
        answers = {"/list clients": "Playing", "/autosavenow": "Autosave completed", "/genbackup": "Backup complete!"}
        for command, answer in answers.items():
            game.ask(command)
            game.wait_for(answer)
        game.wait_for("overloaded")
        game.tell({"speed": 20, "players": 0, "autosave_fails": True, "script": "0 leave Alice"})
        game.wait_for("pausing game calendar")
        game.ask("/autosavenow")
        game.wait_for("Unable to autosave")
        game.stop()
        lines = game.lines + [line for name in ("main", "debug") for line in game.log(name)]
        for crash in ("thread", "report"):
            games.append(game := Game(installs("1.22.6"), data, crash=crash))
            game.wait()
            lines += game.lines
        shared = data / "shared" / "Microsoft.NETCore.App" / "8.0.20"
        shared.mkdir(parents=True)
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("DOTNET_ROOT", str(data))
            games.append(game := Game(installs("1.22.6"), data, dotnet="check"))
            game.wait()
        yield [plain(line) for line in lines + game.error_output().splitlines()]
    finally:
        for game in games:
            game.end()


def test_every_recorded_line_is_of_a_known_form_or_knowingly_left_out() -> None:
    unknown = [
        f"{path.name}: {line}"
        for path in recordings()
        for line in recorded_lines(path)
        if shape_of(line) is None and not any(form.fullmatch(line) for form in NOT_IMITATED)
    ]
    assert not unknown


def test_nothing_is_left_out_that_was_never_recorded() -> None:
    recorded = [line for path in recordings() for line in recorded_lines(path)]
    assert not [form.pattern for form in NOT_IMITATED if not any(form.fullmatch(line) for line in recorded)]


def test_every_form_is_recorded_and_printed(printed: list[str]) -> None:
    recorded = {shape_of(line) for path in recordings() for line in recorded_lines(path)}
    ours = {shape_of(line) for line in printed}
    assert set(SHAPES) - recorded == set()
    assert set(SHAPES) - ours == set()


@pytest.mark.parametrize("name", IN_ORDER)
def test_lines_come_in_the_recorded_order(printed: list[str], name: str) -> None:
    ours = iter([line for line in printed if shape_of(line)])
    wanted = [line for line in recorded_lines(facts_path("logs") / name) if shape_of(line)]
    for line in wanted:
        shape = shape_of(line)
        # Where the words tell where in the run it is, the same words are wanted.
        same_words = shape in {"story", "phase", "saved", "category"}
        assert any((other == line) if same_words else (shape_of(other) == shape) for other in ours), line
