"""The options of the commands that show what came out."""

from __future__ import annotations

import argparse

from sim.commands.options.adding import Commands, add_jobs, add_no_check, port


def add_showing(commands: Commands) -> None:
    """Add the commands that read run folders."""
    report = commands.add("report", "report:report", "write report.html", "report runs/mine-001\nreport runs/a runs/b")
    report.add_argument("folders", nargs="+")
    add_no_check(_add_plot(commands), report, _add_compare(commands))
    _add_explain(commands)
    _add_timeline(commands)
    _add_serve(commands)


def _add_plot(commands: Commands) -> argparse.ArgumentParser:
    plot = commands.add(
        "plot",
        "report:plot",
        "draw the figures of a run or sweep",
        """\
        plot runs/mine-001 --only response,regret --format pdf --width column
        plot runs/mine-001 --only response --metric recovery_s
        """,
    )
    plot.add_argument("folder")
    plot.add_argument("--only", metavar="A,B", help="these figures (see 'list figures'; default: all that apply)")
    plot.add_argument("--format", default="svg,png", metavar="A,B", help="svg, png, pdf (default: svg,png)")
    plot.add_argument("--width", default="page", metavar="WIDTH", help="page (7 in), column (3.5 in), or centimetres")
    plot.add_argument("--font", default="sans-serif", metavar="FONT", help="serif, sans-serif, or the name of a font")
    plot.add_argument("--labels", metavar="FILE", help="a YAML map: name in the study -> name in the figures")
    plot.add_argument("--metric", metavar="NAME", help="what 'response' shows (default: accuracy)")
    plot.add_argument("--out", metavar="DIR", help="where the figures go (default: the run's plots)")
    return plot


def _add_compare(commands: Commands) -> argparse.ArgumentParser:
    compare = commands.add(
        "compare",
        "report:compare",
        "compare runs, paired by seed",
        """\
        compare runs/mine-001
        compare runs/mine-001 --by method.adapter --base cloud_ft
        compare runs/a runs/b --metric recovery_s,up_bytes --as latex
        """,
    )
    compare.add_argument("folders", nargs="+", help="runs, or one sweep")
    compare.add_argument("--by", metavar="AXIS", help="compare along this axis, all others held (default: the method)")
    compare.add_argument("--base", metavar="VALUE", help="what to compare with (default: static, else the first)")
    compare.add_argument("--metric", metavar="A,B", help="what to show; differences are of the first")
    compare.add_argument("--sort", metavar="METRIC", help="the best of it first")
    compare.add_argument("--as", dest="form", choices=("table", "json", "csv", "latex", "markdown"), default="table")
    return compare


def _add_explain(commands: Commands) -> None:
    explain = commands.add(
        "explain",
        "explain:explain",
        "find why accuracy was lost, by paired forks",
        "explain runs/mine-001\nexplain runs/mine-001 --factors uplink,queue",
    )
    explain.add_argument("folder", help="a run, or a sweep for intervals over its seeds")
    explain.add_argument("--factors", metavar="A,B", help="what to take away (default: all that cost time)")
    explain.add_argument("--shapley", action="store_true", help="run every subset of the factors: 2^n - 1 forks a run")
    explain.add_argument("--allow-plugins", action="store_true", help="import classes that the scenario names")
    explain.add_argument("--quiet", action="store_true", help="no progress")
    explain.add_argument("--json", action="store_true", help="print what was found as JSON")
    add_jobs(explain)


def _add_timeline(commands: Commands) -> None:
    name = "story"
    examples = f'{name} runs/mine-001 worst\n{name} runs/mine-001 17 --at "5 min"'
    swim_lane = commands.add(name, "timeline:timeline", "draw one device over time", examples)
    swim_lane.add_argument("folder", help="the run")
    swim_lane.add_argument("device", help="its number, or worst, median, best")
    swim_lane.add_argument("--at", metavar="TIME", help="around which moment (default: the first drift)")
    swim_lane.add_argument("--out", metavar="DIR", help="where the figure goes (default: the run's plots)")
    swim_lane.add_argument("--allow-plugins", action="store_true", help="import classes that the scenario names")


def _add_serve(commands: Commands) -> None:
    serve = commands.add(
        "serve",
        "serve:serve",
        "show run folders on a local page, also while they are played",
        "serve\nserve runs --port 9000 --open",
    )
    serve.add_argument("folder", nargs="?", default="runs", help="what holds the runs (default: runs)")
    serve.add_argument("--port", type=port, default=8765, metavar="N", help="0: any that is free (default: 8765)")
    serve.add_argument("--open", action="store_true", help="open it in the browser")
    serve.add_argument(
        "--allow-plugins", action="store_true", help="import classes that scenarios name, to play them again"
    )
