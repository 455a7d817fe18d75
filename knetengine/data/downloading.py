"""One file from the first of its mirrors that has it whole and right.

pooch speaks HTTP and computes checksums. Ours is what it has not: a broken download goes on where
it broke off, and where one mirror fails the next is asked.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol
from urllib.parse import urlsplit

import pooch
import requests

from knetengine.data.catalogue import DataError, File
from knetengine.data.places import in_bytes

ATTEMPTS = 5  # at one mirror, as long as each brings some more
CHUNK = 1 << 16
TIMEOUT = 30.0  # seconds without an answer, or without another byte


class Progress(Protocol):
    """What shows how far a download is: pooch's protocol of progress bars, tqdm's own methods."""

    total: Any

    def update(self, count: int, /) -> Any:
        """So many bytes more."""

    def reset(self) -> Any:
        """None any more; an `update` with those that count follows."""

    def close(self) -> Any:
        """The end, good or bad."""


class Tally:
    """How many bytes of several files there are, told to a `Progress` if there is one."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self._progress = progress
        self._total = total
        self._done = 0
        self._show_total()

    def begin(self, kept: int) -> None:
        """A file begins, or begins again, with so many bytes."""
        if self._progress is not None:
            self._progress.reset()
            self._progress.update(self._done + kept)

    def add(self, count: int) -> None:
        """So many more bytes of this file."""
        if self._progress is not None:
            self._progress.update(count)

    def finish(self, size: int, limit: int) -> None:
        """The file is there; it could have had `limit` bytes."""
        self._done += size
        self._total += size - limit
        self._show_total()

    def _show_total(self) -> None:
        if self._progress is not None:
            self._progress.total = self._total


class _MirrorError(Exception):
    """A mirror did not give all of a file; what came before is good as far as it goes."""


class _WrongError(Exception):
    """What came is not the file."""


def download(file: File, urls: Sequence[str], path: Path, tally: Tally) -> None:
    """Fetch a file to `path`, which either is there whole in the end or as it was before.

    What a broken download brought stays beside it, in a `.part`, for the next time.
    Raises DataError saying what each mirror did, or that the disk is full.
    """
    part = path.with_name(f"{path.name}.part")
    failures: list[str] = []
    for url in urls:
        try:
            _bring(file, url, part, tally)
        except (_MirrorError, _WrongError) as error:
            failures.append(f"{urlsplit(url).netloc}: {error}")
            continue
        _put_in_place(part, path)
        tally.finish(path.stat().st_size, file.limit)
        return
    kept = _size(part) if file.digest else 0
    if not kept:
        part.unlink(missing_ok=True)
    again = f", which goes on after the {in_bytes(kept)} that came" if kept else ""
    raise DataError(
        f"{file.name} ({in_bytes(file.limit)}) cannot be fetched. {'; '.join(failures)}. "
        f"Check the network and try again{again}"
    )


def what_is_wrong(path: Path, file: File) -> str:
    """How a file on the disk differs from the catalogue's; "" if it does not."""
    size = path.stat().st_size
    if not file.size <= size <= file.limit:
        return f"has {size:,} bytes, expected {_expected_size(file)}"
    if file.digest:
        algorithm, _, digest = file.digest.partition(":")
        found = pooch.file_hash(str(path), alg=algorithm)
        return "" if found == digest else f"has the {algorithm} {found}, expected {digest}"
    content = path.read_bytes()
    for marker in file.markers:
        if marker.encode() not in content:
            return f"lacks the words {marker!r}"
    return ""


def _bring(file: File, url: str, part: Path, tally: Tally) -> None:
    """Let `part` become the whole file, from this mirror and from what there is of it."""
    if not file.digest:  # nothing would tell the halves of two editions apart
        part.unlink(missing_ok=True)
    for _ in range(ATTEMPTS):
        begun = _size(part)
        try:
            if begun < file.size:
                _append(file, url, part, tally)
            wrong = what_is_wrong(part, file)
            if not wrong:
                return
            raise _WrongError(wrong)
        except _WrongError:
            part.unlink()
            if begun == 0:
                raise
            # perhaps what was there before is to blame: once more from the start
        except _MirrorError:
            if _size(part) <= begun:
                raise
    raise _MirrorError(f"the connection broke {ATTEMPTS} times")


