"""What is known of the sets of mods of a server: the notes that lie beside them, and what is told of them."""

from dataclasses import dataclass

from pydantic import BaseModel

from vintagestory_api.errors import Conflict, NotFound, Unavailable
from vintagestory_api.server_mods.lock_list import Manifest


class ModsElsewhere(Conflict):
    """`Mods` is a link that the manager has not made."""

    code = "mods_elsewhere"


class SetChanged(Conflict):
    code = "mods_changed"


class GenerationNotFound(NotFound):
    code = "generation_not_found"


class ModsOutOfReach(Unavailable):
    """The server's folder is not there, or something in it can't be read or written."""

    code = "mods_out_of_reach"


class Waiting(BaseModel):
    """The set that the next start takes. `joined`: those that waited before it and whose changes it has taken along, in the order
    in which they were made."""

    generation: int
    joined: tuple[int, ...] = ()


class Loaded(BaseModel):
    """The set that a start of the game took; `instance` is the name of that start."""

    instance: str
    generation: int


class Trial(BaseModel):
    """A set with which it is to be seen whether the game starts, and the one to go back to when it does not."""

    generation: int
    back_to: int


class Last(BaseModel):
    """The highest number of a set that is not there any more: people have read it, so no other set gets it."""

    number: int


@dataclass(frozen=True)
class Why:
    """Of a new set. `actor` is None for what the manager or a hand did by itself."""

    actor: str | None
    why: str
    run_id: str | None = None
    game_version: str | None = None


@dataclass(frozen=True)
class Taken:
    """The set that a start of the game loads."""

    manifest: Manifest
    has_waited: bool


@dataclass(frozen=True)
class Waits:
    """What waits for the next start. `sets`: each that was made for it, in that order; the last one is what the start takes."""

    current: Manifest | None
    sets: tuple[Manifest, ...]

    @property
    def planned(self) -> Manifest:
        return self.sets[-1]


@dataclass(frozen=True)
class State:
    """What there is, without changing anything. `current` is None while `Mods` is not the manager's; `known`: the set that it was
    last; `is_touched`: what lies in `Mods` is not what the set says."""

    current: Manifest | None
    waits: Waits | None
    loaded: Loaded | None
    known: Manifest | None
    is_touched: bool

    @property
    def planned_on(self) -> Manifest | None:
        """What further changes start from."""
        return self.waits.planned if self.waits else self.current
