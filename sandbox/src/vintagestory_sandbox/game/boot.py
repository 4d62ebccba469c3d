"""From the first line of the log to `now running on Port`."""

import os
import platform
from pathlib import Path
from typing import TYPE_CHECKING

from vintagestory_sandbox.game import crash
from vintagestory_sandbox.game.accounts import Accounts, BadPlayerFile
from vintagestory_sandbox.game.clients import Clients, role_named
from vintagestory_sandbox.game.config import BadConfig, MagicNumbers, load_config
from vintagestory_sandbox.game.loop import Task
from vintagestory_sandbox.game.mods import load_mods, systems_of
from vintagestory_sandbox.game.trouble import Trouble
from vintagestory_sandbox.game.visitors import people
from vintagestory_sandbox.game.world import World, WorldDamaged, WorldInUse, WorldTooNew

if TYPE_CHECKING:
    from vintagestory_sandbox.game.server import Server

# While the spawn area is made: the story, and how many chunks are queued after a while.
_SPAWN = (
    ("The carved mountains...", 49),
    ("The rolling hills...", 81),
    ("The sheer cliffs...", 113),
    ("The endless plains...", 142),
    ("The winter snows...", 165),
    ("And scorching deserts...", 180),
)
_READY = {
    "de": "Dedizierter Server now running on Port {} and {}!",
    "fr": "Serveur dédié now running on Port {} and {}!",
    "ru": "Выделенный сервер now running on Port {} and {}!",
}
_READY_EN = "Dedicated Server now running on Port {} and {}!"
_SINCE_1_20 = (
    "Please be aware that as of 1.20, servers default configurations have changed - servers no longer register themselves to "
    "the public servers list and are invite-only (whitelisted) out of the box. If you desire so, you can enable server "
    "advertising with '/serverconfig advertise on' and disable the whitelist mode with '/serverconfig whitelistmode off'"
)
_STARTUP_FAILED = "Exception thrown by server during startup or process"


def boot(server: "Server") -> Task:
    """Load everything, step by step; ends early when something is wrong, with exit code 0 as the real program."""
    total = server.switches.number("boot_seconds")
    _introduce(server)
    if not _install_is_clean(server) or not _configure(server):
        return
    yield total * 0.1
    if not _load_world(server):
        return
    yield total * 0.1
    yield from _load_assets(server, total * 0.4)
    yield from _start_world(server, total * 0.4)


def _introduce(server: "Server") -> None:
    write, edition = server.log.write, server.edition
    write("Notification", "Server logger started.")
    write("Notification", f"Game Version: v{edition.version} ({edition.branch})")
    write("Notification", f"C# Framework: .net {edition.dotnet}")
    write("Notification", f"Zstd Version: {edition.zstd}")
    kernel = platform.release().partition("-")[0]
    write("Notification", f"Operating System: Linux ({_system_name()}) [Kernel {kernel}]")
    if edition.line >= (1, 21):
        write("Notification", f"CPU Cores: {os.cpu_count() or 1}")
        write("Notification", "CPU: Unknown")
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20
        write("Notification", f"Available RAM: {memory} MB")
    server.story("It begins...")
    write("Event", "Launching server...")
    server.story("It senses...")
    write("Event", f"Server v{edition.version}, network v{edition.network}, api v{edition.api}")
    server.enter("Initialization")


def _install_is_clean(server: "Server") -> bool:
    marks = sorted(path.name for path in (server.install / "assets").glob("version-*.txt"))
    if marks == [f"version-{server.edition.version}.txt"]:
        return True
    server.log.write(
        "Error",
        "Your Server installation still contains old files from a previous game version, which may break things. "
        "Please fully delete the server folder and do a full reinstallation. Shutting down server.",
    )
    server.end(0)
    return False


