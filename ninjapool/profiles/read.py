"""Reads the profiles that come with ninjapool and the user's ninjapool.toml.

Every figure must name its source; what is unknown or mistyped is refused with file and line.
"""

from __future__ import annotations

import re
import sys
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, get_args

from ninjapool.errors import FileError, UsageError
from ninjapool.model import Distribution, JobClass, Setting
from ninjapool.paths import exists
from ninjapool.profiles.tables import Config, Curve, Factor, Figures, Profile
from ninjapool.units import parse_size

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.abc import Traversable

CONFIG_NAME = "ninjapool.toml"

_CONDITIONS = frozenset(
    {"compiler", "build_type", "debug_info", "lto", "linker", "sanitizer", "split_dwarf"}
    | {"llvm", "flang_pool"}
)
_PROFILE_KEYS = frozenset({"name", "date", "extends", "figures", "factor", "curve"})
_SETTING_KEYS = frozenset({"memory", "reserve", "cpus", "jobs"})
_CONFIG_KEYS = _SETTING_KEYS | {"profile", "pools", "figures", "factor", "curve"}
_FIGURE_KEYS = frozenset(
    {"class", "median", "p95", "p99", "max", "count", "share"}
    | {"duration_exponent", "per_thread", "when", "source"}
)


def profile_names() -> list[str]:
    """The profiles that can be asked for by name."""
    files = (entry.name for entry in _data().iterdir() if entry.name.endswith(".toml"))
    return sorted(name.removesuffix(".toml") for name in files if name != "common.toml")


def read_profile(name: str) -> Profile:
    """One of `profile_names()`, or the path of a TOML file of the same form."""
    if name in {*profile_names(), "common"}:
        text = (_data() / f"{name}.toml").read_text(encoding="utf-8")
        return _parse_profile(text, Path(f"{name}.toml"))
    path = Path(name)
    if path.suffix != ".toml":
        known = ", ".join(profile_names())
        raise UsageError(f"unknown profile {name!r}", hint=f"use {known}, or a .toml file")
    return _parse_profile(_read(path), path)


def read_config(source: Path) -> Config | None:
    """The ninjapool.toml at the root of `source`, or None where there is none."""
    path = source / CONFIG_NAME
    return parse_config(_read(path), path) if exists(path) else None


def parse_config(text: str, path: Path) -> Config:
    """What a ninjapool.toml says. Raises FileError with the line of what is wrong."""
    table = _Table(_load(text, path), text, path)
    table.only(_CONFIG_KEYS)
    pools = table.sub("pools")
    pools.only(frozenset(get_args(JobClass)))
    settings = {key: table.setting(key) for key in _SETTING_KEYS if key in table.values}
    settings |= {f"{key}-jobs": pools.setting(key) for key in pools.values}
    return Config(
        path=str(path),
        profile=table.text_or_none("profile"),
        settings=settings,
        rows=_rows(table, name=path.name, date="the user"),
    )


def _parse_profile(text: str, path: Path) -> Profile:
    table = _Table(_load(text, path), text, path)
    table.only(_PROFILE_KEYS)
    own = _rows(table, name=table.string("name"), date=table.string("date"))
    extends = table.text_or_none("extends")
    return own.over(read_profile(extends)) if extends else own


def _rows(table: _Table, *, name: str, date: str) -> Profile:
    return Profile(
        name=name,
        date=date,
        figures=tuple(_figures(row) for row in table.rows("figures")),
        factors=tuple(_factor(row) for row in table.rows("factor")),
        curves=tuple(_curve(row) for row in table.rows("curve")),
    )


def _figures(row: _Table) -> Figures:
    row.only(_FIGURE_KEYS)
    distribution = Distribution(
        median=row.size("median"),
        p95=row.size("p95"),
        p99=row.size("p99"),
        max=row.size("max"),
        count=int(row.number("count", 1000)),
    )
    ascending = (distribution.median, distribution.p95, distribution.p99, distribution.max)
    if list(ascending) != sorted(ascending) or distribution.median <= 0:
        raise row.error("median", "median <= p95 <= p99 <= max must hold, all above 0")
    return Figures(
        job_class=row.job_class(),
        distribution=distribution,
        share=row.number("share", 0.95 if row.job_class() == "compile" else 0.03),
        duration_exponent=row.number("duration_exponent", 0.0),
        per_thread=row.size("per_thread") if "per_thread" in row.values else 0,
        when=row.when(),
        source=row.string("source"),
    )


