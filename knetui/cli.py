"""The command `knet-tui`: its words, and nothing of what they do."""

import sys
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

import knetengine
from knetui.command_line.entry import run
from knetui.models import example_names

app = App(
    name="knet-tui",
    help="Learn and try deep learning in a terminal. Without a command: the workbench.",
    version=knetengine.__version__,
    result_action="return_value",
)


@app.default
def workbench(file: Path | None = None, /) -> int:
    """Open the workbench, with FILE in its editor."""
    from knetui.command_line.workbench import open_workbench

    return open_workbench(file)


@app.command
def train(
    model: Annotated[str, Parameter(help=f"A file or an example: {', '.join(example_names())}.")],
    /,
    *options: Annotated[str, Parameter(allow_leading_hyphen=True)],
    detach: bool = False,
    resume: bool = False,
) -> int:
    """Train FILE or an example without the workbench, with the options of its main.

    The run is a process of its own: it goes on when this command or its terminal is killed.
    Ctrl-C asks it to stop after its step.

    Parameters
    ----------
    options:
        Options of the model's main, such as `--epochs 20`; `knet-tui train MODEL --help`.
    detach:
        Print the run's number and leave it running.
    resume:
        Go on with the newest run of MODEL that did not come to its end.
    """
    from knetui.command_line.training import resume_training, train_model

    if resume:
        return resume_training(model, list(options), detach=detach)
    return train_model(model, list(options), detach=detach)


@app.command
def repl(file: Path | None = None, /) -> int:
    """Type Python and see gradients at once; FILE's functions are there by name."""
    from knetui.repl.prompt import run_repl

    return run_repl(file)


@app.command
def restart(
    run: str = "last",
    /,
    *options: Annotated[str, Parameter(allow_leading_hyphen=True)],
    detach: bool = False,
) -> int:
    """Start a new run of RUN's model as it was, with RUN's options.

    Parameters
    ----------
    options:
        Options that are to be others; `knet-tui restart RUN --help`.
    detach:
        Print the new run's number and leave it running.
    """
    from knetui.command_line.training import restart_run

    return restart_run(run, list(options), detach=detach)


@app.command
def runs(*, filter: str = "", sort: str = "") -> int:
    """List the runs: number, model, how they stand, their last figures.

    Parameters
    ----------
    filter:
        Only those of which it holds, such as `"lr>=0.1 and acc>0.9"`: options, last figures,
        `min.tst`, `max.acc`, and `number`, `name`, `model`, `status`, `epoch`, `pinned`, `age`
        (`age < 2h`), `took`, `left`, `speed`.
    sort:
        By what a filter may ask for; with a minus the greatest first: `--sort=-max.acc`.
    """
    from knetui.command_line.runs import list_runs

    return list_runs(filter, sort)


@app.command
def name(run: str, /, *words: str) -> int:
    """Call RUN by a name in the list; without words, by that of its model again."""
    from knetui.command_line.runs import name_run

    return name_run(run, words)


@app.command
def pin(run: str = "last", /, *, off: bool = False) -> int:
    """Keep RUN on top of the list.

    Parameters
    ----------
    off:
        No longer.
    """
    from knetui.command_line.runs import pin_run

    return pin_run(run, off=off)


@app.command
def delete(run: str, /, *runs: str) -> int:
    """Move RUN, and others, to the trash, from where they go for good after 30 days."""
    from knetui.command_line.runs import delete_runs

    return delete_runs([run, *runs])


@app.command
def restore(run: str = "", /) -> int:
    """Bring RUN back from the trash; without a number, the run that was deleted last."""
    from knetui.command_line.runs import restore_run

    return restore_run(run)


@app.command
def attach(run: str = "last", /) -> int:
    """Open the workbench on RUN: its number, `last`, or its folder."""
    from knetui.command_line.workbench import attach_workbench

    return attach_workbench(run)


@app.command
def pause(run: str = "last", /) -> int:
    """Let RUN wait after its step."""
    from knetui.command_line.training import pause_run

    return pause_run(run)


@app.command
def resume(run: str = "last", /, *, force: bool = False) -> int:
    """Let a paused RUN go on, or one that was stopped or has died, from its last checkpoint.

    Parameters
    ----------
    force:
        Believe that its process is gone, though it was on another machine.
    """
    from knetui.command_line.training import resume_run

    return resume_run(run, force=force)


@app.command
def stop(run: str = "last", /, *, now: bool = False) -> int:
    """End RUN after its step.

    Parameters
    ----------
    now:
        In the middle of a step: interrupt it, and kill it when it does not listen.
    """
    from knetui.command_line.training import stop_run

    return stop_run(run, now=now)


@app.command(name="set")
def set_numbers(run: str, /, *assignments: str) -> int:
    """Change numbers of RUN from its next step on; without any, list those that can be changed.

    Parameters
    ----------
    assignments:
        Such as `lr=0.05`, `optimiser.lr=0.1`, or an entry of what it keeps: `w[0][3,0]=1`.
    """
    from knetui.command_line.steering import set_numbers

    return set_numbers(run, assignments)


