"""Every kernel compiled by NVIDIA's own compilers: no error, no spills, no more registers."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from knetengine.gpu.kernels.catalogue import Source
from tests.ptx import nvcc, nvrtc, ptxas, verification
from tests.ptx.kernels import registers, selection
from tests.ptx.kernels.selection import Job
from tests.ptx.snippets import NEEDS_NVRTC, WANTED

Compile = Callable[[Job], str]


@pytest.fixture(scope="session")
def compile_job(request: pytest.FixtureRequest) -> Iterator[Compile]:
    """Compiles ahead, in two threads, what the session's tests will ask for."""
    jobs = [
        item.callspec.params["job"]
        for item in request.session.items
        if isinstance(item, pytest.Function)
        and item.originalname == "test_a_source_compiles_and_takes_no_more_than_before"
    ]
    pool = ThreadPoolExecutor(min(2, os.cpu_count() or 1))
    futures: dict[str, Future[str]] = {
        job.name: pool.submit(
            nvrtc.ptxas_log, job.source.text, job.architecture, job.source.options
        )
        for job in jobs
        if job.architecture in nvrtc.architectures()
    }
    yield lambda job: futures[job.name].result()
    pool.shutdown(cancel_futures=True)


def spilled(usages: dict[tuple[str, int], ptxas.Usage]) -> list[str]:
    return [f"{k} sm_{a}: {u.spilled} bytes" for (k, a), u in usages.items() if u.spilled]


def noted(
    compiler: str, source: Source, architecture: int, usages: dict[tuple[str, int], ptxas.Usage]
) -> None:
    """All kernels that the source has are there; count them."""
    found = {kernel for kernel, number in usages if number == architecture}
    assert found == set(source.kernels)
    kernels = {(kernel, source.options) for kernel in found}
    verification.seen.catalogue = selection.kernels()
    verification.seen.note_compiled(compiler, architecture, kernels)


@NEEDS_NVRTC
@pytest.mark.parametrize("job", selection.all_jobs(), ids=lambda job: job.name)
def test_a_source_compiles_and_takes_no_more_than_before(
    job: Job, compile_job: Compile, pytestconfig: pytest.Config
) -> None:
    if job.architecture not in nvrtc.architectures():
        pytest.skip(f"this NVRTC does not compile for sm_{job.architecture}")
    usages = ptxas.usages(compile_job(job))
    assert not spilled(usages)
    noted(f"NVRTC {nvrtc.version_text()}", job.source, job.architecture, usages)
    section = registers.section(job.source)
    found = {(section, kernel): registers.of(u) for (kernel, _), u in usages.items()}
    if pytestconfig.option.update_snapshots:
        for key, cell in found.items():
            registers.renewed.setdefault(key, {})[job.architecture] = cell
        return
    version, table = registers.committed()
    if version != nvrtc.version_text():
        pytest.skip(f"registers.txt is of NVRTC {version}, this is {nvrtc.version_text()}")
    worse = [
        f"{kernel} {growth}"
        for (head, kernel), cell in found.items()
        if (growth := registers.growth(table.get((head, kernel), {}).get(job.architecture), cell))
    ]
    assert not worse, f"on sm_{job.architecture}"


@pytest.mark.skipif(bool(nvcc.available()), reason=nvcc.available())
@pytest.mark.parametrize(
    "source",
    [
        pytest.param(source, id=source.name, marks=pytest.mark.slow if number else ())
        for number, source in enumerate(selection.representatives())
    ],
)
def test_nvcc_compiles_it_too(source: Source) -> None:
    """Another version of the compiler, by its command line, for all architectures at once."""
    usages = ptxas.usages(nvcc.ptxas_log(source.text, WANTED, source.options))
    assert not spilled(usages)
    for architecture in WANTED:
        noted(f"nvcc {nvcc.version()}", source, architecture, usages)
