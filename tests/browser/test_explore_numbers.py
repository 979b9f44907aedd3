"""The explorables about numbers and programs, on the chapters' own pages: by mouse, by keyboard, by touch, and when they must not come alive."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from figures.explorables.sheet import BOTTOM, LEFT, RIGHT, TOP

sync_api = pytest.importorskip("playwright.sync_api")
expect = sync_api.expect

#: The chapter in which each kind is tried.
KINDS = {
    "secant": "slopes", "ucurve": "numerical-gradients", "knobs": "many-inputs", "xor": "layers", "wishes": "losses",
    "walker": "the-training-loop", "training": "two-moons", "flow": "watching-gradients-flow",
    "learning": "watching-gradients-flow", "shares": "which-one-of-many",
    "tape": "the-tape", "newton": "the-derivative-of-a-derivative", "instructions": "the-graph-is-a-program",
    "fingerprint": "the-layers-come-back", "registers": "one-loop-in-c",
}
#: All of them by chapter, from its top down.
CHAPTERS = {chapter: [kind] for kind, chapter in KINDS.items()} | {
    "watching-gradients-flow": ["flow", "learning"], "better-steps": ["walker"]}
#: Those whose first explorable is near the top come alive as the page does.
EARLY = {"many-inputs"}
#: Python has to be fetched and started.


@pytest.fixture
def come(visit):
    """Open a chapter, without waiting for more than its text."""

    def open_chapter(chapter: str, **options: Any) -> Any:
        name = chapter if "." in chapter else f"book/{chapter}.html"
        return visit(name, until="domcontentloaded", **options)

    return open_chapter


def come_near(page: Any, kind: str, at: int = 0, state: str = "live") -> Any:
    """Scroll to an explorable, and wait until it is what it is going to be."""
    figure = page.locator(f"figure.explorable[data-explore={kind}]").nth(at)
    figure.scroll_into_view_if_needed()
    figure.locator(f"xpath=self::*[@data-state='{state}']").wait_for()
    if state == "live":
        figure.locator(".explorable-say").wait_for()
    return figure


def says(figure: Any) -> str:
    return " ".join(figure.locator(".explorable-say").inner_text().split())


def drawn(figure: Any) -> str:
    return str(figure.locator("svg .area, tbody").inner_html())


def told(figure: Any) -> str:
    """What the drawing is for those who can't see it; a table speaks for itself."""
    if not figure.locator("svg[role=img]").count():
        return drawn(figure)
    return str(figure.locator("svg[role=img]").get_attribute("aria-label"))


def record(figure: Any) -> Any:
    return json.loads(figure.locator("script").text_content())


def press(control: Any, *keys: str) -> None:
    control.focus()
    for key in keys:
        control.press(key)


def turn(control: Any, value: float) -> None:
    """Set a slider, as dragging it to a place does."""
    control.fill(str(value))


def spot(figure: Any, x: float, y: float) -> dict[str, float]:
    """The place of a point of the plot, from the corner of the drawing as it is shown."""
    frame = record(figure)["frame"]
    (left, right), (low, high) = frame["x"], frame["y"]
    px = LEFT + (x - left) / (right - left) * (frame["width"] - LEFT - RIGHT)
    py = frame["height"] - BOTTOM - (y - low) / (high - low) * (frame["height"] - TOP - BOTTOM)
    shown = figure.locator("svg[role=img]").bounding_box()["width"] / frame["width"]
    return {"x": px * shown, "y": py * shown}


