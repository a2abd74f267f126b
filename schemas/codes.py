"""The closed lists: refusals, quarantine reasons, statuses, bases, causes, one sentence each (breaks: schemas/breaks.py).

The schemas, the messages, the data dictionary and the reports use these lists; nothing else names a code.
Order matters where it says so. Source: contract.md sections 3 and 4, rules.md sections 3 and 4.
"""

from dataclasses import dataclass
from typing import Final

MEDS_ACCOUNT: Final = "KZ92009MEDS368609103"  # State Corporation's account for MSHI money (formats.md section 1)
FUND_ACCOUNT: Final = "KZ33125KZT1001313313"  # the Social Health Insurance Fund's account
FUND_BIN: Final = 160940025485


@dataclass(frozen=True)
class Reason:
    """Why a file, document or line did not get in: what it means and what the sender or the duty officer does next."""

    sentence: str
    next_step: str


_RESEND = "Ask the sender for a complete file."
_RESEND_OR_ACCEPT = "Ask the sender for a complete file, or release it with mshi accept if the bank confirms the lines."
_MEND = "Ask the sender for a corrected line."
_MEND_EITHER = (
    "Ask the sender for a corrected line; of a register of people, for the whole of it again: it replaces this one."
)
_MEND_REGISTER = "Ask the sender for the whole register again, the row mended: it replaces this one."

REFUSALS: Final[dict[str, Reason]] = {
    "unrecognised": Reason(
        "No reader knows this content.",
        "Ask what it is; a new register needs a layout in home/layouts, a control file its file.",
    ),
    "ambiguous": Reason("More than one reader claims this content.", "Make the site layouts in home/layouts distinct."),
    "empty_file": Reason("Nothing but blanks.", _RESEND),
    "undecodable": Reason(
        "Neither UTF-8 nor KZ-1048 text, or a NUL byte inside.",
        "Ask the sender for the file as plain text in UTF-8.",
    ),
    "truncated": Reason("The end is missing.", _RESEND),
    "too_large": Reason("A file over 8 GiB or a line over 1 MiB.", "Ask the sender for smaller files."),
    "control_total": Reason("The declared total is not the sum of the lines.", _RESEND_OR_ACCEPT),
    "control_count": Reason("The declared count is not the number of lines.", _RESEND_OR_ACCEPT),
    "missing_columns": Reason(
        "A column of the format is missing or stands twice.", "Ask the sender for the agreed columns."
    ),
    "duplicate_document": Reason("The same document with the same lines was accepted before.", "Nothing to do."),
    "document_differs": Reason(
        "A document with the same numbers was accepted before, with other lines.",
        "Ask the sender which one is right. If this one, mshi withdraw the accepted one, then mshi accept this; if both, mshi accept.",
    ),
    "register_shrunk": Reason(
        "A register of 1,000 rows or more lost over 10 % of them.",
        "If that is right, send it again with its control file, or release it with mshi accept.",
    ),
    "seen_before": Reason("The same bytes were accepted before.", "Nothing to do."),
    "withdrawn": Reason("The sender recalled the file; its lines stopped counting.", "Nothing to do."),
}

# In this order: a line is quarantined with the first reason that fits.
QUARANTINE: Final[dict[str, Reason]] = {
    "not_booked": Reason(
        "An entry that the bank only announces (pending or for information): no money moved on the account.",
        "Nothing to do: it counts when a later statement shows it booked.",
    ),
    "commission_line": Reason(
        "A bank's commission posing as a person.", "Nothing to do, or ask the bank to leave it out."
    ),
    "missing_field": Reason(
        "A field that must be given is empty or '-', or the row has not the columns of the header.", _MEND_EITHER
    ),
    "bad_amount": Reason("Not a positive amount with at most two decimals, as this format writes it.", _MEND),
    "bad_date": Reason(
        "Not a day as this format writes it, out of range, or the end before the beginning.", _MEND_EITHER
    ),
    "bad_period": Reason("Not a month as this format writes it, from 2017-07 to the 24th after the payment.", _MEND),
    "unsupported_knp": Reason("A payment purpose code other than 121 to 124.", "Ask the sender what the money is."),
    "wrong_beneficiary": Reason(
        "Not money on its way to, from or between the two accounts of MSHI.", "Ask the sender why it came."
    ),
    "bad_iin": Reason("Not a possible IIN of a person.", _MEND_EITHER),
    "bad_payer_id": Reason("Not a possible IIN or BIN of a payer.", _MEND),
    "unknown_code": Reason("A code that is not in the list for this register.", _MEND_REGISTER),
    "bad_link": Reason("A link in a loop, or a second, different link of one old IIN.", _MEND_REGISTER),
    "id_conflict": Reason(
        "The id of an accepted line with other content.",
        "Ask the sender which one is right. If this one, mshi withdraw the other's file, then mshi replay; its other lines must come again.",
    ),
    "duplicate_payment": Reason("The id and content of an accepted line.", "Nothing to do."),
}

