"""The editor, from the ground up.

`document` the text with its syntax tree; `code_area` a text area for code, the REPL's too;
`editor_area` typing, marks and matches; `completion_list`, `find_bar`, `line_bar`, `outline_list`
what opens over or below the text; `pane` all of it together, with the options of runs.
"""

from knetui.widgets.editor.bar_input import BarInput
from knetui.widgets.editor.code_area import CodeArea, follow_theme
from knetui.widgets.editor.find_bar import FindBar
from knetui.widgets.editor.pane import EditorPane

__all__ = ["BarInput", "CodeArea", "EditorPane", "FindBar", "follow_theme"]
