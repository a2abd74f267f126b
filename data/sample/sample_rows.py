"""Who exists in the sample, who paid what for whom in ordinary months, and what five of the six registers say.

People were born in the 1880s and organisations are to be founded in the 2030s: right in form, impossible in life.
Tables are texts so that a lawyer can read them. What each person is there to show: expected/insured_status.csv.
"""

from dataclasses import replace
from datetime import date

from sample_writers import Line, Party, Person, iban

# key | IIN | surname | name | patronymic
PEOPLE_TEXT = """
steady        | 880112200014 | Үлгібаева         | Әсел      | Мысалқызы
trader        | 840507100028 | Образцов          | Өмір      | Шаблонович
farmer        | 810923100034 | Нұсқабеков        | Ғабит     | Үлгіұлы
suspended     | 860314100042 | Эталонов          | Юрий      | Примерович
not_due       | 870619200059 | Пробина           | Ұлжан     | Эталоновна
grace_own     | 891104100069 | Мысалов           | Қайрат    | Сынақұлы
prepaid       | 830228200076 | Макетова          | Іңкәр     | Образцовна
far_ahead     | 850716100086 | Сынақбаев         | Һәкім     | Нұсқаұлы
lump_sum      | 820403200095 | Шаблонова         | Гүлнәр    | -
underpaid     | 880830100100 | Примеров          | Ескендір  | Макетұлы
overpaid      | 811215200113 | Тестова           | Қарлығаш  | Пробовна
late          | 890721100126 | Болжамов          | Әділет    | Мысалұлы
returned_part | 840109200130 | Нұсқабаева        | Өрзия     | Үлгіқызы
two_parts     | 860925100143 | Образбеков        | Жұмабек   | Шаблонұлы
relative      | 870211200159 | Сынақова          | Шырын     | Эталонқызы
seasonal      | 830617100163 | Пробников         | Ғалымжан  | Тестович
own_121       | 850428100175 | Макетбаев         | Дәулет    | Образұлы
oct_paid      | 850315200181 | Примерова         | Айгүл     | Сынаққызы
nov_early     | 820806100199 | Шаблонбеков       | Нұржан    | Макетұлы
grace_ends    | 891130200205 | Эталонова         | Зәуре     | Пробиновна
long_grace    | 801018100213 | Мысалбеков        | Төлеген   | Нұсқаұлы
month_short   | 811222200220 | Тестбаева         | Күлән     | Болжамқызы
half_year     | 880704200230 | Образцова         | Меңсұлу   | Примерқызы
returned_sep  | 840529100246 | Үлгіманов         | Ықылас    | Сынақұлы
hired         | 870902200255 | Болжамова         | Бәтес     | Макетовна
only_121      | 860131100266 | Нұсқаманов        | Қабдол    | Эталонұлы
pensioner     | 800213200277 | Пробаева          | Күнімжан  | Тестқызы
student       | 890610100285 | Сынақов           | Шәкен     | Үлгіұлы
unemployed    | 831127200298 | Макетова/Шаблонова | Рәзия    | Мысалқызы
maternity     | 880225200306 | Эталонбаева       | Нәзипа    | Нұсқақызы
crisis        | 820819200314 | Тестова           | Үміт      | Образқызы
child_until   | 890714100323 | Примербеков       | Әлихан    | Пробұлы
soldier       | 870508100336 | Шаблонов          | Өтеген    | Болжамұлы
permit        | 810330100348 | Образжанов        | Ілияс     | Макетұлы
abroad        | 850906200352 | Мысалбаева        | Ғайша     | Эталонқызы
two_iins_old  | 860620200865 | Болжамбаева       | Сәуле     | Тестқызы
two_iins      | 860620200371 | Болжамбаева       | Сәуле     | Тестқызы
loop_a        | 840417100386 | Пробжанов         | Көбен     | Сынақұлы
loop_b        | 840417100396 | Пробжанов         | Көбен     | Сынақұлы
veteran       | 801205100408 | Нұсқажанов        | Ақан      | Мысалұлы
refused       | 830312200419 | Үлгіжанова        | Мөлдір    | Шаблонқызы
"""
# key | BIN | name | bank of the account | account | BIC; the last two are real, everybody's money goes through them
PARTIES_TEXT = """
ulgi    | 300140000015 | ТОО «Үлгі Құрылыс»   | 722 | ULGI000000001 | CASPKZKA | 7
service | 310240000020 | ТОО «Образец-Сервис» | 601 | OBRAZ00000002 | HSBKKZKX | 7
agro    | 320340000036 | АО «Мысал Агро»      | 826 | MYSAL00000003 | KCJBKZKX | 7
state   | 160440007161 | НАО Государственная корпорация Правительство для граждан | 009 | MEDS368609103 | GCVPKZ2A | 1
fund    | 160940025485 | НАО Фонд социального медицинского страхования | 125 | KZT1001313313 | NBRKKZKXXXX | 1
"""
# Own money in a bank's app: who | first month | last month | tenge a month | paid on that day of the month, +day of
# the next month, or all on one date
OWN_TEXT = """
steady        | 2025-12 | 2026-11 | 4250 | 10
trader        | 2025-12 | 2026-11 | 5950 | 12
farmer        | 2025-11 | 2026-10 | 5950 | +12
suspended     | 2025-12 | 2026-06 | 5950 | 12
suspended     | 2026-07 | 2026-11 | 4250 | 12
not_due       | 2025-11 | 2026-10 | 4250 | 15
grace_own     | 2025-10 | 2026-09 | 4250 | 20
prepaid       | 2026-11 | 2027-10 | 4250 | 2026-11-03
far_ahead     | 2025-12 | 2026-11 | 4250 | 5
far_ahead     | 2027-11 | 2027-11 | 4250 | 2026-10-20
underpaid     | 2025-10 | 2026-09 | 4250 | 11
underpaid     | 2026-10 | 2026-10 | 4000 | 11
underpaid     | 2026-11 | 2026-11 | 4250 | 11
overpaid      | 2025-12 | 2026-08 | 4250 | 13
overpaid      | 2026-09 | 2026-09 | 5000 | 13
overpaid      | 2026-10 | 2026-11 | 4250 | 13
late          | 2025-12 | 2026-09 | 4250 | 9
late          | 2026-11 | 2026-11 | 4250 | 9
returned_part | 2025-10 | 2026-10 | 4250 | 14
two_parts     | 2025-12 | 2026-10 | 4250 | 7
relative      | 2025-12 | 2026-10 | 4250 | 6
seasonal      | 2026-06 | 2026-11 | 4250 | 16
two_iins_old  | 2025-12 | 2026-05 | 4250 | 8
two_iins      | 2026-06 | 2026-11 | 4250 | 8
loop_a        | 2025-12 | 2026-05 | 4250 | 4
loop_b        | 2026-06 | 2026-11 | 4250 | 4
"""
# Wage money: who | first month | last month | tenge a month | day as above | payer | KNP
WAGES_TEXT = """
seasonal     | 2025-12 | 2026-05 | 2400 | +10 | agro    | 122
oct_paid     | 2025-11 | 2026-09 | 3000 | +10 | ulgi    | 122
nov_early    | 2025-12 | 2026-09 | 2500 | +10 | service | 122
grace_ends   | 2025-09 | 2026-08 | 2200 | +10 | agro    | 122
long_grace   | 2021-07 | 2026-06 | 2000 | +10 | agro    | 122
month_short  | 2021-08 | 2026-06 | 2000 | +10 | agro    | 122
half_year    | 2026-05 | 2026-09 | 2300 | +10 | agro    | 122
returned_sep | 2025-09 | 2026-09 | 2800 | +10 | ulgi    | 122
hired        | 2025-11 | 2026-09 | 3000 | +10 | trader  | 122
only_121     | 2025-11 | 2026-10 | 3600 | +10 | agro    | 121
only_121     | 2026-08 | 2026-08 | 2400 | +10 | agro    | 122
maternity    | 2025-12 | 2026-09 | 2700 | +10 | service | 122
"""
REGISTERS_TEXT = {
    "categories": """
iin         | category        | from       | to
pensioner   | pension         | 2020-01-01 |
student     | student         | 2025-09-01 | 2027-06-30
unemployed  | unemployed      | 2026-09-01 |
maternity   | maternity_leave | 2026-10-05 | 2027-02-07
crisis      | social_crisis   | 2025-10-01 |
child_until | child           | 2020-01-01 | 2026-07-14
veteran     | veteran         | 2020-01-01 |
""",
    "exemptions": """
iin     | kind     | from       | to
soldier | military | 2025-06-15 | 2027-06-14
""",
    "reversals": """
iin    | reason           | from       | to
permit | residence_permit | 2025-12-01 | 2026-10-31
abroad | study_abroad     | 2025-09-01 |
""",
    "iin_links": """
old_iin      | current_iin
two_iins_old | two_iins
loop_a       | loop_b
loop_b       | loop_a
""",
    "entrepreneurs": """
iin       | kind             | from       | to
trader    | sole_proprietor  | 2020-01-01 |
farmer    | farm             | 2022-03-15 |
suspended | sole_proprietor  | 2021-05-01 | 2026-06-30
own_121   | private_practice | 2024-01-01 |
""",
}
# What the money is for, by KNP; then the purposes of a consolidated payment, of a return and of a refund
PURPOSE = {
    "010": "Обязательные пенсионные взносы",
    "121": "Отчисления на обязательное социальное медицинское страхование за работников, штатное расписание",
    "122": "Взносы на обязательное социальное медицинское страхование (әлеуметтік медициналық сақтандыру)",
    "123": "Пеня за несвоевременное перечисление отчислений на обязательное социальное медицинское страхование",
}
COUNTED = "Взносы на обязательное социальное медицинское страхование. Кол-во потребителей =5 Кол-во документов =2"
WRONG_DETAILS = "Возврат: неверно указаны реквизиты, просьба уточнить ИИН и Ф.И.О. физического лица"
REFUND = "Возврат излишне (ошибочно) перечиcленных отчислений/взносов/пени ОСМС"  # a Latin c, as in the real template
IN_PERSONS_REGISTER = "steady trader half_year two_iins pensioner soldier veteran refused".split()
MARRIED_NAME = {"half_year": "Мысалова"}  # the persons register has another surname than the payments


