"""A module imports only from floors below its own, and none is there for the tests alone."""

import ast
from pathlib import Path

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
# The command line opens only the null device, in place of an output that nobody reads any more.
OPENING = {"evidence", "statements", "book", "living", "release", "instance", "__main__"}
SOURCES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for package in ("livingreview", "alsreview")
    for path in sorted((ROOT / package).rglob("*.py"))
}


def imported(source: ast.AST) -> set[str]:
    """Return the full names of what a source imports of ours, in whatever form."""
    found = set()
    for node in ast.walk(source):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "import_module":
            found |= {argument.value for argument in node.args if isinstance(argument, ast.Constant)}
    return {name for name in found if name.startswith(("livingreview.", "alsreview."))}


def floor_of(name: str) -> str:
    """Return the part of the engine that a dotted name belongs to, or the package above it."""
    package, _, rest = name.partition(".")
    return rest.partition(".")[0] if package == "livingreview" else package


def test_a_module_imports_and_opens_files_only_where_it_may_and_something_uses_it():
    modules, used = set(), set()
    for path, source in SOURCES.items():
        module = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        own, names = floor_of(module), imported(ast.parse(source))
        used |= names | {name.rpartition(".")[0] for name in names}
        # What a new review begins with is its own.
        if not module.endswith("__main__") and "/files/" not in path:
            modules.add(module)
        if module != "livingreview":
            assert own in FLOOR, f"{own} has no floor: give it one here, and draw it in CONTRIBUTING.md"
            above = {name for name in names if floor_of(name) != own and FLOOR[floor_of(name)] >= FLOOR[own]}
            assert not above, path
        assert own in OPENING or not ("open(" in source or "read_text" in source), path
    # Some are named where an extension is asked for, or a command is put together.
    text = "\n".join([(ROOT / "_config.yml").read_text(encoding="utf-8"), *SOURCES.values()])
    assert len(used) > 50 and {name for name in modules - used if name not in text} == set()
