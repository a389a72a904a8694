"""The options of the commands that show what can be chosen, check it, and examine this machine."""

from __future__ import annotations

from sim.commands.options.adding import Commands, add_jobs, add_scenario_options, at_least_one


def add_looking(commands: Commands) -> None:
    """Add ``list``, ``describe``, ``validate``, ``check``, ``new``, ``data``, ``schema`` and ``gallery``."""
    listing = commands.add(
        "list", "catalogue:list_kind", "list scenarios, or the components of a kind", "list\nlist methods"
    )
    listing.add_argument("kind", nargs="?", help="methods, triggers, codecs, ...; default: the scenarios")
    listing.add_argument("--bytes", action="store_true", help="methods: also how large their messages are")
    describe = commands.add(
        "describe", "catalogue:describe", "describe a key of the grammar", "describe links.lte.loss"
    )
    describe.add_argument("key", help="its dotted path, for example 'links.*.up.trace'")
    validate = commands.add(
        "validate",
        "validate:validate",
        "check scenarios and what they name; print what was read",
        "validate mine.yaml\nvalidate quickstart --json\nvalidate mine.yaml --train",
    )
    validate.add_argument("files", nargs="+", help="YAML files, or names that 'list' has")
    validate.add_argument("--json", action="store_true", help="print what was read as JSON")
    validate.add_argument(
        "--train", action="store_true", help="train the base model, and warn where a linear model is better"
    )
    add_scenario_options(validate)
    _add_check(commands)
    _add_new(commands)
    data = commands.add(
        "data",
        "data:data",
        "list or download the recorded data that scenarios name",
        "data list\ndata get elec2 ml-100k",
    )
    data.add_argument("what", choices=("list", "get"), help="list: address, licence, size; get: download and check")
    data.add_argument("names", nargs="*", metavar="NAME", help="what to get; all: everything")
    schema = commands.add("schema", "catalogue:schema", "print the JSON schema of scenarios", "schema > schema.json")
    schema.add_argument("--docs", metavar="FOLDER", help="write the reference pages there instead")
    gallery = commands.add(
        "gallery", "gallery:gallery", "draw every transform and every shape of drift", "gallery pictures"
    )
    gallery.add_argument("folder", help="where the pictures go")
    gallery.add_argument("--cifar", metavar="FILE", help="draw on images of these CIFAR records, too")


def _add_check(commands: Commands) -> None:
    check = commands.add(
        "check",
        "check:check",
        "check a class of your own by the laws of its family",
        "check mine:Recentre\ncheck page_hinkley --family detectors",
    )
    check.add_argument("name", metavar="NAME", help="pkg.mod:Class, or a name of a table (then with --family)")
    check.add_argument("--family", help="methods, triggers, codecs, models, tasks or detectors; default: by attributes")
    check.add_argument("--options", default="{}", metavar="JSON", help="its options in base units, as a JSON map")


def _add_new(commands: Commands) -> None:
    new = commands.add(
        "new",
        "new:new",
        "write a component that works, and a test of it that passes",
        "new method recentre\nnew trigger burst --out mine",
    )
    new.add_argument("kind", choices=("method", "task", "trigger"))
    new.add_argument("name", metavar="NAME", help="of the module, as my_method; the class is then MyMethod")
    new.add_argument("--out", metavar="DIR", help="where the two files go (default: here)")


def add_machine(commands: Commands) -> None:
    """Add ``doctor``, ``verify``, ``bench`` and ``completion``."""
    commands.add("doctor", "validate:doctor", "check this installation")
    verify = commands.add(
        "verify",
        "verify:verify",
        "check closed forms, and claims against sweeps",
        "verify physics\nverify list\nverify claims burst_loss",
    )
    verify.add_argument(
        "what", nargs="+", metavar="WHAT", help="physics: all cases; list; cases by name; or claims [NAME or FILE ...]"
    )
    verify.add_argument("--full", action="store_true", help="claims: ten seeds, and those that take long")
    verify.add_argument("--out", metavar="DIR", help="claims: keep the sweeps there")
    add_jobs(verify)
    verify.add_argument("--json", action="store_true", help="print the verdicts as JSON")
    bench = commands.add(
        "bench",
        "bench:bench",
        "measure speed and memory on this machine",
        "bench --quick\nbench throughput --repeats 3",
    )
    bench.add_argument(
        "what", nargs="*", metavar="GROUP", help="what to measure (default: all but fleets and the scale scenarios)"
    )
    bench.add_argument("--quick", action="store_true", help="rough figures within a minute")
    bench.add_argument("--repeats", type=at_least_one, metavar="N", help="of each measurement (default: 5; quick: 1)")
    bench.add_argument("--json", action="store_true", help="print the findings as JSON")
    bench.add_argument("--write", metavar="FILE", help="write them as a page, such as docs/performance.md")
    completion = commands.add(
        "completion",
        "completion:completion",
        "print what completes commands and options in a shell",
        "completion bash > ~/.local/share/bash-completion/completions/driftbed",
    )
    completion.add_argument("shell", choices=("bash", "zsh", "tcsh"))
