"""What runs beside a chapter, inside the notebook's kernel.

`extend` opens a class again. `begin` starts a chapter: the package as the previous chapter left it
comes first on the path, and from then on every cell passes through a `Session`, which runs tangled
cells in their module, takes trial cells back and what others have left in the package's memory,
and refuses changes that no mark announces.
`end` closes the chapter: what was executed must be what the package will define.

Only the standard library is used here.
"""

from __future__ import annotations

import abc
import ast
import builtins
import collections
import contextlib
import copyreg
import gc
import hashlib
import importlib
import importlib.abc
import importlib.machinery
import json
import linecache
import os
import re
import sys
import types
import warnings
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn, TypeVar, cast

PLACE = "application/vnd.loom.place+json"
"""The output by which a failing cell tells the host where it failed."""

T = TypeVar("T")


class ChapterError(Exception):
    """A chapter that does not keep to the order of the book."""


# ---------------------------------------------------------------------------- extend

_NOT_MEMBERS = frozenset(
    """__module__ __qualname__ __dict__ __weakref__ __doc__ __annotations__ __annotate__ __annotate_func__
    __annotations_cache__ __conditional_annotations__ __classdictcell__ __type_params__ __firstlineno__
    __static_attributes__ __slotnames__ __hash__""".split()
)


def extend(reopening: T) -> T:
    """Open an existing class again: `@extend class Value: …` gives `Value` the members of this body.

    The class is found by its name where the statement stands and is changed in place, so that
    objects made earlier gain the members too. The meaning is that of one class body holding both.

    Raises NameError when there is no such class, TypeError for a reopening with bases, a docstring,
    `__slots__`, another decorator, or a member that would take the place of a slot.
    """
    frame = sys._getframe(1)
    cls: Any = _class_to_extend(reopening, frame)
    members = {name: value for name, value in vars(reopening).items() if name not in _NOT_MEMBERS}
    for name in members:
        if isinstance(vars(cls).get(name), types.MemberDescriptorType):
            raise TypeError(f"@extend: {name!r} is a slot of {cls.__name__} and cannot be a member of the class too")
    if "__hash__" in vars(reopening) and not _implied_hash_gives_way(reopening, cls, frame):
        members["__hash__"] = vars(reopening)["__hash__"]
    for cell in gc.get_referrers(reopening):  # what super() and __class__ refer to
        if type(cell) is types.CellType:
            cell.cell_contents = cls
    for name, value in members.items():
        setattr(cls, name, value)
    for name, value in members.items():
        named = getattr(type(value), "__set_name__", None)
        if named is not None:
            named(value, cls, name)
    _merge_annotations(cls, reopening)
    if "__static_attributes__" in vars(cls):
        both = {*vars(cls)["__static_attributes__"], *vars(reopening)["__static_attributes__"]}
        cls.__static_attributes__ = tuple(sorted(both))
    abc.update_abstractmethods(cls)
    return cast(T, cls)


def _class_to_extend(reopening: object, frame: types.FrameType) -> Any:
    if not isinstance(reopening, type) or "__dataclass_fields__" in vars(reopening):
        raise TypeError("@extend is the only decorator of a class that is opened again")
    name = reopening.__name__
    if reopening.__bases__ != (object,) or type(reopening) is not type:
        raise TypeError(f"@extend class {name}: a class keeps its bases when it is opened again; write none")
    if "__slots__" in vars(reopening):
        raise TypeError(f"@extend class {name}: a class keeps its __slots__ when it is opened again; write none")
    if reopening.__doc__ is not None:
        raise TypeError(f"@extend class {name}: the docstring belongs where the class is first written")
    for namespace in (frame.f_locals, frame.f_globals):
        if name in namespace:
            found = namespace[name]
            break
    else:
        raise NameError(f"@extend class {name}: there is no class {name} here to extend", name=name)
    if not isinstance(found, type):
        raise TypeError(f"@extend class {name}: {name} is {found!r}, not a class")
    if not found.__flags__ & 1 << 9:  # a heap type, one that a class statement made
        raise TypeError(f"@extend class {name}: {name} is built in and cannot be changed")
    if type(found).__module__ == "enum" or issubclass(found, tuple) and hasattr(found, "_fields"):
        _check_methods_only(reopening, found)
    elif type(found) not in (type, abc.ABCMeta):
        raise TypeError(
            f"@extend class {name}: the metaclass {type(found).__name__} saw the whole class once and cannot see more"
        )
    return found


def _check_methods_only(reopening: type, found: type) -> None:
    """An enum, a named tuple: made of what the body held, it can gain methods and nothing else."""
    added = {name: value for name, value in vars(reopening).items() if name not in _NOT_MEMBERS}
    fields = vars(reopening).get("__annotations__") or getattr(reopening, "__annotate__", None)
    if fields or any(name.startswith("_") or not hasattr(value, "__get__") for name, value in added.items()):
        kind = f"the metaclass {type(found).__name__}" if type(found) is not type else "NamedTuple"
        raise TypeError(f"@extend class {found.__name__}: {kind} saw the whole class once and lets in methods only")


def _implied_hash_gives_way(reopening: object, cls: type, frame: types.FrameType) -> bool:
    """Python writes `__hash__ = None` into a body with `__eq__` alone; a hash written in any body wins."""
    if vars(reopening)["__hash__"] is not None or vars(cls).get("__hash__") is None:
        return False
    equal = getattr(vars(reopening).get("__eq__"), "__code__", None)
    bodies = [c for c in frame.f_code.co_consts if isinstance(c, types.CodeType) and equal in c.co_consts]
    return equal is not None and not any("__hash__" in body.co_names for body in bodies)


