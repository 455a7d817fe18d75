"""What may be typed to go to a line."""

import re

_PLACE = re.compile(r"\s*([+-]?)(\d+)(?:\s*[:,]\s*(\d+))?\s*")
EXPECTED = "a line such as 120, 120:8, +10 or -10"


def place_of(words: str, row: int, line_count: int) -> tuple[int, int] | None:
    """Row and column from 0, within the text; None where the words name no line."""
    found = _PLACE.fullmatch(words)
    if found is None:
        return None
    sign, number, column = found[1], int(found[2]), int(found[3] or 1)
    wanted = row + int(f"{sign}1") * number if sign else number - 1
    return min(max(0, wanted), line_count - 1), max(0, column - 1)
