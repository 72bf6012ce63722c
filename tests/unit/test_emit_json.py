import json

from ninjapool.emit.json import render_json
from tests.planned import a_machine, a_plan, a_project


def test_the_document_is_as_expected(expect):
    """A field that is renamed or gone breaks other people's programs: raise `schema` then."""
    expect("inspect.json", render_json(a_machine(), a_project(), a_plan()))


def test_what_binds_is_named():
    machine = json.loads(render_json(a_machine()))["machine"]
    assert machine["binding"] == {
        "memory": "cgroup /build (memory.max)",
        "headroom": "host RAM",
        "cpus": "online",
    }


def test_sizes_are_bytes_and_the_unknown_is_null():
    document = json.loads(render_json(a_machine()))
    assert document["schema"] == 1
    assert document["machine"]["memory_limits"][1]["bytes"] == 8 * 1024**3
    assert document["machine"]["memory_limits"][1]["headroom"] is None
    assert document["project"] is None
    assert document["plan"] is None


def test_paths_and_settings_are_plain():
    project = json.loads(render_json(a_machine(), a_project("a/b")))["project"]
    assert project["source"] == "a/b"
    assert project["compiler"] == {"value": "gcc", "source": "default"}
    assert project["user_settings"]["CMAKE_JOB_POOLS"]["value"] == "heavy=1"
