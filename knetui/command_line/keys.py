"""The word `keys` of the command line: the table of all keys, and a file to change them."""

import sys

from knetui.actions import key_names
from knetui.app import ACTIONS
from knetui.fence import fence
from knetui.keymap import keymap_path, read_keymap, write_template


def list_keys() -> int:
    """Print every action with the keys that hold; 1 when the keymap has mistakes."""
    keymap = read_keymap(ACTIONS)
    actions = ACTIONS.with_keys(keymap.chosen)
    rows = [(key_names(action.keys), action.id, action.meaning) for action in actions]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    for place in actions.places.values():
        if place.actions:
            print(place.name)
        for action in place.actions:
            mine = "*" if action.id in keymap.chosen else " "
            keys = key_names(action.keys).ljust(widths[0])
            print(f" {mine}{keys}  {action.id.ljust(widths[1])}  {action.meaning}")
    path = keymap_path()
    if path.exists():
        print(f"* from {path}")
    else:
        print(f"to change them: `knet-tui keys --write` makes {path}")
    for problem in keymap.problems:
        print(f"knet-tui: {fence(problem)}", file=sys.stderr)
    return 1 if keymap.problems else 0


def write_keys() -> int:
    """Write the file of all keys, commented out; one that is there stays as it is."""
    try:
        path = write_template(ACTIONS)
    except FileExistsError:
        print(f"knet-tui: {keymap_path()} is there already and stays as it is", file=sys.stderr)
        return 1
    except OSError as error:
        words = error.strerror or error
        print(f"knet-tui: {keymap_path()} was not written: {words}", file=sys.stderr)
        return 1
    print(f"{path}: take the # from a line and change its keys")
    return 0
