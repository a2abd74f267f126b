"""The jobs as Prefect flows, for the schedule in flows.yaml: the same wiring, every step a task.

Parameters are a folder, days and months; nothing personal goes to Prefect, and no result is stored there. Without a
home a flow takes MSHI_HOME, else ./home.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from prefect import flow, get_run_logger, runtime, task
from prefect.cache_policies import NO_CACHE
from prefect.states import Completed, Failed, State

from pipelines import again, artifacts, night, schedule
from pipelines.errors import RunFailed, UsageError, disk_error, is_failure, sentence_of, without_values
from pipelines.home import Home
from pipelines.night import Result
from pipelines.notify import notify
from pipelines.options import call_of, day_if, home_of, limit, month_of, spread_over, today
from pipelines.outcome import FAILED, LOOK, Outcome, outcome_of
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
        except BaseException as error:
            if not is_failure(error):
                raise
            raise disk_error(error) or without_values(error) from None

    step = task(  # type: ignore[call-overload]  # typed for functions with named arguments alone
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
def nightly(home: str | None = None, as_of: date | None = None, month: date | None = None) -> State[Result | None]:
    """Take in the inbox and publish the month of the day (today in Asia/Almaty).

    A scheduled night whose day has passed does nothing, for the night of today takes in all that has come.
    """
    day = as_of or today()
    if as_of is None and (passed := _scheduled_day()) < day:
        return Completed(
            name="Skipped", message=f"the night of {passed} is too late: that of {day} takes in everything"
        )
    call = _call("nightly", as_of=day, month=month)
    with _on_pages("run", day):
        result = night.nightly(_home(home), call, day, month, step=_as_task)
    return _ended(outcome_of("run", day, result.folder, result.summary), result)


@flow(name="arrivals", persist_result=False, validate_parameters=True)
def arrivals(home: str | None = None, as_of: date | None = None) -> State[None]:
    """The morning check: whether the night of the day ended, and which usual sender has sent nothing."""
    day = as_of or today()
    with _on_pages("arrivals", day):
        outcome, lines = schedule.arrivals(_home(home), _call("arrivals", as_of=day), day)
    for line in lines:
        get_run_logger().info(line)
    return _ended(outcome, None)


@flow(name="close", persist_result=False, validate_parameters=True)
def close(home: str | None = None, as_of: date | None = None) -> State[Result | None]:
    """The monthly close: publishes the month whose closing day has come, once; on other days it says when that is."""
    day = as_of or today()
    with _on_pages("close", day):
        result, sentence = schedule.close(_home(home), _call("close", as_of=day), day, step=_as_task)
    get_run_logger().info(sentence)
    if result is None:
        return Completed(name="NothingToClose", message=sentence)
    return _ended(outcome_of("close", day, result.folder, result.summary), result)


@flow(name="rerun-month", persist_result=False, validate_parameters=True)
def rerun_month(
    month: str, known_at: str | None = None, law_as_of: str | None = None, home: str | None = None
) -> State[Result]:
    """Compute a month (YYYY-MM) again as known at the end of a day, by the law as published on a day."""
    first, day, law_day = month_of(month, "month"), day_if(known_at, "known_at"), day_if(law_as_of, "law_as_of")
    call = _call("rerun", month=month, known_at=day, law_as_of=law_day)
    with _on_pages("rerun", day or today()):
        result = again.rerun(_home(home), call, first, day, law_day, step=_as_task)
    return _ended(outcome_of("rerun", day or today(), result.folder, result.summary), result)


@flow(name="verify", persist_result=False, validate_parameters=True)
def verify(home: str | None = None, public_key: str | None = None) -> State[None]:
    """Prove the whole home: archive, ledger, snapshots, chain and records; `public_key` is the path of a PEM file."""
    from pipelines.signing import public_key_of
    from pipelines.verify_command import proved

    day = today()
    key = public_key_of(Path(public_key)) if public_key is not None else None
    with _on_pages("verify", day):
        proof, outcome = schedule.prove(_home(home), _call("verify"), day, key)
    for line in [*proof.findings, *proved(proof)]:
        get_run_logger().info(line)
    return _ended(outcome, None)


def _home(home: str | None) -> Home:
    """The home; memory, spill and machines of the job come from the environment of the worker."""
    found = home_of(Path(home) if home is not None else None)
    limit(None, None)
    spread_over(found, None)
    return found


def _scheduled_day() -> date:
    """The day in Asia/Almaty on which this flow run was to start."""
    return runtime.flow_run.scheduled_start_time.astimezone(ZoneInfo("Asia/Almaty")).date()


def _call(command: str, **options: object) -> Call:
    return replace(call_of(f"flow {command}", **options), tell=get_run_logger().warning)


@contextmanager
def _on_pages(job: str, day: date) -> Iterator[None]:
    """Around a job: what breaks it off stands on Prefect's pages; wrong usage is told of, as nobody typed it."""
    try:
        yield
    except BaseException as error:
        if not is_failure(error):
            raise
        outcome = Outcome(job, day, FAILED, sentence_of(error))
        artifacts.show(outcome)
        if isinstance(error, UsageError):
            notify(outcome, get_run_logger().warning)
        raise


def _ended(outcome: Outcome, result: Result | None) -> State[Any]:
    """The state of a flow run that came to its end: its message is the verdict; the log has what a terminal shows."""
    log = get_run_logger()
    if result is not None:
        for line in [*result.warnings, *result.summary.faults]:
            log.warning(line)
        for line in [*result.summary.lines, *result.compared, str(result.folder)]:
            log.info(line)
    artifacts.show(outcome)
    if outcome.exit_status == FAILED:
        return Failed(message=outcome.verdict)
    return Completed(name="NeedsALook" if outcome.exit_status == LOOK else None, message=outcome.verdict, data=result)
