"""What Prefect's pages show of a job: its verdict, counts, where the report is. Neither people nor file names.

A page that cannot be written changes nothing of the job: it is told of in one line.
"""

from typing import Any

from prefect import get_run_logger
from prefect.artifacts import create_markdown_artifact, create_table_artifact

from pipelines.outcome import FAILED, WELL, Outcome

_SIGNS = {WELL: "🟢", FAILED: "🔴"}


def show(outcome: Outcome) -> None:
    """Two artifacts of a flow run: `mshi-JOB` (verdict, snapshot, report) and `mshi-JOB-counts` (a table)."""
    key = f"mshi-{outcome.job}"
    try:
        create_markdown_artifact(_page(outcome), key=key, description=outcome.verdict)
        if outcome.counts:
            rows: list[dict[str, Any]] = [{"what": name, "count": count} for name, count in outcome.counts.items()]
            create_table_artifact(rows, key=f"{key}-counts", description=outcome.verdict)
    except Exception as error:  # Prefect's database is no audit record: the job has done its work
        get_run_logger().warning(f"the artifacts could not be written ({type(error).__name__}); the job is done")


def _page(outcome: Outcome) -> str:
    lines = [f"# {_SIGNS.get(outcome.exit_status, '🟡')} {outcome.verdict}", ""]
    if outcome.snapshot is not None:
        lines.append(f"- snapshot: `{outcome.snapshot}`")
    if outcome.report is not None:
        lines.append(f"- report: [{outcome.report.name}]({outcome.report.as_uri()}), on the machine that ran the job")
    if outcome.exit_status != WELL:
        lines.append("- what to do: docs/guide/the-morning-after.md")
    return "\n".join(lines)
