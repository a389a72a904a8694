"""Tests that take longest: they play on a clean clone (`.ci/run`) and by `pytest -m long`, not in plain `pytest`.

What stands here proves of more worlds, nets or processors what a plain test proves of one, or takes a second of a
processor by itself. A line is a part of a test's name: `file::test[case]`, below `tests/`.
"""

from __future__ import annotations

#: Tests of the unit suite, of a second or more.
_UNIT = (
    "agents/codecs/test_every_codec.py::test_sizes_are_those_of_the_bytes_written_and_these_say_all",
    "agents/detectors/test_detectors.py::test_a_device_is_watched_for_itself[adwin]",
    "agents/detectors/test_detectors.py::test_a_long_window_is_cut_as_by_river",
    "agents/detectors/test_detectors.py::test_how_samples_are_cut_and_padded_changes_no_alarm[adwin]",
    "agents/detectors/test_run_lengths.py::test_two_windows_of_one_distribution_differ",
    "agents/evaluation/test_drawn_features.py::test_bits_depend_neither_on_the_batch_nor_on_a_samples_place[mobilenet",
    "agents/methods/test_cdc_mmpg.py::test_what_is_reasoned_from_an_anchor_is_nearer",
    "agents/methods/test_conformance.py::test_permuting_devices_permutes_what_they_get",
    "agents/methods/test_generated.py::test_generated_heads_fit_what_follows_a_window_better_than_the_base[apg]",
    "agents/methods/test_generated.py::test_generated_heads_fit_what_follows_a_window_better_than_the_base[cdc_mmpg]",
    "agents/methods/test_generated.py::test_generated_heads_fit_what_follows_a_window_better_than_the_base[metanetwork]",
    "agents/methods/test_intellectreq.py::test_a_changed_context_calls_for_an_answer",
    "agents/methods/test_intellectreq.py::test_what_is_sent_and_installed_is_what_the_adapter_alone_does[model_zoo]",
    "agents/methods/test_intellectreq.py::test_what_is_sent_and_installed_is_what_the_adapter_alone_does[first_aid_then_cloud]",
    "agents/methods/test_large_heads.py::test_a_few_heads_at_a_time_teach_what_all_at_once_teach",
    "agents/methods/test_lsc4rec.py::test_a_large_recommender_learns_how_users_go_on",
    "agents/methods/test_persona.py::test_two_separate_groups_of_contexts",
    "agents/methods/test_solid.py::test_heads_from_codes_fit_what_follows_better_than_the_base[fixed]",
    "agents/methods/test_solid.py::test_heads_from_codes_fit_what_follows_better_than_the_base[none]",
    "agents/methods/test_whole_nets.py::test_devices_that_learn_beat_the_base_after_drift",
    "agents/models/test_convolutional.py::test_features_depend_on_no_other_image",
    "agents/models/test_convolutional.py::test_training_again_gives_the_same_bits_on_any_number_of_threads",
    "agents/models/test_model_table.py::test_every_model_fits_its_trunk_to_its_head[mobilenet_v3_large]",
    "agents/models/test_weight_files.py::test_a_net_begins_with_the_weights_of_the_file",
    "agents/tabular/test_reader_fuzz.py::test_no_bytes_are_an_internal_error[table]",
    "agents/tasks/synthetic/test_synthetic_generators.py::test_each_walking_device_meets_its_closed_form",
    "agents/tasks/test_digit_pairs.py::test_a_net_with_a_branch_for_each_view_still_knows_much_by_one",
    "agents/test_gallery_arrays.py::test_every_shape_begins_in_the_old_world[all at once",
    "agents/test_linear_rival.py::test_validate_warns_where_a_linear_model_is_better",
    "agents/test_progress.py::test_a_method_that_teaches_says_how_far_it_is",
    "agents/pools/test_checkpoints.py::test_blocks_that_come_back_go_on_as_if_they_had_never_gone[1-",
    "analysis/test_accuracy_windows.py::test_band_over_seeds_is_around_the_mean_of_their_curves",
    "fuzz/test_fuzz.py::test_seeds_and_their_neighbours_are_read_or_refused",
    "sim/network/test_availability.py::test_what_is_left_of_the_first_period_is_that_of_a_long_one",
    "sim/network/test_rates.py::test_bits_add_up_over_neighbouring_intervals[rate5]",
    "sim/run/test_any_bytes.py::test_a_damaged_checkpoint_is_never_used",
    "sim/run/test_exchange_rows.py::test_any_parts_make_the_same_table",
    "sim/scenario/test_linear_loading.py::test_long_scenarios_load_in_seconds",
)
#: Whole runs, and pages.
_WHOLE = (
    "analysis/test_console.py::test_every_point_of_a_sweep_gets_its_csv",
    "analysis/test_degenerate_runs.py::test_figures_of_an_odd_sweep",
    "docs/test_long_pages.py::",
    "docs/test_site.py::test_the_notebook_runs",
    "driftbed/test_wheel.py::test_it_lists_its_scenarios",
    "driftbed/test_wheel.py::test_it_plays_in_an_empty_folder",
    "docs/test_pages.py::test_what_a_page_says_can_be_typed[surrogate.md]",
    "system/test_every_processor.py::test_devices_of_one_input_are_shared_out_among_workers_without_a_trace",
    "system/test_learning_and_rounds.py::test_lazily_or_eagerly_it_is_one_digest[expiry]",
    "system/test_learning_and_rounds.py::test_lazily_or_eagerly_it_is_one_digest[updates that hold nothing]",
    "system/test_ray.py::test_a_worker_that_is_killed_leaves_no_trace[cloud in an actor]",
    "system/test_ray.py::test_one_digest_eager_on_workers_and_lazy_in_process",
    "system/test_ray.py::test_one_digest_where_both_ends_remember_and_bytes_are_asked_of_the_cloud",
    "system/test_resume_runs.py::test_killed_at_any_tick_it_ends_with_the_same_digest[True-recorded_orders:Counting-ticks3]",
    "system/test_compiled_learning.py::test_devices_without_a_link_learn_alike[steps from data]",
    "system/test_compiled_learning.py::test_each_case_is_played_to_the_same_tables[steps from data]",
    "system/test_every_processor.py::test_lazily_and_eagerly_it_is_one_digest_on_every_processor[avx2]",
    "system/test_every_processor.py::test_lazily_and_eagerly_it_is_one_digest_on_every_processor[sse]",
    "system/test_finished_runs.py::test_nothing_of_a_finished_run_waits_for_the_collector[",
    "system/test_foreign_device.py::test_a_device_that_rounds_in_its_own_way",
    "system/test_foreign_device.py::test_a_run_goes_on_where_it_began",
    "system/test_foreign_device.py::test_eager_play_is_the_same",
    "system/test_foreign_device.py::test_rankings_are_the_same",
    "system/test_foreign_device.py::test_with_features_in_a_table_counts_are_the_same[persona ",
    "system/test_foreign_device.py::test_with_samples_drawn_anew_counts_are_the_same",
    "system/test_hunt.py::test_late_updates_are_found_and_shrunk",
    "system/test_kill_kinds.py::test_a_round_of_each_kind_ends_with_one_digest[sweep]",
    "system/test_kill_loop.py::test_three_rounds_end_with_one_digest[samples]",
    "system/test_learning_and_rounds.py::test_lazily_or_eagerly_it_is_one_digest[beside the cloud]",
    "system/test_learning_and_rounds.py::test_lazily_or_eagerly_it_is_one_digest[steps from data]",
    "system/test_light_commands.py::test_a_run_with_a_task_in_this_process",
    "system/test_ray_faults.py::",
    "system/test_ray_worlds.py::",
    "system/test_recommendation.py::test_a_replayed_log_gives_one_digest_lazily_and_eagerly[din]",
    "system/test_resume_learning.py::",
    "system/test_resume_ray.py::",
    "system/test_shipped_claims.py::test_the_quick_tier_gives_the_verdicts_on_record",
    "system/test_shipped_scenarios.py::test_a_shipped_scenario_loads_and_plays[allocation",
    "system/test_shipped_scenarios.py::test_a_shipped_scenario_loads_and_plays[assisted/",
    "system/test_shipped_scenarios.py::test_a_shipped_scenario_loads_and_plays[claims/",
    "system/test_shipped_scenarios.py::test_a_shipped_scenario_loads_and_plays[family/",
    "system/test_shipped_scenarios.py::test_a_shipped_scenario_loads_and_plays[federated/",
    "system/test_shipped_scenarios.py::test_a_shipped_scenario_loads_and_plays[scale/",
    "system/test_shipped_scenarios.py::test_a_shipped_scenario_loads_and_plays[studies/",
    "system/test_shipped_scenarios.py::test_a_shipped_scenario_loads_and_plays[vision",
    "system/test_solve.py::test_the_least_rate_for_an_age",
)
NAMED = (*_UNIT, *_WHOLE)
#: Scenarios that play in plain `pytest`, one of a kind.
_PLAIN = ("[family/persona.yaml]", "[family/duet.yaml]", "[claims/collapse.yaml]", "[federated/fedasync.yaml]")


def is_long(name: str) -> bool:
    """Say whether a test, by its name below ``tests/``, is too long for plain `pytest`."""
    return name.startswith(NAMED) and not name.endswith(_PLAIN)
