"""All runs of this user as the workbench knows them: summaries of all, views of those looked at."""

from knetengine.training.folder import RunError, RunFolder, all_runs
from knetengine.training.summary import Summary, summarise
from knetui.run_view import RunView

LISTED_RUNS = 200


class RunList:
    """Summaries by folder name, the newest first; views are made when they are asked for."""

    def __init__(self) -> None:
        self.summaries: dict[str, Summary] = {}
        self._folders: dict[str, RunFolder] = {}
        self._views: dict[str, RunView] = {}
        self._elsewhere: dict[str, RunFolder] = {}

    def include(self, folder: RunFolder) -> None:
        """List a run that is not where this user's runs are."""
        self._elsewhere[folder.path.name] = folder
        self.scan()

    def scan(self) -> None:
        """Look for runs; one that has ended is read only once."""
        newest = all_runs()[-LISTED_RUNS:][::-1]
        self._folders = {folder.path.name: folder for folder in newest} | self._elsewhere
        summaries: dict[str, Summary] = {}
        for name, folder in self._folders.items():
            known = self.summaries.get(name)
            try:
                ended = known is not None and known.state.has_ended
                summaries[name] = known if known is not None and ended else summarise(folder)
            except (RunError, OSError):  # being made, being removed, or not to be read just now
                if known is not None:
                    summaries[name] = known
        self.summaries = summaries
        self._views = {n: v for n, v in self._views.items() if n in self._folders}

    def names(self) -> list[str]:
        """The folder names, the newest run first."""
        return list(self.summaries)

    def view(self, name: str) -> RunView | None:
        """The view of a run, or None when there is no such run."""
        if name not in self._folders:
            return None
        if name not in self._views:
            try:
                self._views[name] = RunView(self._folders[name])
            except (RunError, OSError):
                return None
        return self._views[name]

    def remove(self, folder: RunFolder) -> None:
        """Remove a run that never began, folder and all."""
        folder.remove()
        self.scan()
