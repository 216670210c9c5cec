"""A module imports only from floors below its own, and none is there for the tests alone."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FLOORS = [
    {"schema", "formats"},
    {"rob2"},
    {"effects"},
    {"evidence"},
    {"statistics"},
    {"claims"},
    {"certainty", "plausibility"},
    {"tables", "reviews"},
    {"charts", "facts", "trace"},
    {"statements"},
    {"release"},
    {"exhibits"},
    {"book", "living", "instance"},
    {"commands"},
    {"__main__"},
    {"alsreview"},
]
FLOOR = {name: number for number, names in enumerate(FLOORS) for name in names}
SOURCES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for package in ("livingreview", "alsreview")
    for path in sorted((ROOT / package).rglob("*.py"))
}


def imported(source: str) -> set[str]:
    """Give the full names of what a source imports of ours, in whatever form."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports have one form: from livingreview.x import y"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "import_module":
            found |= {argument.value for argument in node.args if isinstance(argument, ast.Constant)}
    return {name for name in found if name.startswith(("livingreview.", "alsreview."))}


def floor_of(name: str) -> str:
    """Give the part of the engine that a dotted name belongs to, or the package above it."""
    package, _, rest = name.partition(".")
    return rest.partition(".")[0] if package == "livingreview" else package


def module_of(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def test_every_form_of_import_is_seen():
    for source, name in {
        "from livingreview.schema import DataError": "livingreview.schema.DataError",
        "import alsreview.programmes": "alsreview.programmes",
        "def f():\n    import_.import_module('livingreview.charts')": "livingreview.charts",
    }.items():
        assert imported(source) == {name}


@pytest.mark.parametrize("path", [path for path in SOURCES if path != "livingreview/__init__.py"])
def test_a_module_imports_only_from_floors_below(path):
    own = floor_of(module_of(path))
    assert own in FLOOR, f"{own} has no floor: give it one here, and draw it in CONTRIBUTING.md"
    for name in {*map(floor_of, imported(SOURCES[path]))} - {own}:
        assert FLOOR[name] < FLOOR[own], f"floor {FLOOR[own]} imports {name} (floor {FLOOR[name]})"


def test_no_module_is_imported_by_tests_alone():
    text = "\n".join([(ROOT / "_config.yml").read_text(encoding="utf-8"), *SOURCES.values()])
    names = set().union(*map(imported, SOURCES.values()))
    used = names | {name.rpartition(".")[0] for name in names}
    # What a new review begins with is its own.
    own = [path for path in SOURCES if not path.endswith("__main__.py") and "/files/" not in path]
    modules = {*map(module_of, own)}
    # Some are named where an extension is asked for, or a command is put together.
    assert {each for each in modules - used if each not in text} == set()


def test_the_engine_opens_data_prints_and_asserts_only_where_it_may():
    for path, source in SOURCES.items():
        own, nodes = floor_of(module_of(path)), list(ast.walk(ast.parse(source)))
        if own not in ("evidence", "statements", "book", "living", "release", "instance"):
            assert "open(" not in source and "read_text" not in source, path
        printing = any(getattr(getattr(node, "func", None), "id", "") == "print" for node in nodes)
        assert not printing or own in ("__main__", "commands"), path
        assert not any(isinstance(node, ast.Assert) for node in nodes), path
