"""PTX text to a `Module`. Source: the PTX ISA manual, chapters 4, 5 and 11."""

import re
import struct
from pathlib import PurePosixPath

from tests.ptx.module import (
    NOWHERE,
    TYPES,
    Function,
    Instruction,
    Label,
    Location,
    Module,
    Register,
    Variable,
)
from tests.ptx.operands import Scope, operand, split

COMMENT = re.compile(r'("[^"]*")|//[^\n]*|/\*.*?\*/', re.S)
LINE = re.compile(r"\.(loc|file|version|target|address_size)\b([^\n]*)\n")
LABEL = re.compile(r"([\w$%]+)\s*:(?!:)")
HEAD = re.compile(
    r"\.(entry|func)\s*(?:\.noreturn\s*)?(?:\(([^)]*)\))?\s*([\w$]+)\s*(?:\(([^)]*)\))?(.*)", re.S
)
THREADS = re.compile(r"\.(?:maxntid|reqntid)\s+([\d,\s]+)")
LOC = re.compile(r"(\d+)\s+(\d+)\s+\d+(?:.*inlined_at\s+(\d+)\s+(\d+))?")
GUARD = re.compile(r"@(!?)([\w$%]+)\s+")
SPACES = (".global", ".const", ".shared", ".local", ".param", ".reg")


class PtxSyntaxError(ValueError):
    """A text that is not PTX, or PTX that this parser does not know."""


def parse(text: str) -> Module:
    """The module of a PTX text; raises PtxSyntaxError with the statement that it cannot read."""
    text = COMMENT.sub(lambda match: match[1] or " ", text) + "\n"
    # .file stands at the end, and lines refer to it by number from the beginning
    files = {
        int(number): PurePosixPath(path).name
        for number, path in re.findall(r'\.file\s+(\d+)\s+"([^"]*)"', text)
    }
    return _Parser(text, files).module


class _Parser:
    def __init__(self, text: str, files: dict[int, str]) -> None:
        self.text = text
        self.files = files
        self.at = 0
        self.module = Module()
        self.scope = Scope(None)
        while self._skip_space():
            self._statement()

    def _skip_space(self) -> bool:
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1
        return self.at < len(self.text)

    def _until(self, ends: str) -> str:
        """The text up to one of the characters, which is skipped unless it is a brace."""
        start = self.at
        while self.text[self.at] not in ends:
            self.at += 1
        found = self.text[start : self.at]
        if self.text[self.at] == ";":
            self.at += 1
        return found

    def _statement(self) -> None:
        line = LINE.match(self.text, self.at)
        if line:
            self.at = line.end()
            if line[1] == "target":
                self.module.target = line[2].split(",")[0].strip()
        elif self.text.startswith(".section", self.at):
            self.at = self.text.index("}", self.at) + 1
        elif re.match(r"(\.(visible|weak|extern)\s+)*\.(entry|func)\b", self.text[self.at :]):
            self._function(self._until("{;"))
        else:
            statement = self._until(";")
            if not statement.lstrip().startswith(".pragma"):
                variable = self._variable(statement)
                self.module.variables[variable.name] = variable

    def _variable(self, statement: str) -> Variable:
        variable = declaration(statement)
        self.scope.names[variable.name] = variable
        return variable

    def _function(self, head: str) -> None:
        match = HEAD.search(head)
        if match is None:
            raise PtxSyntaxError(f"not the head of a function: {head!r}")
        kind, results, name, parameters, attributes = match.groups()
        inner = Scope(self.scope)
        lists = [
            [declaration(part) for part in split(text or "") if part.strip()]
            for text in (parameters, results)
        ]
        function = Function(name, kind == "entry", *lists)
        threads = THREADS.search(attributes)
        if threads:
            function.most_threads = 1
            for extent in threads[1].split(","):
                function.most_threads *= int(extent)
        for variable in (*function.parameters, *function.results):
            inner.names[variable.name] = variable
        if self.text[self.at - 1] == ";":  # declared here, defined elsewhere
            return
        self.module.functions[name] = function
        _Body(self, function, inner).read()


