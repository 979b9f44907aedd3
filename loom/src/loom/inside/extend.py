"""Open a class again: the `@extend` of the chapters and of a reader's own notebook."""

from __future__ import annotations

import abc
import gc
import importlib
import sys
import types
from typing import Any, TypeVar, cast

T = TypeVar("T")

_NOT_MEMBERS = frozenset(
    """__module__ __qualname__ __dict__ __weakref__ __doc__ __annotations__ __annotate__
    __annotate_func__ __annotations_cache__ __conditional_annotations__ __classdictcell__
    __type_params__ __firstlineno__ __static_attributes__ __slotnames__ __hash__""".split()
)


def extend(reopening: T) -> T:
    """Open an existing class again: `@extend class Value: …` gives `Value` the members of this
    body.

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
            raise TypeError(
                f"@extend: {name!r} is a slot of {cls.__name__} and cannot be a member of the "
                "class too"
            )
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
        raise TypeError(
            f"@extend class {name}: a class keeps its bases when it is opened again; write none"
        )
    if "__slots__" in vars(reopening):
        raise TypeError(
            f"@extend class {name}: a class keeps its __slots__ when it is opened again; write none"
        )
    if reopening.__doc__ is not None:
        raise TypeError(
            f"@extend class {name}: the docstring belongs where the class is first written"
        )
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
            f"@extend class {name}: the metaclass {type(found).__name__} saw the whole class once "
            "and cannot see more"
        )
    return found


def _check_methods_only(reopening: type, found: type) -> None:
    """An enum, a named tuple: made of what the body held, it can gain methods and nothing else."""
    added = {name: value for name, value in vars(reopening).items() if name not in _NOT_MEMBERS}
    fields = vars(reopening).get("__annotations__") or getattr(reopening, "__annotate__", None)
    if fields or any(
        name.startswith("_") or not hasattr(value, "__get__") for name, value in added.items()
    ):
        kind = f"the metaclass {type(found).__name__}" if type(found) is not type else "NamedTuple"
        raise TypeError(
            f"@extend class {found.__name__}: {kind} saw the whole class once and lets in methods "
            "only"
        )


def _implied_hash_gives_way(reopening: object, cls: type, frame: types.FrameType) -> bool:
    """Python writes `__hash__ = None` into a body with `__eq__` alone;
    a hash written in any body wins.
    """
    if vars(reopening)["__hash__"] is not None or vars(cls).get("__hash__") is None:
        return False
    equal = getattr(vars(reopening).get("__eq__"), "__code__", None)
    bodies = [
        c for c in frame.f_code.co_consts if isinstance(c, types.CodeType) and equal in c.co_consts
    ]
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
