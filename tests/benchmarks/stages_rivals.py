"""Other ways to everybody's status on the same data: window-function SQL in DuckDB, pandas, PySpark on this machine.

Each reads the ledger's Parquet and tells everybody's status by a law simpler than the product's: a month is covered by a
wage payment, by own money that reaches the requirement, or by an interval; twelve in a row insure, three more are grace.
Links and returns are counted; settlement by banking days, payment in advance and proprietors are not, nor is anything
checked or explained. The yardstick is the product's cold status. Pandas and PySpark are no dependencies: `make
bench-rivals` puts them beside the data.
"""

import sys
from datetime import date
from pathlib import Path

from nation_data import Data, clone
from stage import Stage, Work
from stages_status import cold

_MONTHS = 15  # twelve of a run that ended up to three months ago
_VIEWS = ("payments", "returns", "links", "intervals", "deliveries")
_STATUS = """
WITH in_force AS (SELECT max(sequence) AS sequence FROM deliveries WHERE register IS NOT NULL GROUP BY register),
link AS (SELECT person, current FROM links WHERE sequence IN (SELECT sequence FROM in_force)),
stated AS (
    SELECT person, from_day, coalesce(to_day, DATE '2100-01-01') AS to_day FROM intervals
    WHERE register IN ('categories', 'exemptions', 'reversals') AND sequence IN (SELECT sequence FROM in_force)
),
line AS (
    SELECT person, payer, period, amount_tiyn FROM payments WHERE knp IN ('121', '122')
    UNION ALL
    SELECT person, payer, period, -amount_tiyn FROM returns WHERE knp IN ('121', '122')
),
money AS (
    SELECT coalesce(link.current, line.person) AS iin, period, amount_tiyn,
        substring(lpad(CAST(payer AS STRING), 12, '0'), 5, 1) IN ('4', '5', '6') AS is_wage
    FROM line LEFT JOIN link ON link.person = line.person
),
paid AS (
    SELECT iin, period AS month FROM money GROUP BY iin, period
    HAVING sum(amount_tiyn) > 0 AND (bool_or(is_wage) OR sum(amount_tiyn) >= {required})
),
person AS (SELECT DISTINCT iin FROM money UNION SELECT person FROM stated),
grid AS (SELECT iin, month, place FROM person CROSS JOIN months),
by_state AS (
    SELECT DISTINCT stated.person AS iin, months.month FROM stated
    JOIN months ON stated.from_day <= last_day(months.month) AND stated.to_day >= months.month
),
covered AS (
    SELECT grid.iin, grid.month, grid.place, by_state.iin IS NOT NULL AS is_stated,
        CASE WHEN paid.iin IS NOT NULL OR by_state.iin IS NOT NULL THEN 1 ELSE 0 END AS is_covered
    FROM grid
    LEFT JOIN paid ON paid.iin = grid.iin AND paid.month = grid.month
    LEFT JOIN by_state ON by_state.iin = grid.iin AND by_state.month = grid.month
),
run AS (
    SELECT *, sum(is_covered) OVER (PARTITION BY iin ORDER BY month ROWS BETWEEN 11 PRECEDING AND CURRENT ROW) AS months_of_12
    FROM covered
),
ended AS (
    SELECT iin, max(CASE WHEN months_of_12 = 12 THEN place ELSE -99 END) AS run_end,
        max(CASE WHEN place = {last} AND is_stated THEN 1 ELSE 0 END) AS is_stated_now
    FROM run GROUP BY iin
)
SELECT iin, CASE WHEN is_stated_now = 1 OR run_end >= {last} - 1 THEN 'insured'
    WHEN run_end >= {last} - 3 THEN 'conditional' ELSE 'uninsured' END AS status
FROM ended
"""


def _cloned(data: Data, work: Path) -> None:
    clone(data.piece("home"), work / "home")


def _asked(data: Data) -> tuple[list[date], int]:
    """The months of the grid, and what own money must reach."""
    from schemas.calendar import add_months, month_of
    from schemas.rules import load_law

    now = month_of(data.eve)
    return [add_months(now, place - _MONTHS + 1) for place in range(_MONTHS)], load_law().required_tiyn(
        "independent", now.year
    )


def _sql(months: list[date], required: int) -> tuple[str, str]:
    """The query for `months`, and that for the status."""
    told = " UNION ALL ".join(f"SELECT DATE '{month}' AS month, {place} AS place" for place, month in enumerate(months))
    return told, _STATUS.format(required=required, last=_MONTHS - 1)


def _beside(data: Data) -> None:
    """Find what `make bench-rivals` installed."""
    sys.path.append(str(data.root.parent / "rivals"))


def _windows(data: Data, work: Path) -> Work:
    import duckdb

    from pipelines import ledger
    from pipelines.engine import stored_in
    from pipelines.home import Home

    con, home = duckdb.connect(), Home(work / "home")
    months, status = _sql(*_asked(data))
    con.execute(f"SET enable_progress_bar = false; SET temp_directory = '{work}'")
    for name in _VIEWS:
        con.execute(f"CREATE VIEW {name} AS FROM {stored_in(ledger.files_of(home, name))}")
    con.execute(f"CREATE VIEW months AS {months}")

    def run() -> str:
        con.execute(f"CREATE TABLE told AS {status}")
        return str(dict(con.execute("SELECT status, count(*) FROM told GROUP BY status ORDER BY status").fetchall()))

    return run


