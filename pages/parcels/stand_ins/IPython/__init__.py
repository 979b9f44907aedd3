"""The parts of IPython that cells use."""

from collections.abc import Callable

from . import display as display


class _Events:
    def __init__(self) -> None:
        self.after_cells: list[Callable[[], object]] = []

    def register(self, event: str, function: Callable[[], object]) -> None:
        if event == "post_execute":
            self.after_cells.append(function)


class _Shell:
    def __init__(self) -> None:
        self.events = _Events()


_shell = _Shell()


def get_ipython() -> _Shell:
    return _shell
