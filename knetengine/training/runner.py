"""The process of a run: executes the model file, and writes down how it ended."""

import contextlib
import os
import sys
import traceback

from knetengine.faults import Fault
from knetengine.tracebacks import traceback_lines, user_traceback
from knetengine.training.folder import Failure, RunFolder
from knetengine.training.keeper import newest
from knetengine.training.loop import run
from knetengine.training.options import OptionError
from knetengine.training.recorder import Recorder
from knetengine.training.resuming import prepare
from knetengine.training.source import execute_source


def execute(folder: RunFolder, *, resume: bool = False) -> None:
    """Execute the run in `folder` to its end, whatever that is; the folder tells which.

    resume: whether an earlier process of the run is gone, and this one goes on.
    """
    description = folder.description
    with folder.lock().acquire(timeout=5):
        recorder = Recorder(folder, prepare(folder) if resume else None)
        recorder.stop_on_signals()
        run.recorder = recorder
        try:
            os.chdir(description.working_folder)
            os.nice(description.niceness)
            source = folder.source.read_text(encoding="utf-8")
            execute_source(source, description.source_path, description.options)
        except OptionError as error:
            recorder.end("rejected", Failure("OptionError", _whole(error.message)))
        except KeyboardInterrupt as error:
            failure = _failure(error, description.source_path, "interrupted")
            print(f"interrupted at line {failure.line}", flush=True)
            recorder.end("stopped", failure)
        except SystemExit as error:
            if error.code in (None, 0):
                recorder.end("finished")
            else:
                _fail(
                    recorder,
                    _failure(
                        error, description.source_path, f"sys.exit({error.code!r}) was called"
                    ),
                )
        except BaseException as error:
            if isinstance(error, Exception) and recorder.steering.take_back(error):
                _start_again(recorder)
            _fail(recorder, _failure(error, description.source_path, str(error)))
        else:
            recorder.end("stopped" if recorder.stopping else "finished")
        finally:
            for stream in (sys.stdout, sys.stderr):
                with contextlib.suppress(ValueError, OSError):
                    stream.flush()


def _start_again(recorder: Recorder) -> None:
    """Go on from the newest checkpoint, if there is one: the step had new code, which is gone.

    The process makes room for another: what main and the loops had is lost with the exception.
    """
    folder = recorder.folder
    if newest(folder) is None:
        return
    recorder.give_way()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    words = ["-P", "-m", "knetengine.training", str(folder.path), "--resume", "--in-place"]
    os.execv(sys.executable, [sys.executable, *words])


def _fail(recorder: Recorder, failure: Failure) -> None:
    recorder.keeper.speak()
    print(failure.traceback, file=sys.stderr, flush=True)
    recorder.end("failed", failure)


def _failure(error: BaseException, path: str, message: str) -> Failure:
    if isinstance(error, SyntaxError) and error.filename == path:
        line, message = error.lineno, error.msg
    else:
        frames = traceback.extract_tb(error.__traceback__)
        line = next((f.lineno for f in reversed(frames) if f.filename == path), None)
    if isinstance(error, Fault):  # nothing is wrong with the program
        return Failure(type(error).__name__, _whole(message), line, _whole(message))
    lines = traceback_lines(user_traceback(error))
    if isinstance(error, SystemExit):
        lines.append(message)
    return Failure(type(error).__name__, _whole(message), line, _whole("\n".join(lines)))


def _whole(text: str) -> str:
    """The text with half characters (lone surrogates), which JSON cannot hold, as escapes."""
    return text.encode("utf-8", "backslashreplace").decode()
