"""`python -m knetui.evaluator FD`: serve the front end at the other end of socket FD."""

import os
import socket
import sys

from knetui.evaluator.child import Child


def main() -> None:
    """Take the socket from the command line and serve it."""
    if len(sys.argv) != 2 or not sys.argv[1].isdecimal():
        raise SystemExit("usage: python -m knetui.evaluator FD (started by knet-tui, not by hand)")
    descriptor = int(sys.argv[1])
    os.set_inheritable(descriptor, False)
    sys.argv = [""]
    Child(socket.socket(fileno=descriptor)).serve()


if __name__ == "__main__":
    main()