# ---- all of them ----


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_explorable_of_a_chapter_comes_alive_in_either_scheme(come, chapter: str) -> None:
    seen = come(chapter, color_scheme="dark")
    page = seen.page
    mine = page.locator("figure.explorable").evaluate_all("all => all.map(f => f.dataset.explore)")
    assert mine == CHAPTERS[chapter]
    if chapter not in EARLY:
        assert {re.sub(r".*/explore/\w+/", "", url).partition("?")[0] for url in seen.requests if "/explore/" in url} == {"loader.js"}
    for kind in mine:
        page.emulate_media(color_scheme="dark")
        figure = come_near(page, kind)
        assert says(figure)
        # Each control has a name of its own, and is in the way of the Tab key.
        names = figure.locator("input[type=range], button").evaluate_all("all => all.map(e => e.getAttribute('aria-label') ?? e.textContent)")
        assert all(names) and len(names) == len(set(names))
        assert figure.locator("[tabindex='-1'], [disabled]").count() == 0
        if not figure.locator("svg").count():
            continue
        # What is drawn takes the page's colours, which are others at night.
        colours = figure.locator("svg .area *").evaluate_all("all => all.flatMap(e => [e.getAttribute('fill'), e.getAttribute('stroke')])")
        assert {colour for colour in colours if colour} <= {"none", *(f"var(--{name})" for name in ("data", "grad", "third", "accent", "ink", "faint", "wrong"))}
        ink = figure.locator("svg .area [stroke^='var']").first
        at_night = ink.evaluate("e => getComputedStyle(e).stroke")
        page.emulate_media(color_scheme="light")
        assert ink.evaluate("e => getComputedStyle(e).stroke") != at_night
    page.set_viewport_size({"width": 390, "height": 844})
    small = page.locator("figure.explorable :is(button, input)").evaluate_all("""all => all.filter(e => {
        const { width, height } = (e.closest('label') ?? e).getBoundingClientRect(); return width < 24 || height < 24
    }).map(e => e.outerHTML)""")
    assert small == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert seen.complaints == [] and seen.to_other_hosts() == []


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_script_there_is_a_picture_and_nothing_to_press(come, kind: str) -> None:
    figure = come(KINDS[kind], java_script_enabled=False).page.locator(f"figure.explorable[data-explore={kind}]").first
    assert figure.locator(".explorable-question").inner_text().count("?") >= 1
    assert figure.locator("svg[role=img][aria-label], table").is_visible() and figure.locator("svg .area > *, tbody > *").count() > 1
    assert figure.locator("figcaption").is_visible()
    assert figure.locator("button, input").count() == 0


#: For each kind a number in its record that the script has to arrive at by itself.
RECORDED = {
    "secant": ["slopes", 0, 0], "ucurve": ["slopes", "both", 3], "knobs": ["cases", 1, "slopes", 0], "xor": ["cases", "tanh", "says", 4],
    "wishes": ["costs", "cross-entropy", -1], "walker": ["path", -1, 2], "training": ["end", "scores", 0],
    "flow": ["cases", -1, "sizes", 0], "learning": ["nets", "tanh", "losses", -1], "shares": ["cases", -1, "loss"],
    "tape": ["grad", 1], "newton": ["curves", "log cosh", 1, 2], "instructions": ["grads", "w0"],
    "fingerprint": ["cases", "6 4", 0], "registers": ["cases", 4, "empty"],
}


def served(page: Any, kind: str, change: Any) -> None:
    """Have the page of a kind arrive with its explorable changed, by a function of its HTML."""

    def hand_over(route: Any) -> None:
        response = route.fetch()
        pattern = rf'<figure class="explorable" data-explore="{kind}">.*?</figure>'
        route.fulfill(response=response, body=re.sub(pattern, lambda match: change(match[0]), response.text(), count=1, flags=re.S))

    page.route(f"**/{KINDS[kind]}.html", hand_over)


def off(kind: str, by: float) -> Any:
    """A function that changes one number of a record."""

    def tampered(html: str) -> str:
        [text] = re.findall(r'<script type="application/json">(.*?)</script>', html, re.S)
        data = json.loads(text)
        *way, last = RECORDED[kind]
        place = data
        for each in way:
            place = place[each]
        place[last] += by
        return html.replace(text, json.dumps(data).replace("<", "\\u003c"))

    return tampered


