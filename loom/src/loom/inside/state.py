"""The package at one moment: what each of its parts held then, what has changed since,
and a way back.
"""

from __future__ import annotations

import abc
import collections
import importlib
import re
import sys
import types
import warnings
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

MODULE_NOISE = frozenset(
    """__builtins__ __cached__ __file__ __loader__ __name__ __package__ __path__ __spec__
    __annotations__ __annotate__ __annotate_func__ __conditional_annotations__
    __warningregistry__""".split()
)
CLASS_NOISE = frozenset(
    """__module__ __dict__ __weakref__ __annotations__ __annotate__ __annotate_func__
    __annotations_cache__ __conditional_annotations__ __classdictcell__ __firstlineno__
    __static_attributes__ __slotnames__ _abc_impl __abstractmethods__ __orig_bases__ __parameters__
    __qualname__ __type_params__""".split()
)
ATOMS = (
    type(None),
    bool,
    int,
    float,
    complex,
    str,
    bytes,
    type(Ellipsis),
    type(NotImplemented),
    range,
)


def belongs(name: str | None, package: str) -> bool:
    """Is this the name of the package or of a module in it?"""
    return name is not None and (name == package or name.startswith(package + "."))


def package_modules(package: str) -> dict[str, types.ModuleType]:
    """The package's modules that are imported, by name."""
    return {
        name: m
        for name, m in sorted(sys.modules.items())
        if belongs(name, package) and m is not None
    }


def same(a: object, b: object) -> bool:
    """The same object, or equal numbers, strings and the like."""
    return a is b or (type(a) is type(b) and isinstance(a, ATOMS) and repr(a) == repr(b))


class State:
    """The package at one moment: every module, class, function, table and object,
    with what each held.
    """

    def __init__(self, package: str) -> None:
        self.package = package
        self.modules: dict[str, tuple[types.ModuleType, dict[str, Any]]] = {}
        self.classes: dict[int, tuple[type, str, dict[str, Any], tuple[type, ...]]] = {}
        self.functions: dict[int, tuple[types.FunctionType, str, tuple[Any, ...]]] = {}
        self.memory: dict[int, Held | Frozen] = {}
        self.seen: dict[int, object] = {}
        waiting: list[tuple[Any, str]] = []
        for name, module in package_modules(package).items():
            self.modules[name] = module, dict(vars(module))
            waiting += (
                (value, f"{name}.{key}")
                for key, value in vars(module).items()
                if key not in MODULE_NOISE
            )
        while waiting:
            value, name = waiting.pop()
            if id(value) not in self.seen and not isinstance(value, (*ATOMS, types.ModuleType)):
                self.seen[id(value)] = value
                waiting += self._visit(value, name)

    def _visit(self, value: Any, name: str) -> Iterable[tuple[Any, str]]:
        """Remember what a value holds; the result is what it leads to."""
        if isinstance(value, type):
            if not belongs(value.__module__, self.package):
                return []
            name = f"{value.__module__}.{value.__qualname__}"
            self.classes[id(value)] = value, name, dict(vars(value)), value.__bases__
            return [
                (member, f"{name}.{key}")
                for key, member in vars(value).items()
                if key not in CLASS_NOISE
            ]
        if isinstance(value, types.FunctionType):
            if not belongs(value.__module__, self.package):
                return []
            self.functions[id(value)] = value, name, _function_parts(value)
            parts = [
                *(value.__defaults__ or ()),
                *(value.__kwdefaults__ or {}).values(),
                *(value.__closure__ or ()),
            ]
            return [*self._hold(vars(value), name, value), *((part, name) for part in parts)]
        if isinstance(value, tuple | frozenset):
            return [(part, name) for part in value]
        found = (
            self._hold(value, name, value) if isinstance(value, (*_TABLES, types.CellType)) else []
        )
        if belongs(type(value).__module__, self.package):
            if hasattr(value, "__dict__"):
                found += self._hold(vars(value), name, value)
            return found + self._hold(Slots(value), name, value)
        found += [(part, name) for part in _inside(value)]
        is_program = callable(value) or hasattr(type(value), "__get__")
        if (
            not found
            and not is_program
            and id(value) not in self.memory
            and (data := _frozen(value))
        ):
            self.memory[id(value)] = Frozen(value, name, data)
        return found

    def _hold(self, table: Any, name: str, owner: object) -> list[tuple[Any, str]]:
        self.memory[id(table)] = held = Held(table, name, owner)
        return [(part, name) for part in held.parts()]

    def holds(self, value: object) -> bool:
        """Is this a module, a class, a function or a table of the package?"""
        if isinstance(value, types.ModuleType):
            return value.__name__ in self.modules
        return any(id(value) in found for found in (self.classes, self.functions, self.memory))

    def changes(self) -> list[Change]:
        """What has changed since."""
        found = [change for _, _, changes in self._spaces() for change in changes]
        for cls, name, _, bases in self.classes.values():
            if cls.__bases__ != bases:
                found.append(
                    Change(f"the bases of {name}", cls, is_definition=True, key="__bases__")
                )
        for function, name, parts in self.functions.values():
            if not all(map(same, _function_parts(function), parts)):
                found.append(Change(name, function, is_definition=True, key="__code__"))
        return found + [held.change() for held in self.memory.values() if held.is_changed()]

    def _spaces(self) -> Iterator[tuple[Any, Mapping[str, Any], list[Change]]]:
        """Each module and class, the names that it had, and those that have changed."""
        for name, (module, then) in self.modules.items():
            yield module, then, list(_changed(then, vars(module), MODULE_NOISE, name, module))
        for cls, name, members, _ in self.classes.values():
            yield cls, members, list(_changed(members, vars(cls), CLASS_NOISE, name, cls))

    def restore(self, definitions: bool = True) -> None:
        """Put everything back as it was; without definitions, only what the program remembers."""
        if definitions:
            for name in set(package_modules(self.package)) - set(self.modules):
                del sys.modules[name]
            sys.modules.update({name: module for name, (module, _) in self.modules.items()})
            for cls, _, _, bases in self.classes.values():
                if cls.__bases__ != bases:
                    cls.__bases__ = bases
            for function, _, (code, defaults, kwdefaults) in self.functions.values():
                function.__code__, function.__defaults__, function.__kwdefaults__ = (
                    code,
                    defaults,
                    kwdefaults,
                )
        for owner, then, changes in self._spaces():
            for change in changes:
                if definitions or not change.is_definition:
                    _put_back(owner, change.key, then)
            if changes and isinstance(owner, type):
                abc.update_abstractmethods(owner)
        for held in self.memory.values():
            if held.is_changed() and (definitions or not held.change().is_definition):
                held.put_back()


