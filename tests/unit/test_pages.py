"""Every link between the pages leads somewhere, to a file and to a heading in it."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "examples").glob("*/README.md")),
]
FENCED = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)


def prose(page):
    return FENCED.sub("", page.read_text(encoding="utf-8"))


def anchors(page):
    """As GitHub makes them: small letters, no punctuation, a hyphen for each space."""
    headings = HEADING.findall(prose(page))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def leads_somewhere(page, link):
    file, _, heading = link.partition("#")
    there = (page.parent / file).resolve() if file else page
    if not (there.is_relative_to(ROOT) and there.exists()):
        return False
    return not heading or heading in anchors(there)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page):
    links = [link for link in LINK.findall(prose(page)) if "://" not in link]
    assert [link for link in links if not leads_somewhere(page, link)] == []


def test_a_broken_link_is_seen(tmp_path):
    page = ROOT / "README.md"
    assert leads_somewhere(page, "docs/reference.md#exit-codes")
    assert not leads_somewhere(page, "docs/reference.md#no-such-heading")
    assert not leads_somewhere(page, "docs/no-such-page.md")


def test_every_page_is_reached_from_the_readme():
    told = set(LINK.findall(prose(ROOT / "README.md")))
    pages = {str(page.relative_to(ROOT)) for page in (ROOT / "docs").glob("*.md")}
    assert pages - {link.partition("#")[0] for link in told} == set()
