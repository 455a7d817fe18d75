"""Which runs are looked at: the selected one, and those whose curves are drawn."""

from dataclasses import dataclass

from knetengine.training.folder import RunFolder
from knetengine.training.summary import Summary
from knetui.run_list import RunList
from knetui.run_view import RunView
from knetui.session import Session

DRAWN_RUNS = 4  # more curves cannot be told apart


@dataclass
class News:
    """What reading brought: whether there are new figures, and what is to be told now."""

    changed: bool
    warnings: list[tuple[RunView, str]]
    ended: list[RunView]


class RunDesk:
    """Keeps the session's choice of runs, and reads what they write."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._list = RunList()
        self._awaited: set[str] = set()  # runs whose end has not been told yet

    @property
    def summaries(self) -> dict[str, Summary]:
        """All runs by folder name, the newest first."""
        return self._list.summaries

    @property
    def selected(self) -> RunView | None:
        """The run that is looked at; the newest when the one chosen is gone."""
        names = self._list.names()
        if self._session.selected_run not in names:
            self._session.selected_run = names[0] if names else ""
        return self._list.view(self._session.selected_run)

    @property
    def drawn(self) -> list[RunView]:
        """The runs whose curves are drawn, the one drawn longest first."""
        views = (self._list.view(name) for name in self._session.shown_runs)
        return [view for view in views if view is not None]

    def scan(self) -> None:
        """Look for runs, and at how all of them stand."""
        self._list.scan()

    def select(self, name: str) -> None:
        """Look at a run."""
        self._session.selected_run = name

    def draw(self, name: str) -> None:
        """Draw a run beside those that are drawn; the one drawn longest gives way."""
        shown = self._session.shown_runs
        if name not in shown:
            shown.append(name)
            del shown[:-DRAWN_RUNS]

    def toggle(self, name: str) -> None:
        """Draw a run, or no longer."""
        if name in self._session.shown_runs:
            self._session.shown_runs.remove(name)
        else:
            self.draw(name)

    def include(self, folder: RunFolder) -> None:
        """Look at a run, which may lie anywhere."""
        self._list.include(folder)
        self.select(folder.path.name)
        self.draw(folder.path.name)

    def begin(self, folder: RunFolder) -> None:
        """A run was started here: look at it, draw it, and tell its end."""
        name = folder.path.name
        self._awaited.add(name)
        self._list.scan()
        self.select(name)
        self.draw(name)

    def began_here(self, name: str) -> bool:
        """Whether a run was started, or was seen to go on, by this workbench."""
        return name in self._awaited

    def discard(self, view: RunView) -> None:
        """Remove a run that never began, folder and all."""
        name = view.folder.path.name
        self._session.shown_runs = [shown for shown in self._session.shown_runs if shown != name]
        self._list.remove(view.folder)

    def read(self, budget: float) -> News:
        """Read the selected and drawn runs for at most about `budget` seconds."""
        names = dict.fromkeys([*self._session.shown_runs, self._session.selected_run])
        views = {name: view for name in names if (view := self._list.view(name)) is not None}
        news = News(False, [], [])
        for name, view in views.items():
            view.refresh_state()
            news.changed |= view.read(budget / len(views))
            if not view.state.has_ended:
                self._awaited.add(name)
            if name in self._awaited:
                news.warnings.extend((view, text) for text in view.warnings)
                view.warnings.clear()
            if view.state.has_ended and name in self._awaited:
                self._awaited.remove(name)
                news.ended.append(view)
        return news
