"""The losses and gradient norms of a run's steps, a few of them a second."""

from knetengine.autograd.observing import observer
from knetengine.training.metrics import Gradients, encodable, encoded

FIRST_SECONDS = 0.5
KEPT = 2000  # at most about twice so many are written, however long the run


class GradientSampler:
    """Takes the norms of a gradient now and then; a pass over the gradient is what each costs."""

    def __init__(self) -> None:
        self._next = 0.0
        observer.enabled = observer.wanted = True
        observer.norms = observer.value = None

    def sample(self, time: float, epoch: int, step: int) -> Gradients | None:
        """The norms of a gradient taken since the last sample, at `time` seconds into the run."""
        found = observer.norms
        if found is None or time < self._next:
            return None
        self._next = time + max(FIRST_SECONDS, time / KEPT)
        observer.norms, observer.wanted = None, True
        return Gradients(time, epoch, step, encoded(found.value), encodable(found.norms))

    @staticmethod
    def take_loss() -> float | None:
        """The loss of the step that is over; None if it took no gradient."""
        loss, observer.value = observer.last_value(), None
        return loss