def _configure(server: "Server") -> bool:
    write = server.log.write
    write("Event", "Loading configuration...")
    server.enter("Configuration")
    try:
        if server.switches.text("fail") == "config":
            raise BadConfig("Unexpected character encountered while parsing value: s. Path '', line 1, position 1.")
        server.config = config = load_config(server.options.data_path, server.edition, server.switches.count("seed"))
        if server.options.with_config is not None:
            config.merge(server.options.with_config)
        server.magic = MagicNumbers(server.options.data_path)
    except (BadConfig, KeyError) as error:
        write("Error", f"Failed to read serverconfig.json: Exception: {error}\n   at Newtonsoft.Json.JsonTextReader.ParseValue()")
        write("Fatal", "Cannot start the server with a broken serverconfig.json.")
        server.end(0)
        return False
    if config.new:
        write("Notification", "serverconfig.json not found, creating new one")
    if role_named(config, str(config["DefaultRoleCode"])) is None:
        write("Fatal", f"The default role code '{config['DefaultRoleCode']}' does not exist. Shutting down server.")
        server.end(0)
        return False
    server.log.split_after = max(1, int(config.values.get("LogFileSplitAfterLine", 500_000)))
    for name in ("Backups", "BackupSaves", "Cache", "Macros", "ModConfig", "ModData", "Mods", "OldSaves", "Playerdata", "Saves"):
        (server.options.data_path / name).mkdir(parents=True, exist_ok=True)
    if not _load_accounts(server):
        return False
    config.write()
    server.magic.write()
    return True


def _load_accounts(server: "Server") -> bool:
    folder = server.options.data_path / "Playerdata"
    first_start = not any(folder.iterdir())
    try:
        server.accounts = accounts = Accounts(folder, server.edition)
    except BadPlayerFile as error:
        server.log.write("Fatal", f"Failed reading playerdata. Exception: {error}")
        server.end(0)
        return False
    if first_start:
        if server.switches.on("whitelisted"):
            for name in people(server.switches.count("seed"), server.switches.count("players")):
                accounts.whitelist(name, "Admin")
        accounts.write_all()
    return True


def _load_world(server: "Server") -> bool:
    write, config = server.log.write, server.config
    write("Notification", "Loading savegame")
    path = config.save_path
    attributes = config.world["WorldConfiguration"]
    attributes = dict(attributes) if isinstance(attributes, dict) else {}
    try:
        world = World(
            path,
            server.switches.count("seed"),
            server.switches.count("world_mb"),
            attributes,
            version=server.edition.version,
            refuses_newer=server.switches.on("refuses_newer_world"),
        )
    except WorldInUse:
        write("Error", f"Failed opening savegame {path}, have no write access to it. Make sure no other server is accessing it.")
        server.end(0)
        return False
    except WorldTooNew:
        write("Error", f"Failed opening savegame {path}, it was saved by a later version of the game.")
        server.end(0)
        return False
    except OSError as error:
        write("Error", f"Failed opening savegame {path}, have no write access to it. {error.strerror}")
        server.end(0)
        return False
    except WorldDamaged:
        _world_is_damaged(server)
        return False
    server.world = world
    if server.switches.text("fail") == "world":
        _world_is_damaged(server)
        return False
    if world.is_new:
        write("Notification", f"Create new save game data. Playstyle: {config.world['PlayStyle']}")
    write("Notification", f"Savegame {path} loaded")
    write("Notification", f"World size = {config['MapSizeX']} {config['MapSizeY']} {config['MapSizeZ']}")
    server.clients = Clients(server.log, server.edition, config, server.accounts, world, server.options.max_clients)
    return True


def _world_is_damaged(server: "Server") -> None:
    crash.report_thread(server.log, crash.MALFORMED)
    server.stop(_STARTUP_FAILED)


