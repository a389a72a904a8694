"""Every case of ``verify physics``: the simulation agrees with the truth, and lies are noticed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import run_sim
from sim.commands.exits import BAD_INPUT, FAILED, OK
from sim.scenario import ScenarioErrors
from sim.verify.case_run import asks, run_case, scenario_of
from sim.verify.cases import CASES, Verdict, summary_of, verify
from sim.verify.findings import Finding, estimated, exact

pytestmark = pytest.mark.whole

ROOT = Path(__file__).resolve().parents[3]
#: Cases that play tens of thousands of exchanges for a second or longer. Quicker ones of the same kinds stay in the
#: plain suite: ``fifo.mm1``, ``ps.weights``, ``lcfs.sojourn``, ``loss.burst``, ``cloud.mm1``, ``little.link``.
LARGE = {
    *("ps.exponential", "ps.constant", "ps.hyperexponential", "loss.retries", "little.cloud"),
    *("cloud.ps", "cloud.lcfs", "cloud.erlang_b", "cloud.erlang_c", "cloud.md1"),
    *("cloud.mg1_uniform", "cloud.mg1_lognormal", "cloud.many_workers"),
    *("ps.insensitivity", "ps.weights_heavy", "ps.weights_light"),
}


@pytest.mark.parametrize("case", [pytest.param(n, marks=[pytest.mark.slow] * (n in LARGE)) for n in CASES])
def test_the_simulation_agrees_with_the_truth(case: str) -> None:
    (verdict,) = verify([case])
    assert verdict.ok, verdict


def test_cases_left_to_the_long_suite_exist() -> None:
    assert set(CASES) > LARGE


def test_every_case_says_what_it_claims_in_one_line() -> None:
    claims = [summary_of(case) for case in CASES]
    assert all(len(claim) > 20 and not claim.startswith("Likewise") for claim in claims)
    assert len(set(claims)) == len(CASES)


def test_a_link_that_is_a_millionth_too_fast_is_noticed() -> None:
    run = run_case(scenario_of({"up": "1000001 bit/s"}, asks("1 s"), "1 MB"))
    assert not exact([8.0], run.took_s("sent_s", "reached_s")).ok


def test_two_plays_of_one_case_are_one_run() -> None:
    scenario = scenario_of(
        {"up": "1 Mbit/s"}, {"kind": "poisson", "rate": "1 /s"}, {"exponential": "20 kB"}, duration="60 s"
    )
    assert run_case(scenario).summary["digest"] == run_case(scenario).summary["digest"]


def test_cases_pass_the_reader_of_scenario_files() -> None:
    with pytest.raises(ScenarioErrors, match="5 Mbs"):
        run_case(scenario_of({"up": "5 Mbs"}, asks("1 s"), "1 MB"))


def test_a_miss_ends_in_exit_1_and_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def lie() -> Finding:
        """Claim that two is three."""
        return exact(3.0, 2.0)

    monkeypatch.setitem(CASES, "lie", lie)
    assert run_sim.main(["verify", "lie"]) == FAILED
    assert "MISS" in capsys.readouterr().out


def test_json_holds_every_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_sim.main(["verify", "transfer", "ps.weights", "--json"]) == OK
    reported = [Verdict(**row) for row in json.loads(capsys.readouterr().out)]
    assert [verdict.case for verdict in reported] == ["transfer", "ps.weights"]
    assert all(verdict.ok for verdict in reported)


def test_list_names_every_case_and_plays_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_sim.main(["verify", "list"]) == OK
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(CASES)


def test_an_unknown_case_is_bad_input(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_sim.main(["verify", "physic"]) == BAD_INPUT
    assert "no case 'physic'" in capsys.readouterr().err


def test_verifying_never_imports_torch() -> None:
    code = "import sys; from sim.verify.cases import verify; verify(['transfer']); print('torch' in sys.modules)"
    reported = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert reported.stdout.strip() == "False", reported.stderr


def test_an_estimate_off_by_a_tenth_is_noticed() -> None:
    run = run_case(
        scenario_of(
            {"up": "1 Gbit/s"}, {"kind": "poisson", "rate": "1 /s"}, devices=40, duration="400 s", in_flight="replace"
        )
    )
    counts = run.devices["exchanges"]
    assert estimated(400.0, counts).ok
    assert not estimated(440.0, counts).ok
