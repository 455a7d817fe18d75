"""What the workbench does with its list of runs: filter, sort, name, pin, delete, bring back."""

import asyncio
from collections.abc import Callable

from textual import on, work

from knetengine.training.folder import RunError, RunFolder
from knetengine.training.label import pin, rename
from knetengine.training.trash import delete, deleted_runs, empty_trash, restore
from knetui.runs.filter import FilterError
from knetui.screens.steering import Steering
from knetui.widgets.runs import RunsPane


class Listing(Steering):
    """Keeps the list of runs in order."""

    def begin_to_read(self) -> None:
        """Let what was deleted long ago go for good."""
        super().begin_to_read()
        self.query_one(RunsPane).complete = self._desk.complete
        self._empty_trash()

    @work(group="trash")
    async def _empty_trash(self) -> None:
        await asyncio.to_thread(empty_trash)

    # what is listed

    @on(RunsPane.FilterTyped)
    def _filter_typed(self, event: RunsPane.FilterTyped) -> None:
        runs = self.query_one(RunsPane)
        try:
            self._desk.set_filter(event.text)
        except FilterError as error:
            (runs.stay_at if event.entered else runs.complain)(error)
            return
        runs.complain(None)
        self._list_changed()
        if event.entered:
            runs.close_line()

    @on(RunsPane.SortChosen)
    def _sort_chosen(self, event: RunsPane.SortChosen) -> None:
        try:
            self._desk.set_sort(event.sort)
        except FilterError as error:  # the last run with that figure was deleted meanwhile
            self.tell(str(error))
            return
        self._list_changed()

    def _list_changed(self) -> None:
        self.show_list()
        self.query_one(RunsPane).move_to(self.session.selected_run)
        self.remember_soon()

    # what is done with a run

    @on(RunsPane.Asked)
    def _asked(self, event: RunsPane.Asked) -> None:
        folder = self._desk.folder(event.name)
        if folder is None:
            return
        match event.what:
            case "draw":
                self._desk.toggle(event.name)
                self._show_choice()
            case "pin":
                pinned = self._desk.summaries[event.name].label.pinned
                self._label(folder, lambda: pin(folder, not pinned))
            case "delete":
                self._delete(folder)
            case _:
                pass  # what others answer

    @on(RunsPane.CompareAsked)
    def _compare_asked(self, event: RunsPane.CompareAsked) -> None:
        self._desk.draw_only(event.names)
        self._show_choice()

    @on(RunsPane.Named)
    def _named(self, event: RunsPane.Named) -> None:
        self.query_one(RunsPane).close_line()
        folder = self._desk.folder(event.name)
        if folder is not None:
            self._label(folder, lambda: rename(folder, event.words))

    def _label(self, folder: RunFolder, write: Callable[[], object]) -> None:
        try:
            write()
        except OSError as error:
            self.tell(f"the label of run {folder.title} was not written: {error}")
            return
        self._desk.refresh(folder.path.name)
        self._list_changed()

    @work(group="trash")
    async def _delete(self, folder: RunFolder) -> None:
        title = folder.title
        try:
            await asyncio.to_thread(delete, folder)
        except (RunError, OSError) as error:
            self.tell(str(error))
            return
        self._desk.forget(folder.path.name)
        self._show_choice()
        words = f"run {title} is in the trash; {self.keys_of('runs.undo')} brings it back"
        self.notify(words, timeout=4, markup=False)

    @on(RunsPane.UndoAsked)
    @work(group="trash")
    async def _undo(self) -> None:
        try:
            deleted = await asyncio.to_thread(deleted_runs)
            if not deleted:
                self.notify("the trash is empty", timeout=2)
                return
            folder = await asyncio.to_thread(restore, deleted[-1].folder.path.name)
        except (RunError, OSError) as error:
            self.tell(str(error))
            return
        self._desk.scan()
        self._desk.select(folder.path.name)
        self._show_choice()
        self.notify(f"run {folder.title} is back", timeout=2, markup=False)
