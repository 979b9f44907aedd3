"""The explorables about graphs, on the chapters' own pages: by mouse, by keyboard, on a phone, and when they must not come alive."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

#: What each chapter has, from its top down.
CHAPTERS = {
    "from-a-node-to-chatgpt": ["board"],
    "the-chain-rule": ["board", "path_sums"],
    "graphs": ["expression"],
    "a-number-that-remembers": ["grow"],
    "drawing-the-graph": ["grow"],
    "local-rules": ["stepper"],
    "accumulate": ["stepper"],
    "the-right-order": ["race"],
    "trusting-it": ["lab"],
    "more-arithmetic": ["grow"],
    "curves": ["stepper"],
    "a-neuron": ["stepper"],
}
KINDS = {"board": "from-a-node-to-chatgpt", "path_sums": "the-chain-rule", "expression": "graphs", "grow": "a-number-that-remembers",
         "stepper": "accumulate", "race": "the-right-order", "lab": "trusting-it"}

WIDTHS = [1280, 390]


@pytest.fixture
def come(visit):
    """Open a chapter, without waiting for more than its text."""

    def open_chapter(chapter: str, **options: Any) -> Any:
        name = chapter if chapter.endswith(".html") else f"book/{chapter}.html"
        return visit(name, until="domcontentloaded", **options)

    return open_chapter


def come_near(page: Any, kind: str, at: int = 0, state: str = "live") -> Any:
    """Scroll to an explorable, and wait until it is what it is going to be."""
    figure = page.locator(f"figure.explorable[data-explore={kind}]").nth(at)
    figure.scroll_into_view_if_needed()
    figure.locator(f"xpath=self::*[@data-state='{state}']").wait_for()
    return figure


def says(figure: Any) -> str:
    return " ".join(figure.locator(".explorable-say").inner_text().split())


def box(figure: Any, i: int) -> list[str]:
    """What a box of the drawing says, its name first if it has one."""
    texts: list[str] = figure.locator(f".n-{i} text").all_text_contents()
    return texts


def slide(control: Any, keys: str, times: int = 1) -> None:
    control.focus()
    for _ in range(times):
        control.press(keys)


def named(figure: Any, name: str) -> int:
    """The place of the node of that name."""
    record = json.loads(figure.locator("script").text_content())
    return [node["name"] for node in record["nodes"]].index(name)


# ---- all of them ----


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_explorable_of_a_chapter_comes_alive_when_a_reader_does(come, chapter: str) -> None:
    seen = come(chapter)
    page = seen.page
    mine = [each for each in page.locator("figure.explorable").evaluate_all("all => all.map(f => f.dataset.explore)")
            if each in KINDS]
    assert mine == CHAPTERS[chapter]
    # Up to now nothing has come but the loader.
    loaded = {re.sub(r".*/explore/\w+/", "", url).partition("?")[0] for url in seen.requests if "/explore/" in url}
    assert loaded == {"loader.js"}
    for kind in mine:
        assert says(come_near(page, kind))
        assert any(url.endswith(f"/{kind}.js") for url in seen.requests)
    page.set_viewport_size({"width": 390, "height": 844})
    small = page.locator("figure.explorable :is(button, input, textarea)").evaluate_all("""all => all.filter(e => {
        const { width, height } = (e.closest('label') ?? e).getBoundingClientRect(); return width < 24 || height < 24
    }).map(e => e.outerHTML)""")
    assert small == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert seen.complaints == [] and seen.to_other_hosts() == []


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_script_there_is_a_picture_and_nothing_to_press(come, kind: str) -> None:
    seen = come(KINDS[kind], java_script_enabled=False)
    figure = seen.page.locator(f"figure.explorable[data-explore={kind}]").first
    assert figure.locator(".explorable-question").is_visible()
    assert figure.locator("svg[role=img][aria-label], table").first.is_visible()
    assert figure.locator("button, input, textarea").count() == 0


#: For each kind a number in its record that the script has to arrive at by itself.
RECORDED = {
    "board": ["cases", 0, "pushed", 0, 0], "path_sums": ["grads", 0], "expression": ["result"], "grow": ["states", -1, "nodes", -1, "data"],
    "stepper": ["nodes", 0, "grad"], "race": ["runs", 0, "writes", -1, 1], "lab": ["ways", 1, "gradients", 0, 0, 0],
}


def tamper(page: Any, kind: str, by: float) -> None:
    """Change one number of an explorable's record, before a reader comes near."""
    script = page.locator(f"figure.explorable[data-explore={kind}] > script").first
    record = json.loads(script.text_content())
    *way, last = RECORDED[kind]
    place = record
    for step in way:
        place = place[step]
    place[last] += by
    script.evaluate("(script, text) => { script.textContent = text }", json.dumps(record))


