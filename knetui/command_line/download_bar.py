"""How far a download is: a bar on a terminal, a line for every tenth elsewhere."""

import sys

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from knetengine.data.downloading import Progress as DownloadProgress


def download_bar(title: str) -> DownloadProgress:
    """What `fetch` tells its progress to; it shows on stderr."""
    return Bar(title) if sys.stderr.isatty() else Lines(title)


class Bar:
    """A bar with the bytes so far and in all, the speed and the time that remains."""

    def __init__(self, title: str) -> None:
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        )
        self._task = self._progress.add_task(title, total=None)
        self._progress.start()

    @property
    def total(self) -> int:
        """Bytes in all."""
        return int(self._progress.tasks[0].total or 0)

    @total.setter
    def total(self, count: int) -> None:
        self._progress.update(self._task, total=count)

    def update(self, count: int, /) -> None:
        """So many bytes more."""
        self._progress.advance(self._task, count)

    def reset(self) -> None:
        """None any more."""
        self._progress.update(self._task, completed=0)

    def close(self) -> None:
        """Leave the bar as it is and give the terminal back."""
        self._progress.stop()


class Lines:
    """A line whenever another tenth is there, for logs and pipes."""

    def __init__(self, title: str) -> None:
        self.total = 0
        self._title = title
        self._count = 0
        self._tenths = 0

    def update(self, count: int, /) -> None:
        """So many bytes more."""
        self._count += count
        tenths = 10 * self._count // self.total if self.total else 0
        if tenths > self._tenths:
            self._tenths = tenths
            megabytes = f"{self._count / 1e6:,.1f} of {self.total / 1e6:,.1f} MB"
            # in one piece, with its end: Ctrl-C came in between, and spoke on in the same line
            sys.stderr.write(f"{self._title}: {megabytes}\n")
            sys.stderr.flush()

    def reset(self) -> None:
        """None any more; what was said is not said again."""
        self._count = 0

    def close(self) -> None:
        """Nothing is left to be shown."""
