"""What a chapter ran is compared with what the package will define."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from littlebook import LittleBook, cell, first_chapter
from loom.inside.comparison import Comparison
from loom.inside.session import ChapterError

M = "toy/m.py"


def differences(ran: str, tangled: str) -> list[tuple[str, str, str]]:
    import types

    modules = []
    for source in (ran, tangled):
        module = types.ModuleType("m")
        exec(compile(source, "m", "exec", dont_inherit=True), vars(module))
        modules.append(module)
    return Comparison({"m": modules[0]}, {"m": modules[1]}).differences


SAME = {
    "lines": ("def f(x):\n    return x", "\n\n\ndef f(x):\n    return x"),
    "order": ("a = 1\nb = 2", "b = 2\na = 1"),
    "nested": ("def f():\n    return lambda x: [x for x in x]",) * 2,
    "cached": ("from functools import lru_cache\n@lru_cache\ndef f(): return 1",) * 2,
    "class": ("class C:\n    __slots__ = 'a'\n    def f(self): return super().x",) * 2,
    "nan": ("a = float('nan'), -0.0",) * 2,
    "objects": ("class C: pass\nc = C()\nc.me = c\nc.x = 1",) * 2,
    "a dropped import": ("import math\nfrom math import pi\na = 1", "a = 1"),
    "what a thread has put away": (
        "import threading\nt = threading.local()\nt.x = 1",
        "import threading\nt = threading.local()",
    ),
    "tables": ("def f(): pass\nT = {'a': f, 'b': {1, 2, 3}}",) * 2,
}

DIFFERENT = {
    "body": ("def f(x): return x + 1", "def f(x): return x + 2", "f"),
    "operator": ("def f(x): return x + x", "def f(x): return x - x", "f"),
    "name": ("def f(x): return a(x)", "def f(x): return b(x)", "f"),
    "default": ("def f(x=1): return x", "def f(x=1.0): return x", "f"),
    "keyword default": ("def f(*, x=1): return x", "def f(*, x=2): return x", "f"),
    "argument": ("def f(x): return 1", "def f(*x): return 1", "f"),
    "docstring": ("def f(x): 'a'", "def f(x): 'b'", "f"),
    "annotation": ("def f(x: int): pass", "def f(x: float): pass", "f"),
    "inner function": ("def f(): return lambda: 1", "def f(): return lambda: 2", "f"),
    "zero": ("def f(): return 0.0", "def f(): return -0.0", "f"),
    "method": ("class C:\n    def f(self): return 1", "class C:\n    def f(self): return 2", "C.f"),
    "method gone": ("class C:\n    def f(self): return 1", "class C: pass", "C.f"),
    "method missing": ("class C: pass", "class C:\n    def f(self): return 1", "C.f"),
    "hash": ("class C: pass", "class C:\n    __hash__ = None", "C.__hash__"),
    "layout": ("class C: pass", "class C:\n    __slots__ = ()", "C"),
    "bases": ("class C(dict): pass", "class C(list): pass", "C"),
    "class docstring": ("class C: 'a'", "class C: 'b'", "C.__doc__"),
    "class annotation": ("class C: x: int", "class C: x: float", "C"),
    "static": ("class C:\n    def f(): pass", "class C:\n    @staticmethod\n    def f(): pass", "C.f"),
    "property": (
        "class C:\n    @property\n    def f(self): return 1",
        "class C:\n    @property\n    def f(self): return 2",
        "C.f",
    ),
    "cached": (
        "from functools import lru_cache\n@lru_cache\ndef f(): return 1",
        "from functools import lru_cache\n@lru_cache\ndef f(): return 2",
        "f",
    ),
    "constant": ("a = 1", "a = 2", "a"),
    "entry": ("def f(): pass\nT = {'a': f}", "def f(): pass\nT = {'a': None}", "T"),
    "order of entries": ("T = {1: 1, 2: 2}", "T = {2: 2, 1: 1}", "T"),
    "list": ("a = [1, 2]", "a = [1, 3]", "a"),
    "set": ("a = {1, 2}", "a = {1, 3}", "a"),
    "module docstring": ("'a'", "'b'", "__doc__"),
    "attribute of an object": ("class C: pass\nc = C()\nc.x = 1", "class C: pass\nc = C()\nc.x = 2", "c"),
    "slot of an object": (
        "class C:\n    __slots__ = 'x'\nc = C()\nc.x = 1",
        "class C:\n    __slots__ = 'x'\nc = C()\nc.x = 2",
        "c",
    ),
    "function missing": ("", "def f(): pass", "f"),
    "function too many": ("def f(): pass", "", "f"),
    "closure": (
        "def make(n):\n    def g(): return n\n    return g\nf = make(1)",
        "def make(n):\n    def g(): return n\n    return g\nf = make(2)",
        "f",
    ),
}


LIBRARY = {
    "fraction": "from fractions import Fraction\na = Fraction({})",
    "decimal": "from decimal import Decimal\na = Decimal('{}.0')",
    "path": "from pathlib import Path\na = Path('{}')",
    "pattern": "import re\na = re.compile('{}')",
    "deque": "from collections import deque\na = deque([{}])",
    "date": "from datetime import date\na = date(2000, 1, {})",
    "namespace": "from types import SimpleNamespace\na = SimpleNamespace(x={})",
    "bytearray": "a = bytearray(b'{}')",
    "mapping proxy": "from types import MappingProxyType\na = MappingProxyType({{1: {}}})",
    "count": "from itertools import count\na = count({})",
    "frozenset of tuples": "a = frozenset([(1, {})])",
    "random": "from random import Random\na = Random({})",
    "counter": "from collections import Counter\na = Counter('x' * {})",
    "default dictionary": "from collections import defaultdict\na = defaultdict(lambda: {})",
    "array": "from array import array\na = array('d', [{}])",
    "partial": "from functools import partial\na = partial(max, {})",
    "bound method": "class C:\n    def __init__(self, x): self.x = x\n    def f(self): pass\na = C({}).f",
    "method of a list": "a = [{}].append",
    "cache": "from functools import lru_cache\n@lru_cache(maxsize={})\ndef a(): return 1",
    "attribute getter": "from operator import attrgetter\na = attrgetter('x{}')",
    "context variable": "from contextvars import ContextVar\na = ContextVar('a', default={})",
    "type variable": "from typing import Literal, TypeVar\na = TypeVar('a', bound=Literal[{}])",
    "alias": "from typing import Literal\na = list[Literal[{}]]",
    "float of its own class": "class F(float): pass\na = F({})",
    "attribute of such a float": "class F(float): pass\na = F(1)\na.x = {}",
    "queue of its own class": "from collections import deque\nclass D(deque): pass\na = D([{}])",
    "function in a deque": "from collections import deque\na = deque([lambda: {}])",
    "class in a table": "def make(n):\n    class C: x = n\n    return C\na = {{'c': make({})}}",
    "object of a class in a function": "def make(n):\n    class C: x = n\n    return C()\na = make({})",
    "far down": "a = [{}]\nfor _ in range(500): a = [a]",
    "field of a dataclass": "from dataclasses import dataclass, field\n@dataclass\nclass C:\n    a: int = field(default={})",
    "closure": "def f(n): return lambda: n\na = [f({})]",
    "struct": "from struct import Struct\na = Struct('<{}I')",
    "named tuple": "from collections import namedtuple\nP = namedtuple('P', 'x')\na = P({})",
    "enum made by a call": "from enum import Enum\nE = Enum('E', 'A B')\na = E({})",
    "flag": "from enum import Flag\nclass E(Flag):\n    A = 1\n    B = 2\na = E({})",
    "single dispatch": "from functools import singledispatch\n@singledispatch\ndef a(x): return {}\n@a.register\ndef b(x: int): ...",
    "context manager": "from contextlib import contextmanager\n@contextmanager\ndef a(): yield {}",
    "logger": "import logging\na = logging.getLogger('{}')",
    "parser of arguments": "from argparse import ArgumentParser\na = ArgumentParser('{}')\na.add_argument('x', type=int)",
    "queue": "from queue import Queue\na = Queue({})",
    "chain of dictionaries": "from collections import ChainMap\na = ChainMap({{}}, {{1: {}}})",
    "template": "from string import Template\na = Template('{}')",
    "ordered dictionary": "from collections import OrderedDict\na = OrderedDict(x={})",
    "structure of C": "import ctypes\nclass S(ctypes.Structure):\n    _fields_ = [('x', ctypes.c_char * {})]\na = S().x, ctypes.sizeof(S)",
    "new type": "from typing import NewType, Literal\na = NewType('a', Literal[{}])",
    "annotated": "from typing import Annotated\na = Annotated[int, {}]",
    "data class with slots": "from dataclasses import dataclass\n@dataclass(slots=True, frozen=True)\nclass C:\n    x: int\n"
    "    def f(self): return __class__\na = C({})",
    "reloaded decorator": "import functools\ndef d(f):\n    @functools.wraps(f)\n    def g(*a): return f(*a)\n    return g\n@d\ndef a(): return {}",
}


@pytest.mark.parametrize("source", LIBRARY.values(), ids=list(LIBRARY))
def test_values_of_the_library_are_compared(source: str) -> None:
    one, two = source.format(1), source.format(2)
    assert differences(one, one) == []
    assert [name.rpartition(".")[2] for _, name, _ in differences(one, two)][0] in ("a", "x", "_fields_")


NO_TWO_ALIKE = {
    "a generator": "a = (x for x in 'ab')",
    "a frame in a table": "import sys\na = [sys._getframe()]",
}


@pytest.mark.parametrize("source", NO_TWO_ALIKE.values(), ids=list(NO_TWO_ALIKE))
def test_what_cannot_be_compared_is_said(source: str) -> None:
    ((_, name, why),) = differences(source, source)
    assert name == "a"
    assert "which cannot be compared; begin the name with an underscore" in why
    assert differences(source.replace("a = ", "_a = "), source.replace("a = ", "_a = ")) == []


NEW_ONES_ARE_EMPTY = ["threading.Lock()", "threading.RLock()", "threading.local()", "threading.Event()",
                      "weakref.WeakKeyDictionary()", "object()"]  # fmt: skip


@pytest.mark.parametrize("made", NEW_ONES_ARE_EMPTY)
def test_what_holds_nothing_compares_equal(made: str) -> None:
    assert differences(*[f"import threading, weakref\na = {made}"] * 2) == []


FOLLOWED = {
    "from p import m": "from toy import m",
    "import p.m": "import toy.m",
    "import p.m as m": "import toy.m as m",
    "from . import m": "from . import m",
    "from .m import N": "from .m import B, N",
}


@pytest.mark.parametrize("how", FOLLOWED.values(), ids=list(FOLLOWED))
@pytest.mark.parametrize("what", ["value", "base", "default", "object", "member"])
def test_what_is_replaced_is_followed_through_its_module(how: str, what: str, book: LittleBook, refused: Any) -> None:
    prefix = {"from toy import m": "m.", "import toy.m": "toy.m.", "import toy.m as m": "m.", "from . import m": "m."}
    m = prefix.get(how, "")
    made = {
        "value": f"A = [{m}N]",
        "base": f"class A({m}B): ...",
        "default": f"def A(x={m}N): ...",
        "object": f"A = {m}B()",
        "member": f"A = {m}B.f",
    }[what]
    book.write("one", cell("N = 3\n\n\nclass B:\n    def f(self): ...", tangle=M))
    book.write("two", cell(f"{how}\n\n{made}", tangle="toy/n.py"))
    new, name = {
        "value": ("N = 4", "N"), "default": ("N = 4", "N"), "member": ("@extend\nclass B:\n    def f(self, x): ...", "B.f")
    }.get(what, ("class B:\n    x = 5\n\n    def f(self): ...", "B"))  # fmt: skip
    book.write("three", cell(new, tangle=M, replaces=name))
    at = new.split("\n")[-1].strip() if what == "member" else new.split("\n")[0]
    refused(book.place("three", at), f"`{name}` is replaced here, but `A` ({book.place('two', made)})")


def test_the_end_notices_a_base_and_an_object_of_a_class_that_was_replaced() -> None:
    import types

    sources = {"p.m": "class B:\n    x = 5\n", "p.n": "from p.m import B\nclass A(B): pass\nb = B()\nt = [b]"}
    modules: list[dict[str, types.ModuleType]] = []
    for _ in range(2):
        made = {name: types.ModuleType(name) for name in sources}
        modules.append(made)
        for name, source in sources.items():
            sys.modules.update(made)
            exec(compile(source, "m", "exec", dont_inherit=True), vars(made[name]))
    for name in sources:
        del sys.modules[name]
    ran, tangled = modules
    assert Comparison(ran, tangled).differences == []
    exec("class B:\n    x = 5", vars(ran["p.m"]))
    vars(ran["p.n"])["B"] = vars(ran["p.m"])["B"]
    found = {name: why for module, name, why in Comparison(ran, tangled).differences if module == "p.n"}
    assert found == {
        "A": "B, from which the class is made: it is the B that was replaced",
        "b": "its class: it is the B that was replaced",
        "t": "[0]: its class: it is the B that was replaced",
    }


@pytest.mark.parametrize("pair", SAME.values(), ids=list(SAME))
def test_the_same_definitions_compare_equal(pair: tuple[str, str]) -> None:
    assert differences(*pair) == []


@pytest.mark.parametrize("case", DIFFERENT.values(), ids=list(DIFFERENT))
def test_another_definition_is_noticed_by_name(case: tuple[str, str, str]) -> None:
    ran, tangled, name = case
    assert differences(ran, tangled)[0][1] == name


def test_where_a_module_lies_is_no_difference(book: LittleBook, notebook: Any) -> None:
    source = "from pathlib import Path\n\nHERE = Path(__file__).parent\nTEXT = str(HERE / 'x')"
    book.write("one", cell(source, tangle=M))
    book.write("two", cell("y = 1", tangle=M), cell("import toy.m"))
    notebook("one").run().end()
    notebook("two").run().end()


def test_the_end_names_a_definition_that_did_not_run(book: LittleBook, notebook: Any) -> None:
    first_chapter(book)
    book.write("two", cell("def left_out():\n    pass", tangle=M), cell("x = 1"))
    run = notebook("two")
    run.session.next = 1
    with pytest.raises(ChapterError) as error:
        run.end()
    assert str(error.value) == (
        f"{book.place('two', 'def left_out')}: toy.m.left_out is not what the chapter ran: "
        "the package defines it, but it did not run"
    )


def test_the_end_names_a_definition_that_ran_otherwise(book: LittleBook, notebook: Any) -> None:
    first_chapter(book)
    run = notebook("one").run()
    run["Value"].double = lambda self: 3
    with pytest.raises(ChapterError, match="toy.m.Value.double is not what the chapter ran") as error:
        run.end()
    assert str(error.value).startswith(book.place("one", "def double"))
