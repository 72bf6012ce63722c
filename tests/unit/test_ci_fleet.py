"""The examples for CI say what ninjapool takes."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from ninjapool.cli.flags import parse

FOLDER = Path(__file__).parents[2] / "examples" / "ci-fleet"
COMMAND = re.compile(r"(?:^|run: |builder |\| )(ninjapool [^|\n]*)", re.MULTILINE)
LISTED = re.compile(r'command: \["ninjapool", (.*)\]')


def commands() -> list[str]:
    text = "".join(path.read_text(encoding="utf-8") for path in sorted(FOLDER.iterdir()))
    found = [one.split("`")[0] for one in COMMAND.findall(text)]
    return found + [f"ninjapool {' '.join(words.split(', '))}" for words in LISTED.findall(text)]


def test_there_are_commands_in_each_file() -> None:
    assert len(commands()) >= 8


@pytest.mark.parametrize("command", commands())
def test_a_command_of_the_examples_is_understood(command: str) -> None:
    words = [word for word in shlex.split(command)[1:] if word != "$ARGUMENTS"]
    assert callable(parse(words).command)


def test_what_the_action_saves_is_where_the_history_is_exported() -> None:
    text = (FOLDER / "action.yml").read_text(encoding="utf-8")
    assert text.count("path: ${{ inputs.source }}/.ninjapool/history.jsonl") == 2
    keys = re.findall(r"^ +key: (ninjapool-.*)$", text, re.MULTILINE)
    assert len(keys) == 2
    assert keys[0] == keys[1]
    assert f"{re.search(r'restore-keys: (.*)', text)[1]}" in keys[0]  # type: ignore[index]
