"""The panes of the workbench, by name and in the order of their numbers.

A pane more is a line here, and one in `knetui.layout.ARRANGEMENT` that says where it lies.
"""

from knetui.widgets.curves import CurvesPane
from knetui.widgets.editor import EditorPane
from knetui.widgets.log import LogPane
from knetui.widgets.memory import MemoryPane
from knetui.widgets.pane import Pane
from knetui.widgets.repl import ReplPane
from knetui.widgets.runs import RunsPane
from knetui.widgets.samples import SamplesPane

PANES: dict[str, type[Pane]] = {
    "editor": EditorPane,
    "repl": ReplPane,
    "curves": CurvesPane,
    "log": LogPane,
    "runs": RunsPane,
    "memory": MemoryPane,
    "samples": SamplesPane,
}
