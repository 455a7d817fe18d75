"""The process of a run: executes the model file, and writes down how it ended."""

import contextlib
import os
import sys
import traceback
from types import TracebackType

from knetengine.training.folder import Failure, RunFolder
from knetengine.training.loop import run
from knetengine.training.options import OptionError
from knetengine.training.recorder import Recorder
from knetengine.training.source import execute_source


def execute(folder: RunFolder) -> None:
    """Execute the run in `folder` to its end, whatever that is; the folder tells which."""
    description = folder.description
    with folder.lock().acquire(timeout=5):
        recorder = Recorder(folder)
        recorder.stop_on_signals()
        run.recorder = recorder
        try:
            os.nice(description.niceness)
            source = folder.source.read_text(encoding="utf-8")
            execute_source(source, description.source_path, description.options)
        except OptionError as error:
            recorder.end("rejected", Failure("OptionError", error.message))
        except KeyboardInterrupt as error:
            failure = _failure(error, folder, "interrupted")
            print(f"interrupted at line {failure.line}", flush=True)
            recorder.end("stopped", failure)
        except SystemExit as error:
            if error.code in (None, 0):
                recorder.end("finished")
            else:
                _fail(recorder, _failure(error, folder, f"sys.exit({error.code!r}) was called"))
        except BaseException as error:
            _fail(recorder, _failure(error, folder, str(error)))
        else:
            recorder.end("stopped" if recorder.stopping else "finished")
        finally:
            for stream in (sys.stdout, sys.stderr):
                with contextlib.suppress(ValueError, OSError):
                    stream.flush()


def _fail(recorder: Recorder, failure: Failure) -> None:
    print(failure.traceback, file=sys.stderr, flush=True)
    recorder.end("failed", failure)


def _failure(error: BaseException, folder: RunFolder, message: str) -> Failure:
    path = folder.description.source_path
    own_frames = _from_the_model_on(error.__traceback__, path)
    lines = traceback.format_exception(type(error), error, own_frames)
    if isinstance(error, SyntaxError) and error.filename == path:
        line = error.lineno
    else:
        frames = traceback.extract_tb(own_frames)
        line = next((f.lineno for f in reversed(frames) if f.filename == path), None)
    return Failure(type(error).__name__, message, line, "".join(lines).rstrip())


def _from_the_model_on(trace: TracebackType | None, path: str) -> TracebackType | None:
    """The traceback from the model file's first frame on: what ran it is not the user's."""
    while trace is not None and trace.tb_frame.f_code.co_filename != path:
        trace = trace.tb_next
    return trace