def _merge_annotations(cls: Any, reopening: Any) -> None:
    later = getattr(reopening, "__annotate__", None)
    if later is None:  # before Python 3.14, or under `from __future__ import annotations`
        added = vars(reopening).get("__annotations__")
        if added:
            cls.__annotations__ = {**cls.__annotations__, **added}
        return
    earlier = cls.__annotate__
    stored = dict(cls.__annotations__) if earlier is None else {}

    def annotate(form: Any, /) -> dict[str, Any]:
        annotationlib = importlib.import_module("annotationlib")
        both = dict(stored)
        for one in (earlier, later):
            if one is not None:
                both.update(annotationlib.call_annotate_function(one, form, owner=cls))
        return both

    cls.__annotate__ = annotate


# ---------------------------------------------------------------------------- the package's state

_MODULE_NOISE = frozenset(
    """__builtins__ __cached__ __file__ __loader__ __name__ __package__ __path__ __spec__ __annotations__ __annotate__
    __annotate_func__ __conditional_annotations__ __warningregistry__""".split()
)
_CLASS_NOISE = frozenset(
    """__module__ __dict__ __weakref__ __annotations__ __annotate__ __annotate_func__ __annotations_cache__
    __conditional_annotations__ __classdictcell__ __firstlineno__ __static_attributes__ __slotnames__ _abc_impl
    __abstractmethods__ __orig_bases__ __parameters__ __qualname__ __type_params__""".split()
)
_ATOMS = (type(None), bool, int, float, complex, str, bytes, type(Ellipsis), type(NotImplemented), range)


def belongs(name: str | None, package: str) -> bool:
    """Is this the name of the package or of a module in it?"""
    return name is not None and (name == package or name.startswith(package + "."))


def package_modules(package: str) -> dict[str, types.ModuleType]:
    """The package's modules that are imported, by name."""
    return {name: m for name, m in sorted(sys.modules.items()) if belongs(name, package) and m is not None}


def same(a: object, b: object) -> bool:
    """The same object, or equal numbers, strings and the like."""
    return a is b or (type(a) is type(b) and isinstance(a, _ATOMS) and repr(a) == repr(b))


class State:
    """The package at one moment: every module, class, function, table and object, with what each held."""

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
            waiting += ((value, f"{name}.{key}") for key, value in vars(module).items() if key not in _MODULE_NOISE)
        while waiting:
            value, name = waiting.pop()
            if id(value) not in self.seen and not isinstance(value, (*_ATOMS, types.ModuleType)):
                self.seen[id(value)] = value
                waiting += self._visit(value, name)

    def _visit(self, value: Any, name: str) -> Iterable[tuple[Any, str]]:
        """Remember what a value holds; the result is what it leads to."""
        if isinstance(value, type):
            if not belongs(value.__module__, self.package):
                return []
            name = f"{value.__module__}.{value.__qualname__}"
            self.classes[id(value)] = value, name, dict(vars(value)), value.__bases__
            return [(member, f"{name}.{key}") for key, member in vars(value).items() if key not in _CLASS_NOISE]
        if isinstance(value, types.FunctionType):
            if not belongs(value.__module__, self.package):
                return []
            self.functions[id(value)] = value, name, _function_parts(value)
            parts = [*(value.__defaults__ or ()), *(value.__kwdefaults__ or {}).values(), *(value.__closure__ or ())]
            return [*self._hold(vars(value), name, value), *((part, name) for part in parts)]
        if isinstance(value, tuple | frozenset):
            return [(part, name) for part in value]
        found = self._hold(value, name, value) if isinstance(value, (*_TABLES, types.CellType)) else []
        if belongs(type(value).__module__, self.package):
            if hasattr(value, "__dict__"):
                found += self._hold(vars(value), name, value)
            return found + self._hold(Slots(value), name, value)
        found += [(part, name) for part in _inside(value)]
        is_program = callable(value) or hasattr(type(value), "__get__")
        if not found and not is_program and id(value) not in self.memory and (data := _frozen(value)):
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
                found.append(Change(f"the bases of {name}", cls, is_definition=True, key="__bases__"))
        for function, name, parts in self.functions.values():
            if not all(map(same, _function_parts(function), parts)):
                found.append(Change(name, function, is_definition=True, key="__code__"))
        return found + [held.change() for held in self.memory.values() if held.is_changed()]

    def _spaces(self) -> Iterator[tuple[Any, Mapping[str, Any], list[Change]]]:
        """Each module and class, the names that it had, and those that have changed."""
        for name, (module, then) in self.modules.items():
            yield module, then, list(_changed(then, vars(module), _MODULE_NOISE, name, module))
        for cls, name, members, _ in self.classes.values():
            yield cls, members, list(_changed(members, vars(cls), _CLASS_NOISE, name, cls))

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
                function.__code__, function.__defaults__, function.__kwdefaults__ = code, defaults, kwdefaults
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

    def __init__(self, name: str, owner: object, is_definition: bool, key: str = "", lasting: bool = False) -> None:
        self.name = name
        self.owner = owner
        self.is_definition = is_definition
        self.key = key  # of a module or a class
        self.lasting = lasting  # nothing can put it back

    @property
    def is_private(self) -> bool:
        """Is it something that the package remembers under a name of its own?"""
        return self.key == "" and _private(self.name)