@pytest.mark.parametrize("kind", KINDS)
def test_two_copies_go_their_own_ways_and_one_that_is_wrong_stays_a_picture(visit, address: str, kind: str) -> None:
    seen = visit("book/bibliography.html")  # some page, so that the next one can be changed on its way
    served(seen.page, kind, lambda html: html + html + off(kind, by=1e-5)(html))
    seen.page.goto(f"{address}book/{KINDS[kind]}.html", wait_until="domcontentloaded")
    picture = "f => f.querySelector('svg, table').outerHTML"
    untouched = seen.page.locator(f"figure.explorable[data-explore={kind}]").nth(2).evaluate(picture)
    one, other = come_near(seen.page, kind, 0), come_near(seen.page, kind, 1)
    assert one.get_attribute("id") != other.get_attribute("id")
    before = says(other), drawn(other), told(other)
    assert (says(one), drawn(one), told(one)) == before
    # The first is moved, by keyboard.
    if kind == "training":
        moved, keys = one.get_by_role("button", name="From the start"), ["Enter"]
    elif kind == "instructions":
        moved, keys = one.get_by_role("checkbox", name="x0"), ["Space"]
    else:
        moved, keys = one.get_by_role("slider").nth(-1 if kind == "walker" else 0), ["Home", "ArrowRight"]
    value = moved.get_attribute("aria-valuetext")
    press(moved, *keys)
    framed = "e => { const at = e.type === 'checkbox' ? e.nextSibling : e; return e.matches(':focus-visible') && getComputedStyle(at).outlineStyle !== 'none' }"
    assert moved.evaluate(framed)
    assert moved.get_attribute("aria-valuetext") != value or kind in ("training", "instructions")
    for mine, others in zip((says(one), drawn(one), told(one)), before, strict=True):
        assert mine != others
    # The second has not noticed.
    assert (says(other), drawn(other), told(other)) == before
    checked = "f => f.querySelectorAll('input[type=radio]:checked').length"
    assert one.evaluate(checked) == other.evaluate(checked)
    # The record of the third cannot be reproduced.
    figure = come_near(seen.page, kind, 2, state="still")
    assert figure.locator("button, input, .explorable-controls, .explorable-say").count() == 0
    assert figure.evaluate(picture) == untouched
    assert len(seen.complaints) == 1 and "stays a picture" in seen.complaints[0]


@pytest.mark.parametrize("kind", KINDS)
def test_a_finger_on_a_phone_is_enough(come, kind: str) -> None:
    figure = come_near(come(KINDS[kind], width=390, has_touch=True, is_mobile=True, reduced_motion="reduce").page, kind)
    before = drawn(figure), says(figure)
    if kind == "training":
        figure.get_by_role("button", name="From the start").tap()
    elif kind == "instructions":
        figure.get_by_text("x1", exact=True).last.tap()
    else:
        touched = figure.get_by_role("slider").last if kind == "walker" else figure.get_by_role("slider").first
        touched.scroll_into_view_if_needed()
        place = touched.bounding_box()
        touched.tap(position={"x": place["width"] * (0.8 if kind in ("fingerprint", "learning") else 0.2), "y": place["height"] / 2})
    assert drawn(figure) != before[0] and says(figure) != before[1]


# ---- the secant ----


@pytest.mark.parametrize("side, slope, off", [("ahead", "14.003", "0.003"), ("behind", "13.997", "−0.003")])
def test_the_secant_comes_near_by_keyboard_from_either_side(come, side: str, slope: str, off: str) -> None:
    figure = come_near(come("slopes").page, "secant")
    assert "/ 1 = 17" in says(figure) and "has the slope 14 (dashed). The secant is off by 3." in says(figure)
    figure.get_by_role("radio", name=side).check()
    press(figure.get_by_role("slider", name="How far off the second point is"), "Home")
    assert f"= {slope} " in says(figure) and f"off by {off}." in says(figure)
    assert f"of slope {slope}." in told(figure)


def test_the_second_point_is_pulled_with_the_mouse_and_jumps_to_the_other_side(come) -> None:
    seen = come("slopes")
    figure = come_near(seen.page, "secant")
    picture = figure.locator("svg[role=img]")
    picture.hover(position=spot(figure, 4, 20))
    seen.page.mouse.down()
    assert "(f(4) − f(3)) / 1 = 17" in says(figure)   # to a hundredth, as near as a hand can point
    box, end = picture.bounding_box(), spot(figure, 2, 20)
    seen.page.mouse.move(box["x"] + end["x"], box["y"] + end["y"], steps=5)
    seen.page.mouse.up()
    assert figure.get_by_role("radio", name="behind").is_checked()
    assert re.search(r"\(f\((2|1\.99|2\.01)\) − f\(3\)\) / \(−[01][.\d]*\) = 1[01]", says(figure))
    settled = says(figure)
    seen.page.mouse.move(box["x"] + 60, box["y"] + 60)
    assert says(figure) == settled   # the button is up


# ---- the U ----


