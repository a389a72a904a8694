"""The clients of :mod:`agents.baselines.client_updates` in Flower's simulation engine, where that is installed.

One node of one processor; the weights go to each client and come back with each reply, as Flower has it. Its start is
left out: time begins once a first round is back.
"""

from __future__ import annotations

import json
import sys

import torch
from flwr.app import ArrayRecord, ConfigRecord, Context, Message, RecordDict
from flwr.clientapp import ClientApp
from flwr.serverapp import Grid, ServerApp
from flwr.simulation import run_simulation

from agents.baselines.client_updates import CLIENTS, PlainClients, femnist_net, first, images
from agents.baselines.shared_setup import Stopwatch

_NODE = {"client_resources": {"num_cpus": 1, "num_gpus": 0.0}, "init_args": {"num_cpus": 1, "log_to_driver": False}}
_PLACE = "place"
#: Clients by process: a net and its images are made once.
_learners: list[PlainClients] = []


def clients() -> ClientApp:
    """Return the app of clients: local steps on their own images, from the weights that came."""
    app = ClientApp()

    @app.train()
    def train(message: Message, context: Context) -> Message:
        torch.set_num_threads(1)
        if not _learners:
            _learners.append(PlainClients(first(femnist_net()), *images(CLIENTS)))
        place = int(message.content[_PLACE]["number"])
        weights = message.content["weights"].to_torch_state_dict()
        return Message(RecordDict({"weights": ArrayRecord(_learners[0].learnt(place, weights))}), reply_to=message)

    return app


def server(seconds: float, readings: list[dict[str, float]]) -> ServerApp:
    """Return the app of the server: rounds of all clients, whose weights are averaged, for so many seconds."""
    app = ServerApp()

    @app.main()
    def main(grid: Grid, context: Context) -> None:
        weights = _round(grid, PlainClients(first(femnist_net()), *images(CLIENTS)).start)
        watch, done = Stopwatch.started(), 0
        while not done or watch.read(0)["wall_s"] < seconds:
            weights = _round(grid, weights)
            done += CLIENTS
        readings.append(watch.read(done))

    return app


def _round(grid: Grid, weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Send weights to all clients, and return the mean of what comes back."""
    sent = ArrayRecord(weights)
    nodes = enumerate(sorted(grid.get_node_ids()))
    messages = [Message(_lesson(sent, number), dst_node_id=node, message_type="train") for number, node in nodes]
    came = [reply.content["weights"].to_torch_state_dict() for reply in grid.send_and_receive(messages)]
    return {name: torch.stack([one[name] for one in came]).float().mean(0).to(weights[name].dtype) for name in weights}


def _lesson(sent: ArrayRecord, number: int) -> RecordDict:
    return RecordDict({"weights": sent, _PLACE: ConfigRecord({"number": number})})


def measured(seconds: float) -> dict[str, float]:
    """Return how many clients learnt in so many seconds, by wall time."""
    readings: list[dict[str, float]] = []
    run_simulation(server(seconds, readings), clients(), num_supernodes=CLIENTS, backend_config=_NODE)
    return readings[0]


if __name__ == "__main__":
    torch.set_num_threads(1)
    print(json.dumps(measured(float(sys.argv[1]))))
