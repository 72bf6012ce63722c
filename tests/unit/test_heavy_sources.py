from examples.replay import heavy_sources as heavy


def test_the_same_seed_writes_the_same_project(tmp_path) -> None:
    for name in ("a", "b"):
        heavy.write_project(tmp_path / name, count=3, seed=7)
    left, right = (sorted((tmp_path / name).iterdir()) for name in ("a", "b"))
    assert [path.name for path in left] == [path.name for path in right]
    assert [path.read_bytes() for path in left] == [path.read_bytes() for path in right]


def test_every_source_is_built_and_called(tmp_path) -> None:
    heavy.write_project(tmp_path, count=3, seed=1)
    cmake = (tmp_path / "CMakeLists.txt").read_text()
    main = (tmp_path / "main.cpp").read_text()
    for name in ("heavy0", "heavy1", "heavy2"):
        assert f"unsigned long {name}() {{" in (tmp_path / f"{name}.cpp").read_text()
        assert f"{name}.cpp" in cmake
        assert f"unsigned long {name}();" in main
        assert f"sum += {name}();" in main


def test_sources_differ_in_weight() -> None:
    made = heavy.weights(40, seed=1)
    assert len(made) == 40
    assert len({(weight.types, weight.keys) for weight in made}) > 30
    assert max(weight.types for weight in made) > 1.5 * min(weight.types for weight in made)
