"""The drawing of plots: where things are, which ticks there are, and what is refused in words."""

from __future__ import annotations

import math
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from figures import DATA, GRAD, Rectangle, figure, label
from figures.plots import contours
from figures.plots import figure as plots
from figures.plots.marks import Box, clipped_area, clipped_line, dashes, number
from figures.plots.scales import Scale, texts

BOOK = Path(__file__).resolve().parents[2] / "book"
NAMESPACE = "{http://www.w3.org/2000/svg}"


def drawn(fig) -> ElementTree.Element:
    return ElementTree.fromstring(fig._repr_svg_())


def words(fig) -> list[str]:
    return ["".join(text.itertext()) for text in drawn(fig).iter(f"{NAMESPACE}text")]


def paths(fig, color) -> list[ElementTree.Element]:
    found = drawn(fig).iter(f"{NAMESPACE}path")
    return [path for path in found if color in (path.get("stroke"), path.get("fill"))]


def points(path) -> list[tuple[float, float]]:
    numbers = [float(n) for n in re.findall(r"-?[\d.]+", path.get("d"))]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def shown(low, high, most=9, **options) -> list[str]:
    return [tick.text + (f"^{tick.power}" if tick.power else "")
            for tick in Scale(low=low, high=high, **options).ticks(most) if not tick.minor]


# Where things are


def test_a_curve_goes_from_corner_to_corner_of_its_limits():
    fig, ax = figure()
    ax.plot([0, 10], [5, 7], color=DATA)
    ax.set(xlim=(0, 10), ylim=(5, 7))
    (start, end) = points(paths(fig, DATA)[0])
    assert start == pytest.approx((ax.box.left, ax.box.bottom), abs=0.01)
    assert end == pytest.approx((ax.box.right, ax.box.top), abs=0.01)


def test_without_limits_there_is_a_twentieth_of_room_on_each_side():
    fig, ax = figure()
    ax.plot([0, 10], [0, 1])
    assert ax.x.limits() == pytest.approx((-0.5, 10.5)) and ax.y.limits() == pytest.approx((-0.05, 1.05))


def test_one_limit_may_be_left_to_the_data():
    fig, ax = figure()
    ax.plot([0, 1], [2, 10])
    ax.set(ylim=(0, None))
    assert ax.y.limits() == pytest.approx((0, 10.4))


def test_limits_in_reverse_turn_the_axis_over():
    fig, ax = figure()
    ax.set(ylim=(9, 0))
    fig.arrange()
    assert ax.at(0, 0)[1] < ax.at(0, 9)[1]


def test_a_logarithmic_scale_gives_equal_room_to_equal_ratios():
    scale = Scale(log=True, low=1, high=100)
    assert scale.place(10) == pytest.approx(0.5)


def test_equal_aspect_makes_a_step_across_as_long_as_a_step_up():
    fig, ax = figure(5, 2)
    ax.set(xlim=(0, 3), ylim=(0, 1))
    ax.set_aspect("equal")
    fig.arrange()
    assert ax.box.width / 3 == pytest.approx(ax.box.height)


def test_words_beside_the_last_point_stay_inside_the_figure():
    fig, ax = figure()
    ax.plot([0, 1], [0, 1])
    label(ax, 1, 1, "a rather long name of a curve")
    box = fig.arrange()
    assert box.width <= 5 * 72 + 0.5 and box.right >= ax.at(1, 1)[0] + 6 + 29 * 0.6 * 9.4


def test_plots_of_one_row_stand_side_by_side_and_share_an_axis():
    fig, (left, right) = figure(ncols=2, sharey=True)
    left.plot([0, 1], [0, 1])
    right.plot([0, 1], [0, 10])
    box = fig.arrange()
    assert left.box.right < right.box.left and left.box.top == right.box.top
    assert left.y.limits() == right.y.limits() and box.width <= 360.5
    assert words(fig).count("10") == 1


def test_rows_and_columns_are_reached_one_after_the_other():
    fig, axes = figure(nrows=2, ncols=3)
    assert len(list(axes.flat)) == 6 and axes[1][2] is list(axes.flat)[5]


