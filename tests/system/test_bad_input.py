"""Law 6 through the command line: one clear line, exit code 2, no traceback, nothing left behind."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from run_commands import Reported, assert_refused, cli, cli_process, files_below, play_file, scenario_of

TIMING, DIGITS = (scenario_of(name).read_text(encoding="utf-8") for name in ("timing", "digits"))
BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "\n".join(
    f"{name}: &{name} [{', '.join([f'*{above}'] * 9)}]" for above, name in zip("abcdefg", "bcdefgh", strict=True)
)
#: What is wrong -> (the scenario, what is written instead of what, what the one line must tell).
WRONG: dict[str, tuple[str, str, str, list[str]]] = {
    "an unknown key": (TIMING, "duration:", "durations:", ["durations", "did you mean 'duration'"]),
    "an unknown key deep within": (TIMING, "latency:", "lattency:", ["links.lte.lattency", "'latency'"]),
    "a missing unit": (TIMING, "up: 1 Mbit/s", "up: 1000", ["links.lte.up", "1000", "unit"]),
    "no unit at all": (TIMING, "latency: 50 ms", "latency: 50", ["links.lte.latency", "50 has no unit"]),
    "a unit of something else": (TIMING, "up: 1 Mbit/s", "up: 5 ms", ["links.lte.up", "'5 ms'"]),
    "a unit nobody knows": (TIMING, "up: 1 Mbit/s", "up: 5 Mbs", ["links.lte.up", "'5 Mbit/s'"]),
    "a negative rate": (TIMING, "up: 1 Mbit/s", "up: -1 Mbit/s", ["links.lte.up", "negative"]),
    "a negative time": (TIMING, "latency: 50 ms", "latency: -50 ms", ["links.lte.latency", "negative"]),
    "a run of no length": (TIMING, "duration: 10 min", "duration: 0 s", ["duration", "above 0"]),
    "a tick longer than the run": (TIMING, "tick: 10 s", "tick: 1 h", ["tick", "longer than the run"]),
    "half a device": (TIMING, "devices: 40", "devices: 1.5", ["fleet.0.devices", "1.5"]),
    "no devices": (TIMING, "devices: 40", "devices: 0", ["fleet", "no devices"]),
    "an unknown link": (TIMING, "link: lte}", "link: lt}", ["fleet.0.link", "'lt'", "'lte'"]),
    "an unknown adapter": (TIMING, "kind: probe", "kind: prob", ["method.adapter", "'prob'", "'probe'"]),
    "an unknown trigger": (TIMING, "kind: poisson", "kind: poison", ["method.trigger", "'poison'", "'poisson'"]),
    "an unknown file": (TIMING, "up: 1 Mbit/s", "up: {trace: gone.up}", ["links.lte.up", "gone.up"]),
    "an ask after the end": (TIMING, "kind: poisson, rate: 2 /min", "kind: at, times: [2 h]", ["2 h", "end"]),
    "an ask of nobody": (
        TIMING,
        "kind: poisson, rate: 2 /min",
        "kind: at, times: [1 s], devices: [40]",
        ["40", "0 to 39"],
    ),
    "a duplicate key": (TIMING, "seed: 1\n", "seed: 1\nseed: 2\n", ["seed", "duplicate", "line 3"]),
    "a yaml bomb": (TIMING, "version: 1\n", f"version: 1\n{BOMB}\n", ["100000 values"]),
    "no yaml": (TIMING, "links:", "links: [", ["not YAML"]),
    "a tag": (TIMING, "seed: 1", "name: !!python/object:os.system ls", ["name", "tag"]),
    "a list for a map": (TIMING, "cloud: {workers: 1, service: 10 ms}", "cloud: [1]", ["cloud", "a list"]),
    "a version of the future": (TIMING, "version: 1", "version: 2", ["version", "2"]),
    "an empty value": (TIMING, "seed: 1", "seed:", ["seed", "empty"]),
    "a drift after the end": (DIGITS, "at: 12 s", "at: 50 s", ["drift.0.at", "before the end"]),
    "a drift of an unknown cohort": (
        DIGITS,
        "at: 12 s, ",
        "at: 12 s, cohort: phone, ",
        ["drift.0.cohort", "'phone'", "'phones'"],
    ),
    "an unknown data set": (DIGITS, "data: digits", "data: digitz", ["task.data", "digitz", "digits"]),
    "an unknown model": (DIGITS, "kind: mlp", "kind: mpl", ["task.model", "'mpl'", "'mlp'"]),
    "a share above one": (DIGITS, "share: 80 %", "share: 180 %", ["fleet.0.labels.share", "180 %"]),
    "a stranger's class": (DIGITS, "data: digits", "data: 'my.pack:Age'", ["task.data", "--allow-plugins"]),
    "a task without a fitting adapter": (
        DIGITS,
        "{kind: cloud_ft, steps: 5}",
        "{kind: probe, payload: 1 B, update: 1 B}",
        ["method.adapter", "task: none"],
    ),
    "timing without a probe": (
        TIMING,
        "{kind: probe, payload: 20 kB, update: 40 kB}",
        "persona",
        ["method.adapter", "probe"],
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_scenario_is_refused_in_one_line(reported: Reported, tmp_path: Path, what: str) -> None:
    good, old, new, parts = WRONG[what]
    assert good.count(old) >= 1
    (tmp_path / "wrong.yaml").write_text(good.replace(old, new, 1), encoding="utf-8")
    for command in ("run", "sweep", "validate"):
        code, out, err = reported(command, "wrong.yaml")
        assert_refused(code, out, err, *parts)
        assert re.match(r"wrong\.yaml:\d+:\d+: ", err), err
    assert files_below(tmp_path) == ["wrong.yaml"]


def test_all_problems_of_a_file_are_told_at_once(reported: Reported, tmp_path: Path) -> None:
    wrong = TIMING.replace("50 ms", "50").replace("devices: 40", "devices: -1").replace("rate: 2 /min", "rate: 2")
    (tmp_path / "wrong.yaml").write_text(wrong, encoding="utf-8")
    code, _, err = reported("validate", "wrong.yaml")
    assert code == 2
    assert [line.split(": ")[1] for line in err.splitlines()] == [
        "fleet.0.devices",
        "links.lte.latency",
        "method.trigger.rate",
    ]


@pytest.mark.parametrize(
    ("override", "parts"),
    [
        ("links.lte.up=5", ["--set links.lte.up", "unit"]),
        ("links.lte.upp=5 Mbit/s", ["--set links.lte.upp", "'up'"]),
        ("links.lte.up", ["--set", "a.b=value"]),
        ("links.lte.up=", ["links.lte.up", "no value"]),
        ("fleet.7.devices=3", ["fleet", "'7'"]),
        ("seed.x=3", ["seed"]),
        ("seed=[", ["seed", "not YAML"]),
    ],
)
def test_an_override_is_checked_like_the_file(reported: Reported, override: str, parts: list[str]) -> None:
    assert_refused(*reported("run", str(scenario_of("timing")), "--set", override), *parts)


@pytest.mark.parametrize("content", [b"", b"\n\n# nothing\n", b"\xff\xfe\x00\x01", b"- 1\n", b"--- 1\n--- 2\n"])
def test_what_is_no_scenario_is_refused(reported: Reported, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "odd.yaml").write_bytes(content)
    assert_refused(*reported("run", "odd.yaml"), "odd.yaml")
    assert files_below(tmp_path) == ["odd.yaml"]


@pytest.mark.parametrize("name", ["gone.yaml", ".", "not/there.yaml"])
def test_what_is_no_file_is_refused(reported: Reported, tmp_path: Path, name: str) -> None:
    assert_refused(*reported("run", name), name)
    assert files_below(tmp_path) == []


def test_a_file_in_the_way_of_out_is_refused(reported: Reported, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("mine", encoding="utf-8")
    for out in ("taken", "taken/below"):
        assert_refused(*reported("run", str(scenario_of("timing")), "--out", out), out)
    assert (tmp_path / "taken").read_text(encoding="utf-8") == "mine"


def test_a_folder_that_holds_something_else_is_refused_even_with_force(reported: Reported, tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").write_text("years of work", encoding="utf-8")
    for force in ([], ["--force"]):
        assert_refused(*reported("run", str(scenario_of("timing")), "--out", "thesis", *force), "thesis", "--out")
    assert files_below(tmp_path) == ["thesis", "thesis/chapter.tex"]


def test_a_run_is_replaced_only_with_force(reported: Reported, tmp_path: Path) -> None:
    play = ["run", str(scenario_of("timing")), "--quiet", "--out", "mine"]
    play_file(scenario_of("timing"), tmp_path / "mine", ())
    (tmp_path / "mine" / "note.txt").write_text("look at minute 3", encoding="utf-8")
    before = files_below(tmp_path)
    assert_refused(*reported(*play), "mine", "already holds a run", "--force")
    assert files_below(tmp_path) == before
    assert reported(*play, "--force")[0] == 0
    # What no run wrote is not the run's to remove.
    assert "mine/note.txt" in files_below(tmp_path)


@pytest.mark.parametrize("command", ["plot", "report", "compare"])
def test_a_folder_that_holds_no_run_cannot_be_shown(reported: Reported, tmp_path: Path, command: str) -> None:
    (tmp_path / "empty").mkdir()
    for folder in ("empty", "gone"):
        assert_refused(*reported(command, folder), folder)
    assert files_below(tmp_path) == ["empty"]


def test_the_process_itself_ends_with_code_2_and_without_a_traceback(tmp_path: Path) -> None:
    ended = cli_process("run", "gone.yaml", cwd=tmp_path)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "Traceback" not in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
    usage = cli_process("run", "--nonsense", cwd=tmp_path)
    assert usage.returncode == 2
    assert "Traceback" not in usage.stderr
    assert files_below(tmp_path) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["rn", "x.yaml"], "there is no command 'rn'; did you mean 'run'?"),
        (["xyzzy"], "there is no command 'xyzzy'; 'help' lists them"),
        (["my.yaml"], "Write 'run my.yaml' or 'sweep my.yaml'"),
    ],
)
def test_a_word_that_is_no_command_is_answered_in_one_line(tmp_path: Path, words: list[str], said: str) -> None:
    done = cli(*words, cwd=tmp_path)
    assert_refused(done.returncode, done.stdout, done.stderr, said)


@pytest.mark.parametrize(
    ("words", "said"), [(["help"], "play scenarios:"), (["help", "fork"], "--at"), (["--version"], "driftbed ")]
)
def test_help_and_version_are_printed(tmp_path: Path, words: list[str], said: str) -> None:
    done = cli(*words, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert said in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("gallery", "plain"), "plain: is a file, and a folder is wanted; name another folder"),
        (("new", "method", "mine_too", "--out", "plain/x"), "is within a file, and not within a folder"),
        (("new", "trigger", "a" * 300), "is too long for a name; choose a shorter one"),
        (("gallery", "made", "--cifar", "plain"), "--cifar: plain: cannot be read as images of CIFAR"),
        (("verify", "physics", "nope"), "'physics' is about all cases; leave it out, or leave out 'nope'"),
        (("data", "list", "nope"), "data list: lists everything; leave out nope"),
        (("surrogate", str(scenario_of("gaussians")), "--table", "no/such.json"), "there is no folder no; name a file"),
    ],
)
def test_words_that_lead_nowhere_are_refused_before_anything_is_made(
    words: tuple[str, ...], said: str, reported: Reported
) -> None:
    Path("plain").write_text("x", encoding="utf-8")
    code, _, err = reported(*words)
    assert code == 2, err
    assert said in err
    assert [path.name for path in Path().iterdir()] == ["plain"]