class Change:
    """Something in the package that is not as it was: its name, and what holds it.

    Functions, methods and classes are definitions; all else is what the program remembers.
    """

    def __init__(
        self, name: str, owner: object, is_definition: bool, key: str = "", lasting: bool = False
    ) -> None:
        self.name = name
        self.owner = owner
        self.is_definition = is_definition
        self.key = key  # of a module or a class
        self.lasting = lasting  # nothing can put it back

    @property
    def is_private(self) -> bool:
        """Is it something that the package remembers under a name of its own?"""
        return self.key == "" and is_own_memory(self.name)


class Slots:
    """The slots of an object, as a table."""

    def __init__(self, owner: object) -> None:
        self.owner = owner
        self.names = slots_of(owner)


class Held:
    """A table, or the attributes of an object, and what was in it."""

    def __init__(self, table: Any, name: str, owner: object) -> None:
        self.table = table
        self.name = name
        self.owner = owner
        self.contents = _contents(table)

    def parts(self) -> list[Any]:
        return _flat(self.contents)

    def is_changed(self) -> bool:
        return not _same_contents(_contents(self.table), self.contents)

    def change(self) -> Change:
        there = {*map(_identity, _contents(self.table))}
        gone = [one for one in self.contents if _identity(one) not in there]
        what = "the contents of " if self.owner is self.table else ""
        return Change(what + self.name, self.owner, any(map(_is_definition, _flat(gone))))

    def put_back(self) -> None:
        table = self.table
        if isinstance(table, Slots):
            then = dict(self.contents)
            for name in table.names:
                if name in then:
                    setattr(table.owner, name, then[name])
                elif hasattr(table.owner, name):
                    delattr(table.owner, name)
        elif isinstance(table, types.CellType):
            table.cell_contents = self.contents[0]
        else:
            kind: Any = next(kind for kind in _TABLES if isinstance(table, kind))
            kind.clear(table)
            (kind.extend if hasattr(kind, "extend") else kind.update)(table, self.contents)


