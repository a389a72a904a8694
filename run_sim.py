"""The command line of driftbed. Without arguments it plays ``scenarios/quickstart.yaml``."""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent
QUICKSTART = ROOT / "scenarios" / "quickstart.yaml"

OK, FAILED, BAD_INPUT, ENVIRONMENT, PARTIAL, INTERRUPTED = 0, 1, 2, 3, 4, 130


class CommandError(Exception):
    """What stops a command: one line for the user, and the exit code."""

    def __init__(self, message: str, code: int = BAD_INPUT) -> None:
        super().__init__(message)
        self.code = code


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or (words[0].startswith("-") and words[0] not in ("-h", "--help")):
        words = ["sweep", str(QUICKSTART), *words]
    options = _parser().parse_args(words)
    try:
        _require_own_packages()
        code: int = options.handler(options)
        return code
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return OK
    except Exception as error:
        if options.debug:
            raise
        code, message = _told(error)
        print(message, file=sys.stderr)
        return code


def _told(error: Exception) -> tuple[int, str]:
    """Return the exit code of an error and what to tell the user, without a traceback."""
    from agents.contract import BackendError, WorkersLostError
    from agents.plugins import PluginError
    from analysis import RunError
    from sim.run_folder import FolderError
    from sim.scenario import ScenarioErrors

    if isinstance(error, CommandError):
        return error.code, str(error)
    if isinstance(error, ScenarioErrors | FolderError | RunError | PluginError):
        return BAD_INPUT, str(error)
    if isinstance(error, BackendError):
        return ENVIRONMENT, str(error)
    if isinstance(error, WorkersLostError):
        return PARTIAL, str(error)
    if isinstance(error, ImportError):
        return ENVIRONMENT, f"{error}; install the project as the README says (run 'doctor' for details)"
    return FAILED, f"{type(error).__name__}: {error} (add --debug for the traceback)"


def _require_own_packages() -> None:
    for name in ("sim", "agents", "analysis"):
        found = importlib.util.find_spec(name)
        origin = Path(found.origin or "").resolve() if found else None
        if origin is None or ROOT not in origin.parents:
            raise CommandError(f"package '{name}' comes from {origin}, not from {ROOT}: remove the clash", ENVIRONMENT)


def _run(options: argparse.Namespace) -> int:
    from sim.playing import play
    from sim.scenario import load

    scenario = load(options.file, options.set, seed=options.seed, allow_plugins=options.allow_plugins)
    if scenario.sweep is not None and not options.quiet:
        print("this scenario declares a sweep; 'run' plays its base, 'sweep' plays all points", file=sys.stderr)
    folder = _folder(options, scenario.name)
    played = play(scenario, folder, _how(options), _judge_recovery)
    return _show(played.folder, played.summary, options)


def _sweep(options: argparse.Namespace) -> int:
    from sim.scenario import load
    from sim.sweeping import play_sweep

    scenario = load(options.file, options.set, seed=options.seed, allow_plugins=options.allow_plugins)
    folder = _folder(options, scenario.name)
    summary = play_sweep(options.file, options.set, options.seed, folder, _how(options), _judge_recovery)
    return _show(folder.path, summary, options)


def _show(folder: Path, summary: dict[str, Any], options: argparse.Namespace) -> int:
    """Write report, figures and CSV tables; print the summary and where everything is."""
    import analysis

    report = analysis.write_report([folder])
    if options.json:
        print(json.dumps(summary | {"folder": str(folder), "report": str(report)}, indent=2))
        return OK
    analysis.print_comparison(analysis.open_folder(folder))
    print(f"report   {report}")
    for figure in sorted((folder / "plots").iterdir()):
        print(f"figure   {figure}")
    return OK


def _judge_recovery(windows: Any, marks: list[dict[str, Any]]) -> dict[str, Any]:
    from analysis import recovery

    judged = recovery.recovery_times(windows, marks)
    # JSON knows no NaN: a dip that nobody could measure is null.
    told = [{name: None if value != value else value for name, value in mark.items()} for mark in judged]
    return {**recovery.summarise(judged), "recoveries": told}


def _how(options: argparse.Namespace) -> Any:
    from sim.playing import HowToPlay

    if (options.workers or 0) < 0:
        raise CommandError(f"--workers {options.workers} must be 0 (in this process) or more")
    return HowToPlay(options.eager, options.quiet, options.allow_plugins, options.workers)


def _folder(options: argparse.Namespace, name: str) -> Any:
    from sim.run_folder import RunFolder, first_free

    path = Path(options.out) if options.out else first_free(Path.cwd() / "runs", name)
    return RunFolder.open(path, force=options.force)


def _plot(options: argparse.Namespace) -> int:
    import analysis

    for figure in analysis.write_figures(analysis.open_folder(Path(options.folder)), Path(options.folder) / "plots"):
        print(figure)
    return OK


def _report(options: argparse.Namespace) -> int:
    import analysis

    print(analysis.write_report([Path(folder) for folder in options.folders]))
    return OK


def _compare(options: argparse.Namespace) -> int:
    import analysis

    analysis.print_comparison(analysis.compare_runs([Path(folder) for folder in options.folders]))
    return OK