class Slots:
    """The slots of an object, as a table."""

    def __init__(self, owner: object) -> None:
        self.owner = owner
        self.names = _slots(owner)


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
        can = isinstance(self.data, bytes) and (hasattr(self.value, "__setstate__") or hasattr(self.value, "__dict__"))
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
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def _function_parts(function: types.FunctionType) -> tuple[Any, ...]:
    return function.__code__, function.__defaults__, function.__kwdefaults__


def _private(name: str) -> bool:
    """What begins with an underscore is the package's own memory (a cache) and may change."""
    return name.rpartition(".")[2].startswith("_")


def _inside(value: Any) -> list[Any]:
    """The functions, and the object, that a value is made around."""
    if isinstance(value, types.MethodType):
        return [value.__func__, value.__self__]
    if isinstance(value, property):
        return [value.fget, value.fset, value.fdel]
    if isinstance(value, staticmethod | classmethod) or type(value).__qualname__ == "_lru_cache_wrapper":
        return [value.__wrapped__]
    return [value.func] if type(value).__module__ == "functools" and hasattr(value, "func") else []


def _is_definition(value: object) -> bool:
    programs = (type, types.ModuleType, types.FunctionType, types.BuiltinFunctionType)
    return isinstance(value, programs) or hasattr(type(value), "__get__") or hasattr(value, "__wrapped__")


def _slots(value: object) -> list[str]:
    """The names of an object's slots."""
    members = [item for cls in type(value).__mro__ for item in vars(cls).items()]
    return [name for name, member in members if isinstance(member, types.MemberDescriptorType)]


def _contents(table: Any) -> list[Any]:
    if isinstance(table, Slots):
        return [(name, getattr(table.owner, name)) for name in table.names if hasattr(table.owner, name)]
    if isinstance(table, types.CellType):
        return _cell(table)
    return list(dict.items(table)) if isinstance(table, dict) else list(table)


def _cell(cell: types.CellType) -> list[Any]:
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
    return "" if _ADDRESS.search(text) else text


def _changed(
    then: Mapping[str, Any], now: Mapping[str, Any], noise: frozenset[str], name: str, owner: object
) -> Iterator[Change]:
    missing = object()
    for key in dict.fromkeys([*then, *now]):
        a, b = then.get(key, missing), now.get(key, missing)
        if key in noise or same(a, b) or isinstance(b, types.ModuleType) and a is missing:
            continue
        yield Change(f"{name}.{key}", owner, b is missing or _is_definition(a) or _is_definition(b), key)


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


# ---------------------------------------------------------------------------- executed = tangled


