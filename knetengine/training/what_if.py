"""Replay a run's trace under a limit: `python -m knetengine.training.what_if TRACES DEVICE LIMIT`.

Prints the answer of each policy as a line of JSON, the run's own policy first. It is a process of
its own, so that a workbench stays quick: a replay keeps Python busy for seconds, and collects
garbage where the limit refuses. No code of the user's is run; a trace is numbers.
"""

import gc
import sys
from pathlib import Path

import msgspec

from knetengine.training.memory_traces import answers, read_traces

NO_TRACE = 2


def main(path: str, device: str, limit: str) -> int:
    """Print the answers; 2, and what is wrong, where there is no trace that can be read."""
    try:
        traces = read_traces(Path(path))
    except (OSError, msgspec.MsgspecError) as error:
        print(f"the trace in {path} cannot be read: {error}", file=sys.stderr)
        return NO_TRACE
    found = [trace for trace in traces if trace.device == device]
    if not found:
        have = ", ".join(trace.device for trace in traces) or "nothing"
        print(f"no trace of {device!r} in {path}; there is one of {have}", file=sys.stderr)
        return NO_TRACE
    gc.freeze()  # 100,000 events would be looked at in each of the replay's collections
    for answer in answers(found[0], int(limit)):
        sys.stdout.write(msgspec.json.encode(answer).decode() + "\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
