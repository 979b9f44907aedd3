"""The stand-in for `dot` answers what the Python package graphviz asks of the real one."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import graphviz
import pytest

GRAPH = 'digraph { rankdir=LR; a [label="data 2.0" shape=record]; a -> b }'


@pytest.fixture(autouse=True)
def first_on_the_path(dot: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{Path(dot).parent}{os.pathsep}{os.environ['PATH']}")


def run(dot: str, *words: str, text: str = GRAPH) -> subprocess.CompletedProcess[str]:
    return subprocess.run([dot, *words], input=text, capture_output=True, encoding="utf-8")


def test_pipe_gives_a_drawing() -> None:
    drawing = graphviz.Source(GRAPH).pipe(format="svg", encoding="utf-8")
    assert drawing.rstrip().endswith("</svg>") and "data 2.0" in drawing


def test_render_writes_the_file_that_it_names(tmp_path: Path) -> None:
    source = graphviz.Source(GRAPH, filename="graph.gv", directory=tmp_path)
    assert Path(source.render(format="svg")).read_text().rstrip().endswith("</svg>")
    assert Path(source.render(outfile=tmp_path / "named.svg")).exists()


def test_version_is_understood() -> None:
    assert graphviz.version() >= (12,)


def test_the_same_drawing_every_time(dot: str) -> None:
    assert run(dot, "-Tsvg").stdout == run(dot, "-Tsvg").stdout


def test_attributes_from_the_command_line(dot: str) -> None:
    assert 'stroke="red"' in run(dot, "-Tsvg", "-Kdot", "-Ecolor=red").stdout


def test_a_large_drawing_passes_through_a_pipe(dot: str) -> None:
    label = "x" * 300_000
    assert label in run(dot, "-Tdot", text=f'digraph {{ a [label="{label}"] }}').stdout.replace("\\\n", "")


def test_letters_of_any_language(dot: str) -> None:
    drawing = run(dot, "-Tsvg", text='digraph { a [label="∂f/∂x größer"] }').stdout
    assert ">∂f/∂x größer</text>" in drawing


def test_a_mistake_in_the_graph_is_an_error() -> None:
    with pytest.raises(graphviz.CalledProcessError, match="syntax error"):
        graphviz.Source("digraph { a -> ").pipe(format="svg", quiet=True)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["-Tpng"], 'format "png" is not one of'),
        (["-Kmagic", "-Tsvg"], 'no layout engine "magic"'),
        (["--unknown"], "is not understood"),
        (["-Tsvg", "missing.gv"], "can't open missing.gv"),
    ],
)
def test_what_it_cannot_do_it_says(dot: str, words: list[str], message: str) -> None:
    answer = run(dot, *words)
    assert answer.returncode != 0 and message in answer.stderr and answer.stdout == ""