def _spark(data: Data, work: Path) -> Work:
    """Spark on this machine: 2 cores, 8 GiB, no adaptive settings but its own."""
    _beside(data)
    from pyspark.sql import SparkSession

    from pipelines import ledger
    from pipelines.home import Home

    home, (months, status) = Home(work / "home"), _sql(*_asked(data))
    built = SparkSession.builder.master("local[2]").config("spark.driver.memory", "8g")
    built = built.config("spark.sql.shuffle.partitions", "16").config("spark.local.dir", str(work))
    built = (
        built.config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.log.level", "ERROR")
    )

    def run() -> str:
        spark = built.getOrCreate()
        for name in _VIEWS:
            frame = spark.read.parquet(*ledger.files_of(home, name))
            ids = {one: frame[one].cast("long") for one in ("person", "payer", "current") if one in frame.columns}
            frame.withColumns(ids).createOrReplaceTempView(name)
        spark.sql(months).createOrReplaceTempView("months")
        spark.sql(status).write.parquet(str(work / "told"))
        told = {
            row["status"]: row["count"]
            for row in spark.read.parquet(str(work / "told")).groupBy("status").count().collect()
        }
        gateway = spark.sparkContext._gateway
        spark.stop()
        gateway.shutdown()
        gateway.proc.stdin.close()
        gateway.proc.wait()  # so that its time and memory are counted
        return str(dict(sorted(told.items())))

    return run


def _pandas(data: Data, work: Path) -> Work:
    """Months as columns of a wide frame, which is the quick way there; a rolling window per person takes far longer."""
    _beside(data)
    import pandas as pd

    from pipelines import ledger
    from pipelines.home import Home

    home, (months, required) = Home(work / "home"), _asked(data)

    def read(name: str, columns: list[str]) -> pd.DataFrame:
        return pd.concat(
            [pd.read_parquet(file, columns=columns) for file in ledger.files_of(home, name)], ignore_index=True
        )

    def money() -> pd.DataFrame:
        columns = ["person", "payer", "period", "knp", "amount_tiyn"]
        paid, back = read("payments", columns), read("returns", columns)
        back["amount_tiyn"] = -back["amount_tiyn"]
        lines = pd.concat([paid, back], ignore_index=True)
        return lines[lines["knp"].isin(["121", "122"])]

    def run() -> str:
        deliveries = read("deliveries", ["sequence", "register"]).dropna()
        in_force = deliveries.groupby("register")["sequence"].max()
        links = read("links", ["sequence", "person", "current"])
        link = links[links["sequence"].isin(in_force)].drop_duplicates("person").set_index("person")["current"]
        lines = money()
        lines["iin"] = lines["person"].map(link).fillna(lines["person"]).astype("uint64")
        lines["is_wage"] = (lines["payer"] // 10_000_000 % 10).between(4, 6)
        sums = lines.groupby(["iin", "period"], sort=False).agg(tiyn=("amount_tiyn", "sum"), is_wage=("is_wage", "max"))
        paid = sums[(sums["tiyn"] > 0) & (sums["is_wage"] | (sums["tiyn"] >= required))].reset_index()
        rows = read("intervals", ["sequence", "register", "person", "from_day", "to_day"])
        rows = rows[rows["sequence"].isin(in_force) & (rows["register"] != "entrepreneurs")]
        rows["from_day"], rows["to_day"] = pd.to_datetime(rows["from_day"]), pd.to_datetime(rows["to_day"])
        iins = pd.Index(pd.concat([lines["iin"], rows["person"]]).unique())
        wide, stated = pd.DataFrame(index=iins), None
        for place, month in enumerate(months):
            first = pd.Timestamp(month)
            until = rows["to_day"].isna() | (rows["to_day"] >= first)
            stated = iins.isin(rows.loc[(rows["from_day"] <= first + pd.offsets.MonthEnd(0)) & until, "person"])
            wide[place] = stated | iins.isin(paid.loc[paid["period"] == month, "iin"])
        runs = {end: wide[list(range(end - 11, end + 1))].all(axis=1) for end in range(_MONTHS - 4, _MONTHS)}
        told = pd.Series("uninsured", index=iins)
        told[runs[_MONTHS - 4] | runs[_MONTHS - 3]] = "conditional"
        told[stated | runs[_MONTHS - 2] | runs[_MONTHS - 1]] = "insured"
        told.to_frame("status").to_parquet(work / "told.parquet")
        return str(told.value_counts().sort_index().to_dict())

    return run


def _rival(name: str, what: str, side: object, module: str = "") -> Stage:
    return Stage(
        name=name,
        what=what,
        against="the product's cold status",
        ours=side,  # type: ignore[arg-type]
        yardstick=cold,
        needs=("home",),
        prepare=_cloned,
        is_rival=True,
        module=module,
    )


STAGES = [
    _rival("rival: window SQL", "one query of window functions in DuckDB", _windows),
    _rival("rival: pandas", "months as columns in pandas", _pandas, "pandas"),
    _rival("rival: PySpark", "the same SQL in PySpark, local[2], 8 GiB", _spark, "pyspark"),
]