# What the sender is told to do, where the next step is not the sender's own.
SENDER_STEPS: Final[dict[str, str]] = {
    "unrecognised": "Say what it is, or send it in an agreed format.",
    "ambiguous": "Nothing to do: the receiver mends it.",
    **dict.fromkeys(("empty_file", "truncated"), "Send a complete file."),
    "undecodable": "Send it as plain text in UTF-8.",
    "too_large": "Send smaller files.",
    **dict.fromkeys(("control_total", "control_count"), "Send a complete file, or confirm that its lines are right."),
    "missing_columns": "Send the agreed columns.",
    "document_differs": "Say which one is right.",
    "register_shrunk": "If that is right, send it again with its control file.",
    "commission_line": "Leave it out.",
    **dict.fromkeys(("bad_amount", "bad_period", "bad_payer_id"), "Send a corrected line."),
    **dict.fromkeys(
        ("missing_field", "bad_date", "bad_iin"),
        "Send a corrected line; of a register of people, the whole of it again.",
    ),
    **dict.fromkeys(("unknown_code", "bad_link"), "Send the whole register again, the row mended."),
    "unsupported_knp": "Say what the money is.",
    "wrong_beneficiary": "Say why it came.",
    "id_conflict": "Say which one is right.",
}

HARMLESS: Final = (
    "duplicate_document",
    "duplicate_payment",
    "seen_before",
    "withdrawn",
)  # these do not make a run end with status 3


EVENTS: Final[dict[str, str]] = {
    "delivery": "A file from the inbox.",
    "accept": "What a person released of a refused file.",
    "replay": "What was judged again after a rule, a layout or a register changed.",
}

BASES: Final[dict[str, str]] = {
    "preferential": "An interval of a preferential category in force touches the month.",
    "exempt": "An exemption interval (Art. 28 p. 7) touches the month.",
    "paid": "Settled, unreturned money pays the month as its payer kind requires.",
    "reversed": "A reversal of debt touches the month: it closes the gap and insures nobody by itself.",
}
BASIS_LETTERS: Final = {"preferential": "S", "exempt": "E", "paid": "P", "reversed": "R"}  # of `coverage_months`
UNCOVERED_LETTER: Final = "-"

PAYER_KINDS: Final[dict[str, str]] = {
    "employer": "An employer's deductions (121) for an employee.",
    "independent": "Own contributions (122) of somebody who is no active entrepreneur in the month.",
    "sole_proprietor": "Own contributions (122) of a person whom the entrepreneurs register has active in the month.",
    "withheld": "Contributions (122) withheld by an employer or tax agent.",
}

PAYMENT_STATES: Final[dict[str, str]] = {
    "settled": "Three banking days have passed since its value date: it counts.",
    "pending": "Three banking days have not passed yet: it neither covers a month nor is a break.",
    "returned": "All of it went back to the payer: it counts no more.",
}

STATUSES: Final[dict[str, str]] = {
    "insured": "Has the right to the MSHI package in the month.",
    "conditional": "Keeps the right for some months after the last paid run, although the month is not covered.",
    "uninsured": "Has no right to the MSHI package in the month.",
}

STATUS_REASONS: Final[dict[str, str]] = {
    "transitional": "Everybody is insured in January to June 2020 (Art. 40).",
    "preferential": "The state pays for the month.",
    "exempt": "Exempt from contributions in the month (Art. 28 p. 7).",
    "paid": "The month is paid and closes an unbroken run of the length the law asks for.",
    "prepaid": "The month is paid, and months paid in advance complete the run.",
    "not_yet_due": "The last paid run is followed only by months that are not due yet.",
    "grace": "Within the months of grace after the last paid run.",
    "gap": "Some month is covered, but neither a paid run nor a grace insures this one.",
    "never_covered": "No month since January 2020 was ever covered.",
}

# In this order: what was known before is first looked at with the later month and day, then what came is added.
CAUSES: Final[dict[str, str]] = {
    "time_passing": "The month or the day asked about is another: money settled, a month became due, a grace ended.",
    "rule_value": "A value of the law is another: it was added, or published since.",
    "link": "A link between an old and a current IIN came or went.",
    "register": "A register came: categories, exemptions, reversals, entrepreneurs or persons.",
    "return": "A return of money came.",
    "late_file": "A payment file came that was not known before.",
    "accept": "A person released a refused document or register.",
    "replay": "What was left outside was judged again.",
    "withdrawal": "A file was recalled.",
    "program": "The program that published one of the two snapshots computed otherwise than today's.",
}

EXEMPTIONS: Final = ("military", "law_enforcement", "other")
REVERSALS: Final = ("residence_permit", "military_service", "study_abroad", "labour_migrant", "other")
ENTREPRENEURS: Final = ("sole_proprietor", "farm", "private_practice")
