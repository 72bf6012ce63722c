"""The command line: one function per command; the only room that prints and the only that exits."""

from __future__ import annotations


def main() -> int:
    return 0
