"""The line that expressions are typed into: it says what a key meant, and the pane does it."""

from collections.abc import Mapping

from textual.events import Key
from textual.message import Message

from knetui.actions import Action
from knetui.evaluator.completeness import is_complete
from knetui.widgets.editor import CodeArea


class ReplInput(CodeArea):
    """The input: Enter runs what is complete, Up and Down walk through earlier inputs."""

    DEFAULT_CSS = """
    ReplInput {
        height: auto; max-height: 8; min-height: 1;
        border: none; padding: 0; background: transparent;
        &:focus { border: none; }
    }
    """

    class Submitted(Message):
        """Enter was pressed behind something complete."""

        def __init__(self, code: str) -> None:
            super().__init__()
            self.code = code

    class CompletionWanted(Message):
        """Tab was pressed behind a name."""

    class InterruptWanted(Message):
        """Ctrl-C was pressed with nothing selected."""

    class HistoryWanted(Message):
        """Up was pressed on the first line, or Down on the last."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    def __init__(self, keys: Mapping[str, Action]) -> None:
        super().__init__(language="python", tab_behavior="indent", compact=True)
        self._keys = keys

    async def _on_key(self, event: Key) -> None:
        # decided here and now, not by a binding: the next line may have arrived already
        action = self._keys.get(event.key)
        if action is not None and self._can(action.call):
            event.stop()
            event.prevent_default()
            self.do(action.call)
            return
        await super()._on_key(event)

    def _can(self, action: str) -> bool:
        """Whether the key has this meaning where the cursor is, or that of any text area."""
        row, column = self.cursor_location
        match action:
            case "interrupt":
                return not self.selected_text
            case "complete":
                return bool(self.document.get_line(row)[:column].strip())
            case "earlier":
                return row == 0
            case "later":
                return row == self.document.line_count - 1
            case _:
                return True

    def do(self, action: str) -> None:
        """Do what a key of the pane means."""
        match action:
            case "run":
                self._submit()
            case "new_line":
                self.insert("\n")
            case "interrupt":
                self.post_message(self.InterruptWanted())
            case "complete":
                self.post_message(self.CompletionWanted())
            case "earlier" | "later":
                self.post_message(self.HistoryWanted(-1 if action == "earlier" else 1))
            case _:
                raise ValueError(action)

    def _submit(self) -> None:
        code = self.text
        row, _ = self.cursor_location
        asks = code.strip().startswith("?") or code.strip().endswith("?")
        judgement = is_complete(code)
        if not code.strip():
            self.clear()
        elif asks or (row == self.document.line_count - 1 and judgement.status != "incomplete"):
            self.clear()
            self.post_message(self.Submitted(code))
        else:
            self.insert("\n" + judgement.indent)
