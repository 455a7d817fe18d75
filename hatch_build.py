"""The compiled core of the engine, built where there is a C compiler and left out where not."""

import os
import sys
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDER = Path("knetengine", "autograd")


class CompiledCore(BuildHookInterface):
    """Compiles ``_compiled.c`` into the wheel, or into the checkout for an editable install."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before it collects the files."""
        if self.target_name != "wheel" or os.environ.get("KNET_PURE", "0") not in ("", "0"):
            return
        name = "_compiled" + sysconfig.get_config_var("EXT_SUFFIX")
        folder = FOLDER if version == "editable" else Path("build", "compiled")
        built = Path(self.root, folder, name)
        try:
            compile_into(built, Path(self.root, FOLDER, "_compiled.c"))
        except Exception as error:  # no compiler, no headers: the Python code does the same
            sys.stderr.write(f"the core of the engine stays pure Python, not compiled: {error}\n")
            return
        build_data["pure_python"] = False
        build_data["infer_tag"] = True
        if version != "editable":
            build_data["force_include"][str(built)] = str(FOLDER / name)


def compile_into(built: Path, source: Path) -> None:
    """Compile one extension module; raises what setuptools raises."""
    import numpy
    from setuptools import Distribution, Extension
    from setuptools.command.build_ext import build_ext

    extension = Extension("_compiled", [str(source)], include_dirs=[numpy.get_include()])
    command = build_ext(Distribution({"ext_modules": [extension]}))
    command.build_lib = str(built.parent)
    command.build_temp = str(source.parents[2] / "build" / "compiled" / "objects")
    command.ensure_finalized()
    command.run()
