"""The scenarios that come with the project: found by name from any folder."""

from __future__ import annotations

from pathlib import Path

from sim.program import HOME
from sim.scenario.problems import Problem, ScenarioErrors, near_miss

FOLDER = HOME / "scenarios"


def shipped() -> list[Path]:
    """Return all scenarios that come with the project."""
    return sorted(FOLDER.rglob("*.yaml"))


def name_of(path: Path) -> str:
    """Return the name of a scenario that comes with the project, such as ``network/lte_trace``."""
    return path.relative_to(FOLDER).with_suffix("").as_posix()


def found(named: str | Path) -> str:
    """Return the file that is meant: one that is there, else one of the project's of that name.

    ``quickstart``, ``quickstart.yaml`` and ``scenarios/quickstart.yaml`` are the same. A file that is not there is
    returned as it is: reading it says so.

    Raises:
        ScenarioErrors: a bare name that is none.
    """
    text = str(named)
    if Path(text).exists() and not Path(text).is_dir():
        return text
    name = text.removeprefix("scenarios/").removesuffix(".yaml")
    ours = {name_of(path): path for path in shipped()}
    if name in ours:
        return str(ours[name])
    if Path(text).suffix or Path(text).is_dir():
        return text
    message = f"there is no such file, and no scenario of that name{near_miss(text, list(ours))}"
    raise ScenarioErrors([Problem(text, 0, 0, "", message)])
