"""The operands of an instruction as text, and the scopes in which their names are looked up."""

import dataclasses
import re
import struct
from typing import Any

import numpy as np

from tests.ptx.module import (
    Arguments,
    Immediate,
    Label,
    Memory,
    Negated,
    Pair,
    Register,
    Special,
    Symbol,
    Variable,
    Vector,
)

INTEGER = re.compile(r"(-?)(0[xX][0-9a-fA-F]+|0[bB][01]+|\d+)U?")
BITS = re.compile(r"0([fFdD])([0-9a-fA-F]+)")
REAL = re.compile(r"-?\d+\.\d*(?:[eE][-+]?\d+)?")


@dataclasses.dataclass
class Scope:
    """Names between a pair of braces: registers and variables, labels, tables of labels."""

    parent: "Scope | None"
    names: dict[str, Register | Variable] = dataclasses.field(default_factory=dict)
    labels: dict[str, int] = dataclasses.field(default_factory=dict)
    tables: dict[str, list[str]] = dataclasses.field(default_factory=dict)

    def find(self, name: str) -> Any:
        """What a name stands for in this scope, or None."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.parent
        return None

    def label(self, name: str) -> int:
        """The number of the instruction at a label."""
        if name in self.labels:
            return self.labels[name]
        if self.parent is None:
            raise ValueError(f"no label {name}")
        return self.parent.label(name)

    def table(self, name: str) -> list[str]:
        """The labels that ``.branchtargets`` gave."""
        if name in self.tables:
            return self.tables[name]
        if self.parent is None:
            raise ValueError(f"no table {name}")
        return self.parent.table(name)


def split(text: str) -> list[str]:
    """A list at its commas, but not at those inside of brackets."""
    parts, depth, start = [], 0, 0
    for at, character in enumerate(text):
        if character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
        elif character == "," and depth == 0:
            parts.append(text[start:at])
            start = at + 1
    return [*parts, text[start:]]


def operand(text: str, scope: Scope) -> Any:
    """One operand; a name that is not known is a label or a function."""
    text = text.strip()
    if text.startswith("["):
        base, offset = _sum(text[1:-1])
        return Memory(operand(base, scope), offset)
    if text.startswith("{"):
        return Vector(tuple(operand(part, scope) for part in split(text[1:-1])))
    if text.startswith("("):
        inner = [part for part in split(text[1:-1]) if part.strip()]
        return Arguments(tuple(operand(part, scope) for part in inner))
    if text.startswith("!"):
        return Negated(operand(text[1:], scope))
    if "|" in text:
        first, second = text.split("|")
        return Pair(operand(first, scope), operand(second, scope))
    found = scope.find(text)
    if isinstance(found, Register):
        return found
    if isinstance(found, Variable):
        return Symbol(found)
    return _number(text) or _name(text, scope)


def _number(text: str) -> Immediate | None:
    floating = BITS.fullmatch(text)
    if floating:
        size = "u4" if floating[1] in "fF" else "u8"
        return Immediate(np.dtype(size).type(int(floating[2], 16)).view(size.replace("u", "f")))
    whole = INTEGER.fullmatch(text)
    if whole:
        return Immediate(int(whole[2], 0) * (-1 if whole[1] else 1))
    if REAL.fullmatch(text):
        return Immediate(struct.unpack("<d", struct.pack("<d", float(text)))[0])
    return Immediate(32) if text == "WARP_SZ" else None


def _name(text: str, scope: Scope) -> Any:
    if text.startswith("%"):
        return Special(text)
    base, offset = _sum(text)
    found = scope.find(base)
    return Symbol(found, offset) if isinstance(found, Variable) else Label(text)


def _sum(text: str) -> tuple[str, int]:
    """``base + offset``; NVRTC writes ``x+-4`` too."""
    match = re.fullmatch(r"\s*([\w$%.]+?)\s*(?:([+-])\s*(-?\d+|-?0x[0-9a-fA-F]+))?\s*", text)
    if match is None:
        raise ValueError(f"not an address: {text!r}")
    offset = int(match[3] or "0", 0)
    return match[1], -offset if match[2] == "-" else offset
