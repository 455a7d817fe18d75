"""Which modules a program loads: what is slow to load is loaded late."""

import subprocess
import sys


def loaded(code: str, *names: str) -> set[str]:
    """Those of the modules that are loaded when a process of its own has run the code."""
    asks = f"\nimport sys\nprint(*sorted(set({names!r}) & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code + asks], capture_output=True, text=True, check=True
    )
    return set(done.stdout.splitlines()[-1].split())


def loaded_by_words(words: list[str], *names: str) -> set[str]:
    """Those of the modules that are loaded when a command line was answered."""
    code = (
        "import sys, knetui.cli\n"
        f"sys.argv = {['knet-tui', *words]!r}\n"
        "try: knetui.cli.main()\n"
        "except SystemExit: pass\n"
    )
    return loaded(code, *names)
