"""Small hand-made files for tests of faults: one message, one register, with places to break."""

from random import Random

from writers import make_bin, make_iin

_rng = Random(7)
PERSON, OTHER, THIRD = make_iin(_rng), make_iin(_rng), make_iin(_rng)
EMPLOYER, EMPLOYER_2 = make_bin(_rng), make_bin(_rng)
MEDS, FUND = "KZ92009MEDS368609103", "KZ33125KZT1001313313"
FUND_BIN = "160940025485"
PAYER_ACCOUNT = "KZ86125KZT5004100100"
BANK_HEADER = "payment_id,pay_date,payer_iin,iin,surname,name,patronymic,knp,period,amount,channel"
RETURN_HEADER = "return_id,return_date,document_reference,document_number,payer_id,iin,knp,period,amount,reason"
KAZPOST_HEADER = "N;RECEIPT;PAY_DATE;PAYER_IIN;IIN;SURNAME;NAME;PATRONYMIC;KNP;PERIOD;AMOUNT;POST_OFFICE"


def item(no: int = 1, amount: str = "1935,00", person: str = PERSON, more: str = "", surname: str = "Үлгі") -> str:
    """One person of a list."""
    return f":21:{no}\n:32B:KZT{amount}\n:70:/OPV/C\n//FM/{surname}\n//NM/Адам\n//FT/-\n//DT/18{person[:6]}\n//IDN/{person}\n{more}"


def message(
    *items: str,
    reference: str = "REF-1",
    number: str = "15",
    total: str = "1935,00",
    knp: str = "121",
    period: str = "102026",
    payer: str = EMPLOYER,
    payer_account: str = PAYER_ACCOUNT,
    beneficiary: str = MEDS,
    beneficiary_id: str = "160440007161",
    day: str = "261110",
    end: str = "-}\n",
) -> str:
    """An MT102 list."""
    return (
        "{1:F01K054700000000001000001}\n{2:I102SGROSS000000U3003}\n{4:\n"
        f":20:{reference}\n:50:/D/{payer_account}\n/NAME/ТОО Үлгі\n/IDN/{payer}\n/IRS/1\n/SECO/7\n"
        f":52B:CASPKZKA\n:57B:GCVPKZ2A\n:59:{beneficiary}\n/NAME/Получатель\n/IDN/{beneficiary_id}\n"
        f":70:/NUM/{number}\n/DATE/{day}\n/SEND/07\n/VO/01\n/KNP/{knp}\n/PSO/01\n/PRT/50\n/PERIOD/{period}\n"
        "/ASSIGN/Отчисления на ОСМС\nпродолжение\n" + "".join(items or (item(),)) + f":32A:{day}KZT{total}\n{end}"
    )


def bank_row(
    row_id: str = "p1",
    day: str = "2026-11-10",
    payer: str = PERSON,
    person: str = PERSON,
    knp: str = "122",
    period: str = "112026",
    amount: str = "4250.00",
    surname: str = "Үлгі",
    channel: str = "app",
) -> str:
    """One row of a bank's register."""
    return f"{row_id},{day},{payer},{person},{surname},Адам,,{knp},{period},{amount},{channel}"


def bank_register(*rows: str) -> str:
    return "\n".join([BANK_HEADER, *rows]) + "\n"


def returns_register(*rows: str) -> str:
    return "\n".join([RETURN_HEADER, *rows]) + "\n"


def kazpost_row(receipt: str = "R-1", amount: str = "4250,00", person: str = PERSON, day: str = "10.11.2026") -> str:
    return f"1;{receipt};{day};{person};{person};Үлгі;Адам;;122;112026;{amount};050000"


def kazpost_register(*rows: str, count: str | None = None, total: str = "4250,00", end: bool = True) -> str:
    trailer = [f"ITOGO;{count or len(rows)};{total}"] if end else []
    return "\r\n".join(["KAZPOST;REESTR;77;10.11.2026;KPSTKZKA", KAZPOST_HEADER, *rows, *trailer]) + "\r\n"


def register(kind_columns: str, *rows: str) -> str:
    return "\n".join([kind_columns, *rows]) + "\n"
