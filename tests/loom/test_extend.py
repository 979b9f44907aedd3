"""`@extend` means what one class body would mean."""

from __future__ import annotations

import abc
import functools
import inspect
import pickle
import sys
import textwrap
from typing import Any, ClassVar

import pytest
from loom import extend

HEAD = "class Value:\n"


def folded(first: str, later: str) -> type[Any]:
    """The class that has both bodies in one."""
    names: dict[str, Any] = {"__name__": "folded"}
    exec(HEAD + textwrap.indent(textwrap.dedent(first + later), "    "), names)
    return names["Value"]  # type: ignore[no-any-return]


def extended(first: str, later: str) -> type[Any]:
    """The class that has the second body added."""
    names: dict[str, Any] = {"__name__": "extended", "extend": extend}
    exec(HEAD + textwrap.indent(textwrap.dedent(first), "    "), names)
    exec("@extend\n" + HEAD + textwrap.indent(textwrap.dedent(later), "    "), names)
    return names["Value"]  # type: ignore[no-any-return]


class Point:
    """A module-level class for what needs a place to be found again."""

    kind: ClassVar[str] = "plain"

    def __init__(self, x: int) -> None:
        self.x = x


Original = Point
early = Point(1)


@extend  # type: ignore[no-redef]
class Point:
    size: int = 3

    def twice(self) -> int:
        return 2 * self.x  # type: ignore[attr-defined, no-any-return]


def test_objects_made_earlier_gain_the_members() -> None:
    assert early.twice() == 2  # type: ignore[attr-defined]


def test_the_class_stays_the_same_object() -> None:
    assert Point is Original
    assert isinstance(early, Point)


def test_instances_pickle() -> None:
    assert pickle.loads(pickle.dumps(early)).twice() == 2


def test_names_of_the_new_members_are_those_of_the_class() -> None:
    assert Point.twice.__qualname__ == "Point.twice"  # type: ignore[attr-defined]
    assert Point.twice.__module__ == Point.__module__  # type: ignore[attr-defined]


def test_the_source_of_a_new_member_is_found() -> None:
    assert "return 2 * self.x" in inspect.getsource(Point.twice)  # type: ignore[attr-defined]


def test_annotations_are_merged() -> None:
    assert list(Point.__annotations__) == ["kind", "size"]


def test_docstring_stays() -> None:
    assert Point.__doc__ == "A module-level class for what needs a place to be found again."


BODIES = {
    "eq and then nothing": ("x = 1", "def __eq__(self, other): return True"),
    "hash, eq later": ("def __hash__(self): return 7", "def __eq__(self, other): return True"),
    "eq, hash later": ("def __eq__(self, other): return True", "def __hash__(self): return 7"),
    "eq and hash together": (
        "x = 1",
        "def __eq__(self, other): return True\ndef __hash__(self): return 7",
    ),
    "no hash on purpose": ("x = 1", "__hash__ = None"),
    "hash, then eq and no hash on purpose": (
        "def __hash__(self): return 7",
        "def __eq__(self, other): return True\n__hash__ = None",
    ),
}


@pytest.mark.parametrize("bodies", BODIES.values(), ids=list(BODIES))
def test_hashing_is_that_of_one_body(bodies: tuple[str, str]) -> None:
    one, two = folded(bodies[0] + "\n", bodies[1]), extended(*bodies)
    assert ("__hash__" in vars(one)) == ("__hash__" in vars(two))
    assert (one.__hash__ is None) == (two.__hash__ is None)
    if one.__hash__ is not None:
        assert (hash(one()) == 7) == (hash(two()) == 7)


def test_eq_without_hash_then_hash_of_a_later_body() -> None:
    cls = extended("def __eq__(self, other): return True", "def other(self): pass")
    assert cls.__hash__ is None


