"""Read the lines that another process appends to a file."""

import contextlib
import os
from pathlib import Path

MEBIBYTE = 1 << 20


class LineTail:
    """Reads whole lines from where the last read ended; a torn last line waits for its rest."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._offset = 0

    @property
    def offset(self) -> int:
        """How many bytes of the file are read or passed over."""
        return self._offset

    def lags(self) -> bool:
        """Whether the file has more than was read: a tenth of the time of opening it to see."""
        try:
            return os.stat(self.path).st_size > self._offset
        except OSError:
            return False

    def read(self, limit: int = MEBIBYTE) -> list[bytes]:
        """The complete lines (without line feeds) of at most about `limit` new bytes."""
        if not self.lags():
            return []
        try:
            with self.path.open("rb") as file:
                file.seek(self._offset)
                block = file.read(limit)
                if len(block) == limit and b"\n" not in block:  # one line longer than the limit
                    block += file.readline()
        except FileNotFoundError:
            return []
        end = block.rfind(b"\n") + 1
        self._offset += end
        return block[:end].split(b"\n")[:-1] if end else []

    def skip_to(self, offset: int) -> None:
        """Go on at the first whole line behind that many bytes."""
        if offset > 0:
            with contextlib.suppress(FileNotFoundError), self.path.open("rb") as file:
                file.seek(offset)
                file.readline()
                self._offset = file.tell()

    def skip_to_end(self, keep: int) -> int:
        """Go on at the first whole line of the last `keep` bytes; return the bytes passed over."""
        try:
            with self.path.open("rb") as file:
                start = file.seek(0, 2) - keep
                if start <= self._offset:
                    return 0
                file.seek(start)
                file.readline()
                skipped = file.tell() - self._offset
        except FileNotFoundError:
            return 0
        self._offset += skipped
        return skipped

    def rest(self) -> bytes:
        """What stands after the last line feed: the torn line of a process that was killed."""
        try:
            with self.path.open("rb") as file:
                file.seek(self._offset)
                return file.read()
        except FileNotFoundError:
            return b""