class Comparison:
    """Are the definitions that ran those of the package?"""

    def __init__(
        self,
        executed: Mapping[str, types.ModuleType],
        tangled: Mapping[str, types.ModuleType],
        folders: tuple[str, str] = ("", ""),
    ) -> None:
        self.folders = folders  # the names of those that the two lie in: `Path(__file__)` may differ by them
        self.seen: dict[tuple[int, int], object] = {}  # holds on to what it has seen, so that no id is used twice
        self.executed = executed
        self.tangled = tangled
        self.differences: list[tuple[str, str, str]] = []  # module, definition, what differs
        for name in tangled:
            if name not in executed:
                self.differences.append((name, "", "no cell of the chapter ran"))
        both = [(name, vars(executed[name]), vars(tangled[name])) for name in tangled if name in executed]
        for name, a, b in both:  # classes first: what differs in one is told there, not where it is used
            for key in b:
                if key in a and isinstance(a[key], type) and isinstance(b[key], type) and b[key].__module__ == name:
                    self.differences += ((name, *found) for found in self._class(name, key, a[key], b[key]))
        for name, a, b in both:
            self._values(name, a, b)

    def _values(self, name: str, a: Mapping[str, Any], b: Mapping[str, Any]) -> None:
        for key in dict.fromkeys([*b, *a]):
            if key in _MODULE_NOISE or isinstance(b.get(key, a.get(key)), types.ModuleType):
                continue
            if key not in b:
                own = isinstance(a[key], types.FunctionType | type) and a[key].__module__ == name
                if own and a[key].__name__ == key:
                    self.differences.append((name, key, "it ran, but the package does not define it"))
            elif key not in a:
                self.differences.append((name, key, "the package defines it, but it did not run"))
            elif why := self.why(a[key], b[key]):
                is_memory = isinstance(b[key], dict | list | set) or _UNCOMPARED in why
                if not (_private(key) and is_memory):
                    self.differences.append((name, key, why))

    def _class(self, module: str, name: str, ran: type, tangled: type) -> Iterator[tuple[str, str]]:
        """The definitions that differ in a class, each with what differs."""
        if (id(ran), id(tangled)) in self.seen:
            return
        self.seen[id(ran), id(tangled)] = ran, tangled
        head: list[tuple[str, Callable[[Any], object]]] = [
            ("the name", lambda c: (c.__module__, c.__qualname__)),
            ("the bases", lambda c: [(b.__module__, b.__qualname__) for b in c.__bases__]),
            ("the metaclass", lambda c: type(c).__qualname__),
            ("the layout", lambda c: (c.__basicsize__, c.__itemsize__, c.__dictoffset__, c.__weakrefoffset__)),
            ("the annotations", lambda c: list(_annotations(c).items())),
        ]
        for what, of in head:
            if of(ran) != of(tangled):
                yield name, f"{what} of the class"
                break
        for x, y in zip((type(ran), *ran.__bases__), (type(tangled), *tangled.__bases__), strict=False):
            if why := self.why(x, y):
                yield name, f"{x.__qualname__}, from which the class is made: {why}"
        a, b = vars(ran), vars(tangled)
        for key in dict.fromkeys([*b, *a]):
            if key in _CLASS_NOISE:
                continue
            if key not in b:
                yield f"{name}.{key}", "it ran, but the package does not define it"
            elif key not in a:
                yield f"{name}.{key}", "the package defines it, but it did not run"
            elif isinstance(a[key], type) and isinstance(b[key], type) and b[key].__module__ == module:
                yield from self._class(module, f"{name}.{key}", a[key], b[key])
            elif why := self.why(a[key], b[key]):
                yield f"{name}.{key}", why

    def why(self, a: Any, b: Any) -> str:
        """What differs between two values, or "" when nothing does."""
        waiting: list[tuple[Any, Any, str]] = [(a, b, "")]
        while waiting:
            a, b, where = waiting.pop()
            if isinstance(b, Verdict):
                return where + b
            if a is b or (id(a), id(b)) in self.seen:
                continue
            if why := self._different(a, b):
                return where + why
            if not isinstance(a, (type, *_ATOMS)):
                self.seen[id(a), id(b)] = a, b
            parts = [(x, y, f"{where}{what}: " if what else where) for x, y, what in self._parts(a, b)]
            waiting += reversed(parts)
        return ""

    def _different(self, a: Any, b: Any) -> str:
        """What differs between two values themselves, apart from their parts."""
        if isinstance(a, type) and isinstance(b, type):
            return self._other_class(a, b)
        if (type(a).__module__, type(a).__qualname__) != (type(b).__module__, type(b).__qualname__):
            return f"{_a(a)} ran, {_a(b)} is tangled"
        if why := self._other_class(type(a), type(b)):
            return f"its class: {why}"
        if type(a) in _ATOMS:
            if isinstance(a, str) and self.folders[0] and a.replace(*self.folders) == b:
                return ""
            return "" if repr(a) == repr(b) else f"{a!r} ran, {b!r} is tangled"
        if isinstance(a, types.CodeType):
            return self._code(a, b)
        if isinstance(a, types.ModuleType):
            return "" if a.__name__ == b.__name__ else "another module"
        return ""

    def _other_class(self, a: type, b: type) -> str:
        if (a.__module__, a.__qualname__) != (b.__module__, b.__qualname__):
            return "another class"
        if a.__module__ not in self.tangled:
            return ""
        if _is_replaced(a, self.executed) and not _is_replaced(b, self.tangled):
            return f"it is the {a.__qualname__} that was replaced"
        return next((why for _, why in self._class(a.__module__, a.__qualname__, a, b)), "")

    def _parts(self, a: Any, b: Any) -> Iterator[tuple[Any, Any, str]]:
        if isinstance(a, type | types.CodeType | types.ModuleType) or type(a) in _ATOMS:
            return
        if isinstance(a, types.FunctionType):
            yield a.__code__, b.__code__, ""
            yield a.__defaults__, b.__defaults__, "its defaults"
            yield a.__kwdefaults__, b.__kwdefaults__, "its defaults"
            yield a.__doc__, b.__doc__, "its docstring"
            yield repr(_annotations(a)), repr(_annotations(b)), "its annotations"
            yield vars(a), vars(b), "its attributes"
            yield [*map(_cell, a.__closure__ or ())], [*map(_cell, b.__closure__ or ())], "what it closes over"
        elif isinstance(a, property):
            yield from ((getattr(a, part), getattr(b, part), "") for part in ("fget", "fset", "fdel", "__doc__"))
        elif isinstance(a, staticmethod | classmethod):
            yield a.__func__, b.__func__, ""
        elif type(a).__qualname__ == "_lru_cache_wrapper":
            yield a.__wrapped__, b.__wrapped__, ""
            yield a.cache_parameters(), b.cache_parameters(), "its cache"
        elif isinstance(a, types.BuiltinFunctionType):
            yield a.__qualname__, b.__qualname__, ""
            yield a.__self__, b.__self__, ""
        elif isinstance(a, types.MappingProxyType):
            yield dict(a), dict(b), ""
        else:
            yield from self._contents(a, b)
            if type(a) not in (dict, list, tuple, set, frozenset):
                yield from self._made(a, b)

    def _contents(self, a: Any, b: Any) -> Iterator[tuple[Any, Any, str]]:
        """What is in a table."""
        if isinstance(a, dict):
            yield list(a), list(b), "the keys"
            yield from ((a[x], b[y], f"[{x!r}]") for x, y in zip(a, b, strict=False))
        elif isinstance(a, list | tuple):
            yield len(a), len(b), "the length"
            yield from ((x, y, f"[{i}]") for i, (x, y) in enumerate(zip(a, b, strict=False)))
        elif isinstance(a, set | frozenset):
            yield len(a), len(b), "the length"
            yield from zip(_in_order(a), _in_order(b), ["the elements"] * len(a), strict=False)

    def _made(self, a: Any, b: Any) -> Iterator[tuple[Any, Any, str]]:
        """Of an object what it could be made from again, as pickle would ask it; else what it says of itself."""
        kinds = type(a).__mro__
        own = type(a).__module__ in self.tangled
        if own:
            yield getattr(a, "__dict__", {}), getattr(b, "__dict__", {}), "its attributes"
            yield from ((getattr(a, name, None), getattr(b, name, None), f"its {name}") for name in _slots(a))
        if any(f"{kind.__module__}.{kind.__qualname__}".startswith(_EMPTY) for kind in kinds):
            return
        if type(a).__qualname__ == "ContextVar":
            yield (a.name, _default(a)), (b.name, _default(b)), ""
            return
        if type(a).__qualname__ == "Struct":
            yield a.format, b.format, "its format"
            return
        x, y = _reduced(a), _reduced(b)
        if x is not None and y is not None:
            yield x, y, ""
        elif any(kind is not object and kind.__module__ not in self.tangled for kind in kinds):
            yield from _compared(a, b)

    def _code(self, a: types.CodeType, b: types.CodeType) -> str:
        for attribute, what in _CODE:
            if getattr(a, attribute, None) != getattr(b, attribute, None):
                return what
        if len(a.co_consts) != len(b.co_consts):
            return "its constants"
        for x, y in zip(a.co_consts, b.co_consts, strict=True):
            if isinstance(x, types.CodeType) and isinstance(y, types.CodeType):
                if why := self._code(x, y):
                    return why
            elif type(x) is not type(y) or x != y or (not isinstance(x, frozenset) and repr(x) != repr(y)):
                return "its constants"
        return ""