@app.command
def swap(run: str = "last", file: Path | None = None, /) -> int:
    """Have RUN go on with its model file as it is now, or with FILE, weights and all kept.

    Code that fails in its first step is refused, and the old code goes on.
    """
    from knetui.command_line.steering import swap_code

    return swap_code(run, file)


@app.command
def step(run: str = "last", count: int = 1, /) -> int:
    """Have RUN take COUNT steps more and wait."""
    from knetui.command_line.steering import step_run

    return step_run(run, count)


@app.command
def branch(
    run: str = "last",
    /,
    *assignments: str,
    at: str = "",
    source: Path | None = None,
    paused: bool = False,
) -> int:
    """Start a new run from a checkpoint of RUN, with numbers or code changed.

    Parameters
    ----------
    assignments:
        As those of `knet-tui set`.
    at:
        The checkpoint, as in the run's folder; otherwise the newest.
    source:
        A file to go on with, instead of the source that the checkpoint has.
    paused:
        Wait there, to be looked at.
    """
    from knetui.command_line.steering import branch_run

    return branch_run(run, at, assignments, source, paused=paused)


@app.command
def curves(
    *runs: str,
    svg: Path | None = None,
    png: Path | None = None,
    csv: Path | None = None,
    gradients: bool = False,
    axis: Literal["epoch", "step", "seconds"] = "epoch",
    log_x: bool = False,
    log_y: bool = False,
    smooth: float = 0.0,
    only: tuple[str, ...] = (),
) -> int:
    """Draw the learning curves of RUNS here, or write them into files.

    Parameters
    ----------
    runs:
        Their numbers, `last`, or their folders; several are compared.
    svg:
        Write a picture of lines and words to this file.
    png:
        Write a picture in pixels to this file.
    csv:
        Write every reported figure to this file, a line for each report.
    gradients:
        The norms of the first run's gradients, by parameter, instead of what it reported.
    axis:
        Draw over epochs, steps or seconds.
    log_x:
        A logarithmic horizontal axis.
    log_y:
        Logarithmic values.
    smooth:
        From 0 to 0.999, as TensorBoard's slider.
    only:
        The name of a metric or parameter to draw; may be given several times.
    """
    from knetui.command_line.curves import show_curves
    from knetui.curves.settings import CurveSettings

    settings = CurveSettings(
        log_y=log_y, log_norms=log_y, log_x=log_x, axis=axis, smoothing=smooth, gradients=gradients
    )
    named = ((".svg", svg), (".png", png), (".csv", csv))
    files = [(suffix, path) for suffix, path in named if path is not None]
    return show_curves(runs, files, settings, only)


@app.command
def memory(run: str = "last", /, *, limit: str = "", device: str = "") -> int:
    """Print what RUN's pools hold and who holds most; or whether it would fit under a limit.

    Parameters
    ----------
    limit:
        Such as `64MiB`: replay under it what some steps ask for, by each policy. Exit status 1 if
        RUN would run out of memory.
    device:
        Of this device's pool only, such as `cuda:0`.
    """
    from knetui.command_line.memory import show_memory

    return show_memory(run, limit, device)


data = App(name="data", help="List the sets of data, and fetch them.")
app.command(data)


@data.command(name="list")
def list_data() -> int:
    """List the sets of data: what is bundled, what the whole is, where this machine has it."""
    from knetui.command_line.sets import list_sets

    return list_sets()


@data.command(name="fetch")
def fetch_data(
    name: Annotated[str, Parameter(help="As `knet-tui data list` has it.")],
    /,
) -> int:
    """Fetch a set of data; a download that was broken off goes on."""
    from knetui.command_line.sets import fetch_set

    return fetch_set(name)


@app.command
def keys(*, write: bool = False) -> int:
    """List what the keys of the workbench do, and how to change them.

    Parameters
    ----------
    write:
        Write a file with all of them to change, unless there is one.
    """
    from knetui.command_line.keys import list_keys, write_keys

    return write_keys() if write else list_keys()


@app.command
def doctor(
    function: str | None = None,
    /,
    *,
    coverage: bool = False,
    gpu_selftest: bool = False,
    device: tuple[str, ...] = (),
    report: Path | None = None,
) -> int:
    """Print what this installation has and where it keeps things, for a report of a fault.

    Parameters
    ----------
    function:
        With `--coverage`: this function of NumPy only, such as `linalg.inv`.
    coverage:
        Print instead which functions of NumPy a gradient can pass through.
    gpu_selftest:
        Check instead, on each CUDA device, what arrays there compute against NumPy, their memory,
        their streams; 0 if all passed, 1 if something failed, 2 if there is no device.
    device:
        With `--gpu-selftest`: this device instead, such as `cuda:1`, or `cpu` to try it.
    report:
        With `--gpu-selftest`: write what was found to this file, as JSON without private data.
    """
    if gpu_selftest:
        from knetui.command_line.gpu_selftest import run_selftest

        return run_selftest(device, report)
    if device or report is not None:
        print("knet-tui: --device and --report go with --gpu-selftest", file=sys.stderr)
        return 2
    from knetui.command_line.doctor import examine, show_coverage

    return show_coverage(function) if coverage or function else examine()


def main() -> None:
    """Run the command line."""
    run(app)
