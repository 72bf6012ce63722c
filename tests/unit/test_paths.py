from pathlib import Path

import pytest

from ninjapool.paths import exists, is_file, is_folder, normal, real, shown


def test_a_normal_path_is_absolute_and_keeps_its_links(tmp_path, monkeypatch):
    (tmp_path / "a").mkdir()
    (tmp_path / "link").symlink_to("a")
    monkeypatch.chdir(tmp_path)
    assert normal(Path("x/../link")) == tmp_path / "link"
    assert real(Path("link")) == real(tmp_path / "a")


def test_links_in_a_circle_have_an_end(tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    assert real(tmp_path / "a").parent == real(tmp_path)
    assert not is_file(tmp_path / "a")


def test_what_cannot_be_looked_at_is_not_there(monkeypatch):
    def locked(self: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "is_file", locked)
    monkeypatch.setattr(Path, "is_dir", locked)
    monkeypatch.setattr(Path, "exists", locked)
    assert not is_file(Path("/locked/a"))
    assert not is_folder(Path("/locked/a"))
    assert not exists(Path("/locked/a"))


@pytest.mark.parametrize("name", ["x" * 5000, "a\0b", ""])
def test_an_impossible_name_is_no_file(name):
    assert not is_file(Path(name))


@pytest.mark.parametrize(
    ("path", "text"),
    [("/s/cmake/x.json", "cmake/x.json"), ("/s2/x.json", "../s2/x.json"), ("/a/b", "/a/b")],
)
def test_a_path_is_shown_from_its_base_if_it_is_near(path, text):
    base = Path("/s") if path != "/a/b" else Path("/s/t/u")
    assert shown(Path(path), base) == text