class Verdict(str):
    """What is said of two values that have no parts to compare."""


def _compared(a: Any, b: Any) -> Iterator[tuple[Any, Any, str]]:
    """What two values say of themselves."""
    try:
        if any("__eq__" in vars(kind) for kind in type(a).__mro__[:-1]) and a == b:
            return
    except Exception:  # it does not want to be compared
        pass
    if described(a) and described(b):
        yield described(a), described(b), ""
    else:
        remedy = "begin the name with an underscore if it is the module's own memory"
        yield a, Verdict(f"{_a(a)}, {_UNCOMPARED}; {remedy}"), ""


def _reduced(value: Any) -> Any:
    """What an object can be made from again; None if it does not say."""
    try:
        reduce = copyreg.dispatch_table.get(type(value))
        made = reduce(value) if reduce else value.__reduce_ex__(4)
    except Exception:
        return None
    if isinstance(made, str):  # it has a name by which it is found; a variable of types has more
        return [made, *(getattr(value, name, None) for name in ("__bound__", "__constraints__", "__supertype__"))]
    return [*made[:3], *(list(part) for part in made[3:5] if part is not None)]


def _is_replaced(cls: type, modules: Mapping[str, types.ModuleType]) -> bool:
    """Has another class taken the place of this one?"""
    found: Any = modules.get(cls.__module__)
    for part in cls.__qualname__.split("."):
        found = getattr(found, "__dict__", {}).get(part)
    return isinstance(found, type) and found is not cls


def _in_order(elements: Iterable[Any]) -> list[Any]:
    return sorted(elements, key=lambda one: _ADDRESS.sub("", repr(one)))


def _default(variable: Any) -> Any:
    """The default of a context variable."""
    try:
        return importlib.import_module("contextvars").Context().run(variable.get)
    except LookupError:
        return None


_UNCOMPARED = "which cannot be compared"
_EMPTY = ("_thread.", "weakref.", "_weakrefset.")  # locks, threads' own storage, caches: new ones hold nothing


_CODE = [
    ("co_name", "its name"),
    ("co_qualname", "its name"),
    ("co_argcount", "its arguments"),
    ("co_posonlyargcount", "its arguments"),
    ("co_kwonlyargcount", "its arguments"),
    ("co_varnames", "its local names"),
    ("co_names", "the names it uses"),
    ("co_freevars", "what it closes over"),
    ("co_cellvars", "what it closes over"),
    ("co_flags", "how it was compiled"),
    ("co_code", "its bytecode"),
    ("co_exceptiontable", "its bytecode"),
]


def _a(value: object) -> str:
    return "None" if value is None else f"a {type(value).__name__}"


def _annotations(thing: Any) -> dict[str, str]:
    try:
        library = importlib.import_module("annotationlib")
        found = library.get_annotations(thing, format=library.Format.STRING)
    except ModuleNotFoundError:
        found = vars(thing).get("__annotations__", {}) if isinstance(thing, type) else thing.__annotations__
    return {name: repr(annotation) for name, annotation in found.items()}


# ---------------------------------------------------------------------------- a chapter's cells


class Step:
    """One code cell of the chapter, as the plan describes it; its source arrives when it runs."""

    def __init__(self, path: str, plan: Mapping[str, Any]) -> None:
        self.path = path
        self.digest: str = plan["digest"]
        self.line: int = plan["line"]
        self.rows: int = plan["rows"]
        self.target: str | None = plan["target"]
        self.trial: bool = plan["trial"]
        self.rebuild: dict[str, Any] = plan["rebuild"]

    @property
    def place(self) -> str:
        return f"{self.path}:{self.line}"

    def failed_at(self, error: BaseException | None) -> int:
        """The line, within this cell, that was running when the error was raised."""
        line, traceback = self.line, getattr(error, "__traceback__", None)
        while traceback is not None:
            inside = self.line <= traceback.tb_lineno < self.line + self.rows
            if traceback.tb_frame.f_code.co_filename == self.path and inside:
                line = traceback.tb_lineno
            traceback = traceback.tb_next
        return line


