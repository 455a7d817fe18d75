"""Whether a text is music: tunes in ABC notation, and what is wrong with those that are not.

What the standard of ABC 2.1 (abcnotation.com, 2011) calls a tune: a header of fields from ``X:`` to
``K:``, and lines of notes. Lenient parsers make something of any text; this one says no.
"""

import re
from fractions import Fraction
from typing import NamedTuple

HEADER = re.compile(r"([A-Za-z+]):(.*)")
KEY = re.compile(
    r"\s*([A-G][#b]?|HP|Hp|none)?\s*"
    r"(m|maj|min|dor|mix|phr|lyd|loc|aeo|ion|exp)?[a-z]*(\s+[_^=]+[a-g])*\s*(clef=\S+)?\s*",
    re.IGNORECASE,
)
METER = re.compile(r"\s*(C\||C|none|(\d+)(?:\+\d+)*/(\d+))\s*")

LENGTH = r"(\d*)(/*)(\d*)"
TOKENS = re.compile(
    "|".join(
        (
            r'(?P<quoted>"[^"]*")',  # a chord symbol or an annotation
            r"(?P<decoration>![A-Za-z<>()+.]+!|\+[a-z]+\+|[~.HLMOPSTuv])",
            r"(?P<field>\[[A-Za-z]:[^\]]*\])",
            r"(?P<bar>\|?\[?\|[:\]|]*(?:\[?[1-9])?|:+[|:\]]*(?:\[?[1-9])?|\[[1-9])",
            r"(?P<tuplet>\([2-9](?::[0-9]?){0,2})",
            r"(?P<grace>\{[^}]*\})",
            rf"(?P<chord>\[(?:[_^=]*[A-Ga-g][,']*\d*/*\d*)+\]{LENGTH})",
            rf"(?P<note>[_^=]{{0,2}}[A-Ga-g][,']*{LENGTH})",
            rf"(?P<rest>[xzXZ]{LENGTH})",
            r"(?P<rhythm>[<>]+)",
            r"(?P<joint>[-()&`\\!* \t])",  # ties, slurs, line ends, spaces
        )
    )
)


class Tune(NamedTuple):
    """What was found in a tune.

    fault: what is wrong, "" if it is a tune; notes: how many; bars: how many have notes;
    full: how many of these last as long as the metre says.
    """

    fault: str
    notes: int = 0
    bars: int = 0
    full: int = 0


def tunes(text: str) -> list[str]:
    """The tunes of a book: what stands between empty lines and begins with ``X:``."""
    parts = re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n"))
    return [part.strip("\n") for part in parts if part.lstrip("\n").startswith("X:")]


def read_tune(text: str) -> Tune:
    """Read one tune, whole; the fault names the line and the place."""
    lines = text.splitlines()
    fields: dict[str, str] = {}
    start = 0
    for start, line in enumerate(lines):
        field = HEADER.fullmatch(line)
        if field is None:
            return Tune(f"line {start + 1}: the header ends without a key, K:")
        if not fields and field[1] != "X":
            return Tune("line 1: a tune begins with its number, X:1")
        fields.setdefault(field[1], field[2])
        if field[1] == "K":
            break
    else:
        return Tune("there is no key, K:")
    fault = _header_fault(fields)
    return Tune(fault) if fault else _read_body(lines, start + 1, fields)


def _header_fault(fields: dict[str, str]) -> str:
    if not fields["X"].strip().isdigit():
        return f"line 1: X:{fields['X']} is not a number"
    if "T" not in fields:
        return "there is no title, T:"
    if KEY.fullmatch(fields["K"]) is None:
        return f"K:{fields['K']} is not a key"
    if "M" in fields and METER.fullmatch(fields["M"]) is None:
        return f"M:{fields['M']} is not a metre"
    if "L" in fields and re.fullmatch(r"\s*1/(1|2|4|8|16|32|64)\s*", fields["L"]) is None:
        return f"L:{fields['L']} is not a length of notes"
    return ""


def _read_body(lines: list[str], start: int, fields: dict[str, str]) -> Tune:
    bars = [Fraction(0)]
    notes, stretch, left = 0, Fraction(1), 0
    for number, line in enumerate(lines[start:], start + 1):
        if HEADER.match(line) or line.startswith("%"):  # a field or a comment between the lines
            continue
        place = 0
        while place < len(line):
            token = TOKENS.match(line, place)
            if token is None:
                return Tune(f"line {number}, column {place + 1}: {line[place]!r} is not music")
            place, kind = token.end(), token.lastgroup or ""
            kind = next(name for name, value in token.groupdict().items() if value is not None)
            if kind == "bar":
                bars.append(Fraction(0))
            elif kind == "tuplet":
                stretch, left = _tuplet(token[0])
            elif kind in ("note", "chord", "rest"):
                notes += kind != "rest"
                bars[-1] += _length(token[0]) * (stretch if left > 0 else 1)
                left -= 1
    if not notes:
        return Tune("there are no notes")
    sounding = [bar for bar in bars if bar]
    whole = _notes_of_a_bar(fields)
    return Tune("", notes, len(sounding), sum(bar == whole for bar in sounding))


def _length(token: str) -> Fraction:
    """How long a note, a rest or a chord lasts, in the lengths of the header."""
    times, slashes, parts = re.search(LENGTH + "$", token).groups()  # pyright: ignore
    length = Fraction(int(times or 1))
    return length / int(parts) if parts else length / 2 ** len(slashes)


def _tuplet(token: str) -> tuple[Fraction, int]:
    """By what the notes of a tuplet are stretched, and how many there are."""
    p, *more = token[1:].split(":")
    count = int(p)
    time = int(more[0]) if more and more[0] else {2: 3, 4: 3, 8: 3}.get(count, 2)
    notes = int(more[1]) if len(more) > 1 and more[1] else count
    return Fraction(time, count), notes


def _notes_of_a_bar(fields: dict[str, str]) -> Fraction:
    meter = METER.fullmatch(fields.get("M", "4/4"))
    beats = Fraction(int(meter[2]), int(meter[3])) if meter and meter[2] else Fraction(1)
    default = Fraction(1, 8) if beats >= Fraction(3, 4) else Fraction(1, 16)
    length = Fraction(fields["L"].strip()) if "L" in fields else default
    return beats / length
