"""How long the stages of the run took that published a snapshot, from the run record: home/runs.jsonl. Unit: ms."""

from dataclasses import dataclass

from pipelines import run_record
from pipelines.home import Home


@dataclass(frozen=True)
class Stages:
    """The number of a run, when it began, and its stages in order with their milliseconds."""

    run: int
    at: str
    milliseconds: dict[str, int]


def stages_of(home: Home, snapshot: str) -> Stages | None:
    """The stages of the run that published the snapshot; None where the record tells none."""
    begun = {}
    for line in run_record.runs(home):
        if line["event"] == "begun":
            begun[line["run"]] = str(line["at"])
        result = line.get("result", {})
        made = [one["snapshot"] for one in [result, *result.get("snapshots", [])] if one.get("new")]
        if snapshot in made and result.get("stages_ms"):
            return Stages(line["run"], begun.get(line["run"], ""), dict(result["stages_ms"]))
    return None
