"""Executed and tangled code compared: what a chapter ran must be what the package will define."""

from __future__ import annotations

import copyreg
import importlib
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from loom.inside.state import (
    ADDRESS,
    ATOMS,
    CLASS_NOISE,
    MODULE_NOISE,
    a_kind,
    described,
    held_by,
    is_own_memory,
    slots_of,
)


class Comparison:
    """Are the definitions that ran those of the package?"""

    def __init__(
        self,
        executed: Mapping[str, types.ModuleType],
        tangled: Mapping[str, types.ModuleType],
        folders: tuple[str, str] = ("", ""),
    ) -> None:
        self.folders = folders
        self.seen: dict[
            tuple[int, int], object
        ] = {}  # holds on to what it has seen, so that no id is used twice
        self.executed = executed
        self.tangled = tangled
        self.differences: list[tuple[str, str, str]] = []  # module, definition, what differs
        for name in tangled:
            if name not in executed:
                self.differences.append((name, "", "no cell of the chapter ran"))
        both = [
            (name, vars(executed[name]), vars(tangled[name]))
            for name in tangled
            if name in executed
        ]
        for (
            name,
            a,
            b,
        ) in both:  # classes first: what differs in one is told there, not where it is used
            for key in b:
                if (
                    key in a
                    and isinstance(a[key], type)
                    and isinstance(b[key], type)
                    and b[key].__module__ == name
                ):
                    self.differences += (
                        (name, *found) for found in self._class(name, key, a[key], b[key])
                    )
        for name, a, b in both:
            self._values(name, a, b)

    def _values(self, name: str, a: Mapping[str, Any], b: Mapping[str, Any]) -> None:
        for key in dict.fromkeys([*b, *a]):
            if key in MODULE_NOISE or isinstance(b.get(key, a.get(key)), types.ModuleType):
                continue
            if key not in b:
                own = isinstance(a[key], types.FunctionType | type) and a[key].__module__ == name
                if own and a[key].__name__ == key:
                    self.differences.append(
                        (name, key, "it ran, but the package does not define it")
                    )
            elif key not in a:
                self.differences.append((name, key, "the package defines it, but it did not run"))
            elif why := self.why(a[key], b[key]):
                is_memory = isinstance(b[key], dict | list | set) or _UNCOMPARED in why
                if not (is_own_memory(key) and is_memory):
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
            (
                "the layout",
                lambda c: (c.__basicsize__, c.__itemsize__, c.__dictoffset__, c.__weakrefoffset__),
            ),
            ("the annotations", lambda c: list(_annotations(c).items())),
        ]
        for what, of in head:
            if of(ran) != of(tangled):
                yield name, f"{what} of the class"
                break
        for x, y in zip(
            (type(ran), *ran.__bases__), (type(tangled), *tangled.__bases__), strict=False
        ):
            if why := self.why(x, y):
                yield name, f"{x.__qualname__}, from which the class is made: {why}"
        a, b = vars(ran), vars(tangled)
        for key in dict.fromkeys([*b, *a]):
            if key in CLASS_NOISE:
                continue
            if key not in b:
                yield f"{name}.{key}", "it ran, but the package does not define it"
            elif key not in a:
                yield f"{name}.{key}", "the package defines it, but it did not run"
            elif (
                isinstance(a[key], type)
                and isinstance(b[key], type)
                and b[key].__module__ == module
            ):
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
            if not isinstance(a, (type, *ATOMS)):
                self.seen[id(a), id(b)] = a, b
            parts = [
                (x, y, f"{where}{what}: " if what else where) for x, y, what in self._parts(a, b)
            ]
            waiting += reversed(parts)
        return ""

    def _different(self, a: Any, b: Any) -> str:
        """What differs between two values themselves, apart from their parts."""
        if isinstance(a, type) and isinstance(b, type):
            return self._other_class(a, b)
        if (type(a).__module__, type(a).__qualname__) != (type(b).__module__, type(b).__qualname__):
            return f"{a_kind(a)} ran, {a_kind(b)} is tangled"
        if why := self._other_class(type(a), type(b)):
            return f"its class: {why}"
        if type(a) in ATOMS:
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
        if isinstance(a, type | types.CodeType | types.ModuleType) or type(a) in ATOMS:
            return
        if isinstance(a, types.FunctionType):
            yield a.__code__, b.__code__, ""
            yield a.__defaults__, b.__defaults__, "its defaults"
            yield a.__kwdefaults__, b.__kwdefaults__, "its defaults"
            yield a.__doc__, b.__doc__, "its docstring"
            yield repr(_annotations(a)), repr(_annotations(b)), "its annotations"
            yield vars(a), vars(b), "its attributes"
            yield (
                [*map(held_by, a.__closure__ or ())],
                [*map(held_by, b.__closure__ or ())],
                "what it closes over",
            )
        elif isinstance(a, property):
            yield from (
                (getattr(a, part), getattr(b, part), "")
                for part in ("fget", "fset", "fdel", "__doc__")
            )
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
        """Of an object what it could be made from again, as pickle would ask it;
        else what it says of itself.
        """
        kinds = type(a).__mro__
        own = type(a).__module__ in self.tangled
        if own:
            yield getattr(a, "__dict__", {}), getattr(b, "__dict__", {}), "its attributes"
            yield from (
                (getattr(a, name, None), getattr(b, name, None), f"its {name}")
                for name in slots_of(a)
            )
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
            elif (
                type(x) is not type(y)
                or x != y
                or (not isinstance(x, frozenset) and repr(x) != repr(y))
            ):
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
        yield a, Verdict(f"{a_kind(a)}, {_UNCOMPARED}; {remedy}"), ""


def _reduced(value: Any) -> Any:
    """What an object can be made from again; None if it does not say."""
    try:
        reduce = copyreg.dispatch_table.get(type(value))
        made = reduce(value) if reduce else value.__reduce_ex__(4)
    except Exception:
        return None
    if isinstance(made, str):  # it has a name by which it is found; a variable of types has more
        return [
            made,
            *(
                getattr(value, name, None)
                for name in ("__bound__", "__constraints__", "__supertype__")
            ),
        ]
    return [*made[:3], *(list(part) for part in made[3:5] if part is not None)]


def _is_replaced(cls: type, modules: Mapping[str, types.ModuleType]) -> bool:
    """Has another class taken the place of this one?"""
    found: Any = modules.get(cls.__module__)
    for part in cls.__qualname__.split("."):
        found = getattr(found, "__dict__", {}).get(part)
    return isinstance(found, type) and found is not cls


def _in_order(elements: Iterable[Any]) -> list[Any]:
    return sorted(elements, key=lambda one: ADDRESS.sub("", repr(one)))


def _default(variable: Any) -> Any:
    """The default of a context variable."""
    try:
        return importlib.import_module("contextvars").Context().run(variable.get)
    except LookupError:
        return None


_UNCOMPARED = "which cannot be compared"
# Locks, threads' own storage, caches: new ones hold nothing.
_EMPTY = (
    "_thread.",
    "weakref.",
    "_weakrefset.",
)


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


def _annotations(thing: Any) -> dict[str, str]:
    try:
        library = importlib.import_module("annotationlib")
        found = library.get_annotations(thing, format=library.Format.STRING)
    except ModuleNotFoundError:
        found = (
            vars(thing).get("__annotations__", {})
            if isinstance(thing, type)
            else thing.__annotations__
        )
    return {name: repr(annotation) for name, annotation in found.items()}