def look_again() -> None:
    """Forget what lies in the folders of the path.

    `importlib.invalidate_caches()` does that too, and imports `importlib.metadata` for it, of which a
    page's Python has no need and would have to wait for.
    """
    for folder, finder in list(sys.path_importer_cache.items()):
        if finder is None:
            del sys.path_importer_cache[folder]
        elif isinstance(finder, importlib.machinery.FileFinder):
            finder.invalidate_caches()


def digest(source: str) -> str:
    """What a cell is recognised by."""
    return hashlib.sha256(source.encode()).hexdigest()


def module_name(target: str) -> str:
    """`pkg/sub/x.py` → `pkg.sub.x`; `pkg/__init__.py` → `pkg`."""
    parts = target.removesuffix(".py").split("/")
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


class Session:
    """One run of one chapter: its plan, its notebook's names, and the package as it grows."""

    def __init__(self, plan: Mapping[str, Any], names: dict[str, Any]) -> None:
        self.plan = plan
        self.names = names
        self.package: str = plan["package"]
        self.steps = [Step(plan["path"], cell) for cell in plan["cells"]]
        self.next = 0
        self.lines: list[str] = []
        self.trial: tuple[State, dict[str, Any]] | None = None
        self.complaints: list[str] = []
        self.used: set[str] = set()  # the package's own memory that was changed, and cannot be put back
        for folder in [*reversed(plan["paths"]), plan["before"]]:
            sys.path.insert(0, folder)
        sys.meta_path.insert(0, _Finder(self.package))
        for name in package_modules(self.package):
            del sys.modules[name]
        look_again()
        self._import_all(plan["before"])
        self.told = self.now = State(self.package)  # as the tangled text makes it; as the last cell left it

    def _import_all(self, folder: str) -> None:
        for path in sorted(Path(folder).rglob("*.py")):
            if path.name != "__main__.py":
                name = module_name(path.relative_to(folder).as_posix())
                try:
                    with plain_builtins():
                        importlib.import_module(name)
                except Exception as error:
                    before = "begins with" if folder == self.plan["before"] else "leaves"
                    told = f"the package that {self.plan['path']} {before} cannot be imported: {name}: "
                    raise ChapterError(f"{told}{type(error).__name__}: {error}") from error

    # Which cell is this?

    def step(self, source: str) -> Step | None:
        """The next cell of the chapter with this source; None for code that is no cell of it."""
        key = digest(source)
        for index in range(self.next, len(self.steps)):
            if self.steps[index].digest == key:
                self.next = index + 1
                self._show(self.steps[index], source)
                return self.steps[index]
        return None

    def _show(self, step: Step, source: str) -> None:
        """Let tracebacks and `inspect.getsource` find the cell's lines under the chapter's name."""
        rows = source.splitlines()
        self.lines += [""] * (step.line - 1 + len(rows) - len(self.lines))
        self.lines[step.line - 1 : step.line - 1 + len(rows)] = rows
        lines = [line + "\n" for line in self.lines]
        linecache.cache[step.path] = (sum(map(len, lines)), None, lines, step.path)

    # Tangled cells

    def run_tangled(self, step: Step, source: str) -> None:
        """Run a tangled cell in its module and bind what it defines in the notebook."""
        assert step.target is not None
        self.take_back()
        module = self.module(step.target)
        held = {name: value for name, value in vars(module).items() if not isinstance(value, _ATOMS)}
        tree = ast.parse(source)
        flags = _flags(self.plan["futures"].get(step.target, ()))
        for statement in tree.body:
            if isinstance(statement, ast.ClassDef) and statement.name in step.rebuild and not _is_extended(statement):
                code = _relocated(step.rebuild[statement.name], flags)
            else:
                ast.increment_lineno(statement, step.line - 1)
                code = _compiled(statement, step.path, flags)
            exec(code, vars(module))
        self._follow(module, held)
        for name in _bound(tree.body):
            if name in vars(module):
                self.names[name] = vars(module)[name]
        self.told = self.now = State(self.package)

    def module(self, target: str) -> types.ModuleType:
        """The module of a target; new ones are made and wired into their package."""
        name = module_name(target)
        if name in sys.modules:
            return sys.modules[name]
        parent, _, last = name.rpartition(".")
        above = self.module(f"{parent.replace('.', '/')}/__init__.py") if parent else None
        module = types.ModuleType(name)
        file = str(Path(self.plan["before"], target))
        is_package = target.endswith("__init__.py")
        spec = importlib.machinery.ModuleSpec(name, None, origin=file, is_package=is_package)
        if is_package:
            module.__path__ = spec.submodule_search_locations = [os.path.dirname(file)]
        module.__spec__, module.__file__ = spec, file
        module.__package__ = name if is_package else parent
        sys.modules[name] = module
        if above is not None:
            setattr(above, last, module)
        return module

    def _follow(self, module: types.ModuleType, held: Mapping[str, Any]) -> None:
        """Other modules that imported a definition get the one that replaces it."""
        for name, old in held.items():
            new = vars(module).get(name, old)
            if new is old or isinstance(old, types.ModuleType):
                continue
            for other in package_modules(self.package).values():
                for key in [key for key, value in vars(other).items() if value is old]:
                    vars(other)[key] = new

    # Trial cells, and all others

    def before_cell(self, step: Step) -> None:
        if step.trial and self.trial is None:
            held = {name: value for name, value in self.names.items() if self.now.holds(value)}
            self.trial = self.now, held

    def after_cell(self, step: Step, nodes: Iterable[ast.stmt] = ()) -> None:
        """Raise when a cell changed what cannot be put back, or an unmarked one what the book tangles.

        A cell may use what counts, registers or remembers; it may not itself assign to the package.
        """
        changes = self.now.changes()
        self.used |= {change.name for change in changes if change.lasting and change.is_private}
        changes = [change for change in changes if not change.is_private]
        self._check_lasting(step, [change for change in changes if change.lasting])
        if not step.trial:
            targets = {id(one) for node in nodes for one in _assigned(node, self.names)}
            self._check_own(step, [one for one in changes if one.is_definition or id(one.owner) in targets])
        self.now = State(self.package)

    def _check_lasting(self, step: Step, changes: list[Change]) -> None:
        if changes:
            names = ", ".join(f"{change.name} ({_a(change.owner)})" for change in changes)
            remedy = "Begin the name with an underscore if it is the module's own memory"
            self._complain(f"{step.place}: this cell changes {names}, which cannot be put back. {remedy}")

    def _check_own(self, step: Step, changes: list[Change]) -> None:
        if changes:
            self.now.restore()
            names = ", ".join(dict.fromkeys(change.name for change in changes))
            self._complain(
                f"{step.place}: this cell changes {names}, which the book tangles. "
                "Mark the cell `:trial: true` if the change is for the moment; give it `:tangle:` if it is to stay"
            )

    def _complain(self, complaint: str) -> NoReturn:
        self.complaints.append(complaint)
        raise ChapterError(complaint)

    def take_back(self) -> None:
        """Put the package back as its tangled text has made it, and the notebook's names for its parts, too."""
        if self.trial is not None:
            state, held = self.trial
            state.restore()
            self.names.update(held)
            self.trial = None
        self.told.restore(definitions=False)
        self.now = State(self.package)

    # The end

    def end(self) -> None:
        """Raise unless the chapter executed what the package now defines."""
        self.take_back()
        after = self.plan["after"]
        if after is not None:
            executed = package_modules(self.package)
            folders = Path(self.plan["before"]).name, Path(after).name
            differences = Comparison(executed, self._fresh(after), folders).differences
            places = self.plan["places"]
            for module, name, why in differences:
                if f"{module}.{name}" in self.used:
                    continue
                where = places.get(f"{module}.{name}") or places.get(f"{module}.{name.rpartition('.')[0]}")
                where = where or next((p for n, p in places.items() if n.startswith(f"{module}.")), self.plan["path"])
                self.complaints.append(f"{where}: {f'{module}.{name}'.rstrip('.')} is not what the chapter ran: {why}")
        if self.complaints:
            raise ChapterError("\n".join(dict.fromkeys(self.complaints)))

    def _fresh(self, folder: str) -> dict[str, types.ModuleType]:
        """The package as it lies in a folder, imported beside the one that is running."""
        running = package_modules(self.package)
        for name in running:
            del sys.modules[name]
        sys.path.insert(0, folder)
        look_again()
        try:
            self._import_all(folder)
            return package_modules(self.package)
        finally:
            sys.path.remove(folder)
            for name in package_modules(self.package):
                del sys.modules[name]
            sys.modules.update(running)


