"""What each module offers: the names that a star brings, and no others."""

import ast
import importlib
import inspect
from pathlib import Path

import pytest

import micrograd

PACKAGE = Path(micrograd.__file__).parent
MODULES = sorted(path.stem for path in PACKAGE.glob("*.py"))


def defined(tree):
    """The names that the statements of a module define, imports apart."""
    names = set()
    for statement in tree.body:
        match statement:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
            case ast.Assign(targets=targets):
                names |= {target.id for target in targets if isinstance(target, ast.Name)}
            case ast.AnnAssign(target=ast.Name(id=name)):
                names.add(name)
    return names


def test_the_modules_are_found():
    assert {"__init__", "engine", "gradcheck", "nn", "compile"} <= set(MODULES)


@pytest.mark.parametrize("module", MODULES)
def test_a_star_brings_the_names_that_the_module_offers_and_no_others(module):
    brought = {}
    exec(f"from {'micrograd' if module == '__init__' else f'micrograd.{module}'} import *", brought)
    del brought["__builtins__"]
    offered = importlib.import_module(f"micrograd.{module}").__all__
    assert set(brought) == set(offered) and len(offered) == len(set(offered))


@pytest.mark.parametrize("module", [module for module in MODULES if module != "__init__"])
def test_what_a_module_offers_is_its_own_public_and_explained(module):
    loaded = importlib.import_module(f"micrograd.{module}")
    own = defined(ast.parse((PACKAGE / f"{module}.py").read_text()))
    for name in loaded.__all__:
        assert name in own and not name.startswith("_"), name
        thing = getattr(loaded, name)
        if inspect.isfunction(thing) or inspect.isclass(thing):
            assert thing.__doc__, name