@pytest.mark.parametrize("kind", KINDS)
def test_a_record_that_cannot_be_reproduced_leaves_the_picture_as_it_was(come, kind: str) -> None:
    seen = come(KINDS[kind])
    tamper(seen.page, kind, by=1e-6)
    figure = seen.page.locator(f"figure.explorable[data-explore={kind}]").first
    untouched = figure.evaluate("f => f.querySelector('svg, table').outerHTML")
    come_near(seen.page, kind, state="still")
    assert figure.locator("button, input, textarea, .explorable-controls, .explorable-say").count() == 0
    assert figure.evaluate("f => f.querySelector('svg, table').outerHTML") == untouched
    assert len(seen.complaints) == 1 and "stays a picture" in seen.complaints[0]


def test_a_record_off_in_the_last_digits_is_good_enough(come) -> None:
    seen = come(KINDS["board"])
    tamper(seen.page, "board", by=1e-11)
    come_near(seen.page, "board")


@pytest.mark.parametrize("kind", KINDS)
def test_two_copies_on_a_page_go_their_own_ways(come, address: str, kind: str) -> None:
    seen = come("genindex.html")

    def twice(route: Any) -> None:
        response = route.fetch()
        body = re.sub(rf'<figure class="explorable" data-explore="{kind}">.*?</figure>', r"\g<0>\g<0>", response.text(), count=1, flags=re.S)
        route.fulfill(response=response, body=body)

    seen.page.route(f"**/{KINDS[kind]}.html", twice)
    seen.page.goto(f"{address}book/{KINDS[kind]}.html", wait_until="domcontentloaded")
    seen.complaints.clear()   # of what the first page had no time to load
    one, other = come_near(seen.page, kind, 0), come_near(seen.page, kind, 1)
    assert one.get_attribute("id") != other.get_attribute("id")
    before = says(other), other.locator("svg, table").first.inner_html()
    if kind == "lab":
        one.get_by_role("radio", name="wrong sign").check()
        one.get_by_role("button", name="Run the checks").click()
    elif kind == "expression":
        one.get_by_role("textbox").fill("a + a")
    elif kind in ("grow", "stepper", "race"):
        one.get_by_role("button", name="Next" if kind == "race" else "Back").click()
    else:
        one.get_by_role("radio").first.check()
    assert says(one) != before[0]
    assert (says(other), other.locator("svg, table").first.inner_html()) == before
    checked = "f => f.querySelectorAll('input[type=radio]:checked').length"
    assert one.evaluate(checked) == other.evaluate(checked)
    assert seen.complaints == []


def test_who_wants_no_motion_gets_none(come) -> None:
    seen = come("accumulate", reduced_motion="reduce")
    figure = come_near(seen.page, "stepper")
    assert figure.locator(".node").first.evaluate("e => getComputedStyle(e).transitionDuration") == "0s"


# ---- the board ----


