"""An ablation as text: Markdown, LaTeX (booktabs) and CSV."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import astuple, fields
from itertools import groupby

from sem_ray.exhibits.ablation.rows import EffectRow, rows, value_text
from sem_ray.metrics.statistics import CONFIDENCE
from sem_ray.studies.ablation.answer import Ablation

HEAD = (
    "change",
    "effect",
    f"{CONFIDENCE:.0%} t interval",
    "bootstrap",
    "g",
    "p (Holm)",
    "P(better)",
    "seeds",
    "verdict",
)


def cells(row: EffectRow, digits: int = 1) -> tuple[str, ...]:
    """What a table shows of an effect, in the order of `HEAD`; effects with so many decimals."""
    return (
        row.change,
        signed(row.effect, digits),
        interval(row.t_low, row.t_high, digits),
        interval(row.bootstrap_low, row.bootstrap_high, digits),
        signed(row.hedges_g, 2),
        p_text(row.p_holm),
        plain(row.probability_of_improvement),
        str(row.seeds),
        row.verdict,
    )


def decimals(found: Iterable[EffectRow]) -> int:
    """How many decimals effects of this size need: one from 5 on, more below."""
    largest = max((abs(row.effect) for row in found if row.effect is not None), default=0.0)
    return 1 if largest >= 5 else 2 if largest >= 0.5 else 3


def signed(value: float | None, digits: int = 1) -> str:
    return "–" if value is None else f"{value:+z.{digits}f}"


def plain(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def interval(low: float | None, high: float | None, digits: int = 1) -> str:
    if low is None or high is None:
        return "–"
    return f"[{signed(low, digits)}, {signed(high, digits)}]"


def p_text(p: float | None) -> str:
    return "–" if p is None else "<0.001" if p < 0.001 else f"{p:.3f}"


def caption(ablation: Ablation, metric: str) -> str:
    """What a table of effects on `metric` is about: the baseline and what it reaches."""
    found = next(each for each in ablation.metrics if each.metric == metric)
    settings = ", ".join(f"{path} {value_text(v)}" for path, v in ablation.baseline.items())
    reached = "not run" if found.baseline is None else f"{found.baseline:.2f} {found.unit}"
    if found.baseline_interval is not None:
        reached += " " + "[{:.2f}, {:.2f}]".format(*found.baseline_interval)
    better = "smaller" if found.direction == "minimize" else "larger"
    return f"{metric}: {reached} at the baseline ({settings}); {better} is better"


def markdown(ablation: Ablation) -> str:
    """A table a measurement, and what limits the answer below them."""
    parts = [f"## {ablation.study}"]
    for metric, found in _by_metric(ablation):
        lines = [_pipes(HEAD), _pipes(["---", *["---:"] * (len(HEAD) - 2), "---"])]
        lines += [_pipes(cells(row, decimals(found))) for row in found]
        parts += [caption(ablation, metric), "\n".join(lines)]
    return "\n\n".join([*parts, *(f"- {note}" for note in ablation.notes)])


def latex(ablation: Ablation) -> str:
    """A booktabs table a measurement; the caption says what it is about, comments what limits
    it."""
    parts = [f"% {note}" for note in ablation.notes]
    for metric, found in _by_metric(ablation):
        parts += [
            r"\begin{table}",
            rf"\caption{{{_tex(caption(ablation, metric))}}}",
            r"\begin{tabular}{lrrrrrrrl}",
            r"\toprule",
            _row(HEAD),
            r"\midrule",
            *(_row(cells(row, decimals(found))) for row in found),
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
        ]
    return "\n".join(parts)


def as_csv(ablation: Ablation) -> str:
    """All that is known of each effect, in full precision; an empty field is unknown."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([field.name for field in fields(EffectRow)])
    writer.writerows(astuple(row) for row in rows(ablation))
    return text.getvalue().rstrip("\n")


def _by_metric(ablation: Ablation) -> Iterable[tuple[str, list[EffectRow]]]:
    for metric, found in groupby(rows(ablation), key=lambda row: row.metric):
        yield metric, list(found)


def _pipes(texts: Sequence[str]) -> str:
    return "| " + " | ".join(text.replace("|", r"\|") for text in texts) + " |"


def _row(texts: Sequence[str]) -> str:
    return " & ".join(map(_tex, texts)) + r" \\"


_TEX = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "_": r"\_", "%": r"\%", "&": r"\&",
    "#": r"\#", "$": r"\$", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "→": r"$\to$", "×": r"$\times$", "–": "--", "<": "$<$", ">": "$>$", "α": r"$\alpha$",
    "ρ": r"$\rho$",
}  # fmt: skip


_MINUS = re.compile(r"(?<![\w$])-(?=\d)")


def _tex(text: str) -> str:
    escaped = "".join(_TEX.get(letter, letter) for letter in text)
    return _MINUS.sub("$-$", escaped)
