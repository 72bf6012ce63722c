"""The report of a build of LLVM + clang, in virtual time, as a page or as a picture of it.

    python -m examples.report.llvm -o llvm.html [--png llvm.png] [--sources 414] [--dark]

The trace is that of `examples/replay`, on 16 CPUs and 3500 MiB, with nothing known before: so it
shows jobs that are held back. `--png` needs Chromium or Chrome; the picture in the README is one.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from examples.replay import shapes
from examples.replay.simulate_policies import PRIORS
from ninjapool.report import page
from ninjapool.report.analysis import Analysis, Wiring
from ninjapool.units import MIB
from ninjapool.whatif import cells
from ninjapool.whatif.model import Setting

if TYPE_CHECKING:
    from collections.abc import Sequence

SETTING = Setting(cpus=16, memory=3500 * MIB, reserve=200 * MIB, width=16, window=24, pools={})
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--hide-scrollbars", "--allow-file-access-from-files",
)  # fmt: skip


def analysed(sources: int) -> Analysis:
    trace = shapes.llvm_whole(1, sources)
    record = cells.recorded(trace, SETTING, cells.knowledge({}, PRIORS))
    wiring = Wiring(needs={job.name: job.needs for job in trace.jobs})
    return Analysis(record, wiring)


def browser() -> str | None:
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def in_browser(html: Path, *arguments: str, size: tuple[int, int] = (1200, 900)) -> str:
    """What a fresh headless browser prints of a page."""
    found = browser()
    if found is None:
        sys.exit(f"no browser: looked for {', '.join(BROWSERS)}")
    window = f"--window-size={size[0]},{size[1]}"
    with tempfile.TemporaryDirectory() as data:
        command = [found, *FLAGS, f"--user-data-dir={data}", window, *arguments, html.as_uri()]
        return subprocess.run(
            command, check=True, capture_output=True, text=True, timeout=120
        ).stdout


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("-o", "--output", type=Path, default=Path("llvm.html"))
    parser.add_argument("--png", type=Path)
    parser.add_argument("--size", default="1200x1000", help="of the picture, in pixels")
    parser.add_argument("--sources", type=int, default=414)
    parser.add_argument("--dark", action="store_true")
    args = parser.parse_args(arguments)
    args.output.write_text(page.page(analysed(args.sources)), encoding="utf-8")
    print(f"Wrote {args.output}")
    if args.png:
        wide, high = map(int, args.size.split("x"))
        dark = ["--blink-settings=preferredColorScheme=0"] if args.dark else []
        shot = f"--screenshot={args.png.resolve()}"
        in_browser(args.output.resolve(), shot, *dark, size=(wide, high))
        print(f"Wrote {args.png}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
