"""A module imports only from floors below its own; no form of import can hide one."""

import ast
from pathlib import Path

import pytest

MODULE = Path(__file__).parents[1] / "livingreview"
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
]
FLOOR = {name: number for number, names in enumerate(FLOORS) for name in names}


def imported(source: str) -> set[str]:
    """Name the modules of livingreview that a source imports, in whatever form."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports have one form: from livingreview.x import y"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "import_module":
            names = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
        else:
            continue
        found |= {name.split(".")[1] for name in names if name.startswith("livingreview.")}
    return found


def test_every_form_of_import_is_seen():
    assert imported("from livingreview.schema import DataError") == {"schema"}
    assert imported("from livingreview import effects") == {"effects"}
    assert imported("import livingreview.book.pdf") == {"book"}
    assert imported("def f():\n    import importlib\n    importlib.import_module('livingreview.charts')") == {
        "charts"
    }


def sources():
    return [path for path in sorted(MODULE.rglob("*.py")) if path != MODULE / "__init__.py"]


@pytest.mark.parametrize("path", sources(), ids=lambda path: path.relative_to(MODULE).as_posix())
def test_a_module_imports_only_from_floors_below(path):
    own = path.relative_to(MODULE).parts[0].removesuffix(".py")
    assert own in FLOOR, f"{own} has no floor: give it one here and in its place in the layout"
    for name in imported(path.read_text()) - {own}:
        assert FLOOR[name] < FLOOR[own], (
            f"{path.name} (floor {FLOOR[own]}) imports {name} (floor {FLOOR[name]})"
        )


def test_only_the_evidence_opens_the_data():
    for path in sources():
        own = path.relative_to(MODULE).parts[0].removesuffix(".py")
        if own not in ("evidence", "statements", "book", "living", "release", "instance"):
            assert "open(" not in path.read_text() and "read_text" not in path.read_text(), path


def test_nothing_prints_but_the_command_line():
    for path in sources():
        calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
        printing = any(getattr(call.func, "id", "") == "print" for call in calls)
        assert not printing or path.name == "__main__.py" or path.parent.name == "commands", path


def test_there_is_no_assert_outside_the_tests():
    for path in sources():
        assert not any(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(path.read_text()))), path