def _validate(options: argparse.Namespace) -> int:
    from sim.scenario import ScenarioErrors, load, points

    wrong = 0
    for file in options.files:
        try:
            scenario = load(file, options.set, allow_plugins=options.allow_plugins)
            points(file, options.set, allow_plugins=options.allow_plugins)
        except ScenarioErrors as errors:
            print(errors, file=sys.stderr)
            wrong += 1
        else:
            print(f"{file}: ok ({scenario.name})")
    return BAD_INPUT if wrong else OK


def _list(options: argparse.Namespace) -> int:
    from sim.scenario import ScenarioErrors, load

    for path in sorted((ROOT / "scenarios").rglob("*.yaml")):
        try:
            scenario = load(path)
        except ScenarioErrors as errors:
            absent = all("there is no file" in problem.message for problem in errors.problems)
            why = "needs data that are not here" if absent else f"invalid: {len(errors.problems)} problems"
            print(f"{path.relative_to(ROOT)!s:<44} {why}, see 'validate'")
            continue
        devices = sum(cohort.devices for cohort in scenario.fleet)
        told = (scenario.description or "").strip().splitlines()
        print(f"{path.relative_to(ROOT)!s:<44} {devices:>8,} devices  {told[0] if told else ''}")
    return OK


def _schema(options: argparse.Namespace) -> int:
    from sim.scenario import json_schema

    print(json.dumps(json_schema(), indent=2))
    return OK


def _verify(options: argparse.Namespace) -> int:
    """Play the named cases of physics, all of them, or only list them; exit 1 on a miss."""
    from dataclasses import asdict

    from rich.console import Console
    from rich.progress import track

    from sim.verify import CASES, summary_of, verdict_table, verify

    if options.what == ["list"]:
        print("\n".join(f"{name:<24} {summary_of(name)}" for name in CASES))
        return OK
    names = list(CASES) if options.what == ["physics"] else options.what
    if strange := [name for name in names if name not in CASES]:
        raise CommandError(f"there is no case '{strange[0]}'; 'verify list' names them all")
    played = track(names, "verifying", console=Console(stderr=True), transient=True, disable=options.json)
    verdicts = [verify([name])[0] for name in played]
    if options.json:
        print(json.dumps([asdict(verdict) for verdict in verdicts], indent=2))
    else:
        Console().print(verdict_table(verdicts))
    return OK if all(verdict.ok for verdict in verdicts) else FAILED


def _doctor(options: argparse.Namespace) -> int:
    from sim.doctor import examine

    sound, lines = examine(ROOT)
    print("\n".join(lines))
    return OK if sound else ENVIRONMENT


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="run_sim.py",
        description="Plays device-cloud adaptation under drift in virtual time.",
        epilog="Without a command it sweeps scenarios/quickstart.yaml; options such as --out or --seed may follow.",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, handler, text in (
        ("run", _run, "play one scenario"),
        ("sweep", _sweep, "play every point of a sweep"),
    ):
        command = _command(commands, name, handler, text)
        command.add_argument("file", help="scenario (YAML)")
        _add_play_options(command)
    _command(commands, "plot", _plot, "draw the figures of a run or sweep").add_argument("folder")
    _command(commands, "report", _report, "write report.html").add_argument("folders", nargs="+")
    _command(commands, "compare", _compare, "compare runs, paired by seed").add_argument("folders", nargs="+")
    validate = _command(commands, "validate", _validate, "check scenarios and say what is wrong, line by line")
    validate.add_argument("files", nargs="+")
    _add_scenario_options(validate)
    _command(commands, "list", _list, "list the scenarios that come with the project")
    _command(commands, "schema", _schema, "print the JSON schema of scenarios")
    verify = _command(commands, "verify", _verify, "check the simulator against closed forms")
    verify.add_argument("what", nargs="+", metavar="WHAT", help="physics: all cases; list; or cases by name")
    verify.add_argument("--json", action="store_true", help="print the verdicts as JSON")
    _command(commands, "doctor", _doctor, "check this installation")
    return parser


def _command(commands: Any, name: str, handler: Callable[..., int], text: str) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
    command.set_defaults(handler=handler)
    command.add_argument("--debug", action="store_true", help="show tracebacks")
    return command


def _add_scenario_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--set", action="append", default=[], metavar="A.B=C", help="override a value, as in the file")
    parser.add_argument("--allow-plugins", action="store_true", help="import classes that the scenario names")


def _count(text: str) -> int:
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"'{text}' is no whole number from 0 on")
    return int(text)


def _add_play_options(parser: argparse.ArgumentParser) -> None:
    _add_scenario_options(parser)
    parser.add_argument("--seed", type=int, help="replace the scenario's seed")
    parser.add_argument("--workers", type=_count, metavar="N", help="worker processes; 0: in this process")
    parser.add_argument("--out", metavar="DIR", help="the run folder (default: a new one under runs/)")
    parser.add_argument("--force", action="store_true", help="replace a run that is already there")
    parser.add_argument("--eager", action="store_true", help="settle after every order: slower, the same digest")
    parser.add_argument("--quiet", action="store_true", help="no progress")
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")


if __name__ == "__main__":
    sys.exit(main())
