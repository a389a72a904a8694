"""The arrows of the design, walked through the syntax trees: who may import what, and how large files are."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("sim", "agents", "analysis", "driftbed")
MOST_LINES, MOST_LINES_OF_A_FUNCTION = 300, 50

#: A library -> where it may be imported (paths or folders), and why nowhere else.
LIBRARIES = {
    "torch": (
        ("agents/", "driftbed/trackers/tensorboard.py"),
        "the timing plane knows times and sizes, never a tensor",
    ),
    "numba": (
        ("agents/kernels/", "agents/compiling.py", "sim/compiled/"),
        "the order of operations is written down where numbers are exact: in kernels, and in the compiled engine",
    ),
    "llvmlite": (
        ("agents/kernels/", "sim/compiled/memory.py"),
        "the order of operations is written down where numbers are exact: in kernels, and in the compiled engine",
    ),
    "simpy": (
        ("sim/kernel/calendar.py", "agents/baselines/naive_simulator.py", "sim/bench/plain_network.py"),
        "laws are plain arithmetic; only the calendar knows SimPy (and two baselines of the bench)",
    ),
    "safetensors": (("sim/run/resuming/", "agents/"), "tensors go to the disk in checkpoints and in the cache alone"),
    "ray": (("agents/pools/ray/",), "workers are one pool among others"),
    "pandas": (("analysis/", "driftbed/results.py"), "runs write tables; only the analysis computes with data frames"),
    "matplotlib": (("analysis/",), "a run draws nothing"),
    "yaml": (("sim/scenario/", "analysis/folder.py"), "scenarios are YAML, and so is resolved.yaml, their record"),
}
#: Doors of the data plane that load neither torch nor Ray nor pandas, so that the timing plane may use them.
TORCH_FREE = (
    "agents.tabular.columns",
    "agents.tabular.json_table",
    "agents.tabular.json_text",
    "agents.tabular.moments",
    "agents.tabular.once",
    "agents.tabular.packed",
    "agents.tabular.sheet",
    "agents.tabular.spelling",
    "agents.tabular.text_lines",
    "agents.tasks.reading",
)
#: What a package of ours may import of its siblings.
ARROWS = {
    "sim": (
        "agents.contract",
        "agents.contract.amounts",
        "agents.contract.component",
        "agents.contract.forms",
        "agents.contract.laws",
        "agents.contract.plugins",
        "agents.contract.seal",
        "agents.seeding",
        # Tables of components: names, options, and where the code is. They import no torch.
        "agents.codecs",
        "agents.methods",
        "agents.models",
        "agents.tasks",
        "agents.detectors",
        "agents.signals",
        "agents.tasks.drift_kinds",
        "agents.drift.transforms",
        "agents.contract.errors",
        # What is compiled is kept in the user's cache, the engine as the kernels.
        "agents.cache_folder",
        "agents.compiling",
        # What reads data files and compiles drift loads no torch: a scenario is checked by it before anything runs.
        *TORCH_FREE,
    ),
    "agents": (),
    # Plain arithmetic on amounts, as screens and figures write them alike.
    "analysis": ("agents.contract.amounts",),
}
#: The Python face stands above all packages, as the command line does.
TOP = "driftbed"
#: The command line's own modules: they stand above all packages, and nobody but run_sim imports them.
FACE = "sim/commands/"
#: What the command line is made of before it knows the command.
DOOR = ("sim.program", "sim.commands.exits", "sim.commands.options", "driftbed.clone")
#: (file, module) that may be imported within a function all the same, and only there.
LATE = {
    ("sim/run/assembly.py", "agents.build"),
    ("sim/run/rival.py", "agents.linear_rival"),
    ("sim/run/assembly.py", "agents.surrogate.build"),
    ("sim/run/backend.py", "agents.pools"),
    ("sim/run/backend.py", "agents.torch_device"),
    ("sim/run/fork.py", "agents.build"),
    ("sim/verify/averaging.py", "agents.known_worlds"),
    ("sim/run/manifest.py", "agents.kernels.versions"),
}
FORBIDDEN_NAMES = ("utils", "util", "common", "helper", "helpers", "manager", "handler")


@dataclass(frozen=True)
class Import:
    """One imported module: where, and whether it is imported as soon as the file is."""

    file: str
    line: int
    module: str
    late: bool

    def __str__(self) -> str:
        return f"{self.file}:{self.line} imports {self.module}"

    def of(self, package: str) -> bool:
        return self.module == package or self.module.startswith(f"{package}.")


def files() -> list[str]:
    """Return every source file of the project, relative to its root."""
    paths = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    return ["run_sim.py", *sorted(path.relative_to(ROOT).as_posix() for path in paths)]


@cache
def tree(file: str) -> ast.Module:
    """Return the syntax tree of a file."""
    return ast.parse((ROOT / file).read_text(encoding="utf-8"), file)


@cache
def imports(file: str) -> list[Import]:
    """Return what a file imports, wherever in it."""
    return list(_imports(tree(file), file, late=False))


def _imports(node: ast.AST, file: str, *, late: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (Import(file, child.lineno, alias.name, late) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            yield from (Import(file, child.lineno, module, late) for module in _named(child))
        else:
            within = late or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
            yield from _imports(child, file, late=within)


def _named(node: ast.ImportFrom) -> list[str]:
    """Return the modules behind ``from a import b``: ``a.b`` where that is a module, else ``a``."""
    module = node.module or ""
    within = {f"{module}.{alias.name}" for alias in node.names}
    return sorted(within & modules().keys()) or [module]


@cache
def modules() -> dict[str, str]:
    """Return dotted name -> file of every module of the project."""
    return {file.removesuffix(".py").removesuffix("/__init__").replace("/", "."): file for file in files()}


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_library_is_imported_only_where_it_belongs(library: str) -> None:
    allowed, reason = LIBRARIES[library]
    wrong = [
        f"{found}; it belongs to {', '.join(allowed)} alone: {reason}"
        for file in files()
        for found in imports(file)
        if found.of(library) and not file.startswith(allowed)
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("package", ARROWS)
def test_arrows_between_packages_run_down_only(package: str) -> None:
    wrong = [
        f"{found}; of its siblings {package}/ may import only {', '.join(ARROWS[package]) or 'nothing'}"
        for file in files()
        if file.startswith(f"{package}/") and not file.startswith(FACE)
        for found in imports(file)
        if _crosses(found, package) and (file, found.module) not in LATE
    ]
    assert not wrong, "\n".join(wrong)


def test_nobody_below_imports_the_command_line() -> None:
    wrong = [
        f"{found}; commands stand above all packages"
        for file in files()
        if not file.startswith((FACE, "run_sim.py", f"{TOP}/"))
        for found in imports(file)
        if found.of("sim.commands")
    ]
    assert not wrong, "\n".join(wrong)


def _crosses(found: Import, package: str) -> bool:
    siblings = [*(other for other in PACKAGES if other != package), "run_sim"]
    return any(found.of(other) for other in siblings) and found.module not in ARROWS[package]


def test_the_data_plane_is_imported_only_when_a_run_has_a_task() -> None:
    wrong = [
        f"{found} at once; import it within the function, so that timing-only runs never load torch"
        for file, module in LATE
        for found in imports(file)
        if found.module == module and not found.late
    ]
    assert not wrong, "\n".join(wrong)


def test_what_checks_a_scenario_loads_no_heavy_library() -> None:
    drift = (
        "agents.drift.schedule",
        "agents.tasks.image_reading",
        "agents.tasks.tables",
        "agents.tasks.recommendation.interactions",
    )
    probe = (
        "import importlib, sys; [importlib.import_module(name) for name in sys.argv[1:]];"
        "print(*sorted({'torch', 'ray', 'pandas', 'sklearn'} & sys.modules.keys()))"
    )
    words = [sys.executable, "-c", probe, *TORCH_FREE, *drift, "sim.reading"]
    loaded = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert not loaded, f"checking a scenario loads {', '.join(loaded)}"


def test_the_command_line_imports_nothing_heavy_before_it_knows_the_command() -> None:
    door = [file for file in files() if file.startswith((f"{FACE}options/", f"{FACE}line.py"))]
    wrong = [
        f"{found} at once; import it within the handler that needs it"
        for file in ("run_sim.py", "driftbed/__init__.py", "driftbed/__main__.py", "sim/program.py", *door)
        for found in imports(file)
        if not found.late and any(found.of(package) for package in (*PACKAGES, *LIBRARIES, "numpy", "pydantic"))
        if not any(found.of(module) for module in DOOR)
    ]
    assert not wrong, "\n".join(wrong)


def test_no_two_modules_import_each_other() -> None:
    edges = {
        name: {found.module for found in imports(file) if not found.late and found.module in modules()}
        for name, file in modules().items()
    }
    circle = _circle(edges)
    assert not circle, f"an import circle: {' -> '.join(circle)}; move what they share below both"


def _circle(edges: dict[str, set[str]]) -> list[str]:
    """Return one circle in a graph, its first node repeated at the end; an empty list if there is none."""
    done: set[str] = set()

    def visit(node: str, path: list[str]) -> list[str]:
        if node in path:
            return [*path[path.index(node) :], node]
        if node in done:
            return []
        done.add(node)
        return next((found for below in sorted(edges[node]) if (found := visit(below, [*path, node]))), [])

    return next((found for node in sorted(edges) if (found := visit(node, []))), [])


def test_an_import_circle_would_be_seen() -> None:
    assert _circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
    assert _circle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


def test_files_stay_small_enough_to_read() -> None:
    lines = {file: len((ROOT / file).read_text(encoding="utf-8").splitlines()) for file in files()}
    wrong = [f"{file} has {count} lines; a file is one noun" for file, count in lines.items() if count > MOST_LINES]
    assert not wrong, "\n".join(wrong)


def test_functions_stay_small_enough_to_read() -> None:
    wrong = [
        f"{file}:{node.lineno} {node.name} has {length} lines; a function is one thought"
        for file in files()
        for node in ast.walk(tree(file))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or node.lineno) - node.lineno + 1) > MOST_LINES_OF_A_FUNCTION
    ]
    assert not wrong, "\n".join(wrong)


def test_no_file_is_named_after_nothing() -> None:
    wrong = [file for file in files() if Path(file).stem in FORBIDDEN_NAMES]
    assert not wrong, f"{', '.join(wrong)}: name a file after the one thing it holds"