def table_rows(text: str) -> list[list[str]]:
    """The rows of a text table."""
    return [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]


def own_account(person: Person, place: int) -> Party:
    """A person as a payer, with an account at the bank of the app."""
    name = f"{person.surname} {person.name} {person.patronymic}"
    return Party(person.number, name, iban("722", f"JEKE{place:09d}"), "CASPKZKA", sector="9")


PEOPLE = {key: Person(*cells) for key, *cells in table_rows(PEOPLE_TEXT)}
PARTIES = {
    key: Party(number, name, iban(bank, account), bic, sector)
    for key, number, name, bank, account, bic, sector in table_rows(PARTIES_TEXT)
} | {key: own_account(person, place) for place, (key, person) in enumerate(PEOPLE.items(), start=1)}


def history(prefix: str, text: str) -> list[Line]:
    """The months of a text table as rows of a register, in order of payment."""
    paid = []
    for who, first, last, tenge, day, *by in table_rows(text):
        payer, knp = by or (who, "122")
        for month in months(first, last):
            on = paid_on(month, day)
            paid.append(Line("", on, PARTIES[payer].number, PEOPLE[who], knp, f"{month:%m%Y}", f"{tenge}.00"))
    paid.sort(key=lambda one: one.day)
    return [replace(one, reference=f"{prefix}-{place:06d}") for place, one in enumerate(paid, start=1)]


def months(first: str, last: str) -> list[date]:
    """The first days of the months from first to last."""
    low, high = (int(text[:4]) * 12 + int(text[5:]) - 1 for text in (first, last))
    return [date(index // 12, index % 12 + 1, 1) for index in range(low, high + 1)]


def paid_on(month: date, day: str) -> str:
    """The day of payment: a day of the month, `+` of the next month, or one date for all."""
    if len(day) == 10:
        return day
    if day.startswith("+"):
        month = months(f"{month:%Y-%m}", f"{month.year + 1}-12")[1]
    return month.replace(day=int(day)).isoformat()
