"""Definitions of source code are sections, headed by the line that defines."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rag_infer import Index
from rag_infer.read.code_symbols import symbols
from tests.read.conftest import document

Write = Callable[[str, bytes | str], Path]
SOURCES = {
    ".py": ("class A:\n    @x\n    def f(self):\n        pass\n\n\nasync def g():\n    return 1\n",
            ["1 class A:", "2 @x def f(self):", "1 async def g():"]),
    ".go": ("func (p *Pump) Start(n int) error {\n\treturn nil\n}\n\ntype Pump struct {\n}\n",
            ["1 func (p *Pump) Start(n int) error {", "1 type Pump struct {"]),
    ".ts": ("export class Pump {\n  go() {\n    return 1;\n  }\n}\nconst f = async (p) => {\n};\n",
            ["1 export class Pump {", "2 go() {", "1 const f = async (p) => {"]),
    ".rs": ("pub(crate) fn a<T>(x: T) -> u8 {\n}\nimpl P {\n    pub fn b(&self) {}\n}\n",
            ["1 pub(crate) fn a<T>(x: T) -> u8 {", "1 impl P {", "2 pub fn b(&self) {}"]),
    ".c": ("static int a(P *p)\n{\n    if (x) {\n    }\n    return f(1);\n}\n",
           ["1 static int a(P *p)"]),
    ".java": ("public class P {\n    public int a(int b) {\n        return new F();\n    }\n}\n",
              ["1 public class P {", "2 public int a(int b) {"]),
    ".sql": ("CREATE TABLE a (id int);\nselect 1;\n", ["1 CREATE TABLE a (id int);"]),
    ".sh": ("a() {\n  b\n}\nfunction c {\n  d\n}\n", ["1 a() {", "1 function c {"]),
    ".rb": ("class P\n    def a(x)\n    end\nend\n", ["1 class P", "2 def a(x)"]),
}  # fmt: skip


@pytest.mark.parametrize("extension", SOURCES)
def test_definitions_are_found_with_their_level(extension: str) -> None:
    source, expected = SOURCES[extension]
    found = [
        f"{s.level} {' '.join(source[s.start : s.end].split())}" for s in symbols(source, extension)
    ]
    assert found == expected


def test_python_that_does_not_compile_is_read_by_its_words() -> None:
    source = "def f(x):\n    print x\n"
    assert [source[s.start : s.end] for s in symbols(source, ".py")] == ["def f(x):"]


@pytest.mark.parametrize("extension", [".py", ".c", ".js", ".txt"])
def test_the_text_is_the_file(extension: str, write: Write) -> None:
    source = "".join(text for text, _ in SOURCES.values())
    page = document(write(f"a{extension}", source)).pages[0]
    assert page.text == source
    assert all(a.end <= b.start for a, b in zip(page.blocks, page.blocks[1:], strict=False))


def test_a_method_is_cited_under_its_class_and_line(tmp_path: Path) -> None:
    lines = ["        valve.open()", *(f"        log.write('step {n} of it')" for n in range(40))]
    starting = "\n".join(lines)
    draining = starting.replace("valve.open()", "outlet.empty_into(harbor)")
    source = f"class Bilge:\n    def start(self):\n{starting}\n\n    def drain(self):\n{draining}\n"
    (tmp_path / "pump.py").write_text(source)
    index = Index.open(tmp_path / "index", create=True)
    index.add(tmp_path / "pump.py")
    hit = index.search("outlet empty into the harbor")[0]
    assert hit.location == "pump.py:45, class Bilge > def drain(self)"
