"""Makes traces: of what was measured, of what a governed build has left, and invented ones.

python -m examples.replay.make_trace pack RAW_DIR      # data/llvm14.jsonl.gz, from raw measurements
python -m examples.replay.make_trace recorded BUILD -o mine.jsonl.gz   # after ninjapool build BUILD
python -m examples.replay.make_trace llvm --seed 1 -o llvm-1.jsonl.gz
python -m examples.replay.make_trace llvm-whole --sources 9880 -o large.jsonl.gz   # 10,000 edges
"""

from __future__ import annotations

import argparse
import json
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from examples.replay import recorded, shapes, traces
from ninjapool.errors import NinjapoolError
from ninjapool.units import KIB, MIB

if TYPE_CHECKING:
    from ninjapool.govern.trace import Trace

DATA = Path(__file__).parent / "data" / "llvm14.jsonl.gz"
SOURCE = "LLVM + clang 14.0.6, gcc 12.2 Release, Debian 12, measured edge by edge"
POINTS = 21
KINDS = {"compile": "compile", "link": "link", "tblgen": "tablegen", "archive": "archive"}


def anonymous(record: dict[str, Any]) -> int:
    """Bytes that are the job's own. Measured: 25-29 MiB of a gcc's resident pages are its files."""
    files = 27 * MIB if record["kind"] == "compile" else 2 * MIB
    return max(int(record["peak_kib"]) * KIB - files, MIB)


def wanted(record: dict[str, Any]) -> bool:
    """Release by gcc; of the experiments with linkers, the ones with Debian's own (bfd)."""
    if record["kind"] == "archive":
        return True
    return record["config"] in {"gcc:release", "gcc:release:bfd"}


def pack_edge(record: dict[str, Any]) -> dict[str, object]:
    return {
        "kind": KINDS[record["kind"]],
        "name": record["output"],
        "source": record["source"],
        "peak": anonymous(record),
        "seconds": max(float(record["cpu_s"]), 0.003),
        "size": record.get("input_bytes") if record["kind"] == "compile" else None,
        "weight": round(float(record["weight"]), 4),
    }


def resample(samples: list[tuple[float, float]], points: int = POINTS) -> list[float]:
    """Shares of the highest value at equal steps of time, by straight lines between samples."""
    top = max(value for _, value in samples)
    last = samples[-1][0]
    shares = []
    for index in range(points):
        at = min(last * index / (points - 1), last)
        pairs = (pair for pair in pairwise(samples) if pair[0][0] <= at <= pair[1][0])
        left, right = next(pairs, samples[:2])
        part = (at - left[0]) / max(right[0] - left[0], 1e-9)
        value = left[1] + (right[1] - left[1]) * min(max(part, 0.0), 1.0)
        shares.append(round(value / top, 3))
    return shares


def pack_curve(record: dict[str, Any]) -> dict[str, object]:
    samples = [(float(cpu), float(anon)) for cpu, anon, _ in record["samples"]]
    name = f"{record['config']}/{Path(record['source']).stem}"
    return {"curve": name, "shares": resample(samples)}


def read_raw(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def pack(raw: Path, packed: Path) -> None:
    """Keeps what a replay needs of the measured files; each TU once, its first measurement."""
    edges, curves = read_raw(raw / "llvm14_edges.jsonl"), read_raw(raw / "llvm14_curves.jsonl")
    kept: dict[tuple[str, str], dict[str, object]] = {}
    for index, record in enumerate(filter(wanted, edges)):
        key = (record["kind"], record["source"] or record["output"] or str(index))
        kept.setdefault(key, pack_edge(record))
    head: dict[str, object] = {"source": SOURCE}
    traces.write_lines(packed, [head, *map(pack_curve, curves), *kept.values()])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    verbs = parser.add_subparsers(dest="shape", required=True)
    packing = verbs.add_parser("pack", help="make data/llvm14.jsonl.gz from measured files")
    packing.add_argument("raw", type=Path)
    recording = verbs.add_parser("recorded", help="the last governed build of a directory")
    recording.add_argument("build", type=Path)
    recording.add_argument("--name", help="default: that of the directory")
    recording.add_argument(
        "--source", default="recorded by ninjapool", help="what it was, and where"
    )
    recording.add_argument("-o", "--output", type=Path, required=True)
    for name in shapes.SHAPES:
        making = verbs.add_parser(name, help=f"write a trace of the shape {name}")
        making.add_argument("--seed", type=int, default=1)
        making.add_argument("-o", "--output", type=Path, required=True)
        if name.startswith("llvm"):
            making.add_argument("--sources", dest="tus", type=int, metavar="N", help="default: 414")
    args = parser.parse_args()
    if args.shape == "pack":
        pack(args.raw, DATA)
        return
    try:
        traces.save(asked_for(args), args.output)
    except (NinjapoolError, ValueError, OSError) as problem:
        parser.exit(1, f"{problem}\n")


def asked_for(args: argparse.Namespace) -> Trace:
    """Raises NinjapoolError or ValueError for a directory that was not built under ninjapool."""
    if args.shape == "recorded":
        name = args.name or args.build.resolve().name
        return recorded.trace(args.build, name, args.source)
    more = {"tus": args.tus} if getattr(args, "tus", None) else {}
    return shapes.SHAPES[args.shape](args.seed, **more)


if __name__ == "__main__":
    main()
