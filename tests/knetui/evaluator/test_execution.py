"""What runs in the evaluator and what comes back, with a real child process."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from knetui.evaluator.client import Evaluator


async def test_the_first_gradient(evaluator: Evaluator, said: Any) -> None:
    await evaluator.execute("grad(lambda x: x**3)(2.0)", said)
    assert said.results == ["12.0"]  # d/dx x^3 = 3 x^2
    assert said.statuses == ["ok"]


async def test_only_the_last_expression_is_echoed(evaluator: Evaluator, said: Any) -> None:
    await evaluator.execute("1\n2", said)
    await evaluator.execute("x = 5", said)
    await evaluator.execute("None", said)
    await evaluator.execute("", said)
    await evaluator.execute("'a docstring is a value'", said)
    assert said.results == ["2", "'a docstring is a value'"]


async def test_past_results_are_kept(evaluator: Evaluator, said: Any) -> None:
    await evaluator.execute("6 * 7")
    await evaluator.execute("_ + 1", said)
    await evaluator.execute("Out[1], Out[2]", said)
    assert said.results == ["43", "(42, 43)"]


async def test_streams_are_told_apart_and_in_order(evaluator: Evaluator, said: Any) -> None:
    code = "import sys\nfor i in range(3):\n    print(i)\n    print('e', i, file=sys.stderr)\n'end'"
    await evaluator.execute(code, said)
    assert said.output() == "0\n1\n2\n"
    assert said.output("stderr") == "e 0\ne 1\ne 2\n"
    assert type(said.events[-2]).__name__ == "Result"


async def test_output_comes_while_the_code_runs(
    evaluator: Evaluator, said: Any, tmp_path: Path
) -> None:
    seen = tmp_path / "seen"
    code = f"""
import pathlib, time
print("now")
while not pathlib.Path({str(seen)!r}).exists():
    time.sleep(0.01)
"""

    def see(event: Any) -> None:
        said(event)
        if said.output() == "now\n":
            seen.touch()

    await asyncio.wait_for(evaluator.execute(code, see), 20)
    assert seen.exists()
    assert said.statuses == ["ok"]


async def test_a_traceback_shows_the_users_lines_only(evaluator: Evaluator, said: Any) -> None:
    await evaluator.execute("def half(x):\n    y = 1\n    return y / x")
    await evaluator.execute("half(0)", said)
    (error,) = said.errors
    text = "\n".join(error.traceback)
    assert error.name == "ZeroDivisionError"
    assert (error.filename, error.line) == ("<input 1>", 3)
    assert 'File "<input 2>", line 1' in text
    assert "return y / x" in text
    assert "~~^~~" in text
    assert "knetui" not in text


async def test_an_error_in_a_chain_is_shown_whole(evaluator: Evaluator, said: Any) -> None:
    code = "try:\n    1/0\nexcept ZeroDivisionError as e:\n    raise KeyError('k') from e"
    await evaluator.execute(code, said)
    text = "\n".join(said.errors[0].traceback)
    assert "ZeroDivisionError" in text
    assert "direct cause" in text
    assert said.errors[0].message == "'k'"


async def test_a_syntax_error_points_at_its_place(evaluator: Evaluator, said: Any) -> None:
    await evaluator.execute("x = 1\ny = = 2", said)
    (error,) = said.errors
    assert (error.name, error.line, error.filename) == ("SyntaxError", 2, "<input 1>")
    assert error.traceback[0].strip() == 'File "<input 1>", line 2'


async def test_an_exception_that_cannot_be_shown(evaluator: Evaluator, said: Any) -> None:
    code = "class E(Exception):\n    def __str__(self): raise ValueError\nraise E"
    await evaluator.execute(code, said)
    await evaluator.execute("1", said)
    assert said.errors[0].name == "E"
    assert said.results == ["1"]


async def test_exit_is_reported_and_the_names_stay(evaluator: Evaluator, said: Any) -> None:
    pid = evaluator.pid
    await evaluator.execute("x = 1; import sys; sys.exit(3)", said)
    await evaluator.execute("exit()", said)
    await evaluator.execute("x", said)
    assert [error.name for error in said.errors] == ["SystemExit", "SystemExit"]
    assert "sys.exit(3)" in said.errors[0].message
    assert said.results == ["1"]
    assert evaluator.pid == pid


async def test_input_says_that_there_is_no_keyboard(evaluator: Evaluator, said: Any) -> None:
    await evaluator.execute("input('name? ')", said)
    await evaluator.execute("import sys; sys.stdin.read()", said)
    assert [error.name for error in said.errors] == ["EOFError", "EOFError"]
    assert "no keyboard" in said.errors[0].message


async def test_a_big_repr_is_cut(evaluator: Evaluator, said: Any) -> None:
    await evaluator.execute("'x' * 1_000_000", said)
    (text,) = said.results
    assert len(text) < 21_000
    assert "980,002 characters cut" in text  # the quotes count


async def test_a_big_write_is_cut(evaluator: Evaluator, said: Any) -> None:
    await evaluator.execute("print('x' * 10_000_000)", said)
    assert len(said.output()) < 101_000
    assert "9,900,000 characters cut" in said.output()


async def test_a_long_traceback_is_cut(evaluator: Evaluator, said: Any) -> None:
    code = "def f(n): return g(n)\ndef g(n): return f(n)\nf(0)"
    await evaluator.execute(code, said)
    (error,) = said.errors
    assert error.name == "RecursionError"
    assert len(error.traceback) <= 201


async def test_text_that_is_no_unicode_gets_through(evaluator: Evaluator, said: Any) -> None:
    await evaluator.execute("print('\\ud800 é 日本'); '\\udc80'", said)
    assert said.output() == "\\ud800 é 日本\n"
    assert said.results == ["'\\udc80'"]


async def test_what_c_code_and_subprocesses_write_is_shown(evaluator: Evaluator, said: Any) -> None:
    await evaluator.execute("import os\n_ = os.write(1, b'from C\\n')", said)
    await evaluator.execute("import os\n_ = os.system('echo from a shell; echo err >&2')", said)
    assert said.output() == "from C\nfrom a shell\nerr\n"


async def test_closing_the_standard_descriptors_harms_nothing(
    evaluator: Evaluator, said: Any
) -> None:
    await evaluator.execute("import os\nfor d in (0, 1, 2): os.close(d)", said)
    await evaluator.execute("import sys; sys.stdout.close(); print('still here')", said)
    assert said.statuses == ["ok", "ok"]
    assert said.output() == "still here\n"


async def test_a_forked_process_does_not_speak_for_the_evaluator(
    evaluator: Evaluator, said: Any
) -> None:
    code = (
        "import os\npid = os.fork()\n"
        "if pid == 0:\n    print('from the fork', flush=True)\n    os._exit(0)\n"
        "_ = os.waitpid(pid, 0)\n'parent'"
    )
    await evaluator.execute(code, said)
    assert said.results == ["'parent'"]
    assert said.output() == "from the fork\n"


async def test_dataclasses_and_pickle_find_their_module(evaluator: Evaluator, said: Any) -> None:
    code = (
        "import pickle\nfrom dataclasses import dataclass\n"
        "@dataclass\nclass Point:\n    x: 'int'\n"
        "pickle.loads(pickle.dumps(Point(3)))"
    )
    await evaluator.execute(code, said)
    assert said.results == ["Point(x=3)"]


MODEL = """\
import layer
def predict(w, x):
    return w * layer.scale(x)