def _bound(statements: list[ast.stmt]) -> Iterator[str]:
    """The names that these statements bind, in order."""
    for statement in statements:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield statement.name
        elif isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
            continue
        elif isinstance(statement, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in statement.names)
        elif isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            for target in targets:
                yield from (node.id for node in ast.walk(target) if isinstance(node, ast.Name))
        elif isinstance(statement, ast.If):
            yield from _bound([*statement.body, *statement.orelse])
        elif isinstance(statement, ast.Try):
            yield from _bound([*statement.body, *statement.orelse, *statement.finalbody])
            for handler in statement.handlers:
                yield from _bound(handler.body)


_MUTATING = frozenset(
    """append appendleft extend extendleft insert remove pop popleft popitem clear update setdefault add discard sort
    reverse rotate move_to_end subtract difference_update intersection_update symmetric_difference_update""".split()
)


def _assigned(tree: ast.AST, names: Mapping[str, Any]) -> Iterator[object]:
    """The objects that some code itself assigns to, deletes from or tells to change."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
            yield _meant(node.value, names)
        elif isinstance(node, ast.AugAssign):
            yield _meant(node.target, names)
        elif isinstance(node, ast.ClassDef) and _is_extended(node):
            yield names.get(node.name)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _MUTATING:
            yield _meant(node.func.value, names)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("setattr", "delattr"):
            yield from (_meant(argument, names) for argument in node.args[:1])


def _meant(node: ast.expr, names: Mapping[str, Any]) -> Any:
    """What `a.b['c']` is, as far as it can be told without running anything."""
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Attribute):
        owner = _meant(node.value, names)
        spaces = owner.__mro__ if isinstance(owner, type) else (owner, *type(owner).__mro__)
        return next((vars(one)[node.attr] for one in spaces if node.attr in getattr(one, "__dict__", {})), None)
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        table: Any = _meant(node.value, names)
        with contextlib.suppress(LookupError, TypeError):
            return table[cast(Any, node.slice.value)] if isinstance(table, dict | list) else None
    return None


@contextlib.contextmanager
def plain_builtins() -> Iterator[None]:
    """Python without what a notebook adds to its builtins: no importer of the package will have that."""
    added = {name: value for name, value in vars(builtins).items() if not _is_plain(name, value)}
    for name in added:
        delattr(builtins, name)
    try:
        yield
    finally:
        vars(builtins).update(added)


def _is_plain(name: str, value: object) -> bool:
    owner = getattr(value, "__module__", None) or type(value).__module__
    known = {*sys.builtin_module_names, *sys.stdlib_module_names, "_sitebuiltins"}
    return name != "__IPYTHON__" and (name.startswith("__") or str(owner).partition(".")[0] in known)


def _is_extended(statement: ast.ClassDef) -> bool:
    return any(isinstance(d, ast.Name) and d.id == "extend" for d in statement.decorator_list)


def _flags(features: Iterable[str]) -> int:
    """The compiler's flags for features that a module imports from `__future__`."""
    flags = 0
    for feature in features:
        flags |= getattr(importlib.import_module("__future__"), feature).compiler_flag
    return flags


