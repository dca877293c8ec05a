"""Mistakes people make in study files: what is changed in a good file, the text at fault, and what
they are told."""

from __future__ import annotations

from typing import NamedTuple

GOOD = """\
# a study of four trials
name: mistakes
preset: quick
base:
  data: {source: digits, limit: 40, test_limit: 40}
  victim: {radii: [0, 4]}
search:
  noise.steps: {low: 1, high: 5}
  noise.radius: {choices: [8, 12]}
metric: test_accuracy_at_4
trials: 4
"""


class Mistake(NamedTuple):
    """`old` of the good file becomes `new`; the message names the place of `at` and says `told`."""

    old: str
    new: str
    at: str
    told: str


def _more(text: str, at: str, told: str) -> Mistake:
    """A line more at the end of the file."""
    return Mistake("trials: 4", f"trials: 4\n{text}", at, told)


STEPS, RADIUS = "{low: 1, high: 5}", "{choices: [8, 12]}"


def _steps(new: str, at: str, told: str) -> Mistake:
    return Mistake(STEPS, new, at, told)


def _radius(new: str, at: str, told: str) -> Mistake:
    return Mistake(RADIUS, new, at, told)


MISTAKES: dict[str, Mistake] = {
    # names
    "a misspelt key": Mistake("trials: 4", "tirals: 4", "tirals", "(did you mean trials?)"),
    "a key of nowhere": _more("colour: red", "colour", "known: name, hypothesis"),
    "a misspelt group": Mistake("victim:", "victm:", "victm", "(did you mean victim?)"),
    "a misspelt setting": Mistake("limit: 40,", "limti: 40,", "limti", "(did you mean limit?)"),
    "a misspelt path": Mistake("noise.steps:", "noise.stpes:", "noise.stpes", "mean steps?)"),
    "a path without its group": Mistake(
        "noise.radius:", "raduis:", "raduis", "mean noise.radius?)"
    ),
    "a misspelt preset": Mistake("preset: quick", "preset: quik", "preset", "mean quick?)"),
    "a misspelt network": Mistake("{radii:", "{network: smal, radii:", "network", "mean small?)"),
    "a misspelt method": _radius(
        f"{RADIUS}\n  noise.method: {{choices: [sem, rme]}}", "rme]", "rem?"
    ),
    "a misspelt image set": Mistake("digits", "digist", "source", "(did you mean digits?)"),
    "a misspelt key of a range": _steps("{low: 1, hihg: 5}", "hihg", "(did you mean high?)"),
    "a misspelt sampler": _more("sampler: {name: tpee}", "name: tpee", "'tpe'"),
    "a misspelt direction": _more("direction: minimise", "direction", "'minimize' or 'maximize'"),
    "a name with spaces": Mistake("name: mistakes", "name: My study", "name: My", "'^[a-z0-9-]+$'"),
    # form
    "a key twice": _more("trials: 5", "trials: 5", "the key 'trials' is there twice; keep one"),
    "a setting twice": Mistake("limit: 40,", "limit: 40, limit: 9,", "limit: 9", "keep one"),
    "a bracket left open": Mistake("[8, 12]", "[8, 12", "}\nmetric", "expected ',' or ']'"),
    "a tab": Mistake("  victim", "\tvictim", "\t", "cannot start any token"),
    "a list for a study": Mistake(
        GOOD, "- name: x\n", "", "holds a list, not a mapping of settings"
    ),
    "an empty file": Mistake(GOOD, "# nothing\n", "", "is empty: it holds no settings, as noise:"),
    "an object": Mistake("quick", "!!python/name:os.system", "!!python", "not determine a constr"),
    "text for a number": Mistake("trials: 4", "trials: four", "trials: f", "valid integer"),
    "half a trial": Mistake("trials: 4", "trials: 4.5", "trials: 4.", "valid integer"),
    "no trials": Mistake("trials: 4", "trials: 0", "trials: 0", "greater than or equal to 1"),
    "a list for a group": Mistake("{radii: [0, 4]}", "[0, 4]", "victim", "valid dictionary"),
    "a number in quotes": _steps('{low: "1", high: 5}', "low", "write the number without quotes"),
    # values
    "a radius of nothing": _radius("{choices: [8, 0]}", "0]}", "greater than or equal to 1, got 0"),
    "a radius beyond int8": _radius("{choices: [8, 200]}", "200]", "less than or equal to 127"),
    "a negative radius": Mistake("[0, 4]", "[0, -4]", "-4", "greater than or equal to 0"),
    "no radii": Mistake("[0, 4]", "[]", "radii", "at least 1 item"),
    "no number": _steps("{low: 1, high: .nan}", "high", "finite number"),
    "parts of steps": _steps("{low: 1.0, high: 5.0}", "noise.steps", "low and high without a dot"),
    "an unknown precision": Mistake("base:", "base:\n  precision: fp8", "precision", "'bfloat16'"),
    # spaces
    "nothing searched": Mistake(
        f"\n  noise.steps: {STEPS}\n  noise.radius: {RADIUS}", " {}", "search", "name what varies"
    ),
    "a bare list": _steps("[1, 2]", "noise.steps", "needs {choices: [..]} or {low: .., high"),
    "a bare number": _steps("3", "noise.steps", "needs {choices: [..]} or {low: .., high: ..}"),
    "no choices": _radius("{choices: []}", "choices", "at least 1 item"),
    "a choice twice": _radius("{choices: [8, 12, 8]}", "choices", "8 is there twice; keep one"),
    "ends exchanged": _steps("{low: 5, high: 1}", "low", "low 5 is above high 1; exchange them"),
    "no upper end": _steps("{low: 1}", "noise.steps", "high: Field required"),
    "a log from 0": _steps("{low: 0, high: 5, log: true}", "low", "needs low above 0"),
    "log and step": _steps("{low: 1, high: 5, step: 2, log: true}", "step: 2", "drop one of them"),
    "uneven steps": _steps("{low: 1, high: 6, step: 2}", "step: 2", "at high 6; 5 would do"),
    "parts as steps": _steps(
        "{low: 1, high: 5, step: 0.5}", "step: 0.5", "low and high with a dot"
    ),
    "numbers beyond floats": _steps(
        "{low: 1, high: 99999999999999999999}", "noise.steps", "take a narrower range"
    ),
    "a grid above the limit": Mistake(
        f"{STEPS}\n  noise.radius: {RADIUS}",
        "{low: 1, high: 1000000}\nsampler: {name: grid}",
        "search",
        "a grid of 1,000,000 points is more than any sweep runs (100,000); search fewer values",
    ),
    "a continuous grid": Mistake(
        RADIUS,
        "{low: 8.0, high: 12.0}\nsampler: {name: grid}",
        "noise.radius",
        "give the range a s",
    ),
    "pairs that exclude each other": _radius(
        f"{RADIUS}\n  augmentation.kind: {{choices: [crop_flip, resized_crop]}}"
        "\n  augmentation.padding: {choices: [0, 2]}",
        "augmentation.padding",
        "give augmentation.padding a condition, as when: {augmentation.kind: ..}",
    ),
    # conditions
    "a condition on nothing": _steps(
        "{low: 1, high: 5, when: {noise.method: sem}}", "noise.method", "give it choices under sea"
    ),
    "a misspelt condition": _steps(
        "{low: 1, high: 5, when: {noise.radus: 8}}", "noise.radus", "(did you mean noise.radius?)"
    ),
    "a condition never met": _steps(
        "{low: 1, high: 5, when: {noise.radius: [8, 9]}}", "9]", "never 9; it may be 8 | 12"
    ),
    "conditions in a circle": Mistake(
        f"{STEPS}\n  noise.radius: {RADIUS}",
        "{low: 1, high: 5, when: {noise.radius: 8}}\n"
        "  noise.radius: {choices: [8, 12], when: {noise.steps: 1}}",
        "when: {noise.",
        "conditions go in a circle (noise.",
    ),
    # points, first points, formulas
    "points and a search": _more("points: [{noise.steps: 1}]", "search", "drop search, or points"),
    "points that are none": Mistake("search:", "points: 3\nsurch:", "surch", "mean search?)"),
    "a first point outside": _more("enqueue: [{noise.radius: 9}]", "noise.radius: 9", "8 | 12"),
    "a first point of nothing": _more("enqueue: [{noise.rad: 9}]", "noise.rad: 9", "radius?)"),
    "a formula of nothing": _more(
        "derived: {surrogate.radius: noise.raduis / 2}", "surrogate.radius", "mean noise.radius?)"
    ),
    "a formula that is code": _more(
        "derived: {surrogate.radius: print(1)}", "surrogate.radius", "write numbers, settings, + -"
    ),
    "a formula of a searched one": _more(
        "derived: {noise.steps: 3}", "noise.steps: 3", "is in search as well; drop it there, or"
    ),
    "formulas in a circle": _more(
        "derived: {surrogate.radius: surrogate.radius + 1}", "surrogate.radius", "give one of them"
    ),
    "a formula with parts of steps": _more(
        "derived: {surrogate.steps: noise.steps / 2}", "surrogate.steps", "valid integer"
    ),
    # objectives and constraints
    "a metric nobody reports": Mistake("at_4\n", "at_8\n", "metric", "mean test_accuracy_at_4?)"),
    "a metric some trials lack": _radius(
        f"{RADIUS}\n  victim.radii: {{choices: [[0, 4], [0]]}}",
        "metric",
        "no trial with victim.rad",
    ),
    "nothing to optimise": Mistake(
        "metric: test_accuracy_at_4\n", "", "name: mis", "name it, as ob"
    ),
    "two forms of objectives": _more(
        "objectives: [{metric: passes}]", "metric: test", "give objectives, or metric, not both"
    ),
    "an objective twice": Mistake(
        "metric: test_accuracy_at_4",
        "objectives: [{metric: passes}, {metric: passes}]",
        "metric: passes}]",
        "passes is there twice; drop one",
    ),
    "a constraint on nothing": _more("constraints: [psses < 3]", "psses", "(did you mean passes?)"),
    "a constraint of no form": _more(
        "constraints: [passes]", "passes]", "write a measurement, one"
    ),
    # seeds, resources
    "seeds that are no list": _more("seeds: 3", "seeds", "needs a list, as [0, 1, 2], got 3"),
    "a seed twice": _more("seeds: [1, 1]", "seeds", "a seed is there twice"),
    "seeds searched too": _more(
        "seeds: [0, 1]", "seed: {", "so seed cannot be searched too; drop one of the two"
    )._replace(old="search:", new="seeds: [0, 1]\nsearch:\n  seed: {low: 0, high: 9}"),
    "a GPU and a half": _more("resources: {gpus: 1.5}", "gpus", "GPUs come as whole numbers"),
    "no cores": _more("resources: {cpus: 0}", "cpus", "greater than or equal to 0.01"),
    "more actors than shards": _more(
        "resources: {actors: {count: 99}}", "count", "ask for fewer actors, or set larger `shards`"
    ),
}