def broken():
    return 1 / 0
if __name__ == "__main__":
    raise SystemExit("main must not run")
"""


async def test_a_model_files_names_are_defined(
    evaluator: Evaluator, said: Any, tmp_path: Path
) -> None:
    (tmp_path / "layer.py").write_text("def scale(x): return 10 * x\n")
    done = await evaluator.load(MODEL, str(tmp_path / "model.py"), said)
    await evaluator.execute("predict(2, 3)", said)
    await evaluator.execute("__name__, predict.__module__", said)
    await evaluator.execute("broken()", said)
    assert done.status == "ok"
    assert said.results == ["60", "('__main__', 'model')"]
    assert (said.errors[0].filename, said.errors[0].line) == (str(tmp_path / "model.py"), 5)
    assert "    return 1 / 0" in said.errors[0].traceback


async def test_a_model_file_with_a_fault_points_at_it(evaluator: Evaluator, said: Any) -> None:
    done = await evaluator.load("x = 1\nx +\n", "m.py", said)
    assert done.status == "error"
    assert (said.errors[0].filename, said.errors[0].line) == ("m.py", 2)


async def test_the_folder_is_the_users(said: Any, tmp_path: Path) -> None:
    (tmp_path / "random.py").write_text("raise RuntimeError('the user has a file of this name')")
    (tmp_path / "mine.py").write_text("value = 7\n")
    evaluator = Evaluator(tmp_path)
    await evaluator.start()
    await evaluator.execute("import os, mine; os.getcwd(), mine.value", said)
    await evaluator.execute("np.random.default_rng(0) is not None", said)
    await evaluator.close()
    assert said.results == [repr((str(tmp_path), 7)), "True"]


async def test_inputs_run_in_the_order_they_were_asked(evaluator: Evaluator, said: Any) -> None:
    await asyncio.gather(*(evaluator.execute(f"print({i})", said) for i in range(20)))
    assert said.output() == "".join(f"{i}\n" for i in range(20))


async def test_completion_and_inspection_answer_while_code_runs(
    evaluator: Evaluator, said: Any
) -> None:
    running = asyncio.create_task(evaluator.execute("weights = 1\nwhile True: pass", said))
    reply = None
    while reply is None or not reply.matches:
        async with asyncio.timeout(5):
            reply = await evaluator.complete("weig", 4)
    assert reply.matches == ["weights"]
    assert (await evaluator.inspect("weights", 3)).text == "weights: int = 1"
    assert (await evaluator.is_complete("def f():")).indent == "    "
    evaluator.interrupt()
    assert (await running).status == "interrupted"


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("np.mean(", "np.mean(a, axis=None"),
        ("np.exp", "np.exp"),
        ("half", "half(x: float) -> float\n\nHalf of x."),
        ("Point", "Point(x)"),
        ("w", "w: ndarray float32 (2, 3)"),
        ("Out", "Out: dict of length 0"),
    ],
)
async def test_inspection(evaluator: Evaluator, code: str, shown: str) -> None:
    await evaluator.execute(
        "def half(x: float) -> float:\n    'Half of x.'\n    return x / 2\n"
        "class Point:\n    def __init__(self, x): pass\n"
        "w = np.zeros((2, 3), np.float32)"
    )
    reply = await evaluator.inspect(code, len(code.rstrip("(")))
    assert reply.found
    assert reply.text.startswith(shown)


async def test_inspection_of_an_unknown_name(evaluator: Evaluator) -> None:
    reply = await evaluator.inspect("nowhere.to_be_found", 5)
    assert (reply.found, reply.text) == (False, "")