def _factor(row: _Table) -> Factor:
    row.only(frozenset({"class", "axis", "times", "when", "source"}))
    times = row.number("times", None)
    if times <= 0:
        raise row.error("times", "must be above 0")
    return Factor(
        job_class=row.job_class(),
        axis=row.string("axis"),
        times=times,
        when=row.when(),
        source=row.string("source"),
    )


def _curve(row: _Table) -> Curve:
    row.only(frozenset({"class", "points", "when", "source"}))
    points = row.values.get("points")
    if not isinstance(points, list) or not points:
        raise row.error("points", "must be a list of shares of the peak, 0 to 1")
    shares = tuple(float(point) for point in points if isinstance(point, (int, float)))
    if len(shares) != len(points) or not all(0 <= share <= 1 for share in shares):
        raise row.error("points", "must be a list of shares of the peak, 0 to 1")
    return Curve(
        job_class=row.job_class(), points=shares, when=row.when(), source=row.string("source")
    )


def _data() -> Traversable:
    return files("ninjapool.profiles") / "data"


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise FileError(path, f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise FileError(path, "is not UTF-8 text") from error


def _load(text: str, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"\(at (?:line (\d+), column \d+|end of document)\)", str(error))
        reason = str(error)[: at.start()].strip() if at else str(error)
        line = int(at[1]) if at and at[1] else None
        raise FileError(path, f"is not TOML: {reason}", line=line) from error


class _Table:
    """A TOML table that knows where it stands, so that what is wrong in it can be shown."""

    def __init__(
        self, values: Mapping[str, Any], text: str, path: Path, *, first_line: int = 1
    ) -> None:
        self.values = values
        self._text = text
        self._path = path
        self._first_line = first_line

    def error(self, key: str, message: str, *, hint: str = "") -> FileError:
        return FileError(self._path, f"{key}: {message}", line=self._line(key), hint=hint)

    def only(self, known: frozenset[str]) -> None:
        for key in self.values:
            if key not in known:
                raise self.error(key, "unknown", hint=f"known here: {', '.join(sorted(known))}")

    def string(self, key: str) -> str:
        value = self.values.get(key)
        if not isinstance(value, str) or not value:
            raise self.error(key, "a text is needed here")
        return value

    def text_or_none(self, key: str) -> str | None:
        return self.string(key) if key in self.values else None

    def number(self, key: str, default: float | None) -> float:
        value = self.values.get(key, default)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self.error(key, "a number is needed here")
        return value

    def size(self, key: str) -> int:
        value = self.values.get(key)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        try:
            return parse_size(self.string(key))
        except ValueError as error:
            raise self.error(key, str(error)) from error

    def setting(self, key: str) -> Setting[str]:
        value = self.values[key]
        if isinstance(value, bool) or not isinstance(value, (int, str)):
            raise self.error(key, "a number or a size such as '6G' is needed here")
        line = self._line(key)
        return Setting(value=str(value), source=f"{key} in {self._path.name}:{line}")

    def job_class(self) -> JobClass:
        value = self.string("class")
        if value not in get_args(JobClass):
            known = ", ".join(get_args(JobClass))
            raise self.error("class", f"no such class of jobs: {value!r}", hint=f"known: {known}")
        return cast("JobClass", value)

    def when(self) -> dict[str, str]:
        value = self.values.get("when", {})
        if not isinstance(value, dict):
            raise self.error("when", "must be a table such as { compiler = 'gcc' }")
        for key in value:
            if key not in _CONDITIONS:
                known = ", ".join(sorted(_CONDITIONS))
                raise self.error(key, "no such condition", hint=f"known: {known}")
        return {key: str(text).lower() for key, text in value.items()}

    def sub(self, key: str) -> _Table:
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            raise self.error(key, "must be a table")
        return _Table(value, self._text, self._path, first_line=self._line(f"[{key}]") or 1)

    def rows(self, key: str) -> list[_Table]:
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
            raise self.error(key, f"must be an array of tables: [[{key}]]")
        lines = [n for n, line in enumerate(self._lines(), 1) if line.startswith(f"[[{key}]]")]
        lines += [1] * (len(value) - len(lines))  # written inline, without a heading of its own
        return [
            _Table(row, self._text, self._path, first_line=line)
            for row, line in zip(value, lines, strict=False)
        ]

    def _lines(self) -> list[str]:
        return self._text.splitlines()

    def _line(self, key: str) -> int | None:
        """The first line from this table's heading on that begins with `key`."""
        begins = re.compile(rf"\s*{re.escape(key)}(?!\w)")
        for number, line in enumerate(self._lines(), 1):
            if number >= self._first_line and begins.match(line):
                return number
        return self._first_line if self._first_line > 1 else None
