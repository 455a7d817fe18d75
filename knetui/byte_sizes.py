"""Numbers of bytes, as people read and write them."""

import re

UNITS = ("KiB", "MiB", "GiB", "TiB")
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}
_WRITTEN = re.compile(r"\s*([\d_,]*\.?\d+)\s*(?:([kmgt]?)(i?)b?)\s*", re.IGNORECASE)


class SizeError(ValueError):
    """What was written is no number of bytes; the message says what is."""


def in_bytes(count: int) -> str:
    """A number of bytes with a binary unit: `312 B`, `1.50 KiB`, `21.4 GiB`."""
    if count < 1024:
        return f"{count} B"
    size, unit = count / 1024, "KiB"
    for unit in UNITS:
        if size < 1000 or unit == "TiB":
            break
        size /= 1024
    digits = 2 if size < 10 else 1 if size < 100 else 0
    return f"{size:.{digits}f} {unit}"


def short_bytes(count: int) -> str:
    """A round number of bytes in few characters: `512`, `64K`, `2M`."""
    for unit in ("", "K", "M", "G"):
        if count < 1024:
            return f"{count:.3g}{unit}"
        count = count // 1024 if count % 1024 == 0 else round(count / 1024)
    return f"{count}T"


def bytes_of(text: str) -> int:
    """The number of bytes that somebody wrote: `64 MiB`, `1.5g`, `300 kB`, `4096`.

    K, M, G and T alone, and with `iB`, are powers of 1024; with `B`, of 1000.
    Raises SizeError for anything else, and for nothing.
    """
    match = _WRITTEN.fullmatch(text)
    if match is None:
        raise SizeError(f"{text.strip()!r} is no size; write one like 64 MiB, 1.5 GiB or 4096")
    digits, unit, binary = match.groups()
    decimal = text.rstrip().lower().endswith("b") and unit and not binary
    factor = (1000 if decimal else 1024) ** _POWERS[unit.lower()]
    count = round(float(re.sub("[_,]", "", digits)) * factor)
    if count < 1:
        raise SizeError(f"{text.strip()!r} is less than a byte; write one like 64 MiB")
    return count
