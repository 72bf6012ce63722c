"""The catalogue of the user's language. Reads the package's own files and nothing else."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

from ninjapool.doctor.messages import Catalogue, languages, parse_po

if TYPE_CHECKING:
    from collections.abc import Mapping


def catalogue(env: Mapping[str, str]) -> Catalogue:
    """English where there is none for the languages that the environment asks for."""
    folder = resources.files("ninjapool.doctor") / "languages"
    for language in languages(env):
        if language == "en":
            break
        # Only a plain name may become that of a file
        if language.replace("_", "").isalnum() and (file := folder / f"{language}.po").is_file():
            return parse_po(file.read_text(encoding="utf-8"))
    return Catalogue()
