"""The line of options and the fields of the form: two views of the same thing."""

import shlex
from collections.abc import Iterable

from knetui.runs.option_form import Option, looks_like_an_option


class OptionLine:
    """A line of options, taken apart by the options of main.

    given: the text of each field that the line names, in its order.
    strays: what main does not have, word for word: nobody's typing is thrown away.
    """

    def __init__(self, options: Iterable[Option], words: Iterable[str]) -> None:
        self.options = {option.name: option for option in options}
        self.given: dict[str, str] = {}
        self.strays: list[str] = []
        self._read(list(words))

    @classmethod
    def of(cls, options: Iterable[Option], line: str) -> "OptionLine":
        """Take a line apart. Raises ValueError for a quotation mark without its partner."""
        return cls(options, shlex.split(line))

    def text(self, name: str) -> str:
        """What the field of an option holds."""
        return self.given.get(name, self.options[name].default)

    def set(self, name: str, text: str) -> None:
        """Type into a field; what is the default again needs no word in the line."""
        option = self.options[name]
        is_default = option.is_known and text == option.default
        means_nothing = not option.is_known or option.kind in ("whole", "number", "choice")
        if is_default or (text == "" and means_nothing):
            self.given.pop(name, None)
        else:
            self.given[name] = text

    def reset(self, name: str) -> None:
        """The default again."""
        self.given.pop(name, None)

    def words(self) -> list[str]:
        """The options as words of a command line. Raises ValueError as `Option.tokens` does."""
        words: list[str] = []
        for name, text in self.given.items():
            words += self.options[name].tokens(text)
        return words + self.strays

    def line(self) -> str:
        """The options as a line; a field with a lone quotation mark is left as it stands."""
        words: list[str] = []
        for name, text in self.given.items():
            try:
                words.append(shlex.join(self.options[name].tokens(text)))
            except ValueError:
                words.append(f"{self.options[name].flag} {text}")
        return " ".join([*words, *([shlex.join(self.strays)] if self.strays else [])])

    def complaints(self) -> dict[str, str]:
        """What is wrong with the fields that the line names."""
        found = {name: self.options[name].complaint(text) for name, text in self.given.items()}
        return {name: words for name, words in found.items() if words}

    def values(self) -> dict[str, float | str | bool]:
        """What each option is, as a number where it can be; none whose default is unknown."""
        values: dict[str, float | str | bool] = {}
        for name, option in self.options.items():
            if name in self.given or option.is_known:
                values[name] = _plain(option, self.text(name))
        return values

    def _read(self, words: list[str]) -> None:
        while words:
            word = words.pop(0)
            if word.startswith("--"):
                self._take(word, words)
            else:
                self.strays.append(word)

    def _take(self, word: str, words: list[str]) -> None:
        """Take what stands behind the option `word`."""
        flag, equals, value = word[2:].partition("=")
        name = flag.replace("-", "_")
        for prefix, kind, text in (("no_", "switch", "false"), ("empty_", "many", "")):
            option = self.options.get(name.removeprefix(prefix))
            negated = name.startswith(prefix) and name not in self.options
            if negated and option is not None and option.kind == kind and not equals:
                self.given[option.name] = text
                return
        option = self.options.get(name)
        if option is None or (name in self.given and option.kind != "many"):
            self.strays += [word, *_values(words)]
        elif option.kind == "switch":
            yes = value.lower() in ("true", "t", "yes", "y", "1")
            self.given[name] = str(yes).lower() if equals else "true"
        elif option.kind == "many":
            before = shlex.split(self.given.get(name, ""))
            self.given[name] = shlex.join([*before, *([value] if equals else _values(words))])
        elif equals:
            self.given[name] = value
        elif words and not looks_like_an_option(words[0]):
            self.given[name] = words.pop(0)
        else:
            self.strays.append(word)


def _values(words: list[str]) -> list[str]:
    """Take the words up to the next option."""
    end = next((i for i, word in enumerate(words) if looks_like_an_option(word)), len(words))
    taken = words[:end]
    del words[:end]
    return taken


def _plain(option: Option, text: str) -> float | str | bool:
    if option.kind == "switch":
        return text == "true"
    if option.kind in ("text", "choice"):
        return text
    try:
        return float(text)
    except ValueError:
        return text