def _load_assets(server: "Server", seconds: float) -> Task:
    write, config = server.log.write, server.config
    write("Notification", "Start discovering assets")
    for category, count in (("blocktypes", 1), ("itemtypes", 0), ("lang", 28)):
        write("Notification", f"Found {count} base assets in category {category}")
    yield seconds * 0.2
    black, white = config.values.get("ModIdBlackList"), config.values.get("ModIdWhiteList")
    folders = [_folder(server.install, text) for text in (*config["ModPaths"], *server.options.mod_paths)]
    loaded = load_mods(
        folders, server.edition, disabled=config.world["DisabledMods"] or (), black=black or (), white=white or None
    )
    server.mods = loaded.mods
    for kind, text in loaded.told:
        write(kind, text)
    if "LastLaunchMods" in config.values:
        launched = ",".join(f'{{"id":"{mod.modid}","version":"{mod.version}"}}' for mod in loaded.mods)
        config.values["LastLaunchMods"] = f"[{launched}]"
    server.enter("LoadAssets")
    yield seconds * 0.4
    for text in (
        "14 cooking recipes loaded",
        "903 crafting recipes loaded from 248 files",
        "9 metal alloys loaded",
        "251 smithing recipes loaded",
        "82 clay forming recipes loaded",
        "36 knapping recipes loaded",
        "176 barrel recipes loaded",
    ):
        write("Event", text)
    server.enter("AssetsFinalize")
    write("Event", "Server assets loaded, parsed, registered and finalized")
    write("Event", "Initialising systems...")
    yield seconds * 0.3
    server.enter("LoadGamePre")
    write("Notification", "Reloaded 19 weather patterns, 5 wind patterns and 5 weather events")
    for text in systems_of(loaded.mods):
        write("Notification", text)
    yield seconds * 0.1


def _start_world(server: "Server", seconds: float) -> Task:
    write, config = server.log.write, server.config
    write("Event", "47 traits loaded from 4 files")
    write("Event", "6 classes loaded from 1 files")
    write("Notification", "Server map set")
    server.story("A world unbroken...")
    server.enter("GameReady")
    server.enter("WorldReady")
    server.story("The center unfolding...")
    yield from _standby(server)
    write("Event", "Starting world generators...")
    write("Notification", "Reloaded 35 tree generators")
    write("Event", f"Loading {_spawn_size(server)} spawn chunks...")
    write("Event", f"0% ({_SPAWN[0][1]} in queue)")
    for words, queued in _SPAWN if server.world.is_new else _SPAWN[:1]:
        server.story(words)
        yield seconds / len(_SPAWN)
        write("Event", f"0% ({queued} in queue)")
    server.story("Spring waters...")
    write("Event", "Begin game ticking...")
    server.story("... it calls to you")
    ip = server.options.ip or config["Ip"]
    port = int(server.options.port or config["Port"])
    try:
        if server.switches.text("fail") == "port":
            raise OSError(98, "Address already in use")
        if not server.options.flags & {"standby"}:
            server.network.listen(ip, port)
    except (OSError, OverflowError) as error:
        write("Error", f"Failed to open port {port}: {getattr(error, 'strerror', None) or error}")
        crash_text = f"System.Net.Sockets.SocketException (98): Address already in use [::]:{port}"
        write("Error", f"Exception: {crash_text}\n   at System.Net.Sockets.Socket.Bind(EndPoint localEP)")
        server.stop(_STARTUP_FAILED)
        return
    server.network.clients = server.clients
    server.enter("RunGame")
    write("Notification", "Starting server threads")
    language = str(config["ServerLanguage"])
    write("Event", _READY.get(language, _READY_EN).format(port, f"ip {ip}" if ip else "all ips"))
    server.story("Return again.")
    if config.values.get("WhitelistMode") == 0:
        write("Notification", _SINCE_1_20)
    config.values["LastLaunchPlaystyle"] = None
    config.write()
    server.is_ready()
    server.clients.pause_calendar()
    server.trouble = Trouble(server)
    server.trouble.begin()


def _standby(server: "Server") -> Task:
    """With `--standby` the world waits for the first connection."""
    if "standby" not in server.options.flags:
        return
    config = server.config
    try:
        server.network.listen(server.options.ip or config["Ip"], int(server.options.port or config["Port"]))
    except OSError as error:
        server.log.write("Error", f"Failed to open port: {error.strerror}")
        server.stop(_STARTUP_FAILED)
        return
    server.log.write("Event", "Server is in standby mode, waiting for the first connection")
    while not server.network.first_connection:
        yield 0.1


def _spawn_size(server: "Server") -> str:
    width = server.magic.spawn_width
    return f"{width}x{width}x{int(server.config['MapSizeY']) // 32}"


def _folder(install: Path, text: object) -> Path:
    path = Path(str(text))
    return path if path.is_absolute() else install / path


def _system_name() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        return "Unknown"
