"""Execute a model file as a program of its own, as `python model.py` does."""

import linecache
import sys
from pathlib import Path
from types import ModuleType

from knetengine.training.loop import run
from knetengine.training.options import script


def execute_source(source: str, path: str, options: list[str]) -> None:
    """Execute `source`, the text of the file `path`, with `options` as its command line.

    A file that does not call `script(main)` itself gets it called. Raises whatever the source
    raises, and NameError when there is no `main`.
    """
    sys.argv = [path, *options]
    sys.path.insert(0, str(Path(path).parent))
    source = source.removeprefix("\ufeff")  # a byte order mark, which `python` passes over too
    # the file may have been edited since: tracebacks show the lines that ran
    linecache.cache[path] = (len(source), None, source.splitlines(keepends=True), path)
    module = ModuleType("__main__")
    module.__file__ = path
    sys.modules["__main__"] = module
    exec(compile(source, path, "exec", dont_inherit=True), module.__dict__)
    if run.was_scripted:
        return
    main = getattr(module, "main", None)
    if main is None:
        raise NameError(
            f"{Path(path).name} has no function `main`; a model file defines "
            "`main(*, epochs: int = 20, ...)`, whose keyword arguments are its options"
        )
    script(main)


if __name__ == "__main__":  # python -m knetengine.training.source FILE --help
    execute_source(Path(sys.argv[1]).read_text(encoding="utf-8"), sys.argv[1], sys.argv[2:])
