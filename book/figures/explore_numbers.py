"""Explorables about numbers.  What the chapter's own functions compute is the record."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import Any

from figures.contours import lines, regions
from figures.explorable import Explorable, short
from figures.palette import ACCENT, DATA, FAINT, GRAD, INK, THIRD

Point = tuple[float, float]
Span = tuple[float, float]
#: Places on an axis that are named: numbers, or numbers with what is written there.
Ticks = Iterable[float | tuple[float, str]]

LEFT, RIGHT, TOP, BOTTOM = 46, 12, 12, 40


# ---- pictures ----


class Sheet:
    """A plot whose frame a script takes over: it draws what it has found in place of the group `area`.

    Args:
        x, y: from where to where the axes go.
        xlabel, ylabel: what they count.
        xticks, yticks: the places named on them.
        width, height: of all, in pixels.
    """

    def __init__(
        self, x: Span, y: Span, xlabel: str = "", ylabel: str = "", xticks: Ticks = (), yticks: Ticks = (),
        width: int = 440, height: int = 280,
    ) -> None:
        self.x, self.y, self.width, self.height = x, y, width, height
        self.ink, self.back, self.area = [], [], []  # type: tuple[list[str], list[str], list[str]]
        low = height - BOTTOM
        self.ink.append(f'<path d="M{LEFT} {TOP}V{low}H{width - RIGHT}" fill="none" stroke="{FAINT}"/>')
        for value, text in named(xticks):
            self.ink.append(written(self.X(value), low + 17, text, FAINT, "middle"))
        for value, text in named(yticks):
            self.ink.append(written(LEFT - 7, self.Y(value) + 4, text, FAINT, "end"))
        self.ink.append(written((LEFT + width - RIGHT) / 2, height - 5, xlabel, FAINT, "middle"))
        self.ink.append(written(LEFT + 5, TOP + 8, ylabel, FAINT))

    def X(self, value: float) -> float:
        return LEFT + (value - self.x[0]) / (self.x[1] - self.x[0]) * (self.width - LEFT - RIGHT)

    def Y(self, value: float) -> float:
        return self.height - BOTTOM - (value - self.y[0]) / (self.y[1] - self.y[0]) * (self.height - TOP - BOTTOM)

    @property
    def frame(self) -> dict[str, Any]:
        """What the script needs to know of it."""
        return {"x": list(self.x), "y": list(self.y), "width": self.width, "height": self.height}

    def along(self, points: Iterable[Point], close: bool = False) -> str:
        return "M" + "L".join(f"{self.X(x):.1f} {self.Y(y):.1f}" for x, y in points) + "Z" * close

    def line(self, points: Iterable[Point], color: str, width: float = 1.8, dash: str = "", opacity: float = 1) -> None:
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        dashed += f' stroke-opacity="{opacity}"' if opacity < 1 else ""
        style = f'fill="none" stroke="{color}" stroke-width="{width}"{dashed}'
        self.area.append(f'<path d="{self.along(points)}" {style}/>')

    def dot(self, x: float, y: float, color: str, radius: float = 4, full: bool = True) -> None:
        self.area.append(f'<circle cx="{self.X(x):.1f}" cy="{self.Y(y):.1f}" r="{radius}" '
                         f'fill="{color if full else "none"}" stroke="{color}" stroke-width="1.4"/>')

    def words(self, x: float, y: float, text: str, color: str, anchor: str = "start") -> None:
        self.area.append(written(self.X(x), self.Y(y), text, color, anchor))

    def heights(self, height: Callable[[float, float], float], levels: Sequence[float], count: int = 45) -> None:
        """Lines of equal height, behind everything."""
        xs, ys = between(*self.x, count), between(*self.y, count)
        grid = [[height(x, y) for x in xs] for y in ys]
        for level in levels:
            found = "".join(self.along(points) for points in lines(xs, ys, grid, level))
            self.back.append(f'<path d="{found}" fill="none" stroke="{FAINT}" stroke-width="0.6"/>' if found else "")

    def region(self, height: Callable[[float, float], float], level: float, count: int = 41) -> None:
        """Shade where it is above the level, and draw the edge."""
        xs, ys = between(*self.x, count), between(*self.y, count)
        grid = [[height(x, y) for x in xs] for y in ys]
        inside = "".join(self.along(points, True) for points in regions(xs, ys, grid, level, 1e9))
        edge = "".join(self.along(points) for points in lines(xs, ys, grid, level))
        self.area += [f'<path d="{inside}" fill="{ACCENT}" fill-opacity="0.16"/>' if inside else "",
                      f'<path d="{edge}" fill="none" stroke="{ACCENT}" stroke-width="1.8"/>' if edge else ""]

    def histograms(self, found: Sequence[Sequence[float]]) -> None:
        """By layer how many gradients have which power of ten, as bars on their side; a line through typical sizes."""
        low, high = self.y
        for k, all_ in enumerate(found, 1):
            powers = [max(low, min(high - 0.5, math.floor(2 * math.log10(abs(g))) / 2)) if g else low for g in all_]
            most = max(powers.count(power) for power in set(powers))
            for power in sorted(set(powers)):
                y, reach = power + 0.25, 0.75 * powers.count(power) / most
                bar = self.Y(0) - self.Y(0.46)
                self.line([(k - 0.4, y), (k - 0.4 + reach, y)], GRAD, round(bar, 1), opacity=0.6)
        sizes = [max(low, math.log10(typical(all_))) for all_ in found]
        self.line(list(enumerate(sizes, 1)), INK, 1.6)

    def svg(self) -> str:
        return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width}" height="{self.height}" '
                f'viewBox="0 0 {self.width} {self.height}" font-size="13">'
                f'<g>{"".join(self.ink)}</g><g>{"".join(self.back)}</g><g class="area">{"".join(self.area)}</g></svg>')


def named(ticks: Ticks) -> list[tuple[float, str]]:
    return [tick if isinstance(tick, tuple) else (tick, said(tick)) for tick in ticks]


def said(x: float) -> str:
    """A number with a minus sign."""
    return short(x).replace("-", "−")


def written(x: float, y: float, text: str, color: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{color}" text-anchor="{anchor}">{escape(text)}</text>' if text else ""


def between(low: float, high: float, count: int) -> list[float]:
    return [low + (high - low) * i / (count - 1) for i in range(count)]


# ---- a secant ----


def secant(
    f: Callable[[float], float], powers: Sequence[float], slope: Callable[[float, float], float],
    question: str, caption: str = "", at: float = 3.0, h: float = 1.0,
) -> Explorable:
    """A curve, a point on it, and a second one that can be moved in.

    Args:
        f: the curve.
        powers: what stands before 1, x, x², … in it, for the script.
        slope: the chapter's slope of a secant, from x and h.
        question, caption: the words around it.
        at, h: the first point, and how far off the second is, in the picture.
    """
    sheet = Sheet((-3.2, 5.2), (-12, 64), "x", "f", range(-3, 6), (0, 20, 40, 60))
    places, nudges = [-1.0, 0.0, 1.0, at], [2.0, 1.0, 0.1, 0.01, 0.001, -0.001, -0.1, -2.0]
    m = slope(at, h)
    sheet.line([(x, f(x)) for x in between(*sheet.x, 85) if f(x) <= sheet.y[1]], DATA)
    sheet.line([(x, f(at) + m * (x - at)) for x in (at - 1.7, at + 2)], GRAD)
    sheet.dot(at, f(at), GRAD)
    sheet.dot(at + h, f(at + h), GRAD)
    record = {"frame": sheet.frame, "powers": list(powers), "at": at, "h": h, "places": places, "nudges": nudges,
              "heights": [f(x) for x in places], "slopes": [[slope(x, n) for n in nudges] for x in places]}
    return Explorable("secant", question, sheet.svg(),
                      f"A parabola, and a straight line through its points at {short(at)} and {short(at + h)}. "
                      f"The line's slope is {short(m)}.", record, caption)


# ---- the U ----


def ucurve(
    one_sided: Callable[..., float], central: Callable[..., float], f: Callable[[float], float],
    question: str, caption: str = "", at: float = 0.9,
) -> Explorable:
    """The mistake of a measured slope of the cube, at every size of the nudge.

    Args:
        one_sided, central: the chapter's two ways of measuring, from f, x and h.
        f: the cube.
        question, caption: the words around it.
        at: the place.
    """
    nudges = [10.0 ** (-k / 8) for k in range(8, 121)]
    slopes = {"ahead": [one_sided(f, at, h) for h in nudges], "both": [central(f, at, h) for h in nudges]}
    powers = range(-15, 0, 2)
    sheet = Sheet((-15, -1), (-14, 1), "nudge h", "mistake", [(k, f"1e−{-k}") for k in powers if k < -1],
                  [(k, f"1e{k}".replace("-", "−")) for k in (-12, -8, -4)] + [(0, "1")])
    for name, color in (("ahead", GRAD), ("both", DATA)):
        wrong = [(math.log10(h), abs(m - 3 * at * at)) for h, m in zip(nudges, slopes[name], strict=True)]
        sheet.line([(x, max(-14, math.log10(e))) for x, e in wrong if e], color, 1.4)
    sheet.words(-4.4, -2.6, "ahead", GRAD, "end")
    sheet.words(-4.0, -9.6, "both ways", DATA)
    sheet.line([(-15, -1), (-2, -14)], FAINT, 1, "2 4")
    sheet.words(-3.6, -13.6, "rounding", FAINT, "end")
    return Explorable("ucurve", question, sheet.svg(),
                      "Two curves in the shape of a U, on logarithmic axes. The mistake of looking ahead is least "
                      "near a nudge of 1e-8, that of looking both ways near 1e-5 and much smaller; "
                      "to the left both rise, in jumps.",
                      {"frame": sheet.frame, "at": at, "nudges": nudges, "slopes": slopes}, caption)


# ---- knobs ----

#: a * b + c, for the script.
PRODUCT = [{"op": "", "args": []}] * 3 + [{"op": "*", "args": [0, 1]}, {"op": "+", "args": [3, 2]}]
#: A nudge that a float can hold exactly.
EXACT = 2.0 ** -10


def knobs(d: Callable[..., float], at: Sequence[float], question: str, caption: str = "") -> Explorable:
    """Three knobs, and what each of them does to d = a * b + c, the others held still.

    Args:
        d: the function.
        at: where the knobs stand at first.
        question, caption: the words around it.
    """
    def partials(place: Sequence[float]) -> list[float]:
        steps = [[x + EXACT * (k == i) for k, x in enumerate(place)] for i in range(3)]
        return [(d(*step) - d(*place)) / EXACT for step in steps]

    places = [list(at), [0.0, -3.0, 10.0], [-1.5, 4.0, 0.0]]
    sheet = Sheet((-2, 2), (-11, 11), "turn of one knob", "change of d", range(-2, 3), range(-10, 11, 5))
    slopes = partials(at)
    for name, slope, color in zip("abc", slopes, (ACCENT, THIRD, INK), strict=True):
        sheet.line([(t, slope * t) for t in sheet.x], color)
        sheet.words(1.55, slope * 1.55 + 0.6, name, color)
    record = {"frame": sheet.frame, "at": list(at), "nodes": PRODUCT, "cases": [
        {"at": place, "d": d(*place), "slopes": partials(place)} for place in places]}
    return Explorable("knobs", question, sheet.svg(),
                      "The change of d as one knob is turned: three straight lines through zero. Their slopes are "
                      + ", ".join(f"{short(m)} for {name}" for name, m in zip("abc", slopes, strict=True)) + ".",
                      record, caption)


# ---- a walk downhill ----


def walker(
    value: Callable[[float], Any], loss: Callable[[Any, Any], Any], optimiser: Callable[[list[Any]], Any],
    question: str, caption: str = "", start: Point = (2.0, -1.0), rate: float = 0.1, momentum: float | None = None,
    steps: int = 30,
) -> Explorable:
    """The gate's loss as a map, and a walk on it with a chosen rate, start and momentum.

    Args:
        value: what makes a number a `Value`.
        loss: the gate's loss, from its two parameters.
        optimiser: what makes one that has that rate and momentum.
        question, caption: the words around it.
        start, rate, steps: of the walk in the picture.
        momentum: likewise; None leaves the reader no choice of it.
    """
    n4, n6 = value(start[0]), value(start[1])
    stepper, path = optimiser([n4, n6]), []
    for _ in range(steps + 1):
        now = loss(n4, n6)
        path.append([n4.data, n6.data, now.data])
        stepper.zero_grad()
        now.backward()
        stepper.step()
    sheet = Sheet((-0.8, 3.0), (-2.2, 1.2), "n4", "n6", (0, 1, 2, 3), (-2, -1, 0, 1), height=330)
    sheet.heights(lambda x, y: float(loss(value(x), value(y)).data), [1 / 16 + 0.02 * 2.2**i for i in range(9)])
    sheet.line([(x, y) for x, y, _ in path], DATA, 1.4)
    for x, y, _ in path:
        sheet.dot(x, y, DATA, 2)
    sheet.words(0.5, -0.25, "+", INK, "middle")
    record = {"frame": sheet.frame, "start": list(start), "rate": rate, "momentum": momentum, "path": path}
    return Explorable("walker", question, sheet.svg(),
                      "A map of a long narrow valley over n4 and n6, and a path of "
                      f"{steps} steps from ({short(start[0])}, {short(start[1])}) to a loss of {short(path[-1][2])}.",
                      record, caption)


# ---- a net of two neurons and one ----

CORNERS = ((0, 0), (0, 1), (1, 0), (1, 1))


def xor(
    nets: dict[str, Any], weights: Sequence[float], error: Callable[[Any], Any], question: str, caption: str = "",
) -> Explorable:
    """Nine weights, an activation, and where the net they make says yes.

    Args:
        nets: for each activation an `MLP(2, [2, 1])`; their parameters are written over.
        weights: the nine numbers, in the order of `parameters`.
        error: how wrong a net is about XOR.
        question, caption: the words around it.
    """
    places = [*CORNERS, (0.25, 0.8), (1.3, -0.4)]
    sheet = Sheet((-0.5, 1.5), (-0.5, 1.5), "x1", "x2", (0, 1), (0, 1), width=340, height=340)
    cases = {}
    for activation, net in nets.items():
        for p, x in zip(net.parameters(), weights, strict=True):
            p.data = x
        cases[activation] = {"says": [float(net(place).data) for place in places], "error": float(error(net).data)}
    first = next(iter(nets.values()))
    sheet.region(lambda x, y: float(first((x, y)).data), 0.5)
    for x, y in CORNERS:
        sheet.dot(x, y, GRAD, 6, x != y)
    return Explorable("xor", question, sheet.svg(),
                      "A square with its four corners, opposite ones alike. A band across it, where the net says "
                      "more than a half, holds the filled corners, (0, 1) and (1, 0), and leaves the others outside.",
                      {"frame": sheet.frame, "weights": list(weights), "places": [list(p) for p in places],
                       "cases": cases}, caption)


# ---- shares ----


def shares(
    value: Callable[[float], Any],
    softmax: Callable[[list[Any]], list[Any]], cross_entropy: Callable[[list[Any], int], Any],
    scores: Sequence[float], question: str, caption: str = "", right: int = 0,
) -> Explorable:
    """Scores, the shares they come to, and what the loss sends back to each.

    Args:
        value: what makes a number a `Value`.
        softmax, cross_entropy: the chapter's.
        scores: at first.
        question, caption: the words around it.
        right: the number of the right class, at first.
    """
    cases = []
    far = [30.0, -30.0] + [0.5] * (len(scores) - 2)
    for numbers, label in ((list(scores), right), ([s / 2 for s in scores], right), (far, 1)):
        made = [value(x) for x in numbers]
        loss = cross_entropy(made, label)
        loss.backward()
        cases.append({"scores": numbers, "right": label, "loss": loss.data, "grads": [s.grad for s in made],
                      "shares": [p.data for p in softmax([value(x) for x in numbers])]})
    count = len(scores)
    sheet = Sheet((-0.6, count - 0.4), (-1.05, 1.05), "class", "share, and its gradient",
                  range(count), (-1, -0.5, 0, 0.5, 1))
    for i, (p, g) in enumerate(zip(cases[0]["shares"], cases[0]["grads"], strict=True)):
        sheet.line([(i - 0.15, 0), (i - 0.15, p)], DATA, 22)
        sheet.line([(i + 0.15, 0), (i + 0.15, g)], GRAD, 22)
    listed = "; ".join(f"class {i}: share {short(p)}, gradient {short(g)}"
                       for i, (p, g) in enumerate(zip(cases[0]["shares"], cases[0]["grads"], strict=True)))
    return Explorable("shares", question, sheet.svg(), f"Two bars for each class. {listed}.",
                      {"frame": sheet.frame, "cases": cases}, caption)


# ---- losses that race ----


def wishes(
    value: Callable[[float], Any], losses: dict[str, Callable[[Any], Any]], question: str, caption: str = "",
    start: float = -5.0, rate: float = 1.0, steps: int = 40, at: int = 5,
) -> Explorable:
    """A score that is wrong, and what several losses make of it, each by its own gradient.

    Args:
        value: what makes a number a `Value`.
        losses: under their names, what a score costs where yes is right.
        question, caption: the words around it.
        start, rate, steps: of the walk.
        at: the step that the picture shows.
    """
    paths: dict[str, list[float]] = {}
    costs: dict[str, list[float]] = {}
    sheet = Sheet((-6, 6), (-0.2, 8.0), "score", "loss", range(-6, 7, 2), range(0, 7, 2))
    for (name, loss_of), color in zip(losses.items(), (DATA, GRAD, THIRD), strict=True):
        score, paths[name], costs[name] = start, [], []
        for _ in range(steps + 1):
            s = value(score)
            loss = loss_of(s)
            loss.backward()
            paths[name].append(score)
            costs[name].append(loss.data)
            score -= rate * s.grad
        curve = [(x, float(loss_of(value(x)).data)) for x in between(*sheet.x, 121)]
        sheet.line([(x, y) for x, y in curve if y <= sheet.y[1]], color, 1.4)
        sheet.dot(paths[name][at], costs[name][at], color, 5)
    labels = list(zip((-5.9, -3.2, -5.9), (2.1, 4.7, 1.35), losses, strict=True))
    for (x, y, name), color in zip(labels, (DATA, GRAD, THIRD), strict=True):
        sheet.words(x, y, name, color)
    told = ", ".join(f"{name} at {short(path[at])}" for name, path in paths.items())
    record = {"frame": sheet.frame, "labels": labels, "start": start, "rate": rate, "step": at,
              "paths": paths, "costs": costs}
    return Explorable("wishes", question, sheet.svg(),
                      f"Curves of several losses over the score. Each has moved one and the same score, "
                      f"{short(start)} at first, for {at} steps: {told}.", record, caption)


# ---- gradients in deep nets ----


def flow(nets: dict[str, Any], question: str, caption: str = "", samples: int = 8, seed: int = 0) -> Explorable:
    """The gradients in the layers of a deep net, for a choice of activation and of the size of its weights.

    Args:
        nets: for each activation a net; their weights are written over, all with the same ones.
        question, caption: the words around it.
        samples: how many random inputs.
        seed: of the weights and of the inputs.
    """
    rng = random.Random(seed)
    first = next(iter(nets.values()))
    layers = [[[round(rng.uniform(-1, 1), 3) for _ in range(len(neuron.w) + 1)] for neuron in layer.neurons]
              for layer in first.layers]
    inputs = [[round(rng.gauss(0, 1), 3) for _ in range(len(layers[0][0]) - 1)] for _ in range(samples)]

    def measured(net: Any, reach: float) -> list[list[float]]:
        for layer, rows in zip(net.layers, layers, strict=True):
            for neuron, row in zip(layer.neurons, rows, strict=True):
                for p, number in zip(neuron.parameters(), row, strict=True):
                    p.data = reach * number
        found: list[list[float]] = [[] for _ in net.layers[1:]]
        for x in inputs:
            hidden: list[Any] = list(x)
            seen = []
            for layer in net.layers:
                hidden = layer.outputs(hidden)
                seen.append(hidden)
            hidden[0].backward()
            for kept, said_ in zip(found, seen, strict=False):
                kept += [v.grad for v in said_]
        return found

    cases = [{"bend": bend, "reach": reach, "sizes": [math.log10(typical(all_)) for all_ in measured(net, reach)]}
             for bend, net in nets.items() for reach in (1.0, 0.5)]
    depth = len(layers) - 1
    sheet = Sheet((0.4, depth + 0.6), (-10, 4), "layer", "size of the gradients", range(1, depth + 1),
                  [(k, f"1e{k}".replace("-", "−")) for k in (-9, -6, -3)] + [(0, "1"), (3, "1000")])
    sizes: list[float] = cases[0]["sizes"]  # type: ignore[assignment]
    sheet.histograms(measured(first, 1.0))
    alt = (f"For each of {depth} hidden layers a histogram of its gradients by power of ten, and a line through their "
           f"typical sizes, from {short(10 ** sizes[0])} at layer 1 to {short(10 ** sizes[-1])} at layer {depth}.")
    record = {"frame": sheet.frame, "layers": layers, "inputs": inputs, "cases": cases}
    return Explorable("flow", question, sheet.svg(), alt, record, caption)


def learning(
    nets: dict[str, Any], points: Sequence[Point], signs: Sequence[int], question: str, caption: str = "",
    rate: float = 0.1, steps: int = 20,
) -> Explorable:
    """Deep nets that learn, and the gradients of their layers' parameters while they do.

    Args:
        nets: for each activation a net; they are trained.
        points, signs: what is to be learned, with the mean hinge.
        question, caption: the words around it.
        rate, steps: of the training in the picture, which shows the first net.
    """
    from micrograd.losses import hinge, mean
    from micrograd.optim import SGD

    told: dict[str, Any] = {}
    shown: list[list[float]] = []
    for bend, net in nets.items():
        layers = [[[p.data for p in neuron.parameters()] for neuron in layer.neurons] for layer in net.layers]
        optimiser, losses = SGD(net.parameters(), rate), []
        for step in range(steps + 1):
            loss = mean([hinge(net(x), sign) for x, sign in zip(points, signs, strict=True)])
            optimiser.zero_grad()
            loss.backward()
            losses.append(loss.data)
            if step < steps:
                optimiser.step()
        grads = [[p.grad for p in layer.parameters()] for layer in net.layers]
        told[bend] = {"layers": layers, "losses": losses, "sizes": [math.log10(typical(all_)) for all_ in grads]}
        shown = shown or grads
    depth = len(shown)
    sheet = Sheet((0.4, depth + 0.6), (-9, 1), "layer", "size of the gradients", range(1, depth + 1),
                  [(k, f"1e{k}".replace("-", "−")) for k in (-8, -6, -4, -2)] + [(0, "1")])
    sheet.histograms(shown)
    sizes = [typical(all_) for all_ in shown]
    alt = (f"For each of {depth} layers a histogram of the gradients of its parameters by power of ten, and a line "
           f"through their typical sizes, from {short(sizes[0])} at layer 1 to {short(sizes[-1])} at layer {depth}.")
    record = {"frame": sheet.frame, "points": [list(p) for p in points], "signs": list(signs), "rate": rate,
              "nets": told}
    return Explorable("learning", question, sheet.svg(), alt, record, caption)


def typical(numbers: Sequence[float]) -> float:
    """The root of the mean square; a tiny one where all are 0, which has no logarithm."""
    return max(math.sqrt(sum(x * x for x in numbers) / len(numbers)), 1e-300)


# ---- training, in the page ----


def trained(state: dict[str, Any]) -> dict[str, Any]:
    """Some steps of training: the page's Python runs this as the build does.

    Args:
        state: "sizes" of the net's layers, its "parameters", the "points" and their "signs",
            the learning "rate", and how many "steps".

    Returns:
        The new "parameters", the "losses" before each step, and how many points were "right" after the last.
    """
    from micrograd.losses import hinge, mean
    from micrograd.nn import MLP
    from micrograd.optim import SGD

    model = MLP(2, state["sizes"], rng=random.Random(0))
    for p, number in zip(model.parameters(), state["parameters"], strict=True):
        p.data = number
    optimiser, losses = SGD(model.parameters(), state["rate"]), []
    for _ in range(state["steps"]):
        loss = mean([hinge(model(x), sign) for x, sign in zip(state["points"], state["signs"], strict=True)])
        losses.append(loss.data)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    right = sum((model(x).data > 0) == (sign > 0) for x, sign in zip(state["points"], state["signs"], strict=True))
    return {"parameters": [p.data for p in model.parameters()], "losses": losses, "right": right}


def aloud(text: str, steps: int) -> None:
    """Print what each of some steps of training comes to, as a line of JSON; `null` where no number is left.

    Args:
        text: the state as `trained` takes it, in JSON.
        steps: how many.
    """
    state = json.loads(text) | {"steps": 1}
    for _ in range(steps):
        done = trained(state)
        if not all(map(math.isfinite, [*done["losses"], *done["parameters"]])):
            print("null")
            return
        state["parameters"] = done["parameters"]
        print(json.dumps(done))


def training(
    points: Sequence[Point], signs: Sequence[int], question: str, caption: str = "",
    sizes: Sequence[int] = (8, 8, 1), rate: float = 1.0, steps: int = 60, seed: int = 2,
) -> Explorable:
    """A net that learns the moons before the reader's eyes, by the engine itself where Python runs in the page.

    Args:
        points, signs: what is to be learned.
        question, caption: the words around it.
        sizes, rate, steps: of the net, and of the training in the picture.
        seed: of the first weights.
    """
    from micrograd.nn import MLP

    model = MLP(2, list(sizes), rng=random.Random(seed))
    dots = [[round(x, 3) for x in point] for point in points]
    state = {"sizes": list(sizes), "parameters": [p.data for p in model.parameters()], "points": dots,
             "signs": list(signs), "rate": rate, "steps": steps}
    end = trained(state)
    for p, number in zip(model.parameters(), end["parameters"], strict=True):
        p.data = number
    sheet = Sheet((-1.6, 2.6), (-1.2, 1.7), "x1", "x2", (-1, 0, 1, 2), (-1, 0, 1), height=320)
    sheet.region(lambda x, y: float(model((x, y)).data), 0.0)
    for (x, y), sign in zip(dots, signs, strict=True):
        sheet.dot(x, y, THIRD if sign < 0 else ACCENT, 3.5, sign > 0)
    end["scores"] = [model(x).data for x in dots]
    return Explorable("training", question, sheet.svg(),
                      f"{len(dots)} dots of the two moons, and where a net says yes after {steps} steps: "
                      f"{end['right']} of the dots are on their side of the boundary.",
                      {"frame": sheet.frame, **state, "end": end}, caption)