def test_a_curve_is_cut_at_the_box_and_nothing_of_it_is_drawn_outside():
    box = Box(0, 0, 10, 10)
    assert list(clipped_line([(-10, 5), (20, 5)], box)) == [[(0, 5), (10, 5)]]
    assert [line for line in clipped_line([(-5, -5), (-1, 3)], box) if line] == []
    pieces = list(clipped_line([(5, 5), (5, 20), (6, 20), (6, 5)], box))
    assert pieces == [[(5, 5), (5, 10)], [(6, 10), (6, 5)]]


def test_an_area_is_cut_at_the_box():
    assert set(clipped_area([(-5, -5), (5, -5), (5, 5), (-5, 5)], Box(0, 0, 10, 10))) == {(0, 0), (5, 0), (5, 5), (0, 5)}


def test_a_rectangle_is_where_it_says():
    fig, ax = figure()
    ax.add_patch(Rectangle((1, 2), 3, 4, facecolor=GRAD))
    ax.set(xlim=(0, 10), ylim=(0, 10))
    corners = points(paths(fig, GRAD)[0])
    assert corners[0] == pytest.approx(ax.at(1, 2), abs=0.01) and corners[2] == pytest.approx(ax.at(4, 6), abs=0.01)


def test_bars_stand_on_the_axis():
    fig, ax = figure()
    ax.bar([0, 1], [3, 5], color=DATA)
    assert ax.y.limits() == pytest.approx((0, 5.25)) and ax.x.limits() == pytest.approx((-0.49, 1.49))


@pytest.mark.parametrize("bins, counts", [([0, 1, 2, 3], [2, 1, 2]), (3, [2, 1, 2])])
def test_a_histogram_counts_and_the_last_border_belongs_to_the_last_bin(bins, counts):
    fig, ax = figure()
    ax.hist([0, 0.5, 1, 2, 3, math.nan], bins=bins, color=DATA)
    ax.set(ylim=(0, 2))
    fig.arrange()
    tops = [sum(abs(y - ax.at(0, count)[1]) < 0.02 for _, y in points(paths(fig, DATA)[0])) for count in (2, 1)]
    assert tops == [2 * counts.count(2), 2 * counts.count(1)]


# Ticks


@pytest.mark.parametrize("low, high, most, expected", [
    (0, 1, 5, "0.0 0.2 0.4 0.6 0.8 1.0"),
    (0, 1, 3, "0.0 0.5 1.0"),
    (-1, 1, 4, "−1.0 −0.5 0.0 0.5 1.0"),
    (0, 37, 9, "0 5 10 15 20 25 30 35"),
    (0.1, 0.35, 9, "0.10 0.15 0.20 0.25 0.30 0.35"),
    (1000, 3000, 4, "1000 1500 2000 2500 3000"),
    (0, 2e-5, 4, "0 0.5·10^−5 1.0·10^−5 1.5·10^−5 2.0·10^−5"),
    (0, 4e9, 4, "0 1·10^9 2·10^9 3·10^9 4·10^9"),
])
def test_ticks_are_round_numbers_with_as_many_decimals_as_needed(low, high, most, expected):
    assert shown(low, high, most) == expected.split()


@pytest.mark.parametrize("low, high, most, expected", [
    (1, 1000, 9, "10^0 10^1 10^2 10^3"),
    (1e-4, 3, 9, "10^−4 10^−3 10^−2 10^−1 10^0"),
    (1e-15, 0.5, 8, "10^−15 10^−13 10^−11 10^−9 10^−7 10^−5 10^−3 10^−1"),
    (1.5, 60, 9, "10^1"),
    (2, 9, 9, "2 5"),
])
def test_logarithmic_ticks_are_powers_of_ten(low, high, most, expected):
    if expected == "10^1":  # one power alone says nothing: 2 and 5 are written as well
        expected = "2 5 10 20 50"
    assert shown(low, high, most, log=True) == expected.split()


def test_a_logarithmic_axis_has_small_ticks_between_the_powers():
    minor = [tick.value for tick in Scale(log=True, low=1, high=100).ticks(9) if tick.minor]
    assert minor == pytest.approx([*range(2, 10), *range(20, 100, 10)])


def test_chosen_ticks_are_kept_with_their_names_and_none_lie_outside():
    assert shown(0, 2, chosen=[0, 0.7, 1, 5.0]) == ["0.0", "0.7", "1.0"]
    assert shown(0, 1, chosen=[0.0, 1.0], names=["practised", "held out"]) == ["practised", "held out"]


