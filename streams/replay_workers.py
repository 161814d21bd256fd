"""The processes of a replay: as many as there are cores, each with the record open for itself."""

import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from multiprocessing import get_context, parent_process
from typing import Any, Protocol, TypeVar

from lrs.record import Record
from projections.folds import Fold
from projections.meaning.store_readers import MappingTexts, reader_by
from projections.prediction.calibration import Calibration
from streams.collecting import collect_seldom
from streams.replay_work import Tools

_AHEAD = 2  # jobs given to each process, so that none waits for the next, and results don't pile up

Job = TypeVar("Job")
Result = TypeVar("Result")


class Workers(Protocol):
    """What does the jobs of a replay."""

    def run(
        self, task: Callable[[Tools, Job], Result], jobs: Iterable[Job], tools: Tools
    ) -> Iterator[Result]:
        """Do every job; gives the results as they come. ``tools`` are those of this process."""


class ThisProcess:
    """Does the jobs one after the other, in the caller's thread."""

    def run(
        self, task: Callable[[Tools, Job], Result], jobs: Iterable[Job], tools: Tools
    ) -> Iterator[Result]:
        """Do every job."""
        for job in jobs:
            yield task(tools, job)


class Processes:
    """Does the jobs in processes that open the record at ``location`` themselves.

    They read by the ``mappings`` and fold under the ``calibrations`` of stores, those of the
    generation that is built. ``niceness`` is added to theirs, so that what else the machine does
    comes first.
    """

    def __init__(
        self,
        location: str,
        timezone: str,
        *,
        mappings: MappingTexts | None = None,
        calibrations: Mapping[str, Calibration] | None = None,
        count: int | None = None,
        niceness: int = 0,
    ) -> None:
        self._count = count or len(os.sched_getaffinity(0))
        self._pool = ProcessPoolExecutor(
            self._count,
            mp_context=get_context("spawn"),
            initializer=_begin,
            initargs=(location, timezone, mappings or {}, calibrations or {}, niceness),
        )

    def run(
        self, task: Callable[[Tools, Job], Result], jobs: Iterable[Job], tools: Tools
    ) -> Iterator[Result]:
        """Do every job."""
        remaining, under_way = iter(jobs), set[Future[Result]]()
        while True:
            for job in remaining:
                under_way.add(self._pool.submit(_do, task, job))
                if len(under_way) >= _AHEAD * self._count:
                    break
            if not under_way:
                return
            done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()

    def close(self) -> None:
        """Let the processes finish what they are at, and end them."""
        self._pool.shutdown(cancel_futures=True)


_tools: Tools  # of a worker process


def _begin(
    location: str,
    timezone: str,
    mappings: MappingTexts,
    calibrations: Mapping[str, Calibration],
    niceness: int,
) -> None:
    """Prepare a worker process."""
    global _tools
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the coordinating process decides
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.nice(niceness)
    collect_seldom()
    fold = Fold(timezone=timezone, calibrations=calibrations)
    _tools = Tools(Record.open(location), reader_by(mappings), fold)


def _end_with_parent() -> None:
    """End this process when the one that started it is gone, however it went."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _do(task: Callable[[Tools, Any], Any], job: Any) -> Any:
    return task(_tools, job)
