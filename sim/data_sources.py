"""Recorded data that shipped scenarios name: where each comes from, its licence, size and checksum.

Scenarios name them below ``shared/data``, beside a clone. What is not there is looked for in the data folder, where
``data get NAME`` puts it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from agents.cache_folder import cache_folder

_RAW = "https://raw.githubusercontent.com"
_SHARED = ("shared", "data")


class DataSource(NamedTuple):
    """One file, or an archive that is unpacked.

    Attributes:
        place: where it goes below the data folder: a file, or the folder of an archive.
        checksum: ``sha256:...`` or ``md5:...`` of what is downloaded.
        scenarios: who names it.
    """

    what: str
    url: str
    checksum: str
    nbytes: int
    licence: str
    place: str
    scenarios: tuple[str, ...]
    is_archive: bool = False


#: Terms of sources that state none.
_NONE = "none stated; the publisher's terms apply"
_MAHIMAHI = f"{_RAW}/ravinet/mahimahi/ae477d437615b972217498ba52be07db17a15618/traces"
_HSDPA = f"{_RAW}/confiwent/Real-world-bandwidth-traces/d28c4fd48d0e358db024cc0217b111c070815fa7/cooked_3gp"
_CORK = f"{_RAW}/MTU-Insectt/Measurements5G/ab9e549ecfe826a5e1c8492ff6273234473a7015/all_interfaces/cleaned_and_synced"

SOURCES: dict[str, DataSource] = {
    "elec2": DataSource(
        "electricity price of New South Wales, half-hourly, a class a row",
        f"{_RAW}/scikit-multiflow/streaming-datasets/f1eb9f068c3450233721c3beac6fb0e880e9e7d7/elec.csv",
        "sha256:cdf901433885f29eca6911f70c0eeafb50d90596c879c30c5b99f5a2e8e734ff",
        3_200_586,
        _NONE,
        "streams/elec.csv.gz",
        ("tables.yaml",),
    ),
    "ml-100k": DataSource(
        "MovieLens 100K: ratings with times",
        f"{_RAW}/librahu/HIN-Datasets-for-Recommendation-and-Network-Embedding/"
        "cc05c484b628b08237f0a876fcebf99d736ccbea/Movielens/user_movie.dat",
        "sha256:06416e597f82b7342361e41163890c81036900f418ad91315590814211dca490",
        1_979_173,
        "research use, no redistribution (GroupLens)",
        "recsys/ml-100k/u.data",
        ("recommendation.yaml",),
    ),
    "amazon": DataSource(
        "ratings of an Amazon shop with times",
        f"{_RAW}/librahu/HIN-Datasets-for-Recommendation-and-Network-Embedding/"
        "cc05c484b628b08237f0a876fcebf99d736ccbea/Amazon/user_item.dat",
        "sha256:d14fcc5b04f0d701d326149bc4f18d471156f189ff1f4d0fefa14511c4cb42c8",
        4_188_782,
        _NONE,
        "recsys/amazon_6170u/user_item.dat.gz",
        ("family/amazon.yaml",),
    ),
    "cifar10": DataSource(
        "CIFAR-10, all 60,000 images; the figures beside scenarios are of a subset of 25,000",
        "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
        "md5:c32a1d4ab5d03f1284b67883e8d87530",
        170_052_171,
        "asks to be cited (Krizhevsky 2009)",
        "vision/cifar10_subset",
        ("vision.yaml",),
        is_archive=True,
    ),
    "lte-up": DataSource(
        "uplink of an LTE network while driving (Mahimahi)",
        f"{_MAHIMAHI}/Verizon-LTE-short.up",
        "sha256:f6cd9049f58d70f12545772a3482ded085b6d50f06a2f4ff4afcfb6fe7976dcc",
        434_258,
        "GPL-3.0",
        "network/mahimahi/Verizon-LTE-short.up",
        ("network/lte_trace.yaml",),
    ),
    "lte-down": DataSource(
        "downlink of the same",
        f"{_MAHIMAHI}/Verizon-LTE-short.down",
        "sha256:c918436fbd6246af134c76585d9395881fdd27203c59a8902b9a7c675b8a8e3e",
        365_580,
        "GPL-3.0",
        "network/mahimahi/Verizon-LTE-short.down",
        ("network/lte_trace.yaml",),
    ),
    "umts-up": DataSource(
        "uplink of a UMTS network while driving (Mahimahi)",
        f"{_MAHIMAHI}/TMobile-UMTS-driving.up",
        "sha256:f2dc7c8e57f4cf525fefaff2d68c18a9118fd1382ce9c240b1d324a2a60f8a65",
        506_697,
        "GPL-3.0",
        "network/mahimahi/TMobile-UMTS-driving.up",
        ("studies/low_bandwidth.yaml",),
    ),
    "3g-bus": DataSource(
        "3G throughput on a bus in Oslo",
        f"{_HSDPA}/norway_bus_1",
        "sha256:a1e3ee6a1dfc35a391c5ecae933be0286b812d75896d6e28485d2e90ebcd5407",
        7_277,
        "MIT (the repository's)",
        "network/hsdpa_3g_norway/norway_bus_1",
        ("network/hsdpa_3g.yaml",),
    ),
    "3g-tram": DataSource(
        "3G throughput on a tram in Oslo",
        f"{_HSDPA}/norway_tram_14",
        "sha256:ae75f81dfa7c25c7ba32f4dbdd57b71a7d53fdfdb73b8de575ee68ee6afcdcb1",
        5_424,
        "MIT (the repository's)",
        "network/hsdpa_3g_norway/norway_tram_14",
        ("network/fitted.yaml",),
    ),
    "5g-uplink": DataSource(
        "5G uplink on a drive in Cork",
        f"{_CORK}/Data5G.csv",
        "sha256:8b492b5f7b9a8614611ea36fb5ca8549066569ff1df787e9f312b09552d4c2f2",
        55_182,
        _NONE,
        "network/umts_lte_5g_uplink/Data5G.csv",
        ("network/csv_trace.yaml",),
    ),
    "5g-ireland": DataSource(
        "5G, LTE and 3G as phones of an Irish operator saw them",
        f"{_RAW}/uccmisl/5Gdataset/306d92eba81cb4f1195d8b8eba625666a02a10ec/5G-production-dataset.zip",
        "sha256:abc729d696b5e0ba34a9c6ed35a851f2868d2b5071be5efb8a49691c23bb1a9b",
        2_177_094,
        "GPL-3.0; asks to be cited (Raca et al. 2020)",
        "network/5g_ucc/5G-production-dataset.zip",
        ("network/nr_5g.yaml",),
    ),
}


def data_folder() -> Path:
    """Return $DRIFTBED_DATA, else ``data`` in the cache folder; it may not exist."""
    own = os.environ.get("DRIFTBED_DATA")
    return Path(own) if own else cache_folder() / "data"


def place_of(path: str) -> str | None:
    """Return what follows ``shared/data/`` in a path, where it has that."""
    parts = path.replace("\\", "/").split("/")
    starts = [at for at in range(len(parts) - 2) if tuple(parts[at : at + 2]) == _SHARED]
    return "/".join(parts[starts[-1] + 2 :]) if starts else None


def elsewhere(path: str) -> Path | None:
    """Return where the data folder holds what a scenario names below ``shared/data``; None where it does not."""
    place = place_of(path)
    found = None if place is None else data_folder() / place
    return found if found is not None and found.exists() else None


def remedy(path: str) -> str:
    """Return what to write to get a file that a shipped scenario names; empty for any other file."""
    place = place_of(path)
    name = next((name for name, one in SOURCES.items() if one.place == place), None)
    return f"; 'data get {name}' downloads it" if name else ""
