"""Which runs are listed, in which order, which one is looked at, and whose curves are drawn."""

import contextlib
from dataclasses import dataclass

from knetengine.training.folder import RunFolder
from knetengine.training.summary import Summary
from knetui.runs.facts import RunFacts
from knetui.runs.filter import FilterError, complete
from knetui.runs.list import RunList
from knetui.runs.order import Listed, RunOrder, columns_for
from knetui.runs.rate import Pace
from knetui.runs.view import RunView
from knetui.session import Session

DRAWN_RUNS = 4  # more curves cannot be told apart
READ_RUNS = 16  # that go on, besides those looked at: for their speed, and to tell their end
FACTS_SECONDS = 0.02  # a scan reads options and extremes for so long


@dataclass
class News:
    """What reading brought: whether a run that is looked at is farther, and what is to be told."""

    is_farther: bool
    warnings: list[tuple[RunView, str]]
    ended: list[RunView]


class RunDesk:
    """Keeps the session's choice of runs, and reads what they write."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._list = RunList()
        self._order = RunOrder(RunFacts())
        self._is_restored = False  # whether filter and order are those of the session
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
        self._awaited &= self._list.folders.keys()
        facts = self._order.facts
        for name in self._list.cut:
            facts.forget(name)
        self._list.cut.clear()
        if facts.read(self._list.folders, self.summaries, FACTS_SECONDS):
            self._order.forget()
        if not self._is_restored and facts.knows_all_options(self.summaries):
            self._restore()

    # the list

    def listed(self) -> Listed:
        """The runs that fulfil the filter, in the order asked for."""
        summaries = self.summaries
        self._order.facts.paces = paces = self._paces()
        return Listed(
            self._order.listed(summaries),
            summaries,
            columns_for(summaries.values()),
            paces,
            len(summaries),
            self._order.filter.text,
            self._order.sort,
        )

    def set_filter(self, text: str) -> None:
        """List the runs that fulfil a condition. Raises FilterError; the last one holds then."""
        self._order.set_filter(text, self.summaries)
        self._session.run_filter = text
        self._read_more()

    def set_sort(self, sort: str) -> None:
        """Sort the list by a name, with a minus the greatest first; "" for the newest first."""
        self._order.set_sort(sort, self.summaries)
        self._session.run_sort = sort
        self._read_more()

    def complete(self, text: str) -> str:
        """A filter with its last word completed; "" where there is nothing to add."""
        return complete(text, self._order.known(self.summaries))

    def draw_only(self, names: list[str]) -> None:
        """Draw these runs, the first of them if they are too many, and no others."""
        self._session.shown_runs = names[:DRAWN_RUNS]

    def folder(self, name: str) -> RunFolder | None:
        """The folder of a run."""
        return self._list.folders.get(name)

    def refresh(self, name: str) -> None:
        """Something of a run was changed here."""
        self._list.refresh(name)

    def forget(self, name: str) -> None:
        """A run was deleted: do not draw it, and select its neighbour in the list."""
        names = self._order.listed(self.summaries)
        if self._session.selected_run == name and name in names:
            place = names.index(name)
            others = names[place + 1 :] + names[:place][::-1]
            self._session.selected_run = others[0] if others else ""
        if name in self._session.shown_runs:
            self._session.shown_runs.remove(name)
        self._list.scan()

    def _restore(self) -> None:
        """Filter and sort as in the session; what does not fit the runs of today is left out."""
        self._is_restored = True
        for take, words in (
            (self._order.set_filter, self._session.run_filter),
            (self._order.set_sort, self._session.run_sort),
        ):
            with contextlib.suppress(FilterError):
                take(words, self.summaries)
        self._read_more()

    def _read_more(self) -> None:
        """Read what a new filter or order asks for; most of it is there then."""
        if self._order.facts.wants_extremes:
            self._order.facts.read(self._list.folders, self.summaries, FACTS_SECONDS)

    def _paces(self) -> dict[str, Pace]:
        views = {name: self._list.view(name) for name in self._followed()}
        found = {name: view.pace() for name, view in views.items() if view is not None}
        return {name: pace for name, pace in found.items() if pace is not None}

    def _followed(self) -> dict[str, None]:
        """The runs that are read: those looked at first, those begun here, others that go on."""
        living = [n for n, summary in self.summaries.items() if not summary.state.has_ended]
        return dict.fromkeys([*self._looked_at(), *self._awaited, *living[:READ_RUNS]])

    def _looked_at(self) -> list[str]:
        return [*self._session.shown_runs, self._session.selected_run]

    # the choice

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
        """A run was started here: look at it, draw it, and tell its end.

        Beside it stay the runs of the same model: the figures of another are of other things.
        """
        name = folder.path.name
        self._awaited.add(name)
        self._list.scan()
        model, summaries = folder.description.name, self.summaries
        drawn = self._session.shown_runs
        self._session.shown_runs = [
            n for n in drawn if n in summaries and summaries[n].name == model
        ]
        self._list.view(name, is_new=not folder.description.branched_from)
        self.select(name)
        self.draw(name)

    def discard(self, view: RunView) -> None:
        """Remove a run that never began, folder and all."""
        name = view.folder.path.name
        self._session.shown_runs = [shown for shown in self._session.shown_runs if shown != name]
        self._list.remove(view.folder)

    def read(self, budget: float, *, asks: bool = True) -> News:
        """Read the runs that are looked at or go on, for at most about `budget` seconds.

        asks: look how they stand, too: at a file and a lock for each.
        """
        names, looked_at = self._followed(), self._looked_at()
        views = {name: view for name in names if (view := self._list.view(name)) is not None}
        news = News(False, [], [])
        for name, view in views.items():
            if asks:
                view.refresh_state()
            farther = view.read(budget / len(views))
            news.is_farther |= farther and name in looked_at
            if not view.state.has_ended and name in looked_at:
                self._awaited.add(name)
            if name in self._awaited:
                news.warnings.extend((view, text) for text in view.warnings)
                view.warnings.clear()
            if view.state.has_ended and name in self._awaited:
                self._awaited.remove(name)
                news.ended.append(view)
        return news
