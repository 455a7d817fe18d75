"""The devices' backends, by name; each is made when it is first asked for."""

import threading

from knetengine.gpu.backend import Backend
from knetengine.gpu.devices import devices

_made: dict[str, Backend] = {}
_making = threading.Lock()


def backend_named(name: str | None) -> Backend:
    """The backend of ``"cpu"`` or ``"cuda:N"``; of the first CUDA device, else the CPU, for None.

    Raises ValueError for a device that is not there, naming those that are.
    """
    name = name or _first()
    with _making:
        if name not in _made:
            _made[name] = _backend(name)
        return _made[name]


def add_device(name: str, backend: Backend) -> None:
    """Let a backend be found by a name: a device that is not one of this machine's."""
    with _making:
        _made[name] = backend


def _first() -> str:
    return next((name for name in _names() if name != "cpu"), "cpu")


def _names() -> list[str]:
    return [device.name for device in devices()]


def _backend(name: str) -> Backend:
    if name == "cpu":
        from knetengine.gpu.host_backend import HostBackend

        return HostBackend()
    if name in _names():
        from knetengine.gpu.device.backend import DeviceBackend
        from knetengine.gpu.drivers.cupy_driver import CupyDriver

        return DeviceBackend(CupyDriver(int(name.removeprefix("cuda:"))), name)
    raise ValueError(f"no device {name!r}; expected one of {', '.join(_names())}")