def test_the_u_has_its_lowest_points_where_the_chapter_says(come) -> None:
    figure = come_near(come("numerical-gradients").page, "ucurve")
    nudge = figure.get_by_role("slider", name="The nudge")
    mistakes: dict[str, dict[int, float]] = {"ahead": {}, "both ways": {}}
    for power in range(-14, -1):
        turn(nudge, power)
        for way in mistakes:
            [found] = re.findall(rf"looking {way}: [\d.]+, off by ([\d.]+e[+−]\d+)", says(figure))
            mistakes[way][power] = float(found.replace("−", "-"))
    assert min(mistakes["ahead"], key=mistakes["ahead"].__getitem__) in (-9, -8, -7)
    assert min(mistakes["both ways"], key=mistakes["both ways"].__getitem__) in (-7, -6, -5)
    assert mistakes["ahead"][-2] == pytest.approx(0.027, rel=0.05) and mistakes["both ways"][-2] == pytest.approx(1e-4, rel=0.01)


def test_the_divisor_matters_on_the_left_only(come) -> None:
    figure = come_near(come("numerical-gradients").page, "ucurve")
    nudge, asked = figure.get_by_role("slider", name="The nudge"), figure.get_by_role("radio", name="the h asked for")
    heard = {}
    for power in (-13.25, -2):
        turn(nudge, power)
        figure.get_by_role("radio", name="the way walked").check()
        before = says(figure)
        asked.check()
        heard[power] = re.findall(r"off by ([\d.e−+]+)", before)[:2] == re.findall(r"off by ([\d.e−+]+)", says(figure))[:2]
    assert heard == {-13.25: False, -2: True}


# ---- the knobs ----


def test_the_slope_of_one_knob_is_another_knob(come) -> None:
    figure = come_near(come("many-inputs").page, "knobs")
    a, b, c = (figure.get_by_role("slider", name=f"The knob {name}") for name in "abc")
    assert "−3 along a, 2 along b, 1 along c" in says(figure) and "Nothing has been turned yet." in says(figure)
    turn(b, 0)
    assert "0 along a, 2 along b, 1 along c" in says(figure)
    assert "d has moved by +6. The gradient there promised +6: off by 0." in says(figure)
    turn(a, -1)
    assert "0 along a, −1 along b, 1 along c" in says(figure) and "promised +15: off by −9." in says(figure)
    press(c, "End")
    assert "d = −1 · 0 + 20 = 20" in says(figure) and "1 along c" in says(figure)
    figure.get_by_role("button", name="Back to the start").press("Enter")
    assert "d = 2 · (−3) + 10 = 4" in says(figure) and [each.input_value() for each in (a, b, c)] == ["2", "-3", "10"]


# ---- the walker ----


def test_the_walker_goes_home_swings_or_never_comes(come) -> None:
    figure = come_near(come("the-training-loop").page, "walker")
    rate = figure.get_by_role("slider", name="The learning rate")
    assert "Not home in 30 steps" in says(figure)
    outcome = {}
    for tried in (0.4, 0.435, 0.44, 0.6):
        turn(rate, tried)
        outcome[tried] = says(figure).partition(" loss ")[2].partition(" ")[2]
    assert outcome[0.4].startswith("Home, within a thousandth of the lowest loss, after 20 steps")
    assert outcome[0.435].startswith("Not home in 30 steps")   # the edge is at 0.4384
    assert outcome[0.44].startswith("It never comes home") and outcome[0.6].startswith("It never comes home")
    assert "The walker has left the map." in says(figure)


def test_the_walk_is_stepped_by_keyboard(come) -> None:
    figure = come_near(come("the-training-loop").page, "walker")
    press(figure.get_by_role("slider", name="Step of the walk"), "Home")
    assert says(figure).startswith("after 0 steps: n4 2, n6 −1, loss 1.75")
    following = figure.get_by_role("button", name="Next")
    press(following, "Enter", "Enter")
    told_ = record(figure)["path"][2]
    assert says(figure).startswith("after 2 steps") and f"loss {told_[2]:.4f}".rstrip("0") in says(figure)
    assert following.evaluate("e => e === document.activeElement")
    assert figure.locator("svg .area circle").count() == 4   # three places, and the walker


def test_the_walk_plays_and_pauses(come) -> None:
    figure = come_near(come("the-training-loop").page, "walker")
    figure.get_by_role("button", name="Play").click()
    expect(figure.locator(".explorable-say")).to_contain_text(re.compile(r"after ([2-9]|1\d) steps"))
    figure.get_by_role("button", name="Pause").click()
    stopped = says(figure)
    assert figure.get_by_role("button", name="Play").is_visible()
    figure.page.wait_for_timeout(600)
    assert says(figure) == stopped


