"""How curves are looked at: what the session remembers of it."""

import msgspec

from knetui.runs.timeline import Axis


class CurveSettings(msgspec.Struct):
    """The choices of the curves pane.

    chart: the title of the only chart to show; "" shows all that there is room for.
    hidden: the names of metrics and parameters that are not drawn.
    """

    log_y: bool = False
    log_x: bool = False
    log_norms: bool = True
    axis: Axis = "epoch"
    smoothing: float = 0.0
    chart: str = ""
    hidden: list[str] = msgspec.field(default_factory=lambda: list[str]())
    gradients: bool = False

    @property
    def logarithmic(self) -> bool:
        """Whether the values that are shown now are on a logarithmic axis."""
        return self.log_norms if self.gradients else self.log_y
