"""Write rows as an Excel workbook: ids as text with their noughts, money as numbers, nothing that Excel would run.

Sheets of a million rows at most, then one that says what the columns mean. Rows are written as they come and not kept.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

import polars as pl
import xlsxwriter

from pipelines.csv_output import flat
from schemas.table import Table

SHEET_ROWS = 1_000_000  # Excel takes 1,048,576
_EXACT_DIGITS = 15  # so many of a number are kept by Excel
_LONGEST = 32_767  # signs in a cell
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def write_xlsx(file: BinaryIO, parts: Iterator[pl.DataFrame], table: Table, names: list[str], work: Path) -> int:
    """Write the parts of a table below their names; gives the rows. `work` holds what is not finished."""
    book = xlsxwriter.Workbook(_GivenUp(file), {**_OPTIONS, "tmpdir": str(work)})
    bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
    rows, sheet = 0, _sheet(book, table.name, 1, names, bold)
    for part in parts:
        for row in flat(part).iter_rows():
            if rows and rows % SHEET_ROWS == 0:
                sheet = _sheet(book, table.name, rows // SHEET_ROWS + 1, names, bold)
            for place, value in enumerate(row):
                _cell(sheet, rows % SHEET_ROWS + 1, place, value, day)
            rows += 1
    about = book.add_worksheet("columns")
    about.set_column(0, 1, 30)
    about.write_row(0, 0, (table.name, table.grain), bold)
    for place, (name, column) in enumerate(table.columns.items(), start=1):
        about.write_row(place, 0, (name, column.about))
    book.close()
    return rows


class _GivenUp:
    """The file as the ZIP of a workbook sees it: once a write has failed nothing is written any more.

    A ZIP that is thrown away tries to write its end, and Python would print what becomes of that.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._failed, self._place = file, False, 0

    def write(self, content: bytes) -> int:
        if self._failed:
            self._place += len(content)
            return len(content)
        try:
            return self._file.write(content)
        except BaseException:
            self._failed = True
            raise

    def tell(self) -> int:
        return self._place if self._failed else self._file.tell()

    def seek(self, place: int, how: int = 0) -> int:
        self._place = place
        return place if self._failed else self._file.seek(place, how)

    def flush(self) -> None:
        if not self._failed:
            self._file.flush()


def _sheet(book: Any, table: str, number: int, names: list[str], bold: Any) -> Any:
    sheet = book.add_worksheet(f"{table[:25]} {number}" if number > 1 else table[:31])
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(names) - 1, 18)
    for place, name in enumerate(names):
        sheet.write_string(0, place, name, bold)
    return sheet


def _cell(sheet: Any, row: int, place: int, value: Any, day: Any) -> None:
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, place, value)
    elif isinstance(value, int | Decimal) and len(Decimal(value).as_tuple().digits) <= _EXACT_DIGITS:
        sheet.write_number(row, place, value)
    elif isinstance(value, date):
        sheet.write_datetime(row, place, value, day)
    else:
        sheet.write_string(row, place, str(value)[:_LONGEST])
