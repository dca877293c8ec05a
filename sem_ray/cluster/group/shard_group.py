"""The workers of one run: they share its shards and advance together, and if one is lost the others
gather again and go on from the last checkpoint."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ray
from ray.exceptions import (
    ActorUnavailableError,
    LocalRayletDiedError,
    NodeDiedError,
    ObjectLostError,
    OutOfMemoryError,
    RayActorError,
    RayTaskError,
    WorkerCrashedError,
)

from sem_ray.cluster.group.actor_pool import ActorPool, NoAnswer, PoolWorker, outcomes
from sem_ray.cluster.group.payload import RunPayload, as_arrays, as_tensors, pack
from sem_ray.cluster.placement import shared_out
from sem_ray.data.image_set import Rows
from sem_ray.distributed import WorkerLost
from sem_ray.distributed.rendezvous import Rendezvous
from sem_ray.errors import WorkersLost, WorkFailed
from sem_ray.training.run_loop import MembershipChanged, Report
from sem_ray.training.run_state import State

SETTLE = 10.0
"""Seconds that workers have to notice the loss of another; then they are replaced as well."""
MOST_LOSSES = 20
"""Losses without one step done between them, after which the run is given up."""
GONE = (
    RayActorError,
    NodeDiedError,
    ObjectLostError,
    WorkerCrashedError,
    OutOfMemoryError,
    LocalRayletDiedError,
    NoAnswer,
)


class ShardGroup:
    """The executor of a run on actors.

    Images reach workers through Ray's object store, once for each worker that comes to own them;
    each worker reads images that lie in a file itself.
    """

    def __init__(
        self, payload: RunPayload, train: Rows, test: Rows | None, pool: ActorPool, *, gpus: bool
    ) -> None:
        self.done = 0
        self.restarts = 0
        self._payload, self._pool, self._gpus = payload, pool, gpus
        split = payload.split
        self._parts = [ray.put(pack(train, split.whole(s))) for s in range(split.count)]
        self._test = [ray.put(pack(test, slice(None)))] if test is not None else []
        self._workers: list[PoolWorker] = []
        self._meetings = 0
        self._losses = self._furthest = 0

    @property
    def waiting(self) -> bool:
        """Whether an actor has started that does not take part yet."""
        return self._pool.has_joining_workers()

    def load(self, state: State | None) -> None:
        """Gather the live workers, share the shards, and go to the step of `state`."""
        carried = [ray.put(as_arrays(state))] if state is not None else []
        while True:
            try:
                self._join(carried)
            except MembershipChanged:
                continue
            self.done = int(state.facts["done"]) if state is not None else 0
            return

    def advance(self, until: int) -> Report:
        """Have every worker do the steps up to `until`. Raises `MembershipChanged` if a worker was
        lost."""
        reports: list[Report] = self._all(
            [worker.actor.advance.remote(until) for worker in self._workers]
        )
        self.done = reports[0].done
        if self.done > self._furthest:  # steps done again are no progress
            self._furthest, self._losses = self.done, 0
        return Report(
            done=self.done,
            losses={shard: loss for one in reports for shard, loss in one.losses.items()},
            metrics=reports[0].metrics,
            workers=tuple(worker for one in reports for worker in one.workers),
            restarts=self.restarts,
            images=sum(one.images for one in reports),
        )

    def state(self) -> State:
        """The state of all shards. Raises `MembershipChanged` if a worker was lost."""
        calls = [
            worker.actor.state.remote(shared=rank == 0) for rank, worker in enumerate(self._workers)
        ]
        found = [as_tensors(state) for state in self._all(calls)]
        shards = {shard: rows for one in found for shard, rows in one.shards.items()}
        return State(found[0].shared, shards, found[0].facts)

    def leave(self) -> None:
        """End the run on every worker; the actors stay for another."""
        for worker in self._workers:
            worker.actor.leave.remote()
        self._workers = []
        self._parts, self._test = [], []

    def _join(self, state: Sequence[Any]) -> None:
        self._workers = workers = self._pool.current_workers()
        self._meetings += 1
        first = workers[0]
        (port,) = self._all([first.actor.bind.remote(first.place.address)], [first])
        owned = shared_out(self._payload.split.count, len(workers))
        calls = []
        for rank, worker in enumerate(workers):
            rendezvous = Rendezvous(
                address=first.place.address,
                port=port,
                own_address=worker.place.address,
                rank=rank,
                count=len(workers),
                number=self._meetings,
                gpus=self._gpus,
            )
            parts = [self._parts[shard] for shard in owned[rank]]
            calls.append(
                worker.actor.join.remote(
                    self._payload, rendezvous, owned[rank], parts, self._test, state
                )
            )
        self._all(calls)

    def _all(self, calls: Sequence[Any], workers: Sequence[PoolWorker] | None = None) -> list[Any]:
        """The results of all calls. Raises `MembershipChanged` if a worker was lost, and otherwise
        what a worker raised."""
        workers = self._workers if workers is None else workers
        found = list(outcomes(calls, SETTLE))
        for worker, outcome in zip(workers, found, strict=True):
            if isinstance(outcome, GONE):
                # Until Ray declares a machine dead, its actors are unavailable.
                at_hand = not isinstance(outcome, (ActorUnavailableError, NoAnswer))
                self._pool.replace(worker, wait=at_hand)
        wrong = [one for one in found if isinstance(one, Exception)]
        if not wrong:
            return found
        for error in wrong:
            if not _is_loss(error):
                raise _told(error) from error
        self._note_loss(wrong)
        raise MembershipChanged

    def _note_loss(self, wrong: Sequence[Exception]) -> None:
        self.restarts += 1
        self._losses += 1
        if self._losses > MOST_LOSSES:
            died = [error for error in wrong if isinstance(error, GONE)]
            reason = str(_cause((died or list(wrong))[0])).strip().partition("\n")[0]
            raise WorkersLost(
                f"the group lost {'actors' if died else 'touch'} {self._losses} times around step "
                f"{self.done} without getting further: {reason or 'no answer'}"
            )


def _is_loss(error: Exception) -> bool:
    return isinstance(error, GONE) or isinstance(_cause(error), (WorkerLost, *GONE))


def _cause(error: Exception) -> Exception:
    """The exception that the worker raised, taken out of Ray's wrapper."""
    return error.cause if isinstance(error, RayTaskError) else error


def _told(error: Exception) -> Exception:
    """What the driver raises for what a worker raised. A worker's disk or socket is not the
    driver's."""
    cause = _cause(error)
    return WorkFailed(f"an actor failed: {cause}") if isinstance(cause, OSError) else cause
