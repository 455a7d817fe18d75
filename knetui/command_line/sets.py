"""What the words `data list` and `data fetch` do; each returns an exit status."""

import sys

from knetengine.data.catalogue import SETS, DataError, DataSet, data_set
from knetengine.data.places import in_bytes, look_for, own_folder
from knetui.fence import fence

HEAD = ("set", "holds", "bundled", "whole", "licence", "here")


def list_sets() -> int:
    """Print a line for each set: what it holds, how much is bundled, its licence, where it is."""
    rows = [HEAD, *(_row(each) for each in SETS.values())]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())
    return 0


def fetch_set(name: str) -> int:
    """Fetch a set to the user's own folder, and show how far it is meanwhile."""
    try:
        wanted = data_set(name)
    except DataError as error:
        print(f"knet-tui: {fence(str(error))}", file=sys.stderr)
        return 2
    from knetengine.data.fetching import fetch  # these take 0.2 s
    from knetui.command_line.download_bar import download_bar

    if wanted.is_bundled_whole:
        print(f"{wanted.title}: all of it is bundled, the same is fetched", file=sys.stderr)
    try:
        fetch(name, download_bar(wanted.title))
    except DataError as error:
        print(f"knet-tui: {fence(str(error))}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"stopped; `{wanted.command}` goes on from here", file=sys.stderr)
        return 130
    print(f"{wanted.title}: {wanted.whole.amount} in {fence(str(own_folder(name)))}")
    return 0


def _row(wanted: DataSet) -> tuple[str, ...]:
    reissued = any(file.most for file in wanted.files)
    return (
        wanted.name,
        wanted.content,
        wanted.bundled.amount if wanted.bundled else "nothing",
        ("< " if reissued else "") + in_bytes(wanted.download),
        wanted.licence,
        fence(_here(wanted)),
    )


def _here(wanted: DataSet) -> str:
    try:
        place = look_for(wanted)
    except DataError as error:
        return str(error)
    if place is None:
        return "nowhere"
    is_plain = place.origin == "bundled" or place.form == wanted.whole
    return str(place) if is_plain else f"{place} ({place.form.amount})"
