"""What limits an answer is said beside it."""

from __future__ import annotations

from dataclasses import replace

from sem_ray.studies.ablation.answer import UNKNOWN, answer
from sem_ray.studies.ablation.design import fractional, one_factor
from sem_ray.studies.ablation.fractions import smallest_fraction
from tests.studies.ablation.ablated import ACCURACY, FACTORS, answered, ran

DESIGN = one_factor(FACTORS)


def test_a_whole_ablation_with_five_seeds_has_nothing_to_say_beside_it() -> None:
    found = answered(DESIGN, lambda _: 0.0)
    assert found.notes == () and (found.finished, found.planned) == (25, 25)
    assert found.machines == {"one kind": 25}


def test_few_seeds_and_missing_runs() -> None:
    assert "with 3 seeds only large effects" in answered(DESIGN, lambda _: 0.0, 3).notes[0]
    assert "with one seed nothing" in answered(DESIGN, lambda _: 0.0, 1).notes[0]
    part = answer("made-up", DESIGN, 5, ran(DESIGN, lambda _: 0.0)[:22], [ACCURACY])
    assert part.notes[0].startswith("22 of 25 runs are finished")


def test_machines_are_named_if_they_differ() -> None:
    runs = ran(DESIGN, lambda _: 0.0)
    runs[1] = replace(runs[1], machine=None)
    (note,) = (n for n in answer("made-up", DESIGN, 5, runs, [ACCURACY]).notes if "machine" in n)
    assert "one kind" in note and UNKNOWN in note and "lost seeds to it: 1" in note


def test_aliases_are_said_once_a_factor() -> None:
    two = [replace(factor, levels=factor.levels[:2]) for factor in FACTORS]
    notes = answered(fractional(two, smallest_fraction(3, 3)), lambda _: 0.0).notes
    assert [note for note in notes if "cannot be told from that of" in note] == [
        "the effect of noise.samples cannot be told from that of noise.perturbation_scale × "
        "noise.steps",
        "the effect of noise.perturbation_scale cannot be told from that of noise.samples × "
        "noise.steps",
        "the effect of noise.steps cannot be told from that of noise.samples × "
        "noise.perturbation_scale",
    ]