def test_a_walk_begins_where_a_finger_points(come) -> None:
    figure = come_near(come("better-steps", width=390, has_touch=True, is_mobile=True).page, "walker")
    figure.locator("svg[role=img]").tap(position=spot(figure, 0.5, -0.25))
    place = [figure.get_by_role("slider", name=f"Where the walk begins, {name}").input_value() for name in ("n4", "n6")]
    assert [float(each) for each in place] == pytest.approx([0.5, -0.25], abs=0.051)
    assert "Home, within a thousandth of the lowest loss, after" in says(figure)


def test_momentum_helps_and_too_much_of_it_never_rests(come) -> None:
    figure = come_near(come("better-steps").page, "walker")
    momentum = figure.get_by_role("slider", name="momentum")
    [without] = re.findall(r"after (\d+) steps, and", says(figure))
    turn(momentum, 0.4)
    [with_it] = re.findall(r"after (\d+) steps, and", says(figure))
    assert int(with_it) < int(without) == 20
    press(momentum, "End")
    assert "Home" not in says(figure) and momentum.get_attribute("aria-valuetext") == "1"


# ---- XOR ----


def test_a_spoilt_net_is_mended_with_another_weight(come) -> None:
    figure = come_near(come("layers").page, "xor")
    assert "(0, 0): 0; (0, 1): 1; (1, 0): 1; (1, 1): 0" in says(figure) and "4 of 4" in says(figure)
    weight = lambda i: figure.get_by_role("slider", name=f"Parameter p{i}")  # noqa: E731
    turn(weight(7), 2)
    assert "3 of 4" in says(figure) and "(1, 1): 2" in says(figure)
    turn(weight(8), -3)
    assert "(1, 1): 1" in says(figure)
    turn(weight(7), 1.5)
    assert "4 of 4 on their side of the line" in says(figure) and "4 of 4 corners" in told(figure)
    figure.get_by_role("button", name="Back to the nine by hand").click()
    assert "mean squared error 0." in says(figure)


def test_without_a_bend_three_corners_are_the_most(come) -> None:
    figure = come_near(come("layers").page, "xor")
    figure.get_by_role("radio", name="relu").focus()
    for _ in range(2):
        figure.page.keyboard.press("ArrowRight")
    assert figure.get_by_role("radio", name="none").is_checked()
    assert "without a bend never below 0.25" in says(figure) and "4 of 4" not in says(figure)
    press(figure.get_by_role("slider", name="Parameter p9"), "Home")
    assert "2 of 4" in says(figure)
    [error] = re.findall(r"mean squared error ([\d.]+),", says(figure))
    assert float(error) >= 0.25


# ---- losses ----


def test_only_the_squared_sigmoid_is_stuck_far_out(come) -> None:
    figure = come_near(come("losses").page, "wishes")
    assert "sigmoid, squared: score −4.9322, gradient −0.0141; not right within 40 steps" in says(figure)
    assert set(figure.locator("svg .area text").all_text_contents()) == {"cross-entropy", "hinge", "sigmoid, squared"}
    start = figure.get_by_role("slider", name="The score at first")
    turn(start, -2)
    assert "not right" not in says(figure)
    press(figure.get_by_role("slider", name="Step"), "End")
    scores = dict(re.findall(r"(cross-entropy|hinge|squared): score ([\d.]+)", says(figure)))
    assert float(scores["hinge"]) == 1 and float(scores["cross-entropy"]) > float(scores["squared"]) > 0
    press(start, "End")
    assert says(figure).count("right from the start") == 3


# ---- gradients by layer ----


def test_gradients_vanish_explode_and_die(come) -> None:
    figure = come_near(come("watching-gradients-flow").page, "flow")
    reach = figure.get_by_role("slider", name="The largest weight")
    assert figure.get_by_role("radio", name="sigmoid").is_checked()
    assert "Of what leaves the last layer, one part in 3100 arrives: it vanishes." in says(figure)
    figure.get_by_role("radio", name="relu").check()
    press(reach, "End")
    assert "it explodes." in says(figure)
    press(reach, "Home")
    assert "it vanishes." in says(figure)
    figure.get_by_role("radio", name="tanh").check()
    fair = [size for size in (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0) if turn(reach, size) or "About as much arrives" in says(figure)]
    assert fair   # there is a size with which it neither vanishes nor explodes


