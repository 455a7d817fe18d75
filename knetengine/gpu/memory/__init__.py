"""The memory manager: a pool in front of any device, and how it may lay memory out.

| file | what it is |
|---|---|
| `chunks` | stretches of memory, and the homes of those that are free |
| `policies`, `size_classes`, `best_fit`, `growing` | what a policy says, and six of them |
| `blocks` | what is handed out, and comes back from any thread or finaliser |
| `reserve`, `pool` | the mechanism, and the lock and the calls around it |
| `ledger`, `figures` | the bookkeeping, and what is seen of it |
| `observer`, `places`, `traces`, `replaying` | what is recorded on demand, and replayed |
| `host`, `watched` | memory of the host; the pools whose figures are shown |
"""

from collections.abc import Callable, Mapping

from knetengine.gpu.memory.best_fit import BestFit as BestFit
from knetengine.gpu.memory.best_fit import TwoPools as TwoPools
from knetengine.gpu.memory.blocks import Block as Block
from knetengine.gpu.memory.blocks import Borrowed as Borrowed
from knetengine.gpu.memory.blocks import Region as Region
from knetengine.gpu.memory.figures import Holder as Holder
from knetengine.gpu.memory.figures import Level as Level
from knetengine.gpu.memory.figures import OutOfMemoryError as OutOfMemoryError
from knetengine.gpu.memory.figures import Piece as Piece
from knetengine.gpu.memory.figures import PoolStats as PoolStats
from knetengine.gpu.memory.figures import Segment as Segment
from knetengine.gpu.memory.growing import GrowingSegments as GrowingSegments
from knetengine.gpu.memory.host import HostMemory as HostMemory
from knetengine.gpu.memory.host import array_on as array_on
from knetengine.gpu.memory.host import block_of as block_of
from knetengine.gpu.memory.policies import Policy as Policy
from knetengine.gpu.memory.pool import Pool as Pool
from knetengine.gpu.memory.replaying import Fit as Fit
from knetengine.gpu.memory.replaying import Replayed as Replayed
from knetengine.gpu.memory.replaying import fit as fit
from knetengine.gpu.memory.replaying import replay as replay
from knetengine.gpu.memory.size_classes import ExactSize as ExactSize
from knetengine.gpu.memory.size_classes import KnetClasses as KnetClasses
from knetengine.gpu.memory.size_classes import NoPool as NoPool
from knetengine.gpu.memory.traces import Allocated as Allocated
from knetengine.gpu.memory.traces import Event as Event
from knetengine.gpu.memory.traces import Freed as Freed
from knetengine.gpu.memory.traces import TraceError as TraceError
from knetengine.gpu.memory.traces import read_trace as read_trace
from knetengine.gpu.memory.traces import write_trace as write_trace
from knetengine.gpu.memory.watched import pools_by_device as pools_by_device
from knetengine.gpu.memory.watched import watch as watch
from knetengine.gpu.memory.watched import watched_pools as watched_pools

POLICIES: Mapping[str, Callable[[], Policy]] = {
    policy.name: policy
    for policy in (NoPool, ExactSize, KnetClasses, BestFit, TwoPools, GrowingSegments)
}
"""The policies by their names."""

__all__ = [
    "POLICIES",
    "Allocated",
    "BestFit",
    "Block",
    "Borrowed",
    "Event",
    "ExactSize",
    "Fit",
    "Freed",
    "GrowingSegments",
    "Holder",
    "HostMemory",
    "KnetClasses",
    "Level",
    "NoPool",
    "OutOfMemoryError",
    "Piece",
    "Policy",
    "Pool",
    "PoolStats",
    "Region",
    "Replayed",
    "Segment",
    "TraceError",
    "TwoPools",
    "array_on",
    "block_of",
    "fit",
    "pools_by_device",
    "read_trace",
    "replay",
    "watch",
    "watched_pools",
    "write_trace",
]
