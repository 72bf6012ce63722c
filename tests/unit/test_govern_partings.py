"""What a job that has ended teaches, and when."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest

from ninjapool.govern.partings import Partings

NOW = 20.0


@pytest.fixture
def partings() -> Any:
    """Nothing has been killed, and no signal has come."""
    made: Any = Partings(
        foreseen=Mock(),
        kills=Mock(),
        decider=Mock(),
        knowledge=Mock(),
        witness=Mock(),
        interrupts=Mock(received=None),
        ended=[],
    )
    made.kills.lately.return_value = False
    made.foreseen.at_start.return_value = "thought"
    return made


def ended(**other: Any) -> Any:
    made: dict[str, Any] = {
        "id": 1,
        "nested": False,
        "ended": 10.0,
        "loss": None,
        "killed": None,
        "hidden": None,
        "peak": 5,
        "identity": SimpleNamespace(key="a.o", job_class="compile"),
        "is_peak_known": lambda _: True,
        "progress": lambda at: at - 7.0,
    }
    return SimpleNamespace(**made | other)


def test_what_it_took_is_counted_to_its_end_not_to_when_there_was_time(partings: Any) -> None:
    job = ended()
    partings.add([job])
    partings.decider.finished.assert_not_called()
    partings.settle(NOW)
    [told] = partings.decider.finished.call_args.args
    assert (told.id, told.peak, told.cpu_seconds, told.complete) == (1, 5, 3.0, True)
    partings.knowledge.learn.assert_called_once_with("a.o", "compile", 5, 3.0)
    partings.witness.end.assert_called_once_with(job, "thought", 10.0, complete=True)
    assert partings.ended == [(job, "thought")]


def test_each_is_parted_from_once(partings: Any) -> None:
    partings.add([ended()])
    partings.settle(NOW)
    partings.settle(NOW)
    assert partings.decider.finished.call_count == 1


def test_what_only_held_a_driver_teaches_nothing_but_is_there_for_the_verdict(
    partings: Any,
) -> None:
    """Else its jobs would be looked for in the outer driver's log, and pass for failed ones."""
    holder = ended(nested=True)
    partings.add([holder])
    partings.settle(NOW)
    assert partings.ended == [(holder, "thought")]
    partings.decider.finished.assert_not_called()
    partings.knowledge.learn.assert_not_called()
    partings.witness.end.assert_not_called()
    partings.foreseen.forget.assert_called_once()


@pytest.mark.parametrize(
    "other", [{"killed": "too much"}, {"is_peak_known": lambda _: False}], ids=["killed", "unseen"]
)
def test_an_unknown_peak_is_no_lesson(partings: Any, other: dict[str, Any]) -> None:
    partings.add([ended(**other)])
    partings.settle(NOW)
    [told] = partings.decider.finished.call_args.args
    assert not told.complete
    partings.knowledge.learn.assert_not_called()


def test_near_a_kill_by_the_kernel_nobody_is_taken_at_his_peak(partings: Any) -> None:
    partings.kills.lately.return_value = True
    partings.add([ended(loss=(9.9, 4))])
    partings.settle(NOW)
    partings.kills.look.assert_called_once_with(NOW)
    partings.knowledge.learn.assert_not_called()
    partings.witness.end.assert_not_called()


def test_what_a_signal_has_cut_short_is_told_and_teaches_nothing(partings: Any) -> None:
    partings.interrupts.received = 2
    partings.add([ended()])
    partings.settle(NOW)
    assert len(partings.ended) == 1
    partings.knowledge.learn.assert_not_called()
    partings.witness.end.assert_not_called()