@pytest.mark.parametrize("width", WIDTHS)
def test_the_board_by_mouse(come, width: int) -> None:
    figure = come_near(come("from-a-node-to-chatgpt", width=width).page, "board")
    n3, n5, n9 = (named(figure, name) for name in ("n3", "n5", "n9"))
    assert "n5 by +0.1: n9 moves by +0.1, which is 1 for each unit. n1, n2, n3, n4 made n5, and stay as before." in says(figure)
    assert box(figure, n5)[2::2] == ["0.6", "0.1"] and box(figure, n3)[2::2] == ["1", "0"]
    figure.get_by_role("radio", name="n8").click()
    assert "n8 by +0.1: n9 moves by −0.1, which is −1 for each unit." in says(figure)
    assert box(figure, n9)[4] == "-0.1"


def test_a_box_of_the_board_can_be_pulled(come) -> None:
    seen = come("from-a-node-to-chatgpt")
    figure = come_near(seen.page, "board")
    figure.locator(".picture").scroll_into_view_if_needed()
    place = figure.locator(f".n-{named(figure, 'n4')}").bounding_box()
    x, y = place["x"] + place["width"] / 2, place["y"] + place["height"] / 2
    seen.page.mouse.move(x, y)
    seen.page.mouse.down()
    seen.page.mouse.move(x - 60, y, steps=6)
    seen.page.mouse.up()
    assert says(figure).startswith("n4 by −0.75: n9 moves by −0.65")   # four pixels are 0.05; past the kink
    assert figure.get_by_role("radio", name="n4").is_checked()


def test_the_board_by_touch(come) -> None:
    figure = come_near(come("from-a-node-to-chatgpt", width=390, has_touch=True, is_mobile=True).page, "board")
    figure.locator(f".n-{named(figure, 'n6')}").tap()
    assert says(figure).startswith("n6 by +0.1: n9 moves by +0.1")
    figure.get_by_role("radio", name="n8").tap()
    assert says(figure).startswith("n8 by +0.1: n9 moves by −0.1")


@pytest.mark.parametrize("width", WIDTHS)
def test_the_board_by_keyboard_past_the_kink(come, width: int) -> None:
    figure = come_near(come("from-a-node-to-chatgpt", width=width).page, "board")
    slide(figure.get_by_role("radio", name="n5"), "ArrowLeft", 1)
    checked = figure.locator("input[type=radio]:checked")
    assert checked.count() == 1 and not figure.get_by_role("radio", name="n5").is_checked()
    figure.get_by_role("radio", name="n7").check()
    slide(figure.get_by_role("slider"), "Home")
    told = says(figure)
    assert "n7 by −2: n9 moves by +0.6" in told and "A small nudge has the ratio 1." in told
    slide(figure.get_by_role("slider"), "End")
    assert "n7 by +2: n9 moves by +2, which is 1 for each unit." in says(figure)


def test_the_board_of_the_chain_rule_compares_promise_and_deed(come) -> None:
    figure = come_near(come("the-chain-rule").page, "board")
    assert "n3 by +0.4: n9 moves by +0.2, which is 0.5 for each unit. Its gradient is 0.5, and promised +0.2." in says(figure)
    figure.get_by_role("radio", name="label 1").check()
    assert "n9 moves by −0.2, which is −0.5 for each unit. Its gradient is −0.5" in says(figure)


# ---- paths ----


@pytest.mark.parametrize("width", WIDTHS)
def test_paths_by_mouse(come, width: int) -> None:
    figure = come_near(come("the-chain-rule", width=width).page, "path_sums")
    assert "= 15. So much does f move for each unit of c" in says(figure)
    figure.get_by_text("c → e → f").click()
    assert "Counted so far: 6 + 2 = 8." in says(figure) and "Nudging c says 15" in says(figure)
    figure.get_by_role("radio", name="a", exact=True).click()
    assert figure.get_by_role("checkbox").count() == 3 and "= 45." in says(figure)


@pytest.mark.parametrize("width", WIDTHS)
def test_paths_by_keyboard(come, width: int) -> None:
    figure = come_near(come("the-chain-rule", width=width).page, "path_sums")
    for at in range(3):
        slide(figure.get_by_role("checkbox").nth(at), "Space")
        assert figure.locator(".edge.flow").count() > 0
    assert "Without any path: 0." in says(figure)
    slide(figure.get_by_role("slider", name="The number of a"), "Home")
    assert "Nudging c says −21" in says(figure)   # c = -12: 2c + 3
    assert box(figure, named(figure, "c"))[2] == "-12"


