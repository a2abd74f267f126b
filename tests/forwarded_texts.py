"""What the State Corporation passes on to the Fund: consolidated messages and the lists behind them, for tests."""

from statement_texts import STATE
from texts import FUND, MEDS, item, message


def consolidated(reference: str, total: str, purpose: str = "", day: str = "261110", knp: str = "121") -> str:
    """What the State Corporation passes on to the Fund in one sum."""
    return (
        "{1:F01K054700000000001000001}\n{2:I100SGROSS000000U3003}\n{4:\n"
        f":20:{reference}\n:32A:{day}KZT{total}\n:50:/D/{MEDS}\n/IDN/{STATE}\n:52B:GCVPKZ2A\n:59:{FUND}\n"
        f":70:/NUM/5003\n/DATE/{day}\n/KNP/{knp}\n/ASSIGN/{purpose or counted('1', '1')}\n-}}\n"
    )


def counted(people: str, documents: str) -> str:
    return f"Отчисления на ОСМС. Кол-во потребителей ={people} Кол-во документов ={documents}"


def forwarded(reference: str, *people: str, number: str = "5001", knp: str = "121") -> str:
    """A list of the people whose money is passed on, 1 000 each."""
    items = [item(n, amount="1000,00", person=person) for n, person in enumerate(people, start=1)]
    told = {"reference": reference, "number": number, "knp": knp, "total": f"{len(people) * 1000},00"}
    return message(*items, payer_account=MEDS, payer=STATE, beneficiary=FUND, **told)
