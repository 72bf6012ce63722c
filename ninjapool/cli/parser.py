"""The parser, and what all commands' flags have in common. Knows no command."""

from __future__ import annotations

import argparse
import os
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn

from ninjapool.errors import NinjapoolError, UsageError, WrapperError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ninjapool.cli.args import Args

SIZES = "sizes: 6G, 1500M, or 50% of the memory there is"


class Parser(argparse.ArgumentParser):
    """argparse, with its errors in our form: one line, one hint, one exit."""

    refusal: type[NinjapoolError] = UsageError

    def error(self, message: str) -> NoReturn:
        raise self.refusal(message, hint=f"{self.prog} --help")


def command_of(module: str, name: str) -> Callable[[Args], int]:
    """Imported only when it is called: a build that has nothing to do shall not wait for jinja."""

    def command(args: Args) -> int:
        if module == "building" and os.name != "posix":
            hint = "ninjapool configure sizes the pools on every system"
            raise WrapperError("this system's processes cannot be governed", hint=hint)
        code: int = getattr(import_module(f"ninjapool.cli.{module}"), name)(args)
        return code

    return command


if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[Parser]  # noqa: SLF001  # argparse has no public name


def command(kinds: Commands, name: str, about: str, usage: str) -> Parser:
    return kinds.add_parser(
        name,
        help=about,
        description=about,
        usage=usage,
        epilog=SIZES,
        allow_abbrev=False,
    )