SPECIAL = {
    "super": "def __repr__(self): return 'a ' + super().__repr__()[:2]",
    "__class__": "def own(self): return __class__",
    "super in a property": "@property\ndef p(self): return super().__init__",
    "super in a decorated method": (
        "import functools as f\n@f.lru_cache\ndef g(self): return super().__hash__() * 0 or __class__.__name__"
    ),
    "staticmethod": "@staticmethod\ndef s(): return 1",
    "classmethod": "@classmethod\ndef c(cls): return cls.__name__",
    "class getitem": "def __class_getitem__(cls, key): return key",
    "new": "def __new__(cls): return object.__new__(cls)",
    "mangled": "def m(self): self.__x = 1",
    "nested class": "class Inner: pass",
    "constant": "limit = 10",
    "annotation": "size: int = 3",
}


@pytest.mark.parametrize("body", SPECIAL.values(), ids=list(SPECIAL))
def test_members_are_those_of_one_body(body: str) -> None:
    one, two = folded("x = 1\n", body), extended("x = 1", body)
    one().__class__, two().__class__
    hidden = {"__module__", "__annotations__", "__annotate__", "__annotate_func__", "__firstlineno__"}
    assert {k: type(v) for k, v in vars(one).items() if k not in hidden} == {
        k: type(v) for k, v in vars(two).items() if k not in hidden
    }


def test_super_reaches_the_base_of_the_class() -> None:
    names: dict[str, Any] = {"extend": extend, "__name__": __name__}
    exec(
        textwrap.dedent("""
        class Base:
            def name(self): return "base"
        class Value(Base):
            pass
        early = Value()
        @extend
        class Value:
            def name(self): return "value of " + super().name()
            @property
            def own(self): return __class__
        """),
        names,
    )
    assert names["early"].name() == "value of base"
    assert names["early"].own is names["Value"]


def test_descriptors_learn_their_class() -> None:
    told: list[tuple[str, str]] = []

    class Field:
        def __set_name__(self, owner: type, name: str) -> None:
            self.owner = owner
            told.append((owner.__qualname__, name))

    names: dict[str, Any] = {"extend": extend, "Field": Field, "__name__": __name__}
    exec("class Value: pass\nfirst = Value\n@extend\nclass Value:\n    field = Field()", names)
    assert vars(names["Value"])["field"].owner is names["first"]
    assert told[-1] == ("Value", "field")


def test_cached_property_works() -> None:
    cls = extended("x = 1", "import functools\n@functools.cached_property\ndef slow(self): return [1]")
    value = cls()
    assert value.slow is value.slow


def test_abstract_methods_are_counted_again() -> None:
    names: dict[str, Any] = {"extend": extend, "abc": abc, "__name__": __name__}
    exec(
        textwrap.dedent("""
        class Value(abc.ABC):
            @abc.abstractmethod
            def f(self): ...
        @extend
        class Value:
            def f(self): return 1
        """),
        names,
    )
    assert names["Value"]().f() == 1


def test_a_class_inside_a_function_is_found() -> None:
    class Local:
        pass

    first = Local

    @extend  # type: ignore[no-redef]
    class Local:
        def f(self) -> int:
            return 1

    assert first().f() == 1  # type: ignore[attr-defined]


def test_a_class_with_slots_gains_methods() -> None:
    cls = extended("__slots__ = ('data',)", "def f(self): return self.data")
    value = cls()
    value.data = 3
    assert value.f() == 3
    assert not hasattr(value, "__dict__")


