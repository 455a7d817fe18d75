"""`knet-tui repl`: a prompt on a terminal, or statements from a pipe."""

import asyncio
import signal
import sys
from pathlib import Path

from knetui.evaluator.client import Evaluator, EvaluatorDied
from knetui.repl.printing import Printer


def run_repl(model: Path | None = None, history: Path | None = None) -> int:
    """Evaluate what is typed, or what stands on standard input when that is no terminal.

    `model` is a file whose names are there from the start; `history` is the file of past inputs,
    `repl_history` in the user's folder by default. Returns the exit status: from a pipe, 1 when
    the last statement failed.
    """
    source = None
    if model is not None:
        try:
            source = model.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as problem:
            print(f"knet-tui repl: cannot read {model}: {problem}", file=sys.stderr)
            return 2
    loaded = (source, str(model)) if source is not None else None
    conversation = (
        _on_terminal(loaded, history)
        if sys.stdin.isatty() and sys.stdout.isatty()
        else _from_pipe(loaded)
    )
    try:
        return asyncio.run(conversation)
    except EvaluatorDied as death:
        print(f"knet-tui repl: {death}\n{death.trace}", file=sys.stderr)
        return 1
    except asyncio.CancelledError:  # SIGTERM or SIGHUP; the terminal is as it was
        return 128 + signal.SIGTERM


async def _on_terminal(loaded: tuple[str, str] | None, history: Path | None) -> int:
    printer = Printer(colour=True)
    evaluator = Evaluator(on_stray=printer)
    starting = asyncio.create_task(evaluator.start())
    await asyncio.sleep(0)  # the child starts while prompt_toolkit is imported

    from knetui.repl.interactive import Conversation

    _leave_on(signal.SIGTERM, signal.SIGHUP)
    try:
        ready = await starting
        return await Conversation(evaluator, printer, loaded, history).hold(ready)
    finally:
        await evaluator.close()


async def _from_pipe(loaded: tuple[str, str] | None) -> int:
    from knetui.repl.piped import evaluate_standard_input

    printer = Printer()
    evaluator = Evaluator(on_stray=printer)
    _leave_on(signal.SIGTERM, signal.SIGHUP)
    try:
        await evaluator.start()
        return await evaluate_standard_input(evaluator, printer, loaded)
    finally:
        await evaluator.close()


def _leave_on(*numbers: signal.Signals) -> None:
    task = asyncio.current_task()
    assert task is not None
    for number in numbers:
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