def test_every_tick_needs_a_name():
    fig, ax = figure()
    ax.set(xticks=[0, 1], xticklabels=["one"])
    with pytest.raises(ValueError, match="2 ticks have 1 names"):
        fig._repr_svg_()


def test_numbers_on_the_axis_have_room():
    fig, ax = figure(width=2.0)
    ax.plot([100010, 100090], [0, 1])
    written = [text for text in words(fig) if text.startswith("1000")]
    assert 1 < len(written) < len(ax.x.ticks(4)) and len(written) * 6 * 0.6 * 8.6 < ax.box.width + 8.6


def test_an_axis_has_at_least_two_numbers():
    assert shown(10000.6, 10009.4, 4) == ["10002", "10004", "10006", "10008"]


@pytest.mark.parametrize("values, expected", [([0.1 + 0.2], ["0.3"]), ([-2.0, 0.0], ["−2", "0"]), ([-0.0], ["0"]), ([], [])])
def test_numbers_as_text(values, expected):
    assert texts(values) == expected


# Contours


def test_the_contour_of_a_plane_is_straight_and_exact():
    xs = [i / 4 for i in range(9)]
    line, = contours.lines(xs, xs, [[x + y for x in xs] for y in xs], 1.1)
    assert all(x + y == pytest.approx(1.1) for x, y in line)
    assert [line[0], line[-1]] == [pytest.approx((0, 1.1)), pytest.approx((1.1, 0))]


def test_the_contour_of_a_cone_is_a_closed_circle():
    xs = [i / 20 for i in range(-40, 41)]
    line, = contours.lines(xs, xs, [[math.hypot(x, y) for x in xs] for y in xs], 1.5)
    assert line[0] == line[-1] and all(math.hypot(x, y) == pytest.approx(1.5, abs=2e-3) for x, y in line)


def test_the_region_between_two_levels_has_the_area_of_a_ring():
    xs = [i / 20 for i in range(-40, 41)]
    loops = contours.regions(xs, xs, [[math.hypot(x, y) for x in xs] for y in xs], 0.5, 1.5)
    area = sum(sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(loop, loop[1:], strict=False)) / 2 for loop in loops)
    assert len(loops) == 2 and area == pytest.approx(math.pi * (1.5**2 - 0.5**2), rel=2e-3)


def test_a_region_that_is_everything_is_bordered_once():
    loop, = contours.regions([0, 1, 2], [0, 1], [[5, 5, 5], [5, 5, 5]], 0, 9)
    assert loop[0] == loop[-1] and set(loop) == {(0, 0), (1, 0), (2, 0), (2, 1), (1, 1), (0, 1)}


def test_two_hills_are_two_lines_and_a_level_above_all_is_none():
    xs = list(range(9))
    heights = [[float((x, y) in ((2, 2), (6, 6))) for x in xs] for y in xs]
    assert len(contours.lines(xs, xs, heights, 0.5)) == 2 and contours.lines(xs, xs, heights, 2) == []


def test_cells_without_a_height_are_left_out():
    assert contours.lines([0, 1, 2], [0, 1], [[0, 0, math.nan], [1, 1, 1]], 0.5) == [[(0, 0.5), (1, 0.5)]]


def test_heights_of_the_wrong_shape_are_refused():
    with pytest.raises(ValueError, match="2 rows of 3 numbers"):
        contours.lines([0, 1, 2], [0, 1], [[0, 0], [1, 1]], 0.5)


def test_a_number_on_a_contour_interrupts_its_line():
    xs = [i / 20 for i in range(41)]
    fig, ax = figure()
    lines = ax.contour(xs, xs, [[x + y for x in xs] for y in xs], levels=[1.0], colors=[DATA])
    assert paths(fig, DATA)[0].get("d").count("M") == 1
    ax.clabel(lines, manual=[(0.5, 0.5)])
    assert paths(fig, DATA)[0].get("d").count("M") == 2 and "1" in words(fig)


# What is drawn, and how


def test_what_is_written_is_escaped():
    fig, ax = figure()
    ax.set(title='<script>alert("x")</script> & more', xlabel="a < b")
    label(ax, 0, 0, "</text><image onerror=x>")
    text = fig._repr_svg_()
    assert "<script" not in text and "<image" not in text
    assert '<script>alert("x")</script> & more' in words(fig) and "</text><image onerror=x>" in words(fig)


