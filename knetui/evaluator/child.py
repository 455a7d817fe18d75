"""The evaluator child: runs the user's code in its main thread and talks over one socket.

A reader thread takes the requests, answers what needs no user code at once, and ends the process
when the front end is gone, even while user code runs. A writer thread sends what the main thread
posts, in order, as much as has gathered at a time; the main thread itself never touches the
socket, so that an interrupt cannot tear a message.
"""

import contextlib
import faulthandler
import os
import platform
import signal
import socket
import stat
import sys
import threading
import traceback
from collections.abc import Iterator
from itertools import groupby
from queue import SimpleQueue
from typing import Any, NoReturn

from knetui.evaluator import protocol
from knetui.evaluator.completeness import is_complete
from knetui.evaluator.completion import complete
from knetui.evaluator.cut import cut
from knetui.evaluator.execution import Execution, Outcome
from knetui.evaluator.inspection import inspect_name
from knetui.evaluator.interrupts import Interrupts
from knetui.evaluator.namespace import add_starting_names
from knetui.evaluator.streams import WRITE_LIMIT, NoKeyboard, OutputStream

_BATCH = 4096  # messages sent at once
_JOINED = 64  # pieces of output joined into one message


class Child:
    """Serves one front end over `connection` until Shutdown or end of file."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._log = os.dup(2)  # user code may close descriptors 0 to 2
        self._requests: SimpleQueue[protocol.Execute | protocol.Load | protocol.Shutdown] = (
            SimpleQueue()
        )
        self._wait_end, self._wake_end = os.pipe()
        os.set_blocking(self._wake_end, False)
        self._outbox: SimpleQueue[protocol.Message | None] = SimpleQueue()
        self._waiting: set[int] = set()
        self._aborted: set[int] = set()
        self._current = 0
        self._prepared = threading.Event()
        self._interrupts = Interrupts(self._abort_waiting)
        self._execution = Execution(self._interrupts)

    def serve(self) -> None:
        """Answer until Shutdown. Must be called in the main thread."""
        faulthandler.enable(self._log, all_threads=False)
        self._interrupts.install()
        # Threads inherit the mask, those of BLAS too: a SIGINT that another thread took would not
        # wake the main thread from a sleep.
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
        self._take_streams()
        os.register_at_fork(after_in_child=self._leave_connection)
        writer = threading.Thread(target=self._write, name="evaluator-writer", daemon=True)
        writer.start()
        threading.Thread(target=self._read, name="evaluator-reader", daemon=True).start()
        self._outbox.put(protocol.Ready(os.getpid(), platform.python_version()))
        try:
            add_starting_names(self._execution.namespace)
            sys.path.insert(0, "")  # only now: a file random.py of the user must not break NumPy
            signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
            self._prepared.set()
            while not isinstance(request := self._next_request(), protocol.Shutdown):
                self._run(request)
        except BaseException:
            self._give_up()
        self._outbox.put(None)
        writer.join()

    def _take_streams(self) -> None:
        sys.stdin = NoKeyboard()
        sys.stdout = OutputStream("stdout", 1, self._post_text, self._outbox.qsize)
        sys.stderr = OutputStream("stderr", 2, self._post_text, self._outbox.qsize)

    def _leave_connection(self) -> None:
        # A process forked by user code has neither our threads nor a say in the protocol.
        self._connection.close()
        sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__

    def _post_text(self, name: Any, text: str) -> None:
        self._outbox.put(protocol.Stream(self._current, name, text))

    def _abort_waiting(self) -> None:
        self._aborted |= self._waiting

    # -- main thread -------------------------------------------------------------------------

    def _next_request(self) -> protocol.Execute | protocol.Load | protocol.Shutdown:
        # A signal must be dealt with at once, idle or not: one left over would stop the next
        # input. A wait on the queue can miss a signal; a read of the descriptor cannot.
        signal.set_wakeup_fd(self._wake_end, warn_on_full_buffer=False)
        while self._requests.empty():
            os.read(self._wait_end, 1 << 12)
        return self._requests.get()

    def _run(self, request: protocol.Execute | protocol.Load) -> None:
        self._interrupts.install()
        if request.id in self._aborted:
            outcome = Outcome("aborted")
        else:
            self._current = request.id
            if isinstance(request, protocol.Execute):
                outcome = self._execution.execute(request.code)
            else:
                outcome = self._execution.load(request.source, request.filename)
        self._waiting.discard(request.id)
        self._aborted.discard(request.id)
        self._post_descriptor_output()
        if outcome.failure is not None:
            self._outbox.put(protocol.Error(request.id, *outcome.failure))
        elif outcome.text is not None:
            self._outbox.put(protocol.Result(request.id, outcome.text, self._execution.count))
        self._outbox.put(protocol.Done(request.id, outcome.status))

    def _post_descriptor_output(self) -> None:
        # What C code and subprocesses wrote to descriptors 1 and 2 gathers in a file. Emptying it
        # leaves there, after a crash, only what belongs to the crash.
        state = os.fstat(self._log)
        if not stat.S_ISREG(state.st_mode) or state.st_size == 0:
            return
        head = os.pread(self._log, WRITE_LIMIT, 0).decode(errors="backslashreplace")
        gone = state.st_size - WRITE_LIMIT
        note = f"\n... {gone:,} bytes cut ...\n" if gone > 0 else ""
        os.ftruncate(self._log, 0)
        self._post_text("stdout", head + note)

    # -- reader thread -----------------------------------------------------------------------

    def _read(self) -> None:
        try:
            buffered = b""
            while received := self._connection.recv(1 << 16):
                *lines, buffered = (buffered + received).split(b"\n")
                for line in lines:
                    self._take(protocol.decode_request(line))
        except ConnectionError:
            self._hang_up()
        except BaseException:
            self._give_up()
        self._hang_up()

    def _take(self, request: protocol.Request) -> None:
        match request:
            case protocol.Execute() | protocol.Load():
                self._waiting.add(request.id)
                self._hand_over(request)
            case protocol.Shutdown():
                self._hand_over(request)
            case protocol.Complete():
                self._outbox.put(self._complete(request))
            case protocol.Inspect():
                self._outbox.put(self._inspect(request))
            case protocol.IsComplete():
                self._outbox.put(protocol.IsCompleteReply(request.id, *is_complete(request.code)))

    def _hand_over(self, request: protocol.Execute | protocol.Load | protocol.Shutdown) -> None:
        self._requests.put(request)
        with contextlib.suppress(BlockingIOError):  # full of wake-ups that are still unread
            os.write(self._wake_end, b"\0")

    def _complete(self, request: protocol.Complete) -> protocol.CompleteReply:
        self._prepared.wait()
        try:
            found = complete(request.code, request.cursor, self._execution.namespace)
        except Exception:  # whatever odd object stood there: no completion is a fair answer
            return protocol.CompleteReply(request.id, [], request.cursor, request.cursor)
        return protocol.CompleteReply(request.id, *found)

    def _inspect(self, request: protocol.Inspect) -> protocol.InspectReply:
        self._prepared.wait()
        try:
            text = inspect_name(request.code, request.cursor, self._execution.namespace)
        except Exception as problem:  # likewise
            return protocol.InspectReply(request.id, False, f"cannot be inspected: {problem}")
        return protocol.InspectReply(request.id, text is not None, cut(text or "", WRITE_LIMIT))

    def _hang_up(self) -> NoReturn:
        """End at once, with what user code started in our process group: nobody listens."""
        if os.getpgrp() == os.getpid():
            os.killpg(0, signal.SIGHUP)
        os._exit(0)

    # -- writer thread -----------------------------------------------------------------------

    def _write(self) -> None:
        try:
            batch: list[protocol.Message | None] = []
            while not batch or batch[-1] is not None:
                batch = [self._outbox.get()]
                while len(batch) < _BATCH and batch[-1] is not None and not self._outbox.empty():
                    batch.append(self._outbox.get())
                self._connection.sendall(b"".join(map(protocol.encode, _joined(batch))))
        except ConnectionError:
            return  # the reader thread sees it too, and hangs up
        except BaseException:
            self._give_up()

    def _give_up(self) -> NoReturn:
        """End with the traceback of a fault of our own in the file that the front end reads."""
        os.write(self._log, traceback.format_exc().encode(errors="backslashreplace"))
        os._exit(70)


def _joined(batch: list[protocol.Message | None]) -> Iterator[protocol.Message]:
    """The messages without the final None; neighbours of one stream become one."""
    for stream, group in groupby(batch, key=_stream_of):
        if stream is None:
            yield from (message for message in group if message is not None)
        else:
            texts = [message.text for message in group if isinstance(message, protocol.Stream)]
            for start in range(0, len(texts), _JOINED):
                yield protocol.Stream(*stream, "".join(texts[start : start + _JOINED]))


def _stream_of(message: protocol.Message | None) -> tuple[int, Any] | None:
    return (message.id, message.name) if isinstance(message, protocol.Stream) else None