def test_sigmoids_six_deep_learn_at_no_rate_and_others_do(come) -> None:
    figure = come_near(come("watching-gradients-flow").page, "learning")
    rate = figure.get_by_role("slider", name="The learning rate")
    press(figure.get_by_role("slider", name="Step of the training"), "Home")
    assert "Nothing has moved yet." in says(figure)
    press(figure.get_by_role("button", name="Next"), "Enter")
    assert says(figure).startswith("step 1: loss") and "So far a weight of layer 1 has moved by" in says(figure)
    press(figure.get_by_role("slider", name="Step of the training"), "End")

    def loss(bend: str, power: float) -> float:
        figure.get_by_role("radio", name=bend).check()
        turn(rate, power)
        return float(*re.findall(r"step 100: loss ([\d.]+)", says(figure)))

    assert min(loss("sigmoid", power) for power in (-1, 0, 1, 2)) > 0.99
    assert loss("tanh", -1) < 0.3
    assert loss("relu", 0) == 1 and "Typical gradient at layer 1: 0, at layer 7: 0." in says(figure)   # dead


# ---- shares ----


def test_what_softmax_sends_back_adds_up_to_nothing(come) -> None:
    figure = come_near(come("which-one-of-many").page, "shares")
    for scores in ((2, 1, 0), (-6, 6, 3.3)):
        for i, score in enumerate(scores):
            turn(figure.get_by_role("slider", name=f"The score of class {i}"), score)
        for right in range(3):
            figure.get_by_role("radio", name=str(right), exact=True).check()
            [listed] = re.findall(r"share less truth: ([^;]+?)\. They", says(figure))
            grads = [float(each.replace("−", "-")) for each in listed.split(", ")]
            assert sum(grads) == pytest.approx(0, abs=2e-4) and [g < 0 for g in grads].index(True) == right


def test_cold_shares_are_all_or_nothing_and_hot_ones_alike(come) -> None:
    figure = come_near(come("which-one-of-many").page, "shares")
    heat = figure.get_by_role("slider", name="The temperature")
    press(heat, "Home")
    assert heat.get_attribute("aria-valuetext") == "0.1" and "Shares: 1, " in says(figure)
    press(heat, "End")
    [listed] = re.findall(r"Shares: ([^;]+?)\. Loss", says(figure))
    assert [float(each) for each in listed.split(", ")] == pytest.approx([1 / 3] * 3, abs=0.04)


# ---- training, by the page's Python ----


def arrive(figure: Any, pattern: str) -> None:
    expect(figure.locator(".explorable-say")).to_contain_text(re.compile(pattern))


#: Keeps whatever an explorable says and draws from now on.
WATCH = """figure => {
  figure.seen = [];
  new MutationObserver(() => figure.seen.push([figure.querySelector('.explorable-say').textContent, figure.querySelector('.area').innerHTML]))
    .observe(figure.querySelector('.explorable-say'), { childList: true });
}"""


def test_the_moons_are_learned_in_the_page_to_the_last_digit(come) -> None:
    seen = come("two-moons", reduced_motion="no-preference")
    figure = come_near(seen.page, "training")
    assert says(figure).startswith("step 60: loss ") and not any("pyodide" in url for url in seen.requests)
    figure.get_by_role("button", name="From the start").click()
    assert says(figure).startswith("Step 0") and "first weights" in told(figure)
    figure.evaluate(WATCH)
    press(figure.get_by_role("button", name="Train"), "Enter")
    arrive(figure, "Nothing is left to learn")
    assert figure.get_by_role("button", name="Train").is_visible()   # it has stopped by itself
    losses, pictures, last = record(figure)["end"]["losses"], set(), 0
    for words, picture in figure.evaluate("figure => figure.seen"):
        for at, loss in re.findall(r"^step (\d+): loss ([\d.e−]+),", words):
            assert int(at) > last
            last = int(at)
            pictures.add(picture)
            if last <= len(losses):
                assert float(loss.replace("−", "-")) == pytest.approx(losses[last - 1], abs=6e-5)
                assert "To the last digit the loss of the book's own run." in words
    assert last > len(losses) and len(pictures) > 3   # the boundary moves
    assert "40 of 40 dots are on their side" in told(figure)
    assert seen.complaints == [] and seen.to_other_hosts() == []