class _Body:
    """The instructions of one function."""

    def __init__(self, parser: _Parser, function: Function, scope: Scope) -> None:
        self.parser = parser
        self.function = function
        self.scope = scope
        self.location = NOWHERE
        self.branches: list[tuple[int, Scope, list[str]]] = []
        self.pending: list[str] = []

    def read(self) -> None:
        parser, outer, depth = self.parser, self.scope, 0
        while parser._skip_space():
            character = parser.text[parser.at]
            label = LABEL.match(parser.text, parser.at)
            line = LINE.match(parser.text, parser.at)
            if character == "{":
                self.scope, depth = Scope(self.scope), depth + 1
                parser.at += 1
            elif character == "}":
                assert self.scope.parent is not None
                self.scope, depth = self.scope.parent, depth - 1
                parser.at += 1
                if depth == 0:
                    break
            elif line:
                parser.at = line.end()
                self._locate(line[1], line[2])
            elif label:
                parser.at = label.end()
                self.scope.labels[label[1]] = len(self.function.instructions)
                self.pending = [label[1]]
            else:
                self._statement(self._whole())
        self._resolve()
        self.scope = outer

    def _whole(self) -> str:
        """A statement to its semicolon; braces in it are vectors."""
        parser = self.parser
        end = parser.text.index(";", parser.at)
        statement = parser.text[parser.at : end].strip()
        parser.at = end + 1
        return statement

    def _locate(self, directive: str, text: str) -> None:
        match = LOC.search(text) if directive == "loc" else None
        # line 0 is what the compiler made from nothing: better to name the line before
        if match is None or match[2] == "0":
            return
        file, line, inlined_file, inlined_line = (int(n) if n else 0 for n in match.groups())
        name = self.parser.files.get(file, "")
        inlined = (self.parser.files.get(inlined_file, ""), inlined_line) if inlined_line else None
        self.location = Location(name, line, inlined)

    def _statement(self, statement: str) -> None:
        if statement.startswith(".reg"):
            self._registers(statement)
        elif statement.startswith(".branchtargets"):
            names = [name.strip() for name in statement.split(None, 1)[1].split(",")]
            self.scope.tables[self.pending[0]] = names
        elif statement.startswith(SPACES):
            variable = declaration(statement)
            self.function.variables.append(variable)
            self.scope.names[variable.name] = variable
        elif statement and not statement.startswith("."):
            self._instruction(statement)

    def _registers(self, statement: str) -> None:
        _, kind, names = statement.split(None, 2)
        kind = kind.lstrip(".")
        if kind not in TYPES:
            raise PtxSyntaxError(f"registers of an unknown type: {statement!r}")
        registers = self.function.registers
        for name in names.split(","):
            many = re.fullmatch(r"\s*([\w$%]+)<(\d+)>\s*", name)
            all_names = [f"{many[1]}{n}" for n in range(int(many[2]))] if many else [name.strip()]
            for each in all_names:
                self.scope.names[each] = Register(len(registers), kind)
                registers.append(kind)

    def _instruction(self, statement: str) -> None:
        guard = GUARD.match(statement)
        predicate = None
        if guard:
            statement = statement[guard.end() :]
            predicate = (self.scope.find(guard[2]), guard[1] == "!")
        opcode, _, rest = statement.replace("\n", " ").replace("\t", " ").partition(" ")
        parts = tuple(opcode.split("."))
        operands = tuple(operand(text, self.scope) for text in split(rest) if text.strip())
        instruction = Instruction(parts, operands, predicate, self.location)
        if parts[0] in ("bra", "brx"):
            (*_, last) = operands
            assert isinstance(last, Label)
            names = [last.name] if parts[0] == "bra" else []
            where = len(self.function.instructions)
            self.branches.append((where, self.scope, names or [f"table {last.name}"]))
        self.function.instructions.append(instruction)

    def _resolve(self) -> None:
        """Give branches the numbers of the instructions that they go to."""
        for where, scope, names in self.branches:
            if names[0].startswith("table "):
                names = scope.table(names[0].removeprefix("table "))
            targets = tuple(scope.label(name) for name in names)
            self.function.instructions[where].targets = targets


def declaration(statement: str) -> Variable:
    """A variable or a parameter, such as ``.global .align 4 .b8 x[8] = {1, 2}``."""
    declared, _, value = statement.partition("=")
    words = re.sub(r"\.ptr(\s+\.\w+)?(\s+\.align\s+\d+)?", " ", declared)
    alignment = re.search(r"\.align\s+(\d+)", words)
    words = re.sub(r"\.align\s+\d+", " ", words)
    space = re.search(r"\.(global|const|shared|local|param|reg)\b", words)
    kind = re.search(r"\.(v2|v4)?\s*\.?([busf]\d+|pred)\b", words)
    name = re.search(r"([\w$%]+)\s*((?:\[\d*\])*)\s*$", words)
    if space is None or kind is None or name is None:
        raise PtxSyntaxError(f"not a declaration: {statement!r}")
    element = TYPES[kind[2]].itemsize * int((kind[1] or "v1")[1:])
    size = element
    for extent in re.findall(r"\[(\d*)\]", name[2]):
        size *= int(extent or 0)
    align = int(alignment[1]) if alignment else element
    data, references = _initial(value, kind[2])
    return Variable(name[1], space[1], align, size, data, references)


def _initial(text: str, kind: str) -> tuple[bytes | None, tuple[tuple[int, str], ...]]:
    """The bytes of an initial value, and where in them addresses have to be put."""
    values = [v for v in re.sub(r"[{}]", " ", text).replace(",", " ").split() if v]
    if not values:
        return None, ()
    size = TYPES[kind].itemsize
    data, references = b"", []
    for value in values:
        floating = re.fullmatch(r"0([fFdD])([0-9a-fA-F]+)", value)
        if floating:
            data += int(floating[2], 16).to_bytes(size, "little")
        elif re.fullmatch(r"-?\d+|0[xX][0-9a-fA-F]+", value):
            data += (int(value, 0) % (1 << 8 * size)).to_bytes(size, "little")
        elif kind.startswith("f"):
            data += struct.pack("<f" if size == 4 else "<d", float(value))
        else:
            symbol = re.sub(r"generic\(([\w$]+)\)", r"\1", value)
            references.append((len(data), symbol))
            data += bytes(size)
    return data, tuple(references)
