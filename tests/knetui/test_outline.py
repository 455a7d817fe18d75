"""Functions and classes of a program."""

from knetui.outline import around, outline
from knetui.widgets.editor.document import PythonDocument

TEXT = """class Model(Base):
    def predict(self, x,
                y):
        def inner(): pass
        return x

if True:
    async def later(): ...

@decorated
def loss(w): return "def not_me(): ..."
"""


def entries(text: str) -> list[tuple[str, str, str, int, int]]:
    document = PythonDocument(text, lambda *_: None)
    return [tuple(entry) for entry in outline(document.root, document.lines)]


def test_all_are_found_in_order_with_their_depth() -> None:
    assert entries(TEXT) == [
        ("class", "Model", "(Base)", 0, 0),
        ("def", "predict", "(self, x, y)", 1, 1),
        ("def", "inner", "()", 3, 2),
        ("def", "later", "()", 7, 0),
        ("def", "loss", "(w)", 10, 0),
    ]


def test_behind_an_open_bracket_they_are_found_by_their_words() -> None:
    names = [entry[1] for entry in entries("def f(x:\n    y = (\n\ndef g(x):\n    return x\n")]
    assert "g" in names
    assert "f" in names


def test_where_the_cursor_is() -> None:
    document = PythonDocument(TEXT, lambda *_: None)
    found = outline(document.root, document.lines)
    names = [found[index].name for row in (0, 5, 10) if (index := around(found, row)) is not None]
    assert names == ["Model", "inner", "loss"]