def test_a_color_cannot_end_its_attribute():
    fig, ax = figure()
    ax.plot([0, 1], color='red" onload="x')
    assert all("onload" not in element.attrib for element in drawn(fig).iter())


@pytest.mark.parametrize("data", [[], [math.nan, math.nan], [math.inf], [1.0]])
def test_without_data_there_are_still_axes(data):
    fig, ax = figure()
    ax.plot(data)
    ax.scatter(data, data)
    ax.hist(data)
    assert "nan" not in fig._repr_svg_() and "inf" not in fig._repr_svg_() and words(fig)


def test_a_number_that_is_none_interrupts_the_curve():
    fig, ax = figure()
    ax.plot([0, 1, 2, 3, 4], [0, 1, math.nan, 1, 0], color=DATA)
    assert paths(fig, DATA)[0].get("d").count("M") == 2


def test_what_has_no_logarithm_runs_out_at_the_bottom():
    fig, ax = figure()
    ax.plot([1, 2, 3], [10, 0, 1000], color=DATA)
    ax.set(yscale="log")
    assert ax.y.limits()[0] > 1 and max(y for _, y in points(paths(fig, DATA)[0])) <= ax.box.bottom + 0.01


def test_a_dashed_line_has_a_pattern_as_wide_as_the_line():
    assert dashes("--", 2) == "7.4 3.2" and dashes((0, (4, 2)), 0.5) == "2 1" and dashes("solid", 1) is None


@pytest.mark.parametrize("form, marker, line", [("o-", True, True), ("o", True, False), ("--", False, True), ("", False, True)])
def test_a_format_says_marker_and_line(form, marker, line):
    fig, ax = figure()
    ax.plot([0, 1], [0, 1], *([form] if form else []), color=DATA)
    found = paths(fig, DATA)
    assert len(found) == marker + line
    assert any("a2.25" in path.get("d") for path in found) == marker


def test_a_mark_outside_the_limits_is_not_drawn():
    fig, ax = figure()
    ax.plot([0, 5], [0, 5], "o", color=DATA)
    ax.set(xlim=(-1, 1), ylim=(-1, 1))
    assert paths(fig, DATA)[0].get("d").count("M") == 1


def test_areas_lie_below_curves_and_curves_below_words():
    fig, ax = figure()
    label(ax, 0, 0, "words", GRAD)
    ax.plot([0, 1], color=DATA)
    ax.fill([0, 1, 1, 0], [0, 0, 1, 1], color="#111111")
    text = fig._repr_svg_()
    assert text.index("#111111") < text.index(DATA) < text.index(">words<")


def test_an_arrow_points_at_its_end():
    fig, ax = figure()
    ax.set(xlim=(0, 1), ylim=(0, 1))
    ax.annotate("", xy=(0.9, 0.5), xytext=(0.1, 0.5), arrowprops={"arrowstyle": "->", "color": GRAD, "lw": 2})
    arrow, = paths(fig, GRAD)
    assert max(x for x, _ in points(arrow)) == pytest.approx(ax.at(0.9, 0.5)[0] - 2, abs=0.01)
    assert arrow.get("stroke-width") == "2"


def test_axes_that_are_off_show_what_is_drawn_alone():
    fig, ax = figure()
    ax.set(xlabel="x")
    ax.plot([0, 1], color=DATA)
    ax.axis("off")
    assert words(fig) == [] and len(list(drawn(fig))) == 1


def test_several_lines_of_text_stand_below_each_other():
    fig, ax = figure()
    ax.set(xticks=[0], xticklabels=["score 0\n(right)"], yticks=[], xlim=(-1, 1))
    assert len(list(drawn(fig).iter(f"{NAMESPACE}tspan"))) == 1


def test_the_picture_says_what_it_shows():
    fig, ax = figure()
    ax.set(title="tanh", xlabel="step", ylabel="loss")
    label(ax, 0, 0, "never emptied")
    assert drawn(fig).get("aria-label") == "A plot: tanh; loss against step; never emptied"


def test_the_picture_has_nothing_that_could_clash_with_another_on_the_page():
    fig, ax = figure()
    ax.plot([0, 1], "o--")
    ax.contourf([0, 1], [0, 1], [[0, 1], [1, 2]], levels=[0.5, 1.5], colors=[DATA], alpha=0.2)
    for element in drawn(fig).iter():
        assert not {"id", "class", "style", "clip-path"} & set(element.attrib)
        assert element.tag.removeprefix(NAMESPACE) in {"svg", "path", "text", "tspan"}