def test_training_is_paused_stopped_begun_anew_and_goes_wrong_in_words(come) -> None:
    seen = come("two-moons", width=390, has_touch=True, is_mobile=True, reduced_motion="reduce")
    figure = come_near(seen.page, "training")
    go, bar, rate = figure.get_by_role("button", name="Train"), seen.page.locator(".live-bar"), figure.get_by_role("slider", name="The learning rate")
    figure.evaluate(WATCH)
    press(rate, "Home")
    go.tap()
    arrive(figure, r"step \d*0: loss")
    bar.get_by_role("button", name="Stop").dispatch_event("click")
    arrive(figure, r"Stopped after \d+ steps")
    # It goes on from where it was, by a Python that has been started anew; and rests when told to.
    [stopped] = re.findall(r"Stopped after (\d+)", says(figure))
    go.tap()
    expect(figure.locator(".explorable-say")).not_to_contain_text("Stopped")
    figure.get_by_role("button", name="Pause").tap()
    expect(bar).to_have_attribute("data-state", "ready")   # Python has done what it was asked
    assert int(*re.findall(r"step (\d+)", says(figure))) > int(stopped)
    rested = says(figure), drawn(figure)
    # With little motion wanted there is a picture for every tenth step.
    steps = [int(at) for words, _ in figure.evaluate("figure => figure.seen") for at in re.findall(r"^step (\d+):", words)]
    assert 0 < len(steps) <= max(steps) / 10 + 2 and (says(figure), drawn(figure)) == rested
    # Other first weights have nothing to do with the book's run.
    figure.get_by_role("button", name="Other first weights").tap()
    assert says(figure).startswith("Step 0") and drawn(figure) != rested[1]
    go.tap()
    arrive(figure, r"step \d+")
    assert "own run" not in says(figure)
    # A rate that is too large leaves all dots alike. Begun anew while it runs, it runs on.
    press(rate, "End")
    figure.get_by_role("button", name="From the start").tap()
    arrive(figure, "The net says the same about every dot: .* The rate was too large.")
    assert "right 20 of 40" in says(figure)
    figure.get_by_role("button", name="Pause").tap()
    assert seen.complaints == []


def test_no_dot_is_on_the_wrong_side_unseen(come) -> None:
    figure = come_near(come("two-moons").page, "training")
    assert figure.locator("svg .area circle").count() == len(record(figure)["points"])
    assert f"{record(figure)['end']['right']} of 40 dots" in told(figure)


# ---- Newton's step ----


def test_newton_arrives_overshoots_or_climbs(come) -> None:
    figure = come_near(come("the-derivative-of-a-derivative").page, "newton")
    place = figure.get_by_role("slider", name="The place")
    assert "The step leads to −0.5711, down from" in says(figure) and "From here it takes 4 steps to 0." in says(figure)
    press(figure.get_by_role("button", name="Step"), "Enter")
    assert says(figure).startswith("x −0.5711: slope") and "it takes 3 steps" in says(figure)
    turn(place, 1.5)
    assert ", and up: from" in says(figure) and "From here the steps never arrive at 0." in says(figure)
    figure.get_by_role("radio", name="tanh squared").check()
    assert "The bend is negative, so what the step is looking for is a top." in says(figure)
    figure.get_by_role("radio", name="half a square").check()
    for x in (-3, -0.5, 2.9):
        turn(place, x)
        assert "The step leads to 0, down from" in says(figure) and "it takes 1 step to 0." in says(figure)
    turn(place, 0)
    assert "there is nowhere to go" in says(figure)


def test_a_place_on_the_curve_is_pointed_at(come) -> None:
    figure = come_near(come("the-derivative-of-a-derivative", width=390, has_touch=True, is_mobile=True).page, "newton")
    figure.locator("svg[role=img]").tap(position=spot(figure, -1, 1))
    assert float(figure.get_by_role("slider", name="The place").input_value()) == pytest.approx(-1, abs=0.051)
    assert says(figure).startswith(("x −1:", "x −0.95:", "x −1.05:"))


# ---- the tape ----


def test_a_tape_is_read_backwards_by_keyboard(come) -> None:
    figure = come_near(come("the-tape").page, "tape")
    grads = lambda: figure.locator("tbody td:last-child").all_text_contents()  # noqa: E731
    assert grads() == ["0", "6", "2", "1", "1"]
    press(figure.get_by_role("slider", name="Lines read so far"), "Home")
    assert grads() == ["0"] * 5 and "All gradients are 0." in says(figure)
    following, heard = figure.get_by_role("button", name="Next"), []
    for _ in range(6):
        press(following, "Enter")
        heard.append((grads(), says(figure)))
    assert [found for found, _ in heard] == [
        ["0", "0", "0", "0", "1"], ["0", "1", "0", "1", "1"], *[["0", "6", "2", "1", "1"]] * 4]
    assert "It sends 5 × 1 = 5 to line 1, and 2 × 1 = 2 to line 2." in heard[2][1]
    assert "A leaf: it sends 0 to line 0, twice." in heard[3][1]
    assert figure.locator("tr.chosen").count() == 1 and figure.locator("tr.chosen").inner_text().startswith("0")


