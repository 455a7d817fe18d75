"""All runs of this user as the workbench knows them: summaries of all, views of those looked at."""

import time

from knetengine.training.folder import RunError, RunFolder
from knetengine.training.listing import RunListing
from knetengine.training.summary import Summary, summarise
from knetui.runs.view import RunView

FIRST_SECONDS = 0.15  # at the start the newest thousand are read within it
READ_SECONDS = 0.01  # later, while there are still some that were never read
CHECKED_AT_A_TIME = 200  # of the ended ones; a look at each takes 2 us


class RunList:
    """Summaries by folder name, the newest first; views are made when they are asked for.

    A run that has ended is read again only when its folder has changed: somebody named it, pinned
    it, or had it go on. With 1,000 ended runs a scan takes 1 ms.
    """

    def __init__(self) -> None:
        self.summaries: dict[str, Summary] = {}
        self.cut: set[str] = set()  # runs whose files were cut: they went on from a checkpoint
        self._listing = RunListing()
        self._folders: dict[str, RunFolder] = {}
        self._views: dict[str, RunView] = {}
        self._elsewhere: dict[str, RunFolder] = {}
        self._stamps: dict[str, int] = {}
        self._next_check = 0
        self._budget = FIRST_SECONDS

    @property
    def folders(self) -> dict[str, RunFolder]:
        """The folders of the runs by name."""
        return self._folders

    def include(self, folder: RunFolder) -> None:
        """List a run that is not where this user's runs are."""
        self._elsewhere[folder.path.name] = folder
        self.scan()

    def scan(self) -> None:
        """Look for runs, and at those that may have changed."""
        self._folders = {**self._listing.folders(), **self._elsewhere}
        until = time.perf_counter() + self._budget
        self._budget = READ_SECONDS
        summaries: dict[str, Summary] = {}
        suspects = self._suspects()
        for name in self._folders:
            known = self.summaries.get(name)
            if known is None and time.perf_counter() > until:
                continue  # the next time
            if known is None or not known.state.has_ended or name in suspects:
                known = self._read(name, known)
            if known is not None:
                summaries[name] = known
        for name in self.summaries.keys() - summaries.keys():
            self._views.pop(name, None)
        self.summaries = summaries

    def refresh(self, name: str) -> None:
        """Read a run again: something of it was changed here."""
        summary = self._read(name, self.summaries.get(name)) if name in self._folders else None
        if summary is not None:
            self.summaries[name] = summary

    def names(self) -> list[str]:
        """The folder names, the newest run first."""
        return list(self.summaries)

    def view(self, name: str, *, is_new: bool = False) -> RunView | None:
        """The view of a run, or None without such a run; of one that `is_new` all is news."""
        if name not in self._folders:
            return None
        if name not in self._views:
            try:
                self._views[name] = RunView(self._folders[name], is_new=is_new)
            except (RunError, OSError):
                return None
        return self._views[name]

    def remove(self, folder: RunFolder) -> None:
        """Remove a run that never began, folder and all."""
        folder.remove()
        self.scan()

    def _read(self, name: str, known: Summary | None) -> Summary | None:
        folder = self._folders[name]
        try:
            self._stamps[name] = folder.path.stat().st_mtime_ns
            summary = summarise(folder)
        except (RunError, OSError):  # being made, being removed, or not to be read just now
            return known
        if known is not None and known.state.has_ended and not summary.state.has_ended:
            self._views.pop(name, None)
            self.cut.add(name)
        return known if summary == known else summary

    def _suspects(self) -> set[str]:
        """Some of the ended runs in turn: those whose folder has changed."""
        names = list(self.summaries)
        start = self._next_check if self._next_check < len(names) else 0
        self._next_check = start + CHECKED_AT_A_TIME
        found: set[str] = set()
        for name in names[start : self._next_check]:
            try:
                if self._folders[name].path.stat().st_mtime_ns != self._stamps.get(name):
                    found.add(name)
            except (KeyError, OSError):
                continue
        return found
