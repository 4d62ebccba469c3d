"""One run of the server program: what belongs together, and how it moves from phase to phase."""

import os
import signal
import sys
import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import FrameType

from vintagestory_sandbox.game import crash
from vintagestory_sandbox.game.accounts import Accounts
from vintagestory_sandbox.game.boot import boot
from vintagestory_sandbox.game.clients import Clients
from vintagestory_sandbox.game.commands import Commands
from vintagestory_sandbox.game.config import Config, MagicNumbers
from vintagestory_sandbox.game.console import ConsoleReader
from vintagestory_sandbox.game.edition import Edition
from vintagestory_sandbox.game.log import Log
from vintagestory_sandbox.game.loop import Loop, Task
from vintagestory_sandbox.game.mods import Mod
from vintagestory_sandbox.game.network import Network
from vintagestory_sandbox.game.options import Options
from vintagestory_sandbox.game.shutdown import shut_down
from vintagestory_sandbox.game.switches import SwitchSources
from vintagestory_sandbox.game.trouble import Trouble
from vintagestory_sandbox.game.visitors import invite
from vintagestory_sandbox.game.watchdog import watch_limits
from vintagestory_sandbox.game.world import World

_CHANGE_SECONDS = 2.0
_SETTLE_SECONDS = 0.5
_WRITE_SECONDS = 0.5


