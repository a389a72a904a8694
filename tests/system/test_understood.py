"""What ``validate`` prints of a scenario, and that the manifest and the report say the same."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from run_commands import Reported, scenario_of

LINK = "links: {lte: {up: {trace: rate.csv}, down: 1 Mbit/s, ping: {file: ping.csv}}}\n"
TIMING = (
    "version: 1\nduration: 100 s\ntask: none\n"
    "fleet: [{cohort: phones, devices: 4, link: lte, availability: {trace: there.csv},"
    " compute: {inference: {empirical: {file: law.txt, unit: ms}}}}]\n" + LINK + "method: {adapter: {kind: probe,"
    " payload: 1 kB, update: 1 kB}, trigger: {kind: periodic, every: 10 s}}\n"
)
TABLE = """\
version: 1
duration: 60 s
task:
  data: {kind: table, path: t.csv, target: kind, time: when, deal: column, column: who, nominal: [site]}
  pretrain: {epochs: 1}
fleet: [{cohort: phones, devices: 3, samples: {every: 2 s}}]
"""


def _files(folder: Path) -> None:
    (folder / "rate.csv").write_text("time_s,rate_kbps\n0,10\n5,30\n", encoding="utf-8")
    (folder / "ping.csv").write_text("time_s,ping_ms\n0,40\n1,60\n", encoding="utf-8")
    (folder / "there.csv").write_text("a 500 600\nb 550 900\n", encoding="utf-8")
    (folder / "law.txt").write_text("5\n7\n9\n", encoding="utf-8")
    (folder / "timing.yaml").write_text(TIMING, encoding="utf-8")
    rows = [f"{n},p{n % 3},{n * 0.5},{n % 4},{'xy'[n % 5 == 0]}" for n in range(100)]
    (folder / "t.csv").write_text("\n".join(["when,who,load,site,kind", *rows]), encoding="utf-8")
    (folder / "table.yaml").write_text(TABLE, encoding="utf-8")


def test_recordings_are_told_with_span_mean_and_unit(reported: Reported, tmp_path: Path) -> None:
    _files(tmp_path)
    code, out, _ = reported("validate", "timing.yaml")
    assert code == 0
    first, *lines = out.splitlines()
    assert first == "timing.yaml: ok (timing)"
    said = dict(line.strip().split(": ", 1) for line in lines)
    assert said["links.lte.up"].endswith("rate.csv; 10 s, mean 20,000 bit/s, read in kbit/s")
    assert said["links.lte.ping"].endswith("ping.csv; 2 s, mean 0.05 s, read in ms")
    assert said["availability of phones"].endswith("there.csv; 2 devices, 400 s from the first window on")
    assert said["fleet.0.compute.inference"].endswith("law.txt; 3 values")
    assert said["fleet"] == "4 devices; about 40 asks to come; links lte"


def test_a_table_is_told_by_its_columns_and_json_says_the_same(reported: Reported, tmp_path: Path) -> None:
    _files(tmp_path)
    data = next(line for line in reported("validate", "table.yaml")[1].splitlines() if line.startswith("  data: "))
    for part in (
        "100 rows",
        "3 owners",
        "20 of them are the past",
        "2 features: load (number), site (4 categories)",
        "target 'kind'; time 'when'; owner 'who'",
        "2 classes: x 80, y 20",
        "times 0 to 99",
    ):
        assert part in data
    read = json.loads(reported("validate", "table.yaml", "--json")[1])["table.yaml"]
    assert read["data"]["classes"] == {"x": 80, "y": 20}
    assert read["fleet"]["samples"] == 90
    assert f"  data: {read['in_words']['data']}" == data


LOG = """\
version: 1
name: log
duration: 1 min
tick: 10 s
task: {data: {kind: interactions, path: log.csv, core: 1, negatives: 8, streams: validation}, model: gru4rec}
fleet: [{cohort: users, devices: 3, samples: {arrivals: recorded}, link: lte}]
links: {lte: {up: 1 Mbit/s, down: 1 Mbit/s}}
method: {adapter: static, trigger: never}
"""


def test_a_log_says_how_much_is_left_for_evaluation(reported: Reported, tmp_path: Path) -> None:
    rows = [f"{user},{(7 * user + 3 * n) % 30},{1000 * n + user}" for user in range(10) for n in range(20)]
    (tmp_path / "log.csv").write_text("\n".join(["user,item,time", *rows]), encoding="utf-8")
    (tmp_path / "log.yaml").write_text(LOG, encoding="utf-8")
    said = reported("validate", "log.yaml")[1]
    assert "160 rows; 10 users; 30 items; 40 rows more, which are for evaluation, are left out; kept " in said
    assert "left out" not in reported("validate", "log.yaml", "--set", "task.data.streams=evaluation")[1]


def test_the_manifest_and_the_report_say_what_validate_says(reported: Reported, tmp_path: Path) -> None:
    file = str(scenario_of("timing"))
    read = json.loads(reported("validate", file, "--json")[1])[file]
    assert reported("run", file, "--quiet", "--out", "run")[0] == 0
    assert json.loads((tmp_path / "run" / "manifest.json").read_text(encoding="utf-8"))["read"] == read
    report = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert "What was read" in report
    # Words of the glossary are marked up.
    assert read["in_words"]["fleet"] in re.sub("<[^>]*>", "", report)


WITHOUT_LABELS = """\
version: 1
duration: 10 s
task: {data: gaussians, model: logistic}
links: {a: {up: 1 Mbit/s, down: 1 Mbit/s, latency: 1 ms}}
"""
WANTING = {
    "{adapter: cloud_ft, trigger: {kind: periodic, every: 5 s}}": ["cloud_ft"],
    "{adapter: {kind: intellectreq, around: cloud_ft}, trigger: {kind: periodic, every: 5 s}}": ["cloud_ft"],
    "{adapter: persona, trigger: {kind: detector, signal: loss, detector: adwin}}": ["loss"],
    "{adapter: persona, trigger: {kind: periodic, every: 5 s}}": None,
}


@pytest.mark.parametrize("method", WANTING)
def test_what_learns_from_labels_is_named_where_none_come(reported: Reported, tmp_path: Path, method: str) -> None:
    for labels, wanting in (("", WANTING[method]), (", labels: {share: 50 %}", None)):
        fleet = f"fleet: [{{cohort: phones, devices: 2, link: a, samples: {{every: 2 s}}{labels}}}]\n"
        (tmp_path / "s.yaml").write_text(f"{WITHOUT_LABELS}{fleet}method: {method}\n", "utf-8")
        code, out, err = reported("validate", "s.yaml", "--json")
        assert code == 0, err
        read = json.loads(out)["s.yaml"]
        assert read["fleet"].get("labels_wanted_by") == wanting
        assert ("labels: {share: 100 %}" in read["in_words"]["fleet"]) == (wanting is not None)


def test_a_round_that_would_call_more_devices_than_there_are_is_named(reported: Reported, tmp_path: Path) -> None:
    fleet = "fleet: [{cohort: phones, devices: 4, link: a, samples: {every: 2 s}, labels: {share: 50 %}}]\n"
    for size, called in ((4, None), (3, None), (5, 5)):
        method = f"{{adapter: fedavg, trigger: {{kind: rounds, every: 5 s, cohort_size: {size}}}}}"
        (tmp_path / "s.yaml").write_text(f"{WITHOUT_LABELS}{fleet}method: {method}\n", "utf-8")
        code, out, err = reported("validate", "s.yaml", "--json")
        assert code == 0, err
        read = json.loads(out)["s.yaml"]
        assert read["fleet"].get("called") == called
        assert ("calls all there are" in read["in_words"]["fleet"]) == (called is not None)


OWN = """\
import numpy as np

