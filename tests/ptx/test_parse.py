"""PTX as text: declarations, scopes, operands and lines."""

import numpy as np
import pytest

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
    Vector,
)
from tests.ptx.operands import Scope, operand, split
from tests.ptx.parse import PtxSyntaxError, declaration, parse

TEXT = """
.version 8.8 // a comment
.target sm_90, debug
.address_size 64
.extern .shared .align 16 .b8 dynamic[];
.global .align 4 .b8 table[8] = {1, 2, 0xff};
.const .f32 half = 0f3F000000;
.func (.param .b32 result) twice(.param .b32 twice_param_0);
.visible .entry kernel(
  .param .align 8 .b8 kernel_param_0[24],
  .param .u64 .ptr .global .align 4 kernel_param_1,
  .param .u32 kernel_param_2
)
.maxntid 8, 4, 1
{
  .reg .pred %p<3>;
  .reg .b32 %r<4>, single;
  .loc 1 7 3
  mov.u32 %r1, 1;
  .loc 2 3 5, function_name $L__info_string0, inlined_at 1 9 1
  @!%p1 bra $end;
  {
    .reg .b32 %r1;
    .loc 1 0 0
    mov.u32 %r1, -1; mov.b64 {%r1, _}, 0d3FF0000000000000;
$inner: bra.uni $inner;
  }
  st.shared.u32 [dynamic+12], %r1;
$end:
  ret;
}
.func (.param .b32 result) twice(.param .b32 twice_param_0)
{
  ret;
}
.file 1 "/somewhere/kernels.cu"
.file 2 "/somewhere/knet.cuh"
.section .debug_str { $L__info_string0: .b8 95, 90, 0 }
"""


def test_a_module() -> None:
    module = parse(TEXT)
    assert module.target == "sm_90"
    assert module.variables["dynamic"].size == 0
    assert module.variables["table"].initial == b"\x01\x02\xff"
    assert np.frombuffer(module.variables["half"].initial or b"", "f4") == 0.5
    kernel = module.functions["kernel"]
    assert [(p.size, p.align) for p in kernel.parameters] == [(24, 8), (8, 8), (4, 4)]
    assert kernel.most_threads == 32
    assert kernel.registers == ["pred"] * 3 + ["b32"] * 4 + ["b32", "b32"]
    assert module.functions["twice"].results[0].size == 4


def test_names_belong_to_their_braces() -> None:
    outer, branch, inner, unpack, loop, store, _ = parse(TEXT).functions["kernel"].instructions
    assert outer.operands == (Register(4, "b32"), Immediate(1))
    assert inner.operands[0] == Register(8, "b32")  # the second %r1
    assert unpack.operands[0] == Vector((Register(8, "b32"), Label("_")))
    assert store.operands[1] == Register(4, "b32")
    assert branch.targets == (6,)
    assert branch.guard == (Register(1, "pred"), True)
    assert loop.targets == (4,)


def test_lines_name_the_file_and_the_call() -> None:
    instructions = parse(TEXT).functions["kernel"].instructions
    assert str(instructions[0].location) == "kernels.cu:7"
    assert str(instructions[1].location) == "knet.cuh:3 (called at kernels.cu:9)"
    assert instructions[2].location == instructions[1].location  # line 0 says nothing


def test_operands() -> None:
    scope = Scope(None)
    scope.names["%r1"] = Register(0, "b32")
    scope.names["%p1"] = Register(1, "pred")
    scope.names["array"] = declaration(".shared .align 4 .b8 array[64]")
    register, predicate = scope.names["%r1"], scope.names["%p1"]
    array = scope.names["array"]
    for text, expected in (
        ("%r1", register),
        ("!%p1", Negated(predicate)),
        ("%r1|%p1", Pair(register, predicate)),
        ("{%r1,%r1}", Vector((register, register))),
        ("[%r1]", Memory(register, 0)),
        ("[%r1+-4]", Memory(register, -4)),
        ("[array+224]", Memory(Symbol(array), 224)),
        ("array+8", Symbol(array, 8)),
        ("(%r1, array)", Arguments((register, Symbol(array)))),
        ("%tid.x", Special("%tid.x")),
        ("$L_1", Label("$L_1")),
        ("0x1F", Immediate(31)),
        ("-12", Immediate(-12)),
        ("7U", Immediate(7)),
        ("0f3F800000", Immediate(np.float32(1))),
        ("0dBFF0000000000000", Immediate(np.float64(-1))),
        ("1.5", Immediate(1.5)),
    ):
        assert operand(text, scope) == expected, text
    assert split("a, {b, c}, [d+1], (e, f)") == ["a", " {b, c}", " [d+1]", " (e, f)"]


def test_declarations() -> None:
    variable = declaration(".global .align 8 .u64 pointers[2] = {table, generic(other)}")
    assert (variable.size, variable.align) == (16, 8)
    assert variable.references == ((0, "table"), (8, "other"))
    assert declaration(".local .v4 .f32 x[2][3]").size == 96
    with pytest.raises(PtxSyntaxError, match="not a declaration"):
        declaration("mov x, y")