class Server:
    """Everything that a run needs. What loading makes (config, world, clients, …) is there once it has been loaded."""

    config: Config
    magic: MagicNumbers
    accounts: Accounts
    world: World
    clients: Clients
    trouble: Trouble

    def __init__(self, install: Path, edition: Edition, options: Options, sources: SwitchSources) -> None:
        self.install = install
        self.edition = edition
        self.options = options
        self.sources = sources
        self.switches = sources.read()
        self.loop = Loop(self.switches.number("speed"))
        self.log = Log(options.log_path or options.data_path / "Logs", edition)
        self.network = Network(self.loop, self.log, edition)
        self.mods: list[Mod] = []
        self.started = time.monotonic()
        self.was_ready = False
        self.has_ended = False
        self._stopping = False
        self._exit_code = 0
        self._booting: Task | None = None
        self._waiting: list[str] = []
        self._commands = Commands(self)

    def run(self) -> int:
        """Until the server has ended. Returns the exit code."""
        self._catch_signals()
        options = self.options
        self.log.begin(append="append" in options.flags, archives=options.archives, archive_mb=options.archive_mb)
        reader = ConsoleReader(self._take_command, lambda: self.loop.forget(0))
        # A file or nothing at all can't be watched: then the console is dead, and the server runs.
        with suppress(OSError, ValueError):
            self.loop.watch(0, reader.read)
        self._booting = boot(self)
        self.loop.spawn(self._booting)
        self.loop.run()
        return self._exit_code

    @property
    def play_seconds(self) -> float:
        """How long the world has been running, in seconds of the game."""
        return self.loop.game_seconds(time.monotonic() - self.started)

    def story(self, words: str) -> None:
        """A line of the story, since 1.20; in the file only."""
        if self.edition.line >= (1, 20):
            self.log.write("StoryEvent", words)

    def enter(self, phase: str) -> None:
        """The next phase begins."""
        self.log.write("Notification", f"Entering runphase {phase}")
        if phase == self.switches.text("crash_phase") and self.switches.text("crash"):
            self.loop.after(self.switches.number("crash_after"), self.crash)

    def is_ready(self) -> None:
        """The world runs: people may come, commands are done, chunks change, autosaves happen."""
        self.was_ready = True
        self.loop.spawn(self._live())
        self.loop.spawn(self._autosave())
        self.loop.every(_WRITE_SECONDS, self.accounts.write)
        watch_limits(self)
        for mod in self.mods:
            if mod.error_after is not None:
                self.loop.after(mod.error_after, partial(self._complain_about, mod))
        for line in str(self.config["StartupCommands"] or "").split("\n"):
            if line.strip():
                self._commands.handle(line.strip())
        for line in self._waiting:
            self._commands.handle(line)
        self._waiting.clear()
        invite(self.loop, self.clients, self.switches)

    def stop(self, reason: str, code: int = 0) -> None:
        """Begin to shut down, once."""
        if self._stopping or self.has_ended:
            return
        self._stopping = True
        self.loop.spawn(shut_down(self, reason, code))

    def end(self, code: int) -> None:
        """The process ends now, with this exit code."""
        self.has_ended = True
        self._exit_code = code
        if hasattr(self, "world"):
            self.world.close()
        self.network.close()
        self.loop.end()

    def crash(self) -> None:
        """Die as the switches say."""
        culprit = self.switches.text("crash_with")
        if culprit and culprit not in {mod.full_name for mod in self.mods}:
            return
        match self.switches.text("crash"):
            case "abort":
                os.abort()
            case "thread":
                crash.report_thread(self.log, crash.MALFORMED)
                self.stop("Exception thrown by server during startup or process")
            case "report":
                crash.report_crash(self.log, self.edition, self.mods, self.switches.text("crash_mod") or culprit)
                os._exit(self.switches.count("exit_code"))

    def hang(self) -> None:
        """Do nothing any more; only SIGKILL helps."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        while True:
            time.sleep(3600)

    def complain(self, message: str) -> None:
        """Tell whoever set a switch what is wrong with it, if anybody is there; the game itself says nothing there."""
        with suppress(OSError):
            sys.stderr.write(f"{message}\n")
            sys.stderr.flush()

    def save(self) -> None:
        """An autosave, in the order of the real program."""
        write = self.log.write
        if self.switches.on("autosave_fails"):
            write("Warning", "Server suspend requested, but reached max wait time. Server is only partially suspended.")
            write("Notification", "Unable to autosave, was not able to pause the server")
            self._resume()
            return
        write("Notification", "Server ticking has been suspended")
        self.story("It pauses.")
        write("Notification", "Autosaving game world. Notifying mods, then systems of save...")
        write("Notification", "Defragmented listener lists")
        self.story("One last gaze...")
        saved = self.world.save(self.play_seconds)
        self.accounts.write()
        write("Event", saved.text)
        self._resume()
        write("Event", "Offthread save of savegame done.")
        write("Event", f"Offthread save of {saved.chunks} chunks done.")
        write("Notification", "Offthread save of 0 generating chunks done.")
        self.story("It sighs...")

    def _complain_about(self, mod: Mod) -> None:
        text = "An exception was thrown when trying to tick: System.NullReferenceException: Object reference not set"
        self.log.write("Error", f"[{mod.modid}] {text}\n   at {mod.modid}.{mod.modid.title()}ModSystem.OnTick(Single dt)")

    def _resume(self) -> None:
        if self.clients.playing:
            self.clients.resume_calendar()
        self.log.write("Notification", "Server ticking has been resumed")

    def _live(self) -> Task:
        while not self._stopping:
            yield _CHANGE_SECONDS
            if not self._stopping:
                self.world.change()
            yield _SETTLE_SECONDS
            if not self._stopping:
                self.world.settle()

    def _autosave(self) -> Task:
        while True:
            yield float(self.magic.autosave_seconds)
            if self._stopping:
                return
            self.save()

    def _take_command(self, line: str) -> None:
        if self.was_ready and not self._stopping:
            self._commands.handle(line)
        else:
            self._waiting.append(line)

    def _catch_signals(self) -> None:
        # A signal ends the wait of the loop through this pipe; the handler itself does the rest.
        receiving, sending = os.pipe()
        for end in (receiving, sending):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(sending, warn_on_full_buffer=False)
        self.loop.watch(receiving, lambda: _empty(receiving))
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._terminated)

    def _terminated(self, _number: int, _frame: FrameType | None) -> None:
        if self.switches.text("deaf") == "all":
            return
        self.loop.after(0, self._end_on_signal)

    def _end_on_signal(self) -> None:
        self.log.write("Notification", "Server termination event received. Shutting down server")
        if self._booting is not None and not self.was_ready:
            self._booting.close()
        self.stop("External close event (CTRL+C/kill/etc)")


def _empty(pipe: int) -> None:
    with suppress(BlockingIOError):
        os.read(pipe, 512)