REFUSED = {
    "absent": ("", "@extend\nclass Value: pass", NameError, "there is no class Value here to extend"),
    "no class": ("Value = 3", "@extend\nclass Value: pass", TypeError, "Value is 3, not a class"),
    "built in": ("", "Value = int\n@extend\nclass Value: pass", TypeError, "is built in"),
    "bases": ("class Value: pass", "@extend\nclass Value(dict): pass", TypeError, "keeps its bases"),
    "itself as base": ("class Value: pass", "@extend\nclass Value(Value): pass", TypeError, "keeps its bases"),
    "metaclass": (
        "import abc\nclass Value: pass",
        "@extend\nclass Value(metaclass=abc.ABCMeta): pass",
        TypeError,
        "keeps its bases",
    ),
    "slots": ("class Value: pass", "@extend\nclass Value:\n    __slots__ = 'a'", TypeError, "keeps its __slots__"),
    "docstring": ("class Value: pass", "@extend\nclass Value:\n    'New.'", TypeError, "docstring belongs"),
    "dataclass": (
        "from dataclasses import dataclass\nclass Value: pass",
        "@extend\n@dataclass\nclass Value:\n    x: int = 1",
        TypeError,
        "the only decorator",
    ),
    "a function": ("", "@extend\ndef Value(): pass", TypeError, "the only decorator"),
    "an enum": (
        "from enum import Enum\nclass Value(Enum):\n    A = 1",
        "@extend\nclass Value:\n    B = 2",
        TypeError,
        "the metaclass Enum",
    ),
    "a private name of an enum": (
        "from enum import Enum\nclass Value(Enum):\n    A = 1",
        "@extend\nclass Value:\n    def __str__(self): return 'a'",
        TypeError,
        "lets in methods only",
    ),
    "an annotation of an enum": (
        "from enum import Enum\nclass Value(Enum):\n    A = 1",
        "@extend\nclass Value:\n    b: int",
        TypeError,
        "lets in methods only",
    ),
    "a field of a named tuple": (
        "from typing import NamedTuple\nclass Value(NamedTuple):\n    a: int",
        "@extend\nclass Value:\n    b: int",
        TypeError,
        "NamedTuple saw the whole class once",
    ),
    "a protocol": (
        "from typing import Protocol\nclass Value(Protocol):\n    a: int",
        "@extend\nclass Value:\n    def f(self): ...",
        TypeError,
        "the metaclass _ProtocolMeta",
    ),
    "the place of a slot": (
        "class Value:\n    __slots__ = ('a',)",
        "@extend\nclass Value:\n    a = 1",
        TypeError,
        "'a' is a slot of Value",
    ),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=list(REFUSED))
def test_is_refused_and_nothing_is_changed(case: tuple[str, str, type[Exception], str]) -> None:
    before, reopening, error, message = case
    names: dict[str, Any] = {"extend": extend, "__name__": __name__}
    exec(before, names)
    members = dict(vars(names["Value"])) if isinstance(names.get("Value"), type) else None
    with pytest.raises(error, match=message.replace("(", r"\(")):
        exec(reopening, names)
    if members is not None and isinstance(names["Value"], type):
        assert dict(vars(names["Value"])) == members


@pytest.mark.skipif(sys.version_info < (3, 13), reason="classes list their attributes from Python 3.13 on")
def test_static_attributes_are_joined() -> None:
    cls = extended("def f(self): self.a = 1", "def g(self): self.b = 1")
    assert set(cls.__static_attributes__) == {"a", "b"}


def test_extending_again_gives_the_last_definition() -> None:
    cls = extended("def f(self): return 1", "def f(self): return 2")
    assert cls().f() == 2


@pytest.mark.parametrize(
    "head", ["import enum\nclass Value(enum.Enum):\n    A = 1", "import typing\nclass Value(typing.NamedTuple):\n    A: int = 1"]
)
def test_an_enum_and_a_named_tuple_gain_methods(head: str) -> None:
    names: dict[str, Any] = {"extend": extend, "__name__": __name__}
    exec(f"{head}\n@extend\nclass Value:\n    def f(self): return 1\n    @property\n    def p(self): return 2", names)
    value = next(iter(names["Value"])) if "Enum" in head else names["Value"]()
    assert (value.f(), value.p) == (1, 2)


def test_singledispatchmethod_is_kept() -> None:
    cls = extended("x = 1", "import functools\n@functools.singledispatchmethod\ndef f(self, a): return 'any'")
    assert isinstance(vars(cls)["f"], functools.singledispatchmethod)
    assert cls().f(1) == "any"