from agents.tasks.custom.stream import CustomStream


class Three(CustomStream):
    classes, inputs, transforms = 3, (1,), {}

    def history(self, rng):
        return rng.normal(size=(90, 1)), np.arange(90) % 3

    def chunk(self, block, k, rng):
        return rng.normal(size=block.shape)[..., None], np.full(block.shape, 3)
"""


def test_a_stream_of_ones_own_is_tried_out_before_anything_runs(
    reported: Reported, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "understood_own.py").write_text(OWN, encoding="utf-8")
    fleet = "fleet: [{cohort: phones, devices: 3, samples: {every: 2 s}}]\n"
    (tmp_path / "own.yaml").write_text(
        f"version: 1\nduration: 60 s\ntask: {{data: 'understood_own:Three', model: logistic}}\n{fleet}", "utf-8"
    )
    code, _, err = reported("validate", "own.yaml", "--allow-plugins")
    assert code == 2
    assert "own.yaml:3:8: task.data: Three.chunk: y holds 3; classes are 0 to 2" in err


def test_a_sweep_is_counted_with_the_axes_of_the_file_that_it_extends(reported: Reported, tmp_path: Path) -> None:
    _files(tmp_path)
    axes = "sweep: {grid: {method.trigger.every: [5 s, 10 s, 20 s]}, seeds: 4}\n"
    (tmp_path / "first.yaml").write_text(f"extends: timing.yaml\n{axes}", encoding="utf-8")
    more = "sweep: {grid: {fleet.0.devices: [2, 4]}}\n"
    (tmp_path / "more.yaml").write_text(f"extends: first.yaml\n{more}", encoding="utf-8")
    assert "  sweep: " not in reported("validate", "timing.yaml")[1]
    said = reported("validate", "more.yaml")[1].splitlines()[-1]
    assert said == "  sweep: 24 runs: 6 settings of method.trigger.every 3; fleet.0.devices 2; seeds 4"
    read = json.loads(reported("validate", "more.yaml", "--json")[1])["more.yaml"]["sweep"]
    assert (read["runs"], read["axes"]) == (24, {"method.trigger.every": 3, "fleet.0.devices": 2})
    (tmp_path / "seeds.yaml").write_text("extends: timing.yaml\nsweep: {seeds: 3}\n", encoding="utf-8")
    assert "  sweep: 3 runs: one setting; seeds 3" in reported("validate", "seeds.yaml")[1].splitlines()
