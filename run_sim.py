"""The command line of driftbed. Without arguments it runs ``scenarios/quickstart.yaml``.

This file holds the options of the command line; the commands are in ``sim/commands``.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent
QUICKSTART = ROOT / "scenarios" / "quickstart.yaml"
_BAD_INPUT, _ENVIRONMENT = 2, 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] == ["help"]:
        words = [*words[1:2], "--help"]
    if not words or (words[0].startswith("-") and words[0] not in ("-h", "--help", "--version")):
        words = ["sweep", str(QUICKSTART), *words]
    parser, commands = _parser()
    if words[0] not in commands and not words[0].startswith("-"):
        parser.exit(_BAD_INPUT, f"run_sim.py: {_unknown(words[0], commands)}\n")
    options = parser.parse_args(words)
    # A caller of this function may have threads, so its process must not be forked.
    options.owns_process = arguments is None
    for name in ("sim", "agents", "analysis"):
        if (origin := _origin(name)) is None or ROOT not in origin.parents:
            print(f"package '{name}' comes from {origin}, not from {ROOT}: remove the clash", file=sys.stderr)
            return _ENVIRONMENT
    from sim.commands import carry_out

    return carry_out(options)


def _origin(package: str) -> Path | None:
    found = importlib.util.find_spec(package)
    return Path(found.origin or "").resolve() if found else None


def _version() -> str:
    try:
        return version("driftbed")
    except PackageNotFoundError:
        return "(not installed)"


def _unknown(word: str, commands: Sequence[str]) -> str:
    """Return what to write instead of a word that is no command."""
    if word.endswith((".yaml", ".yml")):
        return f"what is to be done with {word}? Write 'run {word}' or 'sweep {word}'"
    near = get_close_matches(word, commands, 1, 0.5)
    hint = f"did you mean '{near[0]}'?" if near else "'help' lists them"
    return f"there is no command '{word}'; {hint}"


def _parser() -> tuple[argparse.ArgumentParser, list[str]]:
    """Return the parser, and the names of all commands."""
    parser = argparse.ArgumentParser(
        prog="run_sim.py",
        description="Simulates device-cloud adaptation under drift in virtual time.",
        epilog="Without a command it sweeps scenarios/quickstart.yaml; options such as --out or --seed may follow. "
        "'help COMMAND' has the options of one.",
    )
    parser.add_argument("--version", action="version", version=f"driftbed {_version()}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_playing(commands)
    _add_showing(commands)
    _add_looking(commands)
    return parser, list(commands.choices)


def _add_playing(commands: Any) -> None:
    run = _command(commands, "run", "run:run", "run one scenario")
    sweep = _command(commands, "sweep", "run:sweep", "run every point of a sweep")
    for command in (run, sweep):
        command.add_argument("file", help="scenario (YAML)")
        _add_scenario_options(command)
        command.add_argument("--seed", type=int, help="replace the scenario's seed")
        command.add_argument("--eager", action="store_true", help="settle after every order: slower, the same digest")
        _add_folder_options(command)
        _add_play_options(command)
    sweep.add_argument(
        "--resume", action="store_true", help="go on with the newest sweep of this file, or that in --out"
    )
    _add_jobs(sweep)
    resume = _command(commands, "resume", "run:resume", "go on with a run or sweep that was cut short")
    resume.add_argument("folder", help="its folder")
    resume.add_argument("--allow-plugins", action="store_true", help="import classes that the scenario names")
    _add_jobs(resume)
    _add_play_options(resume)
    fork = _command(commands, "fork", "run:fork", "repeat a run from some tick on with another method or link")
    fork.add_argument("folder", help="the run")
    fork.add_argument("--at", required=True, metavar="TIME", help="when the change takes effect: a tick, as '5 min'")
    _add_scenario_options(fork)
    _add_folder_options(fork)
    _add_play_options(fork)


def _add_no_check(*commands: argparse.ArgumentParser) -> None:
    for command in commands:
        command.add_argument("--no-check", action="store_true", help="do not compare files with their SHA256SUMS")


def _add_showing(commands: Any) -> None:
    plot = _command(commands, "plot", "report:plot", "draw the figures of a run or sweep")
    plot.add_argument("folder")
    plot.add_argument("--only", metavar="A,B", help="these figures (see 'list figures'; default: all that apply)")
    plot.add_argument("--format", default="svg,png", metavar="A,B", help="svg, png, pdf (default: svg,png)")
    plot.add_argument("--width", default="page", metavar="WIDTH", help="page (7 in), column (3.5 in), or centimetres")
    plot.add_argument("--font", default="sans-serif", metavar="FONT", help="serif, sans-serif, or the name of a font")
    plot.add_argument("--labels", metavar="FILE", help="a YAML map: name in the study -> name in the figures")
    plot.add_argument("--metric", metavar="NAME", help="what 'response' shows (default: accuracy)")
    plot.add_argument("--out", metavar="DIR", help="where the figures go (default: the run's plots)")
    report = _command(commands, "report", "report:report", "write report.html")
    report.add_argument("folders", nargs="+")
    compare = _command(commands, "compare", "report:compare", "compare runs, paired by seed")
    compare.add_argument("folders", nargs="+", help="runs, or one sweep")
    compare.add_argument("--by", metavar="AXIS", help="compare along this axis, all others held (default: the method)")
    compare.add_argument("--base", metavar="VALUE", help="what to compare with (default: static, else the first)")
    compare.add_argument("--metric", metavar="A,B", help="what to show; differences are of the first")
    compare.add_argument("--sort", metavar="METRIC", help="the best of it first")
    compare.add_argument("--as", dest="form", choices=("table", "json", "csv", "latex", "markdown"), default="table")
    explain = _command(commands, "explain", "explain:explain", "find why accuracy was lost, by paired forks")
    explain.add_argument("folder", help="a run, or a sweep for intervals over its seeds")
    explain.add_argument("--factors", metavar="A,B", help="what to take away (default: all that cost time)")
    explain.add_argument("--shapley", action="store_true", help="run every subset of the factors: 2^n - 1 forks a run")
    explain.add_argument("--allow-plugins", action="store_true", help="import classes that the scenario names")
    explain.add_argument("--quiet", action="store_true", help="no progress")
    explain.add_argument("--json", action="store_true", help="print what was found as JSON")
    _add_jobs(explain)
    _add_no_check(plot, report, compare)
    swim_lane = _command(commands, "story", "timeline:timeline", "draw one device over time")
    swim_lane.add_argument("folder", help="the run")
    swim_lane.add_argument("device", help="its number, or worst, median, best")
    swim_lane.add_argument("--at", metavar="TIME", help="around which moment (default: the first drift)")
    swim_lane.add_argument("--out", metavar="DIR", help="where the figure goes (default: the run's plots)")
    swim_lane.add_argument("--allow-plugins", action="store_true", help="import classes that the scenario names")
    gallery = _command(commands, "gallery", "gallery:gallery", "draw every transform and every shape of drift")
    gallery.add_argument("folder", help="where the pictures go")
    gallery.add_argument("--cifar", metavar="FILE", help="draw on images of these CIFAR records, too")


def _add_looking(commands: Any) -> None:
    validate = _command(
        commands,
        "validate",
        "validate:validate",
        "check scenarios and what they name; print what was read",
    )
    validate.add_argument("files", nargs="+")
    validate.add_argument("--json", action="store_true", help="print what was read as JSON")
    _add_scenario_options(validate)
    listing = _command(commands, "list", "catalogue:list_kind", "list scenarios, or the components of a kind")
    listing.add_argument("kind", nargs="?", help="methods, triggers, codecs, ...; default: the scenarios")
    describe = _command(commands, "describe", "catalogue:describe", "describe a key of the grammar")
    describe.add_argument("key", help="its dotted path, for example 'links.*.up.trace'")
    check = _command(
        commands, "check", "check:check", "check a component or a class of your own against the laws of its family"
    )
    check.add_argument("name", metavar="NAME", help="pkg.mod:Class, or a name of a table (then with --family)")
    check.add_argument("--family", help="methods, triggers, codecs, models, tasks or detectors; default: by attributes")
    check.add_argument("--options", default="{}", metavar="JSON", help="its options in base units, as a JSON map")
    schema = _command(commands, "schema", "catalogue:schema", "print the JSON schema of scenarios")
    schema.add_argument("--docs", metavar="FOLDER", help="write the reference pages there instead")
    verify = _command(commands, "verify", "verify:verify", "check the simulator against closed forms")
    verify.add_argument("what", nargs="+", metavar="WHAT", help="physics: all cases; list; or cases by name")
    verify.add_argument("--json", action="store_true", help="print the verdicts as JSON")
    bench = _command(commands, "bench", "bench:bench", "measure speed and memory on this machine")
    bench.add_argument(
        "what", nargs="*", metavar="GROUP", help="what to measure (default: all but the scale scenarios)"
    )
    bench.add_argument("--quick", action="store_true", help="rough figures within a minute")
    bench.add_argument("--repeats", type=_at_least_one, metavar="N", help="of each measurement (default: 5; quick: 1)")
    bench.add_argument("--json", action="store_true", help="print the findings as JSON")
    bench.add_argument("--write", metavar="FILE", help="write them as a page, such as docs/performance.md")
    _command(commands, "doctor", "validate:doctor", "check this installation")


def _command(commands: Any, name: str, does: str, text: str) -> argparse.ArgumentParser:
    """Add a command that ``does`` a function (``module:function`` below ``sim.commands``)."""
    command: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
    command.set_defaults(command=does)
    command.add_argument("--debug", action="store_true", help="show tracebacks")
    return command


def _add_scenario_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--set", action="append", default=[], metavar="A.B=C", help="override a value, as in the file")
    parser.add_argument("--allow-plugins", action="store_true", help="import classes that the scenario names")


def _add_folder_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", metavar="DIR", help="the run folder (default: a new one under runs/)")
    parser.add_argument("--force", action="store_true", help="replace a run that is already there")


def _add_play_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--workers", type=_count, metavar="N", help="worker processes; 0: in this process")
    parser.add_argument(
        "--ray-address", metavar="ADDRESS", help="the Ray cluster to work on: auto, HOST:PORT, ray://..."
    )
    parser.add_argument(
        "--engine",
        choices=("auto", "simpy", "compiled"),
        default="auto",
        help="what plays the exchanges; auto: the compiled engine where there are many and it can; the same digest",
    )
    parser.add_argument("--quiet", action="store_true", help="no progress")
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")


def _add_jobs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--jobs", type=_at_least_one, metavar="N", help="points of a sweep at once (default: as many as cores)"
    )


def _at_least_one(text: str) -> int:
    if _count(text) == 0:
        raise argparse.ArgumentTypeError("at least 1 is wanted")
    return int(text)


def _count(text: str) -> int:
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"'{text}' is no whole number from 0 on")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
