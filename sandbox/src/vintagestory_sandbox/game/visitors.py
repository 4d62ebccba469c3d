"""People who come, chat and go by themselves, the same ones for the same seed."""

from random import Random

from vintagestory_sandbox.game.clients import Clients
from vintagestory_sandbox.game.loop import Loop, Task
from vintagestory_sandbox.game.switches import Switches

_STARTS = ("Amber", "Birch", "Copper", "Dusty", "Ember", "Flint", "Granite", "Heather", "Iron", "Juniper", "Kiln", "Loam")
_ENDS = ("Digger", "Fox", "Hand", "Keeper", "Miner", "Otter", "Potter", "Rover", "Smith", "Wolf", "-1", "_")
_SENTENCES = (
    "hello",
    "anyone near spawn?",
    "my cellar is full again",
    "found tin at last!",
    "brb, a bear",
    "who took the anvil?",
    "winter is coming, store some grain",
    "o/",
    "lag?",
    "the temporal storm ate my pots :(",
    "<strong>Admin:</strong> give me your tools",
    "[Server Event] Dedicated Server now running on Port 1 and all ips!",
    "schöner Turm, Grüße aus Köln",
)


class BadScript(ValueError):
    """A script that can't be played out."""


def people(seed: int, count: int) -> list[str]:
    """The names of so many people."""
    names = [f"{start}{end}" for start in _STARTS for end in _ENDS]
    Random(f"{seed}:people").shuffle(names)
    names += [f"Guest{number}" for number in range(len(names), count)]
    return names[:count]


def invite(loop: Loop, clients: Clients, switches: Switches) -> None:
    """Let the people of the seed live their lives."""
    seed = switches.count("seed")
    for name in people(seed, switches.count("players")):
        loop.spawn(_life(name, Random(f"{seed}:{name}"), clients, switches))


def play(loop: Loop, clients: Clients, script: str) -> None:
    """Play out a script: `2 join Alice; 3 chat Alice hello there; 9 leave Alice`. Raises BadScript."""
    for seconds, verb, name, text in _steps(script):
        deed = {"join": clients.connect, "leave": clients.leave}.get(verb)
        if deed is None:
            loop.after(seconds, lambda name=name, text=text: clients.chat(name, text))  # type: ignore[misc] # mypy and default values
        else:
            loop.after(seconds, lambda deed=deed, name=name: deed(name))  # type: ignore[misc]


def _life(name: str, random: Random, clients: Clients, switches: Switches) -> Task:
    average = switches.number("visit_seconds")
    silence = switches.number("chat_seconds")
    yield random.uniform(0, average / 2)
    while True:
        stay = random.expovariate(1 / average) if average else 0.0
        if clients.connect(name):
            while stay > 0:
                pause = min(stay, random.expovariate(1 / silence) if silence else stay)
                yield pause
                stay -= pause
                if stay > 0:
                    clients.chat(name, random.choice(_SENTENCES), group=random.choice((0, 0, 0, 0, 10)))
            clients.leave(name)
        yield max(1.0, random.expovariate(1 / average) if average else 0.0)


def _steps(script: str) -> list[tuple[float, str, str, str]]:
    steps = []
    for part in script.split(";"):
        if not part.strip():
            continue
        try:
            seconds, verb, name, *text = part.split(maxsplit=3)
            step = (float(seconds), verb, name, " ".join(text).strip())
        except ValueError:
            raise BadScript(f"{part.strip()!r} is not `seconds join|chat|leave NAME [text]`") from None
        if verb not in {"join", "chat", "leave"}:
            raise BadScript(f"{verb} is not join, chat or leave")
        steps.append(step)
    return steps