# ---- the editor of expressions ----


@pytest.mark.parametrize("width", WIDTHS)
def test_an_expression_is_drawn_as_it_is_typed(come, width: int) -> None:
    seen = come("graphs", width=width)
    figure = come_near(seen.page, "expression")
    assert "As a tree: 9 boxes, 4 of them computed. As a graph: 7, 4 computed." in says(figure)
    assert "The end is 54. For each unit of c it moves by 15." in says(figure)
    figure.get_by_role("textbox").fill("")
    figure.get_by_role("textbox").press_sequentially("(x + x) * (x + x)")
    assert "As a tree: 7 boxes, 3 of them computed. As a graph: 3, 2 computed." in says(figure)
    assert figure.locator("svg .value").count() == 3
    figure.get_by_role("radio", name="every mention").click()
    assert figure.locator("svg .value").count() == 7
    assert figure.locator("svg").get_attribute("aria-label").startswith("The tree of (x + x) * (x + x): 7 boxes")
    assert seen.complaints == []


def test_a_slip_is_pointed_at_and_mended(come) -> None:
    figure = come_near(come("graphs").page, "expression")
    figure.get_by_role("textbox").fill("a * (b +")
    assert figure.locator(".explorable-trouble").text_content() == "a * (b +\n        ^\nSomething is missing after +."
    assert figure.get_by_role("textbox").get_attribute("aria-invalid") == "true"
    figure.get_by_role("textbox").press_sequentially(" 1)")
    assert figure.locator(".explorable-trouble").count() == 0 and "The end is" in says(figure)


@pytest.mark.parametrize("width", WIDTHS)
def test_the_expressions_tree_by_keyboard_moves_one_mention(come, width: int) -> None:
    figure = come_near(come("graphs", width=width).page, "expression")
    slide(figure.get_by_role("radio", name="every number"), "ArrowLeft")
    assert figure.get_by_role("slider").count() == 3
    assert "For each unit of c it moves by 7, of c' it moves by 6, of c'' it moves by 2." in says(figure)
    slide(figure.get_by_role("slider", name="The number of c''"), "ArrowRight", 2)
    assert "The end is 56." in says(figure)


@pytest.mark.parametrize("typed", ["<img src=x onerror=alert(1)>", "a + <script>", "__proto__ + constructor", "((((((a))))))", "1/0 - 1/0"])
def test_whatever_is_typed_stays_text(come, typed: str) -> None:
    seen = come("graphs")
    figure = come_near(seen.page, "expression")
    figure.get_by_role("textbox").fill(typed)
    assert says(figure)
    assert figure.locator("img").count() == 0 and seen.complaints == []


# ---- the graph that grows ----


@pytest.mark.parametrize("width", WIDTHS)
def test_a_graph_grows_line_by_line(come, width: int) -> None:
    figure = come_near(come("a-number-that-remembers", width=width).page, "grow")
    assert says(figure) == "f = c * c One new box: 49 by *. 6 in all."
    figure.get_by_role("button", name="Back").click()
    assert "c = c + 1 2 new boxes: a leaf, 1; 7 by +. 5 in all. The name c has moved to another box. The old one is where it was." in says(figure)
    assert figure.locator("svg .on").count() == 2
    slide(figure.get_by_role("slider"), "Home")
    assert "No line has been run" in says(figure) and figure.locator("svg .value").count() == 0


@pytest.mark.parametrize("width", WIDTHS)
def test_a_program_is_drawn_as_it_is_typed(come, width: int) -> None:
    figure = come_near(come("a-number-that-remembers", width=width).page, "grow")
    area = figure.get_by_role("textbox")
    area.fill("x = Value(1.0)")
    area.press("End")
    for doubling in range(3):
        area.press("Enter")
        area.press_sequentially("x = x + x")
        assert figure.locator("svg .value").count() == doubling + 2
        assert figure.locator("svg .edge[class*='-0']").count() >= 1
    assert "The name x has moved to another box." in says(figure)