class Frozen:
    """An object of somebody else's make, and a copy of it."""

    def __init__(self, value: Any, name: str, data: bytes | str) -> None:
        self.value = value
        self.name = name
        self.data = data

    def is_changed(self) -> bool:
        return _frozen(self.value) != self.data

    def change(self) -> Change:
        can = isinstance(self.data, bytes) and (
            hasattr(self.value, "__setstate__") or hasattr(self.value, "__dict__")
        )
        return Change(self.name, self.value, is_definition=False, lasting=not can)

    def put_back(self) -> None:
        if self.change().lasting:
            return
        copy = importlib.import_module("pickle").loads(self.data)
        if hasattr(self.value, "__setstate__"):
            self.value.__setstate__(copy.__reduce_ex__(2)[2])
        else:
            vars(self.value).clear()
            vars(self.value).update(vars(copy))


_TABLES = (collections.OrderedDict, dict, list, set, collections.deque, bytearray)
ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def _function_parts(function: types.FunctionType) -> tuple[Any, ...]:
    return function.__code__, function.__defaults__, function.__kwdefaults__


def is_own_memory(name: str) -> bool:
    """What begins with an underscore is the package's own memory (a cache) and may change."""
    return name.rpartition(".")[2].startswith("_")


def _inside(value: Any) -> list[Any]:
    """The functions, and the object, that a value is made around."""
    if isinstance(value, types.MethodType):
        return [value.__func__, value.__self__]
    if isinstance(value, property):
        return [value.fget, value.fset, value.fdel]
    if (
        isinstance(value, staticmethod | classmethod)
        or type(value).__qualname__ == "_lru_cache_wrapper"
    ):
        return [value.__wrapped__]
    return [value.func] if type(value).__module__ == "functools" and hasattr(value, "func") else []


def _is_definition(value: object) -> bool:
    programs = (type, types.ModuleType, types.FunctionType, types.BuiltinFunctionType)
    return (
        isinstance(value, programs)
        or hasattr(type(value), "__get__")
        or hasattr(value, "__wrapped__")
    )


def slots_of(value: object) -> list[str]:
    """The names of an object's slots."""
    members = [item for cls in type(value).__mro__ for item in vars(cls).items()]
    return [name for name, member in members if isinstance(member, types.MemberDescriptorType)]


def _contents(table: Any) -> list[Any]:
    if isinstance(table, Slots):
        return [
            (name, getattr(table.owner, name)) for name in table.names if hasattr(table.owner, name)
        ]
    if isinstance(table, types.CellType):
        return held_by(table)
    return list(dict.items(table)) if isinstance(table, dict) else list(table)


def held_by(cell: types.CellType) -> list[Any]:
    try:
        return [cell.cell_contents]
    except ValueError:
        return []


def _identity(one: Any) -> tuple[int, ...]:
    return tuple(map(id, one if isinstance(one, tuple) else (one,)))


def _flat(contents: list[Any]) -> list[Any]:
    return [part for one in contents for part in (one if isinstance(one, tuple) else (one,))]


def _same_contents(a: list[Any], b: list[Any]) -> bool:
    def equal(x: Any, y: Any) -> bool:
        if isinstance(x, tuple) and isinstance(y, tuple) and len(x) == len(y):
            return x is y or all(map(same, x, y))
        return same(x, y)

    return len(a) == len(b) and all(map(equal, a, b))


def _frozen(value: Any) -> bytes | str:
    """A copy of an object, or its description; "" if it has neither."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            data: bytes = importlib.import_module("pickle").dumps(value)
            return data
        except Exception:
            return described(value)


def described(value: Any) -> str:
    """How an object describes itself; "" if that says no more than where it lies."""
    try:
        text = repr(value)
    except Exception:
        return ""
    return "" if ADDRESS.search(text) else text


def _changed(
    then: Mapping[str, Any], now: Mapping[str, Any], noise: frozenset[str], name: str, owner: object
) -> Iterator[Change]:
    missing = object()
    for key in dict.fromkeys([*then, *now]):
        a, b = then.get(key, missing), now.get(key, missing)
        if key in noise or same(a, b) or isinstance(b, types.ModuleType) and a is missing:
            continue
        yield Change(
            f"{name}.{key}", owner, b is missing or _is_definition(a) or _is_definition(b), key
        )


def _put_back(owner: Any, key: str, then: Mapping[str, Any]) -> None:
    """Give a name of a module or class the meaning that it had, if it had one."""
    if isinstance(owner, type):
        if key in then:
            type.__setattr__(owner, key, then[key])
        else:
            type.__delattr__(owner, key)
    elif key in then:
        vars(owner)[key] = then[key]
    else:
        del vars(owner)[key]


def a_kind(value: object) -> str:
    return "None" if value is None else f"a {type(value).__name__}"