@pytest.mark.parametrize("value, text", [(1.0, "1"), (0.004, "0"), (-0.001, "0"), (1.239, "1.24"), (100, "100"), (-2.5, "-2.5")])
def test_lengths_are_short(value, text):
    assert number(value) == text


PLOT = """
import math
from figures import figure, label, DATA
fig, ax = figure()
xs = [i / 50 for i in range(-100, 101)]
ax.plot(xs, [math.tanh(x) for x in xs]); label(ax, 1, 0.5, 'tanh', DATA)
ax.contour(xs, xs, [[math.sin(x * y) for x in xs] for y in xs], levels=[0.1, 0.5])
print(fig._repr_svg_())
"""


def test_the_same_plot_is_the_same_bytes_in_every_interpreter():
    runs = [subprocess.run([sys.executable, "-c", PLOT], capture_output=True, check=True, cwd=BOOK,
                           env={"PYTHONHASHSEED": seed, "PYTHONUTF8": "1"}).stdout for seed in ("1", "2")]
    assert runs[0] == runs[1] and b"</svg>" in runs[0]


def test_nothing_but_the_standard_library_is_needed():
    code = f"import sys; before = set(sys.modules)\n{PLOT}\nprint(*{{name.partition('.')[0] for name in set(sys.modules) - before}})"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=BOOK).stdout
    assert set(told.splitlines()[-1].split()) <= {*sys.stdlib_module_names, "figures"}


# What is refused, in words


@pytest.mark.parametrize("wrong, words", [
    (lambda ax: ax.legend(), "label(ax, x, y, 'words', color)"),
    (lambda ax: ax.imshow([[1]]), "ax.scatter(xs, ys, marker='s'"),
    (lambda ax: ax.pie([1]), "matplotlib"),
    (lambda ax: ax.plot([1], label="x"), "write the words beside the curve"),
    (lambda ax: ax.plot([1], colour="red"), "it takes color, linewidth"),
    (lambda ax: ax.plot([1, 2], [1]), "2 numbers across and 1 up"),
    (lambda ax: ax.plot([1], [1], [1]), "one curve at a time"),
    (lambda ax: ax.plot([1], "o-^"), "a marker such as 'o'"),
    (lambda ax: ax.plot([1], marker="%"), "the marker '%' is none of"),
    (lambda ax: ax.scatter([1], [1], c=[0.5]), "a scatter of its own"),
    (lambda ax: ax.scatter([1], [1], cmap="viridis"), "a scatter of its own"),
    (lambda ax: ax.contourf([0, 1], [0, 1], [[0, 1], [1, 2]]), "levels=[low, high]"),
    (lambda ax: ax.set_aspect(2), "'equal' or 'auto'"),
    (lambda ax: ax.axis("tight"), "axis('off')"),
    (lambda ax: ax.set(yscale="sqrt"), "'linear' or 'log'"),
    (lambda ax: (ax.set(yscale="log"), ax.set(ylim=(0, 1))), "no place for 0 or less"),
    (lambda ax: ax.text(0, 0, "x", ha="middle"), "ha=left | center | right"),
    (lambda ax: ax.add_patch("circle"), "give its corners to ax.fill"),
])
def test_what_is_not_offered_is_refused_with_a_remedy(wrong, words):
    fig, ax = figure()
    with pytest.raises((AttributeError, TypeError, ValueError)) as refused:
        wrong(ax)
    assert words in str(refused.value)


def test_an_unknown_line_style_is_refused():
    with pytest.raises(ValueError, match="none of -, --, :, -."):
        dashes("wavy", 1)


# In a notebook


def test_figures_are_shown_once_after_the_cell():
    plots.waiting.clear()
    fig, _ = figure()
    shown: list[object] = []
    plots.show(shown.append)
    plots.show(shown.append)
    assert shown == [fig] and repr(fig) == "<Figure of 5 by 2.6 inches>"


def test_figures_that_nobody_shows_are_forgotten(monkeypatch):
    monkeypatch.setitem(sys.modules, "IPython", None)  # another test may have left a notebook's shell
    for _ in range(300):
        figure()
    assert len(plots.waiting) < 200
    plots.waiting.clear()
