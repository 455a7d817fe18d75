"""`python -m knetengine.training FOLDER [--resume]`: the detached process of a run.

With `--in-place` the process is detached already: the run starts again in it.
"""

import sys
from pathlib import Path

from knetengine.training.detach import become_detached, print_lines

if __name__ == "__main__":
    if "--in-place" in sys.argv[2:]:
        print_lines()
    else:
        become_detached(Path(sys.argv[1]) / "log.txt")

    # NumPy is imported only now: a process that has threads should not fork
    from knetengine.training.folder import RunFolder
    from knetengine.training.runner import execute

    execute(RunFolder(Path(sys.argv[1])), resume="--resume" in sys.argv[2:])