@pytest.mark.parametrize("line, told", [
    ("y = 2 * a", "The plain number comes first"), ("y = a - 1", "no -"), ("y = z + 1", "z has no number yet"), ("y == a", "gives a result a name"),
    ("y = sin(a)", "sin(…) is not known here"), ("y = Value(a)", "a Value already"), ("y = -a", "no minus yet"),
])
def test_a_line_that_the_engine_could_not_run_is_explained(come, line: str, told: str) -> None:
    seen = come("a-number-that-remembers")
    figure = come_near(seen.page, "grow")
    figure.get_by_role("textbox").fill(f"a = Value(2.0)\n{line}")
    assert told in says(figure) and figure.locator("svg .value").count() == 1
    assert seen.complaints == []


def test_a_later_engine_takes_arithmetic_apart(come) -> None:
    figure = come_near(come("more-arithmetic").page, "grow")
    figure.get_by_role("textbox").fill("a = Value(3.0)\nb = Value(4.0)\ny = 1 - a / b")
    assert figure.locator("svg .value").count() == 8   # as the chapter's first exercise counts them
    assert set(figure.locator("svg .op text").all_text_contents()) == {"**-1", "*", "+"}
    figure.get_by_role("textbox").fill("a = Value(3.0)\ny = 2 ** a - -a ** 2")
    assert "17 by +" in says(figure)


# ---- the stepper, and its switch ----


@pytest.mark.parametrize("width", WIDTHS)
def test_the_switch_by_mouse(come, width: int) -> None:
    figure = come_near(come("accumulate", width=width).page, "stepper")
    a = named(figure, "a")
    assert box(figure, a)[4] == "12" and "a now holds 12" in says(figure)
    figure.get_by_role("radio", name="=", exact=True).click()
    assert box(figure, a)[4] == "5"
    figure.get_by_role("radio", name="+=", exact=True).click()
    assert box(figure, a)[4] == "12"


@pytest.mark.parametrize("width", WIDTHS)
def test_a_graph_is_stepped_to_its_end_by_keyboard_alone(come, width: int) -> None:
    seen = come("accumulate", width=width)
    figure = come_near(seen.page, "stepper")
    scrub = figure.get_by_role("slider", name="Step of the walk back")
    slide(scrub, "Home")
    assert "no gradient is known" in says(figure) and box(figure, named(figure, "y"))[4] == "0"
    back, following = (figure.get_by_role("button", name=name) for name in ("Back", "Next"))
    assert back.get_attribute("aria-disabled") == "true"
    told = []
    following.focus()
    for _ in range(9):
        following.press("Enter")
        told.append(says(figure))
        assert seen.page.evaluate("document.activeElement.textContent") == "Next"
    assert told[0].startswith("The seed: y") and told[1].startswith("Rule 1 of 3: y is ab + ac")
    assert told[3] == told[8] and following.get_attribute("aria-disabled") == "true"
    assert "to a: 1 × 5 = 5" in told[3] or "to a: 1 × 7 = 7" in told[3]
    slide(figure.get_by_role("slider", name="The number of b"), "Home")
    assert "a: data 2, grad -3;" in figure.locator("svg").get_attribute("aria-label")
    assert box(figure, named(figure, "a"))[4] == "-3" and box(figure, named(figure, "b"))[2] == "-10"


def test_the_stepper_plays_and_pauses(come) -> None:
    seen = come("local-rules")
    figure = come_near(seen.page, "stepper")
    figure.get_by_role("button", name="Play").click()
    figure.get_by_text("The seed: n7").wait_for()
    figure.get_by_role("button", name="Pause").click()
    assert figure.get_by_role("button", name="Play").count() == 1
    told = says(figure)
    seen.page.wait_for_timeout(1500)
    assert says(figure) == told


