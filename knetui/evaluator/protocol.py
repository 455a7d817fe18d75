"""The messages between a front end and the evaluator child: one JSON object a line.

Shaped like Jupyter's: every request carries an `id`, and everything that answers it carries the
same `id`. An Execute or a Load is answered by any number of Stream, at most one Result or Error,
and then exactly one Done; the other requests by one reply.
"""

from typing import Any, Literal

import msgspec


class _Message(msgspec.Struct, frozen=True, tag=True):
    pass


class Execute(_Message, frozen=True):
    """Run statements; the value of a last expression is echoed."""

    id: int
    code: str


class Load(_Message, frozen=True):
    """Define the names of a model file; its `if __name__ == "__main__"` block does not run."""

    id: int
    source: str
    filename: str


class Complete(_Message, frozen=True):
    """Ask how the name before `cursor` (a character offset in `code`) can go on."""

    id: int
    code: str
    cursor: int


class Inspect(_Message, frozen=True):
    """Ask what the name around `cursor` is."""

    id: int
    code: str
    cursor: int


class IsComplete(_Message, frozen=True):
    """Ask whether `code` can run as it is or wants another line."""

    id: int
    code: str


class Shutdown(_Message, frozen=True):
    """End the child after what was asked before."""

    id: int


class Ready(_Message, frozen=True):
    """The child listens; `python` is its version."""

    pid: int
    python: str


class Stream(_Message, frozen=True):
    """Output of the code of request `id`."""

    id: int
    name: Literal["stdout", "stderr"]
    text: str


class Result(_Message, frozen=True):
    """The repr of the last expression's value; `Out[execution_count]` holds the value."""

    id: int
    text: str
    execution_count: int


class Error(_Message, frozen=True):
    """An exception left the code; `line` and `filename` point at the user's innermost line."""

    id: int
    name: str
    message: str
    traceback: list[str]
    line: int | None = None
    filename: str | None = None


Status = Literal["ok", "error", "interrupted", "aborted"]


class Done(_Message, frozen=True):
    """Request `id` is over; `aborted` means interrupted before it began."""

    id: int
    status: Status


class CompleteReply(_Message, frozen=True):
    """Each of `matches` may replace `code[start:end]`."""

    id: int
    matches: list[str]
    start: int
    end: int


class InspectReply(_Message, frozen=True):
    """The signature and docstring of a name, or its type."""

    id: int
    found: bool
    text: str


class IsCompleteReply(_Message, frozen=True):
    """Whether the code is complete, and the indentation of the line that would follow."""

    id: int
    status: Literal["complete", "incomplete", "invalid"]
    indent: str = ""


Request = Execute | Load | Complete | Inspect | IsComplete | Shutdown
Event = Stream | Result | Error | Done
Reply = CompleteReply | InspectReply | IsCompleteReply
Message = Ready | Event | Reply

_encoder = msgspec.json.Encoder()
_request_decoder = msgspec.json.Decoder[Request](Request)
_message_decoder = msgspec.json.Decoder[Message](Message)


def encode(message: Request | Message) -> bytes:
    """The message as one line. Lone surrogates, which JSON cannot hold, become escapes."""
    try:
        return _encoder.encode(message) + b"\n"
    except UnicodeEncodeError:
        fields = msgspec.structs.asdict(message)
        return _encoder.encode(type(message)(**{k: _scrub(v) for k, v in fields.items()})) + b"\n"


def _scrub(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    return [_scrub(item) for item in value] if isinstance(value, list) else value


def decode_request(line: bytes) -> Request:
    """The request on a line; raises msgspec.DecodeError when it is none."""
    return _request_decoder.decode(line)


def decode_message(line: bytes) -> Message:
    """The child's message on a line; raises msgspec.DecodeError when it is none."""
    return _message_decoder.decode(line)
