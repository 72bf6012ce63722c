"""Messages and their translation."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from ninjapool.doctor.language import catalogue
from ninjapool.doctor.messages import Catalogue, count, languages, parse_po, say
from tests.doctor_messages import SOURCE, messages

JAPANESE = parse_po((SOURCE / "languages" / "ja.po").read_text(encoding="utf-8"))
BARE = re.compile(r"[{}\s\W]*(?:\{\w+\}[\s\W]*)*")
"""No words: nothing to translate."""


def fields(text):
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name)


@pytest.mark.parametrize("text", [text for text in messages() if not BARE.fullmatch(text)])
def test_every_message_is_there_in_japanese(text):
    assert text in JAPANESE.words
    left = set(fields(text)) - set(fields(JAPANESE.words[text]))
    assert left == set()
    assert set(fields(JAPANESE.words[text])) <= set(fields(text))


def test_no_translation_is_of_a_message_that_is_gone():
    assert sorted(set(JAPANESE.words) - set(messages())) == []


@pytest.mark.parametrize(
    ("env", "wanted"),
    [
        ({}, []),
        ({"LANG": "C.UTF-8"}, []),
        ({"LANG": "ja_JP.UTF-8"}, ["ja_JP", "ja"]),
        ({"LANG": "ja_JP.UTF-8", "LC_ALL": "C"}, []),
        ({"LANG": "ja_JP.UTF-8", "LC_MESSAGES": "de_DE@euro"}, ["de_DE", "de"]),
        ({"LANG": "de_DE", "LANGUAGE": "ja:en"}, ["ja", "ja", "en", "en", "de_DE", "de"]),
        ({"LANG": "C", "LANGUAGE": "ja"}, []),
    ],
)
def test_the_language_is_that_of_the_locale(env, wanted):
    assert list(languages(env)) == wanted


@pytest.mark.parametrize("name", ["../../../../etc/passwd", "..", "ja/../ja", "", "\0"])
def test_a_language_is_no_path(name):
    assert catalogue({"LANG": name}).words == {}


def test_the_catalogue_of_the_user_is_found():
    assert catalogue({"LANG": "ja_JP.UTF-8"}).words == JAPANESE.words
    assert catalogue({"LANG": "ja_JP.UTF-8", "LANGUAGE": "en:ja"}).words == {}


def test_a_catalogue_is_read_as_gettext_does():
    text = """# a comment
msgid ""
msgstr "Language: x"

#, fuzzy
msgid "doubtful"
msgstr "unsure"

msgid "a "
"long \\"one\\""
msgstr "ein "
"langer"

msgid "untold"
msgstr ""
"""
    assert parse_po(text).words == {'a long "one"': "ein langer"}


def test_values_are_put_in_last():
    spoken = Catalogue({"{n} jobs": "{n} Auftraege", "in {what}": "bei {what}"})
    assert spoken.render(say("in {what}", what=count(2, "1 job", "{n} jobs"))) == "bei 2 Auftraege"
    assert spoken.render(say("in {what}", what="{n} {0} {}")) == "bei {n} {0} {}"


def test_the_package_has_its_catalogues():
    assert (Path(SOURCE) / "languages" / "ja.po").is_file()
