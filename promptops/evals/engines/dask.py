"""Workers by Dask: processes of this machine, or of the cluster that the environment names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from promptops.distribution import install
from promptops.errors import ProviderError, UsageError
from promptops.evals import Request
from promptops.evals.engines import Work
from promptops.evals.shards import Job, Outcome, Pool

if TYPE_CHECKING:
    import distributed

CONNECT_SECONDS = 30
T = TypeVar("T")
_SETTINGS = {
    # a shard whose worker died comes back to us at once: its money has to be set aside anew
    "distributed.scheduler.allowed-failures": 0,
    "distributed.worker.daemon": True,
    "distributed.comm.timeouts.connect": "120s",  # processes may start slowly on a busy machine
    "distributed.scheduler.http.routes": [],  # nothing is served to browsers
    "distributed.worker.http.routes": [],
    "distributed.admin.tick.limit": "60s",
    "distributed.logging": {"distributed": "critical", "tornado": "critical"},
    # answers are in the store: nothing is to be written to disk or thrown away for memory's sake
    "distributed.worker.memory.terminate": False,
}


@contextmanager
def pool(work: Work, run: str, workers: int, address: str) -> Iterator[Pool]:
    """Workers, for as long as the block lasts; UsageError without Dask, ProviderError without them."""
    try:
        import dask
        import distributed
    except ImportError:
        hint = f"{install('dask')}; or use --engine local"
        raise UsageError("--engine dask needs Dask, which is not installed", hint) from None
    with dask.config.set(_SETTINGS):
        cluster = None if address else _cluster(distributed, workers)
        try:
            client = distributed.Client(address or cluster, timeout=CONNECT_SECONDS)
        except (OSError, ValueError) as error:
            hint = "check PROMPTOPS_DASK and whether the scheduler runs"
            raise ProviderError(f"no Dask cluster: {error}", hint) from None
        try:
            many = workers if cluster else len(client.scheduler_info(n_workers=-1)["workers"])
            yield _Dask(client, work, run, max(1, many))
        finally:
            # on a busy machine this may take longer than is worth waiting for: workers end with us
            with suppress(TimeoutError, OSError):
                client.close(timeout=5)
            with suppress(TimeoutError, OSError):
                if cluster is not None:
                    cluster.close(timeout=10)


def _cluster(distributed: Any, workers: int) -> Any:
    return distributed.LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        worker_dashboard_address=None,
        memory_limit=0,
        silence_logs=50,
    )


class _Dask:
    def __init__(self, client: distributed.Client, work: Work, run: str, workers: int) -> None:
        self.workers = workers
        self._client = client
        self._work = work
        self._stop = _event(run, client)
        self._futures: dict[int, Any] = {}

    def submit(self, number: int, job: Job, requests: tuple[Request, ...]) -> None:
        self._futures[number] = self._client.submit(
            _done, self._work, job, requests, pure=False, retries=0
        )

    def wait(self, seconds: float) -> list[tuple[int, Outcome | None]]:
        from distributed import TimeoutError, wait

        try:
            wait(list(self._futures.values()), timeout=seconds, return_when="FIRST_COMPLETED")
        except TimeoutError:
            return []
        ended = [number for number, future in self._futures.items() if future.done()]
        return [(number, self._outcome(self._futures.pop(number))) for number in ended]

    def stop(self) -> None:
        self._stop.set()

    def everywhere(self, ask: Callable[[str], T], about: str) -> Mapping[str, T | Exception]:
        found: Mapping[str, T | Exception] = self._client.run(ask, about, on_error="return")
        return found

    def _outcome(self, future: Any) -> Outcome | None:
        from distributed import KilledWorker
        from distributed.client import FutureCancelledError

        try:
            outcome: Outcome = future.result()
        except (KilledWorker, FutureCancelledError):
            return None
        return outcome


def _done(work: Work, job: Job, requests: tuple[Request, ...]) -> Outcome:
    """In the worker: the shard, with a way to hear that the run stops."""
    stop = _event(job.run, None)
    return work(job, requests, lambda: bool(stop.is_set()))


def _event(run: str, client: Any) -> Any:
    from distributed import Event

    return Event(f"promptops-stop-{run}", client=client)
