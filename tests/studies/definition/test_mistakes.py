"""Every mistake in a study file is told with file, line and column, and with what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from sem_ray.errors import BadInput
from sem_ray.studies.definition.study_file import read_study
from tests.studies.definition.mistakes import GOOD, MISTAKES


def test_there_are_many_and_the_file_without_them_is_good(tmp_path: Path) -> None:
    file = tmp_path / "study.yaml"
    file.write_text(GOOD)
    assert read_study(file).trials == 4
    assert len(MISTAKES) > 50


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_with_its_line_and_the_way_out(tmp_path: Path, name: str) -> None:
    mistake = MISTAKES[name]
    text = GOOD.replace(mistake.old, mistake.new)
    assert text != GOOD
    file = tmp_path / "study.yaml"
    file.write_text(text)
    with pytest.raises(BadInput) as caught:
        read_study(file)
    message = str(caught.value)
    assert mistake.told in message and "\n" not in message
    before = text[: text.index(mistake.at)]
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    place = f"{file}:{line}:{column}" if mistake.at else str(file)
    assert message.startswith(f"{place}: ") or message.startswith(f"{place} ")
