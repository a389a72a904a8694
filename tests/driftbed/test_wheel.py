"""The wheel: one package, nothing in it named as another distribution may name its own, and it plays anywhere."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

pytest.importorskip("hatchling")
from hatch_build import PACKAGES, RewriteError, modules_of, rewritten

pytestmark = pytest.mark.whole

ROOT = Path(__file__).resolve().parents[2]
MODULES = {"sim.verify", "sim.triggers", "agents.codecs", "agents.codecs.dense"}
#: What a foreign package does when it is imported.
FOREIGN = "raise ImportError('a foreign package was imported')\n"
OWN_CODEC = '''\
"""A codec as a user writes it, once for clone and wheel."""

import torch
from driftbed.agents.codecs.per_field import Part, PerField


class Half(PerField):
    """Numbers in [-1, 1] to a hundred levels."""

    def layout(self, field):
        return (Part("numbers", field.numel, "<i1"),)

    def code(self, values, field):
        return {"numbers": (values.clamp(-1, 1) * 100).round().to(torch.int8)}

    def restore(self, parts, field):
        return parts["numbers"].float() / 100
'''


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("from sim.verify import CASES\n", "from driftbed.sim.verify import CASES\n"),
        ("from sim import verify\n", "from driftbed.sim import verify\n"),
        ("import agents.codecs as c\n", "import driftbed.agents.codecs as c\n"),
        ("import sim.verify\n", "import driftbed.sim.verify; from driftbed import sim\n"),
        ("def f():\n    from agents.codecs import x\n", "def f():\n    from driftbed.agents.codecs import x\n"),
        ("row = 'agents.codecs.dense:Fp32'\n", "row = 'driftbed.agents.codecs.dense:Fp32'\n"),
        (
            "look = 'from agents.codecs import x; print(x)'\n",
            "look = 'from driftbed.agents.codecs import x; print(x)'\n",
        ),
        ('"""\n\nSee ``sim.triggers``.\n"""\n', '"""\n\nSee ``driftbed.sim.triggers``.\n"""\n'),
        ("a = f'é {sim.verify.x} sim.verify'\n", "a = f'é {sim.verify.x} driftbed.sim.verify'\n"),
        ("from simpy import Environment\n", None),
        ("sim.verify = 'links.agents.codecs, sim.nothing, runs/sim.verify'\n", None),
        ("from .sim import x\n", None),
    ],
)
def test_only_our_own_modules_are_renamed(written: str, wanted: str | None) -> None:
    assert rewritten(written, MODULES) == (wanted or written)


def test_an_import_that_is_not_understood_is_refused_with_its_line() -> None:
    with pytest.raises(RewriteError, match=r"x\.py:2: import modules of ours one by one"):
        rewritten("\nimport sim.verify, os\n", MODULES, "x.py")


def test_modules_are_those_of_the_tree() -> None:
    assert {"sim", "agents.methods", "analysis.html", "sim.commands.line"} <= modules_of(ROOT)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel of this tree."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (made,) = folder.glob("driftbed-*.whl")
    return made


def test_it_holds_one_package_with_all_that_travels(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"driftbed"}
    carried = ("scenarios/quickstart.yaml", "scenarios/scenario.schema.json", "docs/glossary.md", "analysis/report.css")
    carried += ("analysis/report.js", "analysis/serving/page.js", "analysis/serving/page.css")
    carried += ("sim/commands/templates/method.txt", "sim/commands/templates/test_task.txt")
    assert not {f"driftbed/{name}" for name in carried} - set(names)
    assert "driftbed/clone.py" not in names


def test_no_import_in_it_names_a_package_of_ours_alone(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    sources = {name: archive.read(name).decode() for name in archive.namelist() if name.endswith(".py")}
    imported = {
        (name, module)
        for name, source in sources.items()
        for node in ast.walk(ast.parse(source))
        for module in _modules(node)
    }
    assert not {found for found in imported if found[1].partition(".")[0] in PACKAGES}
    rows = {
        (name, node.value)
        for name, source in sources.items()
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if node.value.partition(":")[0].partition(".")[0] in PACKAGES
        and node.value.partition(":")[0] in modules_of(ROOT)
    }
    assert not {row for row in rows if "." in row[1]}


def _modules(node: ast.AST) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        return [node.module or ""] if not node.level else []
    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else []


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install it in an environment of its own, beside a foreign package of each name; return its ``bin``."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, symlinks=True)
    site = Path(sysconfig.get_path("purelib", "venv", {"base": str(folder)}))
    for name in PACKAGES:
        (site / name).mkdir()
        (site / name / "__init__.py").write_text(FOREIGN, encoding="utf-8")
    python = folder / "bin" / "python"
    words = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(words, check=True, capture_output=True)
    # Our dependencies, without what is installed for editing beside them: a folder in a .pth has no .pth of its own.
    (site / "dependencies.pth").write_text(f"{sysconfig.get_path('purelib')}\n", encoding="utf-8")
    return folder / "bin"


def _started(installed: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [str(installed / "driftbed"), *words]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=240)


SHORT = ("gaussians", "--set", "duration=60 s", "--quiet", "--json")


def test_it_plays_in_an_empty_folder_beside_foreign_packages(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(OWN_CODEC, encoding="utf-8")
    own = ("--allow-plugins", "--set", "method.codec=mine:Half")
    played = _started(installed, tmp_path, "run", *SHORT, *own)
    assert played.returncode == 0, played.stderr
    assert (tmp_path / "runs" / "gaussians-001" / "report.html").is_file()
    manifest = json.loads((tmp_path / "runs" / "gaussians-001" / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["program"], manifest["git"]) == ("driftbed", None)


@pytest.mark.slow
def test_its_workers_play_the_same_digest(installed: Path, tmp_path: Path) -> None:
    alone = _started(installed, tmp_path, "run", *SHORT)
    shared = _started(installed, tmp_path, "run", *SHORT, "--workers", "1")
    assert shared.returncode == 0, shared.stderr
    assert json.loads(shared.stdout)["digest"] == json.loads(alone.stdout)["digest"]


def test_it_lists_its_scenarios_by_name_and_names_itself(installed: Path, tmp_path: Path) -> None:
    listed = _started(installed, tmp_path, "list")
    assert "\nquickstart " in listed.stdout
    wrong = _started(installed, tmp_path, "run", "quickstrat")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert wrong.stderr == (
        "quickstrat: there is no such file, and no scenario of that name; did you mean 'quickstart'?\n"
    )
    assert _started(installed, tmp_path, "--version").stdout == "driftbed 0.2.0\n"
