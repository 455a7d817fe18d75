"""What a run keeps so that it can go on after its process was killed, and how it goes on.

A checkpoint is written between two steps: the living objects that the model named to `run.keep`,
where in its loops the program was, and how long its log was. Started again, the program runs from
its beginning without a word, passes over what was done, gets its objects back, and goes on; what
the log had after the checkpoint is cut off. The log and the last checkpoint are then, to the byte,
those of a run that nobody killed.
"""

import os
import sys
from typing import Any

import msgspec
import numpy as np

from knetengine.training.checkpoint import load, save
from knetengine.training.checkpoint_header import CheckpointError
from knetengine.training.folder import RunFolder
from knetengine.training.position import Position
from knetengine.training.run_checkpoints import Place, checkpoints
from knetengine.training.state import StateError, captured, restore

KEPT_CHECKPOINTS = 10


class Keeper:
    """The objects and the place of one run."""

    def __init__(self, folder: RunFolder) -> None:
        self.kept: dict[str, Any] = {}
        self.position = Position()
        self._folder = folder
        self._entropy: list[str] = []
        self._drawn = 0
        self._saved: dict[str, Any] = {}
        self._written: int | None = None
        self._silenced: tuple[int, int] | None = None

    @property
    def replaying(self) -> bool:
        """Whether the program is on its way back to where it was."""
        return self.position.target is not None

    def keep(self, things: dict[str, Any]) -> None:
        """Name objects that belong to the state; one that came later than the place is put back."""
        for name, thing in things.items():
            if isinstance(thing, int | float | str | bool) or thing is None:
                raise TypeError(
                    f"run.keep({name}=...): a {type(thing).__name__} cannot be changed where it "
                    f"is; keep it in a list: {name} = [{thing!r}]"
                )
            captured(thing, name)
            self.kept[name] = thing
            if not self.replaying and name in self._saved:
                self._put_back(name, thing)

    def generator(self, seed: int) -> np.random.Generator:
        """A generator that is kept; if `seed` is below 1 its entropy is fresh, and kept as well."""
        number, self._drawn = self._drawn, self._drawn + 1
        if number == len(self._entropy):
            entropy = seed if seed > 0 else np.random.SeedSequence().entropy
            self._entropy.append(str(entropy))
        generator = np.random.default_rng(int(self._entropy[number]))
        self.keep({f"generator {number}": generator})
        return generator

    def keeps(self, thing: Any) -> bool:
        """Whether this very object is kept."""
        return any(kept is thing for kept in self.kept.values())

    def write(
        self, numbers: dict[str, float], options: dict[str, float], *, ended: bool = False
    ) -> str | None:
        """Write a checkpoint unless there is nothing new; gives its name.

        numbers, options: as in `Place`. The end of the program counts as a step of its own.
        """
        position = self.position
        nothing_new = self._written == position.completed and not ended
        if not self._has_state() or self.replaying or nothing_new:
            return None
        sys.stdout.flush()
        place = Place(
            position.completed,
            position.epoch,
            None if ended else list(position.path),
            self._entropy,
            self._folder.log.stat().st_size,
            numbers,
            options,
        )
        name = f"step-{position.completed + ended:010d}.safetensors"
        metadata = {
            "epoch": str(position.epoch),
            "place": msgspec.json.encode(place).decode(),
            "options": msgspec.json.encode(self._folder.description.options).decode(),
            "source": self._folder.source.read_text(encoding="utf-8"),
        }
        save(self._folder.checkpoints / name, self.kept, metadata)
        self._written = position.completed
        for old in checkpoints(self._folder)[:-KEPT_CHECKPOINTS]:
            (self._folder.checkpoints / old).unlink(missing_ok=True)
        return name

    def _has_state(self) -> bool:
        """Whether the model has named anything; generators alone are kept by themselves."""
        return any(not isinstance(thing, np.random.Generator) for thing in self.kept.values())

    def go_back(self, saved: dict[str, Any], place: Place) -> None:
        """Have the program, which starts now, find its place; until then nothing is printed."""
        self._saved, self._entropy = saved, place.entropy
        position = self.position
        position.target, position.found = place.path, self._arrive
        position.completed, position.epoch = place.completed, place.epoch
        self._written = place.completed
        self._silence()

    def speak(self) -> None:
        """Print again, if what is printed went nowhere."""
        if self._silenced is None:
            return
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        for descriptor, real in enumerate(self._silenced, start=1):
            os.dup2(real, descriptor)
            os.close(real)
        self._silenced = None

    def _silence(self) -> None:
        sys.stdout.flush()
        self._silenced = os.dup(1), os.dup(2)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        os.close(nowhere)

    def _arrive(self) -> None:
        for name, thing in self.kept.items():
            if name in self._saved:
                self._put_back(name, thing)
        self.speak()

    def _put_back(self, name: str, thing: Any) -> None:
        try:
            restore(thing, self._saved.pop(name), name)
        except StateError as error:
            raise CheckpointError(f"{self._folder.checkpoints}: {error}") from None


def newest(folder: RunFolder) -> tuple[str, dict[str, Any], Place] | None:
    """The newest checkpoint to go on from: its name, what it keeps, and the place; or None.

    One that cannot be read any more is passed over, and so is one of the program's end, of a
    process that was killed before it could say so.
    """
    for name in reversed(checkpoints(folder)):
        try:
            saved, metadata = load(folder.checkpoints / name)
            place = msgspec.json.decode(metadata["place"], type=Place)
        except (CheckpointError, KeyError, msgspec.MsgspecError):
            continue
        if place.path is not None:
            return name, saved, place
    return None
