"""A real server on this machine that serves files, with ranges and with the faults of servers."""

import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple


class Request(NamedTuple):
    """What a client asked for."""

    name: str
    range: str


class Served(NamedTuple):
    """A file, and what goes wrong with it.

    status: instead of the file, if it is not 0.
    breaks: the connection ends after so many bytes of the answer, if it is not 0; `times` times.
    says_length: whether the answer says how long it is.
    ranges: whether a part may be asked for; `shift` is how far the answer is from what was asked.
    to: where else it is.
    """

    content: bytes
    status: int = 0
    breaks: int = 0
    times: int = 1 << 30
    says_length: bool = True
    ranges: bool = True
    shift: int = 0
    to: str = ""


class Server(ThreadingHTTPServer):
    """A server that does not mind a client that is gone."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class Mirror:
    """Serves what is put into `files` by name, and keeps what was asked for.

    With `hold`, an answer that breaks waits at that place until `release` is set.
    """

    def __init__(self) -> None:
        self.files: dict[str, Served] = {}
        self.requests: list[Request] = []
        self.hold = False
        self.reached = threading.Event()
        self.release = threading.Event()
        mirror = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                mirror._answer(self)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        """Answer no more: connections are refused from now on."""
        self.release.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def spoil(self, name: str, **how: Any) -> None:
        """Let something go wrong with a file, or right again: the fields of `Served`."""
        self.files[name] = self.files[name]._replace(**how)

    def asked(self, name: str) -> list[str]:
        """The ranges with which a file was asked for; "" for all of it."""
        return [request.range for request in self.requests if request.name == name]

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        name = handler.path.removeprefix("/")
        wanted = handler.headers.get("Range", "")
        self.requests.append(Request(name, wanted))
        served = self.files.get(name, Served(b"", status=404))
        if served.status:
            handler.send_error(served.status)
            return
        if served.to:
            handler.send_response(302)
            handler.send_header("Location", served.to)
            handler.send_header("Content-Length", "0")
            handler.end_headers()
            return
        start = 0
        if wanted and served.ranges:
            start = int(wanted.removeprefix("bytes=").removesuffix("-")) + served.shift
            if start >= len(served.content):
                handler.send_error(416)
                return
            handler.send_response(206)
            last, size = len(served.content) - 1, len(served.content)
            handler.send_header("Content-Range", f"bytes {start}-{last}/{size}")
        else:
            handler.send_response(200)
        rest = served.content[start:]
        if served.says_length:
            handler.send_header("Content-Length", str(len(rest)))
        handler.end_headers()
        if not served.breaks or not served.times:
            handler.wfile.write(rest)
            return
        self.spoil(name, times=served.times - 1)
        handler.wfile.write(rest[: served.breaks])
        handler.wfile.flush()
        self.reached.set()
        if self.hold:
            self.release.wait(30)