def _append(file: File, url: str, part: Path, tally: Tally) -> None:
    """Ask a mirror for what is not in `part` yet."""
    kept = _size(part)
    headers = {"Accept-Encoding": "identity"}  # a .gz is to stay one
    if kept:
        headers["Range"] = f"bytes={kept}-"
    with _Part(part, file, tally) as growing:
        get = pooch.HTTPDownloader(
            chunk_size=CHUNK,
            headers=headers,
            hooks={"response": growing.begin},
            timeout=TIMEOUT,
        )
        try:
            get(url, growing, None)
        except requests.RequestException as error:
            raise _MirrorError(_reason(error) + growing.progress()) from error
        if file.digest and growing.size < file.size:  # a server that does not say how much it has
            raise _MirrorError("the connection broke" + growing.progress())


class _Part:
    """The file that grows: pooch writes into it, and requests shows it each answer before."""

    def __init__(self, path: Path, file: File, tally: Tally) -> None:
        self.size = _size(path)
        self._path = path
        self._expected = file
        self._tally = tally
        self._response: requests.Response | None = None
        try:
            self._file = path.open("ab", buffering=0)
        except OSError as error:
            raise _cannot_write(path, error) from error

    def __enter__(self) -> "_Part":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._response is not None:
            self._response.close()
        self._file.close()

    def progress(self) -> str:
        """How far it came, for a message."""
        if self._response is None or not self._response.ok or not self.size:
            return ""
        return f" after {self.size:,} bytes of {_expected_size(self._expected)}"

    def begin(self, response: requests.Response, *_: Any, **__: Any) -> None:
        """Look at an answer: whether it goes on after what there is, or begins anew."""
        self._response = response
        if response.status_code == requests.codes.partial_content:
            given = response.headers.get("Content-Range", "")
            if not given.startswith(f"bytes {self.size}-"):
                raise _MirrorError(f"sent {given or 'an unknown range'}, not from {self.size}")
        elif response.status_code == requests.codes.ok:
            length = response.headers.get("Content-Length", "")
            if length and "Content-Encoding" not in response.headers:  # else it is another length
                self._check(int(length))
            self._file.truncate(0)
            self.size = 0
        else:  # another address, which requests follows, or an error, which pooch raises
            return
        self._tally.begin(self.size)

    def _check(self, length: int) -> None:
        if not self._expected.size <= length <= self._expected.limit:
            expected = _expected_size(self._expected)
            raise _MirrorError(f"has a file of {length:,} bytes, expected {expected}")

    def write(self, chunk: bytes) -> None:
        """Append some bytes."""
        if self.size + len(chunk) > self._expected.limit:
            raise _WrongError(f"has more bytes than {_expected_size(self._expected)}")
        rest = memoryview(chunk)
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:  # a full disk is needed for other things too
            self._path.unlink(missing_ok=True)
            raise _cannot_write(self._path, error) from error
        self.size += len(chunk)
        self._tally.add(len(chunk))

    def flush(self) -> None:
        """Nothing is kept back."""


def _put_in_place(part: Path, path: Path) -> None:
    try:
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(part, path)
    except OSError as error:
        raise _cannot_write(path, error) from error


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _expected_size(file: File) -> str:
    return f"{file.size:,} to {file.most:,}" if file.most else f"{file.size:,}"


def _cannot_write(path: Path, error: OSError) -> DataError:
    return DataError(
        f"{path} cannot be written: {error.strerror}; make room there, or set KNET_HOME to "
        "another folder"
    )


def _reason(error: requests.RequestException) -> str:
    """Why a request failed, without the layers of requests and urllib3."""
    if error.response is not None:
        return f"HTTP {error.response.status_code} {error.response.reason}".rstrip()
    if isinstance(error, requests.Timeout):
        return f"no answer within {TIMEOUT:.0f} s"
    inner: BaseException | None = error
    while inner is not None:
        if isinstance(inner, OSError) and inner.strerror:
            return inner.strerror
        inner = inner.__cause__ or inner.__context__
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the connection broke"
    return " ".join(str(error).split())