# ---- the program ----


def test_a_derivative_costs_what_is_not_there_yet(come) -> None:
    figure = come_near(come("the-graph-is-a-program").page, "instructions")
    wanted = {name: figure.get_by_role("checkbox", name=name) for name in ("x0", "x1", "w0", "w1", "b")}
    assert [name for name, box in wanted.items() if box.is_checked()] == ["w0", "w1", "b"]
    for name in ("w0", "w1", "b"):
        press(wanted[name], "Space")
    assert says(figure) == "5 instructions, 0 of them for derivatives Without the derivative by b it is 3 fewer. Nothing but the neuron."
    assert figure.locator("tr.chosen").count() == 0
    costs = {}
    for name in ("w0", "b", "x1", "w1"):
        press(wanted[name], "Space")
        [costs[name]] = re.findall(rf"The derivative by {name} has added (\d)", says(figure))
    assert costs == {"w0": "4", "b": "0", "x1": "1", "w1": "1"}
    data = record(figure)
    for name in costs:
        assert f"(by {name}: {data['grads'][name]:.4f}".replace("-", "−") in says(figure)


# ---- the sums of a net ----


def test_a_net_is_found_by_its_sums(come) -> None:
    figure = come_near(come("the-layers-come-back").page, "fingerprint")
    first, second = (figure.get_by_role("slider", name=f"The width of the {name} hidden layer") for name in ("first", "second"))
    assert "It differs from the net to be found in" in says(figure)
    press(first, *["ArrowRight"] * 4)
    press(second, *["ArrowRight"] * 2)
    assert "Found after 6 turns." in says(figure) and "6 with 3 terms are the first layer, 4 with 7 the second" in says(figure)
    figure.get_by_role("button", name="Another net").click()
    assert "It differs from the net to be found in" in says(figure)
    found = 0
    for a in range(2, 9):
        turn(first, a)
        for b in range(2, 9):
            turn(second, b)
            found += "Found after" in says(figure)
    assert found == 1   # no other net has the same sums


# ---- the registers ----


def test_a_lane_is_idle_unless_the_samples_fill_the_registers(come) -> None:
    figure = come_near(come("one-loop-in-c").page, "registers")
    samples, lanes = figure.get_by_role("slider", name="How many samples there are"), figure.get_by_role("radiogroup", name="Lanes of a register")
    assert says(figure) == ("37 samples: 5 registers a row, 8 tiles Registers of the tiles, side by side: 3 + 2. "
                            "3 of the 40 lanes of a row compute for nobody: 7.5 % of the work.")
    for wide in (2, 4, 8, 16):
        lanes.get_by_role("radio", name=str(wide), exact=True).check()
        heard = samples.evaluate("""input => Array.from({ length: 130 }, (_, i) => {
            input.value = i + 1;
            input.dispatchEvent(new Event('input'));
            return input.closest('figure').querySelector('.explorable-say').textContent;
        })""")
        assert [count for count, words in enumerate(heard, 1) if "No lane computes for nobody." in words] == [*range(wide, 131, wide)]
        parts = {count: float(*re.findall(r"nobody: ([\d.]+) % of the work", words) or [0]) for count, words in enumerate(heard, 1)}
        assert max(parts, key=parts.__getitem__) == 1 and parts[1] == pytest.approx(100 * (1 - 1 / wide), abs=0.06)
    press(samples, "End")
    assert "130 samples: 9 registers a row, 12 tiles 2 blocks, of 80 and 50 samples. Registers of the tiles, side by side: 3 + 2; then 4." in says(figure)
    figure.get_by_role("radio", name="16", exact=True).focus()
    for _ in range(3):
        figure.page.keyboard.press("ArrowLeft")
    assert figure.get_by_role("radio", name="2", exact=True).is_checked()
    assert "2 blocks, of 72 and 58 samples. Registers of the tiles, side by side: 9 × 4; then 5 × 4 + 3 × 3." in says(figure)
    assert told(figure).startswith("A layer of 16 neurons by 130 samples: rows of 65 registers with 2 lanes each")
