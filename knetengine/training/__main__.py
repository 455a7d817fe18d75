"""`python -m knetengine.training FOLDER [--resume]`: the detached process of a run.

With `--in-place` the process is detached already: the run starts again in it.
"""

import sys
from pathlib import Path

from knetengine.training.detach import become_detached, print_lines

if __name__ == "__main__":
    in_place = "--in-place" in sys.argv[2:]
    if in_place:
        print_lines()
    else:
        become_detached(Path(sys.argv[1]) / "log.txt")

    from knetengine.training.cores import take_cores
    from knetengine.training.folder import RunFolder

    folder = RunFolder(Path(sys.argv[1]))
    if in_place or take_cores(folder):
        # NumPy is imported only now: a process that has threads should not fork, and how many it
        # may have is known now
        from knetengine.training.runner import execute

        execute(folder, resume="--resume" in sys.argv[2:])