def test_a_slider_shows_the_number_even_between_its_steps(come) -> None:
    figure = come_near(come("a-neuron").page, "stepper")
    b = figure.get_by_role("slider", name="The number of b")
    assert b.get_attribute("aria-valuetext") == "6.8814" and box(figure, named(figure, "y"))[2] == "0.7071"
    slide(b, "End")
    assert b.get_attribute("aria-valuetext") == "10" and "x1 now holds" in says(figure)


def test_a_gradient_gets_lost_in_a_bend(come) -> None:
    figure = come_near(come("curves").page, "stepper")
    slide(figure.get_by_role("slider", name="The number of a"), "Home")
    assert box(figure, named(figure, "a"))[4] == "0"


# ---- the race ----


def column(figure: Any, at: int) -> list[str]:
    cells: list[str] = figure.locator(f"tbody tr td:nth-of-type({at})").all_text_contents()
    return cells


@pytest.mark.parametrize("width", WIDTHS)
def test_each_driver_arrives_at_its_own_number(come, width: int) -> None:
    figure = come_near(come("the-right-order", width=width).page, "race")
    assert column(figure, 3) == ["on its way"] * 6
    slide(figure.get_by_role("slider"), "End")
    assert column(figure, 2) == ["21", "27", "105", "18", "45", "45"]
    assert column(figure, 3) == ["wrong"] * 4 + ["right"] * 2
    assert column(figure, 1)[4:] == ["15/15", "11/11"]
    figure.get_by_text("again at every arrival").click()
    assert "again at every arrival: done after 15 writes; a holds 105, and 45 is right." in says(figure)


def test_the_race_by_keyboard(come) -> None:
    seen = come("the-right-order")
    figure = come_near(seen.page, "race")
    following = figure.get_by_role("button", name="Next")
    slide(following, "Enter", 4)
    assert says(figure) == "depth-first, each once: e writes to c, which held 0 and now holds 7."
    figure.get_by_role("radio").first.focus()
    for _ in range(4):
        seen.page.keyboard.press("ArrowDown")
    assert figure.locator("tr.chosen").inner_text().startswith("along every path")
    assert says(figure).startswith("along every path: c writes to a")


# ---- the laboratory ----

ALARMS = {  # tree, equal, square, nested, f: as the chapter's own table has it
    "right": ".....", "operands mixed up": "!..!!", "wrong sign": "!!!!!", "one parcel missing": "!!!!!",
    "g forgotten": "...!!", "= for +=": "..!!!",
}


@pytest.mark.parametrize("width", WIDTHS)
def test_the_laboratory_agrees_with_the_chapters_table(come, width: int) -> None:
    figure = come_near(come("trusting-it", width=width).page, "lab")
    checks = figure.locator(".explorable-controls table")
    verdicts = lambda: checks.locator("tbody tr td:last-child").all_text_contents()  # noqa: E731
    for name, alarms in ALARMS.items():
        figure.get_by_role("radio", name=name, exact=True).check()
        assert verdicts() == [""] * 6
        figure.get_by_role("button", name="Run the checks").click()
        assert "".join("!" if each == "alarm" else "." for each in verdicts()[:5]) == alarms, name


def test_the_laboratory_counts_what_was_foreseen_by_keyboard(come) -> None:
    figure = come_near(come("trusting-it").page, "lab")
    for name in ("tree", "nested", "f", "yours"):
        slide(figure.get_by_role("checkbox", name=f"I expect an alarm from {name}", exact=True), "Space")
    slide(figure.get_by_role("button", name="Run the checks"), "Enter")
    assert "You foresaw 6 of 6." in says(figure)
    slide(figure.get_by_role("slider", name="b in the check of your own"), "ArrowRight")
    assert "You foresaw 5 of 6." in says(figure)   # a and b are both 2 now: the wrong rule is right


def test_the_stricter_question_finds_the_forgotten_g(come) -> None:
    figure = come_near(come("trusting-it").page, "lab")
    figure.get_by_role("radio", name="g forgotten").check()
    figure.get_by_role("radio", name="y + y + y").check()
    figure.get_by_role("button", name="Run the checks").click()
    assert figure.locator(".explorable-controls table .wrong").count() == 6