def _compiled(statement: ast.stmt, path: str, flags: int) -> types.CodeType:
    """One statement compiled by itself.

    Python compiles `name.method()` in another way when the file imports `name`. So that executed and
    tangled code can be compared, neither a cell nor a module is ever compiled in one piece here.
    """
    code: types.CodeType = compile(ast.Module([statement], []), path, "exec", flags=flags, dont_inherit=True)
    return code


class _Finder(importlib.abc.MetaPathFinder):
    """Finds the package's modules where Python does, and has them executed statement by statement."""

    def __init__(self, package: str) -> None:
        self.package = package

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if not belongs(name, self.package):
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and isinstance(spec.loader, importlib.machinery.SourceFileLoader):
            spec.loader = _Loader(name, spec.loader.path)
        return spec


class _Loader(importlib.machinery.SourceFileLoader):
    def exec_module(self, module: types.ModuleType) -> None:
        tree = ast.parse(self.get_data(self.path), self.path)
        futures = [n for n in tree.body if isinstance(n, ast.ImportFrom) and n.module == "__future__"]
        flags = _flags(alias.name for node in futures for alias in node.names)
        for statement in tree.body:
            exec(_compiled(statement, self.path, flags), vars(module))


def _relocated(rebuild: Mapping[str, Any], flags: int) -> types.CodeType:
    """Compile a class from its folded form, each member under the chapter and line it comes from."""
    places: list[list[Any] | None] = rebuild["lines"]
    known = next(place for place in places if place)
    origin = [known := place or known for place in places]
    tree = ast.parse(rebuild["source"])
    for node in ast.walk(tree):
        if isinstance(node, ast.expr | ast.stmt | ast.excepthandler | ast.arg | ast.keyword | ast.alias | ast.pattern):
            first, last = origin[node.lineno - 1][1], origin[(node.end_lineno or node.lineno) - 1][1]
            node.lineno, node.end_lineno = first, max(first, last)
            if first >= last:
                node.end_col_offset = max(node.end_col_offset or 0, node.col_offset)
    files = {line: path for path, line in reversed(origin)}

    def move(code: types.CodeType) -> types.CodeType:
        path = files.get(code.co_firstlineno, code.co_filename)
        consts = tuple(move(c) if isinstance(c, types.CodeType) else c for c in code.co_consts)
        return code.replace(co_filename=path, co_consts=consts)

    return move(_compiled(tree.body[0], origin[0][0], flags))


# ---------------------------------------------------------------------------- the notebook's side


def begin(chapter: str, key: str) -> None:
    """Start a chapter in this kernel; the first, hidden cell of its notebook."""
    shell = _shell()
    plan = json.loads(Path(os.environ["LOOM_PLAN"]).read_text(encoding="utf-8"))
    if (plan["chapter"], plan["key"]) != (chapter, key):
        raise ChapterError(f"{chapter}: the notebook and its plan do not belong together; build again")
    builtins.extend = extend  # type: ignore[attr-defined]
    shell.InteractiveTB.set_mode("Minimal")
    warnings.formatwarning = lambda message, category, *_, **__: f"{category.__name__}: {message}\n"
    session = Session(plan, shell.user_ns)
    shell.loom = session
    shell.run_ast_nodes = hooked(shell, session)


def end() -> None:
    """Close the chapter; the last, hidden cell of its notebook."""
    _shell().loom.end()


def _shell() -> Any:
    get_ipython = getattr(builtins, "get_ipython", None) or vars(sys.modules["IPython"])["get_ipython"]
    return get_ipython()


def hooked(shell: Any, session: Session) -> Callable[..., Awaitable[bool]]:
    """IPython's `run_ast_nodes`, passing the chapter's cells through the session."""
    run = shell.run_ast_nodes

    async def run_ast_nodes(
        nodes: list[ast.stmt],
        name: str,
        interactivity: str = "last_expr",
        compiler: Any = compile,
        result: Any = None,
    ) -> bool:
        source: str = getattr(getattr(result, "info", None), "raw_cell", "")
        step = session.step(source) if source else None
        if step is None:
            return bool(await run(nodes, name, interactivity=interactivity, compiler=compiler, result=result))
        raised = False
        try:
            if step.target is not None:
                session.run_tangled(step, source)
            else:
                session.before_cell(step)
                for node in nodes:
                    ast.increment_lineno(node, step.line - 1)
                raised = bool(
                    await run(nodes, step.path, interactivity=interactivity, compiler=compiler, result=result)
                )
                session.after_cell(step, nodes)
        except Exception as error:
            raised, result.error_in_exec = True, error
            shell.showtraceback(running_compiled_code=True)
        if raised:
            place = {"path": step.path, "line": step.failed_at(result.error_in_exec)}
            shell.display_pub.publish({PLACE: place})
        return raised

    return run_ast_nodes
