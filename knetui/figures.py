"""Counts, durations and speeds as people read them, in few characters."""

AGES = ((604_800.0, "w"), (86_400.0, "d"), (3600.0, "h"), (60.0, "m"))


def clock(seconds: float) -> str:
    """A duration as hours, minutes and seconds: `00:01:32`."""
    whole = int(seconds)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def since(seconds: float) -> str:
    """How long ago something was: `now`, `5m`, `3h`, `2d`, `7w`."""
    for length, unit in AGES:
        if seconds >= length:
            return f"{seconds / length:.0f}{unit}"
    return "now"


def speed(epochs_per_second: float) -> str:
    """Epochs a second; of slow runs the seconds of an epoch: `4.1/s`, `1,250/s`, `12.5 s each`."""
    if epochs_per_second < 0.5:
        return f"{1 / epochs_per_second:,.1f} s each"
    return f"{epochs_per_second:,.{0 if epochs_per_second >= 100 else 1}f}/s"


def in_width(value: float, width: int) -> str:
    """A number with as many digits, up to four, as `width` characters hold."""
    texts = [f"{value:.{digits}g}" for digits in (4, 3, 2, 1)]
    return next((text for text in texts if len(text) <= width), texts[-1])


def in_short(count: int) -> str:
    """A count in at most six characters: `999999`, `1.25M`, `100M`."""
    return str(count) if count < 1_000_000 else f"{count / 1e6:.3g}M"
