"""The text that a team shares."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninjapool.errors import FileError
from ninjapool.history import exchange
from ninjapool.history.entry import Entry
from ninjapool.history.lines import HEAD, LineError, parse, render
from ninjapool.units import MIB
from tests.pasts import entry

DAY = 86400
NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
ENTRIES = st.builds(
    entry,
    NAMES,
    variant=NAMES,
    source=NAMES,
    command=NAMES,
    compiler=NAMES,
    job_class=st.sampled_from(["compile", "link", "other"]),
    size=st.one_of(st.none(), st.integers(1, 1 << 40)),
    peak=st.one_of(st.none(), st.integers(1, 1 << 40)),
    seconds=st.floats(0, 1e5),
    curve=st.one_of(st.none(), st.binary(min_size=2, max_size=9)),
    at=st.integers(0, 4_000_000_000),
)


def by_key(entries):
    return {(one.output, one.variant): one for one in entries}


@given(st.lists(ENTRIES, max_size=8))
def test_what_is_exported_is_imported_but_for_rounding(entries):
    whole = by_key(entries)
    found = parse(render(whole.values()))
    assert found.keys() == whole.keys()
    for key, one in found.items():
        old = whole[key]
        assert (one.peak is None) == (old.peak is None)
        assert abs((one.peak or 0) - (old.peak or 0)) <= 1 << 16
        assert one.curve == old.curve
        assert one.at // DAY == old.at // DAY
    assert render(found.values()) == render(whole.values())


@given(st.lists(ENTRIES, max_size=6), st.randoms())
def test_the_order_of_edges_does_not_matter(entries, random):
    whole = list(by_key(entries).values())
    shuffled = random.sample(whole, len(whole))
    assert render(whole) == render(shuffled)


@given(st.lists(ENTRIES, max_size=4), st.lists(ENTRIES, max_size=4))
def test_two_exports_put_together_give_the_newer_of_each(ours, theirs):
    a, b = render(by_key(ours).values()), render(by_key(theirs).values())
    assert parse(a + b) == parse(b + a)
    assert parse(a + b).keys() == parse(a).keys() | parse(b).keys()


def test_a_conflict_that_git_has_marked_is_read_as_both_sides():
    ours, theirs = entry(at=DAY, peak=100 * MIB), entry(at=9 * DAY, peak=200 * MIB)
    sides = [render([one]).splitlines()[1] for one in (ours, theirs)]
    text = "\n".join([HEAD, "<<<<<<< HEAD", sides[0], "=======", sides[1], ">>>>>>> x", ""])
    assert [one.peak for one in parse(text).values()] == [200 * MIB]


def test_each_edge_is_one_line_sorted_by_its_output():
    lines = render([entry("b.o"), entry("a.o")]).splitlines()
    assert [json.loads(line).get("output") for line in lines] == [None, "a.o", "b.o"]
    assert sorted(lines) == lines


@pytest.mark.parametrize(
    "line",
    [
        "nonsense",
        "[]",
        "5",
        "{}",
        '{"output": "a.o"}',
        '{"ninjapool-history": "x"}',
        render([entry()]).splitlines()[1].replace('"compile"', '"nonsense"'),
        render([entry()]).splitlines()[1].replace('"seconds": 2.0', '"seconds": -1'),
        render([entry()]).splitlines()[1].replace('"peak": ', '"peak": -'),
    ],
)
def test_what_is_no_edge_is_refused_with_its_line(line):
    with pytest.raises(LineError) as refused:
        parse(f"{HEAD}\n{line}\n")
    assert refused.value.number == 2


def test_a_newer_form_is_refused():
    with pytest.raises(LineError, match="newer than this ninjapool"):
        parse('{"ninjapool-history": 2}')


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(text):
    try:
        found = parse(text)
    except LineError:
        return
    assert all(isinstance(one, Entry) for one in found.values())


def test_a_file_is_named_with_its_line(tmp_path):
    path = tmp_path / "history.jsonl"
    path.write_text(f"{HEAD}\nnonsense\n")
    with pytest.raises(FileError, match=r"history\.jsonl:2: not an edge"):
        exchange.read(path)
    with pytest.raises(FileError, match="cannot be read"):
        exchange.read(tmp_path / "none")
