"""Texts, character by character as their files have them."""

from pathlib import Path

from knetengine.data.catalogue import SETS, DataError, nearest
from knetengine.data.places import find, unpacked

TEXTS = tuple(each.name for each in SETS.values() if each.loader == "text")


def text(name: str = "shakespeare") -> str:
    """A text: "shakespeare", "tinyshakespeare", "hiawatha", or a file of the user's in UTF-8.

    It is exactly what the file has: nothing is stripped, lines end as they do there (Hiawatha's
    with a carriage return, as in the 214,325 characters of the slides), and Gutenberg's preface
    stays. A file may be in a .gz. Where a name is a text's and a file's, the text is meant;
    ``./shakespeare`` is the file.

    "shakespeare" is the whole of what is found: the complete works as `fetch` brings them, the 38
    plays, or the 7 that are bundled. A line on stderr says which.
    Raises DataError if there is neither such a text nor such a file, or it is not UTF-8.
    """
    if name in TEXTS:
        return _of_set(name)
    if Path(name).is_file():
        return _of_file(Path(name))
    raise DataError(f"{name!r} is neither a text nor a file{nearest(name, TEXTS)}")


def music() -> str:
    """804 Irish tunes in ABC notation, 197,618 characters, bundled.

    A tune begins with its number, `X:1`, and tunes are separated by empty lines.
    Source: mitdeeplearning, see data/files/README.md.
    """
    return _of_set("music")


def _of_set(name: str) -> str:
    place = find(name)
    return place.decode(place.form.parts[0], _characters)


def _of_file(path: Path) -> str:
    try:
        return _characters(unpacked(path))
    except ValueError as error:
        raise DataError(f"{path}: {error}; give a text in UTF-8") from None


def _characters(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"is not UTF-8 at byte {error.start:,}") from None
