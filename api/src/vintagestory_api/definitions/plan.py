"""What applying a definition would do; made of parts that are planned one by one, and once more right before each is applied."""

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import orjson

from vintagestory_api.definitions.schemas import DefinitionNote, DefinitionPart, DefinitionPlan, DefinitionStep, PartName
from vintagestory_api.errors import Conflict

#: Says what was done, where there is more to say than what was planned.
Work = Callable[[], Awaitable[str | None]]


class DefinitionPlanChanged(Conflict):
    code = "definition_plan_changed"


class DefinitionBlocked(Conflict):
    code = "definition_blocked"


@dataclass
class Part:
    """`work` does its steps."""

    name: PartName
    state: str = "same"
    steps: list[DefinitionStep] = field(default_factory=list)
    notes: list[DefinitionNote] = field(default_factory=list)
    work: Work | None = None
    restarts: bool = False
    to_fill_in: list[str] = field(default_factory=list)

    def create(self, text: str) -> None:
        self.steps.append(DefinitionStep(action="create", text=text))

    def change(self, text: str) -> None:
        self.steps.append(DefinitionStep(action="change", text=text))

    def remove(self, text: str) -> None:
        self.steps.append(DefinitionStep(action="remove", text=text))

    def keep(self, text: str) -> None:
        self.steps.append(DefinitionStep(action="keep", text=text))

    def note(self, text: str) -> None:
        self.notes.append(DefinitionNote(blocks=False, text=text))

    def block(self, text: str) -> None:
        self.notes.append(DefinitionNote(blocks=True, text=text))

    @property
    def is_blocked(self) -> bool:
        return any(note.blocks for note in self.notes)

    @property
    def has_changes(self) -> bool:
        return any(step.action != "keep" for step in self.steps)

    def view(self, *, is_named: bool) -> DefinitionPart:
        """`is_named`: the file says something of it."""
        if self.is_blocked:
            state = "blocked"
        elif not is_named or (self.steps and not self.has_changes):
            state = "left_alone"
        elif self.has_changes:
            state = "create" if all(step.action in {"create", "keep"} for step in self.steps) else "change"
        else:
            state = "same"
        return DefinitionPart.model_validate({"part": self.name, "state": state, "steps": self.steps, "notes": self.notes})


@dataclass(frozen=True)
class Plan:
    """`text` is the file that it was made of."""

    server_id: str
    server_name: str
    creates: bool
    text: str
    parts: Sequence[Part]
    named: frozenset[PartName]

    @property
    def is_blocked(self) -> bool:
        return any(part.is_blocked for part in self.parts)

    @property
    def has_changes(self) -> bool:
        return any(part.has_changes for part in self.parts)

    def view(self) -> DefinitionPlan:
        parts = [part.view(is_named=part.name in self.named) for part in self.parts]
        # Notes are no part of it: those about services that can't be reached are others from second to second.
        steps = [[part.part, [step.model_dump(mode="json") for step in part.steps]] for part in parts]
        of = [self.server_id, self.creates, hashlib.sha256(self.text.encode()).hexdigest(), steps]
        return DefinitionPlan(
            digest=hashlib.sha256(orjson.dumps(of)).hexdigest()[:32],
            server_id=self.server_id,
            server_name=self.server_name,
            creates=self.creates,
            restarts=any(part.restarts for part in self.parts),
            has_changes=self.has_changes,
            can_be_applied=not self.is_blocked,
            parts=parts,
            to_fill_in=[one for part in self.parts for one in part.to_fill_in],
        )

    def check(self, digest: str) -> None:
        """Raises `DefinitionPlanChanged`, `DefinitionBlocked`."""
        if self.view().digest != digest:
            raise DefinitionPlanChanged(
                "Something has changed since this plan was made, so nothing was done. Look at the new plan, then apply that."
            )
        if self.is_blocked:
            reasons = [note.text for part in self.parts for note in part.notes if note.blocks]
            raise DefinitionBlocked(f"This definition can't be applied as it is: {' '.join(reasons)}", reasons=reasons)
