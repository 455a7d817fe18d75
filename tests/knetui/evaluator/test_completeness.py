"""When Enter runs what is typed."""

import pytest

from knetui.evaluator.completeness import is_complete


@pytest.mark.parametrize(
    "code",
    [
        "",
        "1 + 1",
        "x = 1; y = 2",
        "for i in range(3): print(i)",
        "def f(x):\n    return x\n",
        "x = [\n  1,\n  2]",
        "x = 1\ny = 2",
        "try:\n    f()\nexcept E:\n    pass\n",
        "# a comment",
    ],
)
def test_complete(code: str) -> None:
    assert is_complete(code) == ("complete", "")


@pytest.mark.parametrize(
    ("code", "indent"),
    [
        ("def f(x):", "    "),
        ("def f(x):  # a comment", "    "),
        ("def f(x):\n    y = x", "    "),
        ("def f(x):\n    if x:\n        return 1", "    "),
        ("def f(x):\n    return x", ""),
        ("try:\n    f()\n", "    "),
        ("x = [", "    "),
        ("x = '''abc", ""),
        ("@decorate", ""),
        ("a = 1 + \\", ""),
    ],
)
def test_incomplete(code: str, indent: str) -> None:
    assert is_complete(code) == ("incomplete", indent)


@pytest.mark.parametrize(
    "code", ["1 +* 2", "x = )", "def f(:", "  x = 1\n y = 2", "a\x00b", "return"]
)
def test_invalid(code: str) -> None:
    assert is_complete(code) == ("invalid", "")
