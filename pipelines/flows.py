"""The jobs as Prefect flows, for the schedule in flows.yaml: the same wiring, every step a task.

Parameters are a folder, days and months; nothing personal goes to Prefect, and no result is stored there.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE

from pipelines import again, night
from pipelines.errors import RunFailed, UsageError, disk_error, without_values
from pipelines.home import Home
from pipelines.night import Result
from pipelines.options import call_of, today
from pipelines.run_record import Call


def _may_help(_task: Any, _run: Any, state: Any) -> bool:
    """A retry helps where a disk or a share failed, not where the data or the call is wrong."""
    error = state.result(raise_on_failure=False)
    return isinstance(error, OSError)


def _as_task(work: Callable[..., Any], *given: Any, **named: Any) -> Any:
    def careful(*given: Any, **named: Any) -> Any:
        try:
            return work(*given, **named)
        except (OSError, RunFailed, UsageError):
            raise
        except Exception as error:
            raise disk_error(error) or without_values(error) from None

    step = task(
        careful,
        name=work.__name__,
        retries=2,
        retry_delay_seconds=60,
        retry_condition_fn=_may_help,
        cache_policy=NO_CACHE,
        persist_result=False,
    )
    return step(*given, **named)


@flow(name="nightly", persist_result=False, validate_parameters=True)
def nightly(home: str = "home", as_of: date | None = None, month: date | None = None) -> Result:
    """Take in the inbox and publish the month of the day (today in Asia/Almaty)."""
    day = as_of or today()
    call = _call("nightly", as_of=day, month=month)
    return _told(night.nightly(Home(Path(home).absolute()), call, day, month, step=_as_task))


@flow(name="rerun-month", persist_result=False, validate_parameters=True)
def rerun_month(month: date, known_at: date | None = None, home: str = "home") -> Result:
    """Compute a month (its first day) again as known at the end of a day, from what is archived."""
    call = _call("rerun", month=month, known_at=known_at)
    return _told(again.rerun(Home(Path(home).absolute()), call, month, known_at, step=_as_task))


def _call(command: str, **options: object) -> Call:
    return replace(call_of(f"flow {command}", **options), tell=get_run_logger().warning)


def _told(result: Result) -> Result:
    log = get_run_logger()
    for line in [*result.warnings, *result.summary.faults]:
        log.warning(line)
    for line in [*result.summary.lines, str(result.folder)]:
        log.info(line)
    return result
