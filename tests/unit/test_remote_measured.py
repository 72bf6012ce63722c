"""The command that measures what a compile leaves here adds up what it has measured."""

from examples.remote.__main__ import Source, told


def test_the_share_and_the_bytes_are_those_of_all_sources_together():
    sources = [
        Source(name="a.cc", compiled=9.0, preprocessed=0.5, sent=10_000_000, returned=2_000_000),
        Source(name="b.cc", compiled=1.0, preprocessed=0.5, sent=11_000_000, returned=1_000_000),
    ]
    last = told(sources).splitlines()[-1]
    assert last == (
        "2 sources: preprocessing 10.0% of the CPU time of all (median 27.8%), "
        "24.0 MB over the wire for a CPU second of it"
    )
