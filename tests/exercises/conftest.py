"""Small exercises of their own: these tests know nothing of the book."""

from __future__ import annotations

from collections.abc import Callable

import pytest

EXERCISE = """\
:::::{exercise} Double it
:name: ex-double
:kind: build

Write `double`.

```{start}
def double(x): ...
```

```{check}
assert double(2) != 2, "That is the number itself."
assert double(2) == 4, "Twice 2 is 4."
```

:::{hint}
How often does $x$ stand in $2x$?
:::

```{solution}
def double(x):
    return 2 * x
```

:::{why}
Because **two** of them.
:::

```{wrong} That is the number itself.
def double(x):
    return x
```
:::::
"""

QUESTION = """\
:::::{question} What is `1 + 1`?
:name: q-sum

Think first.

```{run}
one = 1
one + 1
```

:::{option} 11
That is what *strings* do.
:::

:::{option} `2`
:correct:
One and one more.
:::
:::::
"""


@pytest.fixture
def exercise() -> str:
    """A whole exercise; tests replace pieces of it."""
    return EXERCISE


@pytest.fixture
def question() -> str:
    """A whole question."""
    return QUESTION


@pytest.fixture
def change() -> Callable[[str, str, str], str]:
    """Replace a piece of a text that must be there."""

    def change(text: str, old: str, new: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return change
