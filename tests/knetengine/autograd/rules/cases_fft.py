"""Cases for `np.fft`."""

from typing import Any

from tests.knetengine.autograd.rules.case import Case


def half(m: Any, x: Any) -> Any:
    """A complex spectrum from real numbers."""
    return m.exp(0.5j * x)


def one_axis(name: str) -> dict[str, Case]:
    """A transform over one axis: lengths that keep, pad and crop; each scale."""
    complex_ = name not in ("rfft", "ihfft")
    options: dict[str, tuple[dict[str, Any], tuple[int, ...]]] = {
        "even": ({}, (2, 4)),
        "odd": ({}, (2, 3)),
        "axis": ({"axis": 0}, (3, 2)),
        "padded": ({"n": 6, "axis": -2}, (4, 2)),
        "padded odd": ({"n": 7}, (4,)),
        "cropped": ({"n": 3}, (2, 5)),
        "cropped even": ({"n": 2, "axis": 0}, (5, 2)),
        "one": ({"n": 1}, (3,)),
        "ortho": ({"norm": "ortho"}, (2, 4)),
        "forward": ({"norm": "forward", "n": 5}, (3,)),
        "backward": ({"norm": "backward"}, (4,)),
        "empty": ({}, (0, 4)),
    }
    return {
        f"fft.{name} {option}": Case(
            lambda m, x, keywords=keywords: getattr(m.fft, name)(x, **keywords),
            (shape,),
            complex=complex_,
        )
        for option, (keywords, shape) in options.items()
    }


def several_axes(name: str) -> dict[str, Case]:
    """A transform over several axes."""
    complex_ = not name.startswith("r")
    options: dict[str, tuple[dict[str, Any], tuple[int, ...]]] = {
        "default": ({}, (2, 3, 4)),
        "axes": ({"axes": (-1, 0)}, (3, 2, 4)),
        "s": ({"s": (3, 4), "axes": (0, 1)}, (2, 5)),
        "whole axis": ({"s": (-1, 4), "axes": (1, 0)}, (3, 4)),
        "ortho": ({"norm": "ortho"}, (3, 3)),
        "forward": ({"norm": "forward", "s": (2, 3), "axes": (-2, -1)}, (2, 2, 4)),
        "repeated axes": ({"axes": (0, 1, 1)}, (2, 3)),
        "repeated axes s": ({"s": (2, 5), "axes": (0, 0)}, (4, 2)),
    }
    if name.startswith("r"):  # twice the same axis would make it complex, then real
        del options["repeated axes"]
    return {
        f"fft.{name} {option}": Case(
            lambda m, x, keywords=keywords: getattr(m.fft, name)(x, **keywords),
            (shape,),
            complex=complex_,
        )
        for option, (keywords, shape) in options.items()
    }


CASES: dict[str, Case] = {}
for transform in ["fft", "ifft", "rfft", "irfft", "hfft", "ihfft"]:
    CASES |= one_axis(transform)
for transform in ["fftn", "ifftn", "rfftn", "irfftn", "fft2", "ifft2", "rfft2", "irfft2"]:
    CASES |= several_axes(transform)
CASES |= {
    "fft.fftshift": Case(lambda m, x: m.fft.fftshift(x), ((3, 4),), complex=True),
    "fft.fftshift axes": Case(lambda m, x: m.fft.fftshift(x, axes=(-1, 0)), ((3, 2, 5),)),
    "fft.fftshift axis": Case(lambda m, x: m.fft.fftshift(x, 1), ((2, 3),)),
    "fft.ifftshift": Case(lambda m, x: m.fft.ifftshift(x), ((3, 5),), complex=True),
    "fft.ifftshift axes": Case(lambda m, x: m.fft.ifftshift(x, axes=-1), ((2, 3),)),
    "fft.irfft of fft.rfft": Case(
        lambda m, x: m.fft.irfft(m.fft.rfft(x) * m.fft.rfft(x[::-1]), x.shape[-1]), ((5,),)
    ),
    "fft.fftfreq fft.rfftfreq": Case(
        lambda m, x: m.sin(x * m.fft.fftfreq(3, 0.1).astype(x.dtype)) * float(m.fft.rfftfreq(4)[1]),
        ((3,),),
    ),
}
