"""Everything that reads run folders: tables, statistics, figures and reports.

This face is cheap to import: pandas and matplotlib are loaded by the first use of what needs them.

* `open_folder(path)` opens a run or a sweep; `compare_runs(paths)` puts several runs side by side.
* `write_report(paths)` writes one self-contained HTML file, `write_figures(subject, folder)` SVG and PNG.
* `comparison(subject)` is the paired table as data, `print_comparison` shows it.
* `causes_of(group)` sums up the forks of a setting, `causes_table` lays them out.
* `export_csv(run)` and `export_run(run)` write CSV; `recovery_times(windows, marks)` needs numpy alone.
* `RunError`, in one line, is raised for folders that cannot be read.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from analysis.folder import RunError

HOMES = {
    "open_folder": "analysis.sweeps",
    "open_run": "analysis.runs",
    "open_sweep": "analysis.sweeps",
    "compare_runs": "analysis.sweeps",
    "write_report": "analysis.report",
    "write_figures": "analysis.figures",
    "comparison": "analysis.compare",
    "print_comparison": "analysis.console",
    "as_sweep": "analysis.sweeps",
    "causes_of": "analysis.causes",
    "causes_record": "analysis.causes",
    "causes_table": "analysis.causes_layout",
    "around": "analysis.timeline",
    "timeline_of": "analysis.timeline",
    "timeline_lines": "analysis.timeline",
    "typical_devices": "analysis.timeline",
    "describe_timeline": "analysis.figures.swim_lane",
    "write_timeline": "analysis.figures",
    "Look": "analysis.figures.style",
    "read_labels": "analysis.folder",
    "without_sums": "analysis.folder",
    "written": "analysis.writing",
    "export_csv": "analysis.export",
    "export_run": "analysis.export",
    "recovery_times": "analysis.recovery",
}

__all__ = ["RunError", *HOMES]


def __getattr__(name: str) -> Any:
    if name not in HOMES:
        raise AttributeError(f"module 'analysis' has no attribute {name!r}")
    return getattr(import_module(HOMES[name]), name)
