"""What a kernel, or its launch, did wrong."""

from knetengine.gpu.drivers.interface import DriverError

Place = tuple[int, int, int]


class Fault(DriverError):  # noqa: N818
    """One fault, in one line of text.

    kind: a word or two, such as "race" or "out of bounds"; the README lists them.
    location: the file and the line of the CUDA source; line: the line alone, 0 if unknown.
    block, thread: of the first thread at fault, as (x, y, z); None for a fault of the launch.
    address: of the memory at fault; None where there is none.
    """

    def __init__(
        self,
        kind: str,
        what: str,
        location: str = "",
        line: int = 0,
        block: Place | None = None,
        thread: Place | None = None,
        address: int | None = None,
    ) -> None:
        self.kind = kind
        self.location = location
        self.line = line
        self.block = block
        self.thread = thread
        self.address = address
        details = [] if thread is None else [f"block {block}, thread {thread}"]
        details += [] if address is None else [f"address {address:#x}"]
        where = f"{location}: " if location else ""
        who = f" [{', '.join(details)}]" if details else ""
        super().__init__(f"{kind}: {where}{what}{who}")
