"""The closed list of reconciliation breaks: how grave each is, what it says in three languages, and what to do.

The snapshot, the data dictionary, the guide's page on breaks and the reports use this list. When each break is
given is told by the queries in transforms/sql. Source: contract.md section 4, words of rules.md section 6.
"""

from dataclasses import dataclass
from typing import Final

from schemas.codes import REFUSALS


@dataclass(frozen=True)
class Break:
    """A disagreement: its severity, one sentence in English, Russian and Kazakh, and what the one who acts does next."""

    severity: str
    sentence: str
    russian: str
    kazakh: str
    next_step: str


SEVERITIES: Final[dict[str, str]] = {
    "error": "Money or a document is wrong.",
    "warning": "Somebody has to mend it.",
    "info": "For information: it needs nobody.",
}

BREAKS: Final[dict[str, Break]] = {
    "control_total": Break(
        "error",
        "A document was refused: its declared total is not the sum of its lines; amount = declared - found.",
        "Документ не принят: заявленная сумма не равна сумме строк; сумма = заявлено - найдено.",
        "Құжат қабылданбады: көрсетілген сома жолдардың сомасына тең емес; сома = көрсетілген - табылған.",
        REFUSALS["control_total"].next_step,
    ),
    "control_count": Break(
        "error",
        "A document was refused: its declared count is not its number of lines; amount = declared - found.",
        "Документ не принят: заявленное число строк не равно найденному; сумма = заявлено - найдено.",
        "Құжат қабылданбады: көрсетілген жол саны табылғанға тең емес; сома = көрсетілген - табылған.",
        REFUSALS["control_count"].next_step,
    ),
    "document_differs": Break(
        "error",
        "A document was refused: its numbers are those of an accepted one, its lines are not; amount = declared - found.",
        "Документ не принят: реквизиты как у принятого документа, а строки другие; сумма = заявлено - найдено.",
        "Құжат қабылданбады: деректемелері қабылданған құжаттікі, ал жолдары басқа; сома = көрсетілген - табылған.",
        REFUSALS["document_differs"].next_step,
    ),
    "statement_balance": Break(
        "error",
        "A statement does not balance: opening + credits - debits is not its closing balance, or its own totals disagree; "
        "amount = closing balance - what the entries give.",
        "Выписка не сходится: входящий остаток + поступления - списания не равны исходящему остатку или расходятся её "
        "итоги; сумма = исходящий остаток - расчётный.",
        "Үзінді көшірме сәйкес келмейді: кіріс қалдық + түсімдер - шығыстар шығыс қалдыққа тең емес немесе өз "
        "қорытындылары алшақ; сома = шығыс қалдық - есептелген.",
        "Ask the bank for the statement again, and mshi withdraw this one when it is there; its entries are matched meanwhile.",
    ),
    "statement_amount_differs": Break(
        "error",
        "An entry on the account and its document agree in everything but the amount; amount = entry - document.",
        "Операция по счёту и её документ совпадают во всём, кроме суммы; сумма = операция - документ.",
        "Шоттағы операция мен оның құжаты сомадан басқаның бәрінде сәйкес; сома = операция - құжат.",
        "Ask the payer's bank which amount is right and have the wrong side corrected.",
    ),
    "consolidated_differs": Break(
        "error",
        "A consolidated message of the State Corporation and its lists differ in people, documents or sum; "
        "amount = consolidated - lists.",
        "Сводное сообщение Госкорпорации и его списки расходятся в числе потребителей, документов или в сумме; "
        "сумма = сводное - списки.",
        "Мемлекеттік корпорацияның жиынтық хабары мен оның тізімдері тұтынушылар, құжаттар саны немесе сома бойынша "
        "алшақ; сома = жиынтық - тізімдер.",
        "Ask the State Corporation for the missing or corrected lists of this reference.",
    ),
    "return_exceeds_payment": Break(
        "error",
        "A return is larger than what is left of its payment and cancels nothing; amount = the return.",
        "Возврат больше остатка платежа и ничего не отменяет; сумма = возврат.",
        "Қайтару төлемнің қалдығынан артық, ештеңені жоймайды; сома = қайтару.",
        "Ask the sender of the return which payment it means and how much of it came back.",
    ),
    "statement_without_document": Break(
        "warning",
        "Money moved on the account and no payment document explains it three banking days later; amount = the entry.",
        "По счёту прошли деньги, а платёжного документа нет спустя три банковских дня; сумма = операция.",
        "Шот бойынша ақша өтті, ал үш банк күнінен кейін де төлем құжаты жоқ; сома = операция.",
        "Ask the payer's bank for the payment file; until it comes nobody is credited with this money.",
    ),
    "document_without_statement": Break(
        "warning",
        "A document names money that no statement shows three banking days later; amount = the document.",
        "Документ есть, а в выписках этих денег нет спустя три банковских дня; сумма = документ.",
        "Құжат бар, ал үш банк күнінен кейін де үзінді көшірмелерде бұл ақша жоқ; сома = құжат.",
        "Ask for the statement of these days; if the money never moved, mshi withdraw the file.",
    ),
    "return_without_payment": Break(
        "warning",
        "A return fits no payment and cancels nothing; amount = the return.",
        "Возврату не соответствует ни один платёж, он ничего не отменяет; сумма = возврат.",
        "Қайтаруға бірде-бір төлем сәйкес емес, ол ештеңені жоймайды; сома = қайтару.",
        "Ask the sender of the return for the reference of its payment, and mshi withdraw this file "
        "when all of it comes again with it.",
    ),
    "missing_contribution": Break(
        "warning",
        "An employer paid deductions (121) and no contributions (122) for somebody for whom it used to pay both.",
        "Работодатель уплатил отчисления (121) без взносов (122) за того, за кого раньше платил и то и другое.",
        "Жұмыс беруші бұрын екеуін де төлеп жүрген адам үшін аударымдарды (121) жарналарсыз (122) төледі.",
        "Ask the employer to pay or explain the missing contributions.",
    ),
    "missing_deduction": Break(
        "warning",
        "An employer paid contributions (122) and no deductions (121) for somebody for whom it used to pay both.",
        "Работодатель уплатил взносы (122) без отчислений (121) за того, за кого раньше платил и то и другое.",
        "Жұмыс беруші бұрын екеуін де төлеп жүрген адам үшін жарналарды (122) аударымдарсыз (121) төледі.",
        "Ask the employer to pay or explain the missing deductions.",
    ),
    "underpaid": Break(
        "warning",
        "Own money of a month is below the requirement and its due date has passed; amount = what is missing.",
        "Собственные взносы за месяц меньше требуемых, срок уплаты прошёл; сумма = недостающее.",
        "Бір айдың өз жарналары талап етілгеннен аз, төлеу мерзімі өтті; сома = жетпейтіні.",
        "Tell the person what is missing: the month is not covered until it is paid.",
    ),
    "overpaid": Break(
        "warning",
        "Own money of a month is above the requirement; amount = the surplus.",
        "Собственные взносы за месяц больше требуемых; сумма = излишек.",
        "Бір айдың өз жарналары талап етілгеннен көп; сома = артығы.",
        "Tell the person: the surplus covers no other month and is refunded on application.",
    ),
    "over_cap": Break(
        "warning",
        "Wage money of a month is above the rate on the largest base of the law; amount = the surplus.",
        "Отчисления или взносы за месяц выше ставки от предельной базы; сумма = излишек.",
        "Бір айдың аударымдары немесе жарналары шекті базаның мөлшерлемесінен жоғары; сома = артығы.",
        "Ask the employer to check the base; the surplus is refunded on application.",
    ),
    "wrong_knp": Break(
        "warning",
        "Deductions (121) paid for oneself cover nothing; amount = the line, less returns.",
        "Отчисления (121) за самого себя ничего не покрывают; сумма = строка за вычетом возвратов.",
        "Өзі үшін төленген аударымдар (121) ештеңені жаппайды; сома = қайтаруларды шегергендегі жол.",
        "Tell the person to have it refunded and to pay contributions (122) instead.",
    ),
    "not_owed": Break(
        "warning",
        "Wage or own money came for somebody for whom nothing is owed in the month; amount = the line, less returns.",
        "Уплачено за того, за кого в этом месяце платить не нужно; сумма = строка за вычетом возвратов.",
        "Бұл айда ол үшін төлеу міндеті жоқ адам үшін төленді; сома = қайтаруларды шегергендегі жол.",
        "Tell the payer that nothing is owed for this category; the money is refunded on application.",
    ),
    "category_conflict": Break(
        "warning",
        "Wage money came for somebody whose category is lost by working; amount = the line, less returns.",
        "Уплачено с дохода за того, чья льготная категория прекращается с началом работы; сумма = строка за вычетом "
        "возвратов.",
        "Жеңілдік санаты жұмысқа шыққанда тоқтайтын адам үшін табысынан төленді; сома = қайтаруларды шегергендегі жол.",
        "Ask the keeper of the register whether the category still holds.",
    ),
    "name_mismatch": Break(
        "warning",
        "The names that payments and the persons register give for one IIN are not those of one person.",
        "Имена в платежах и регистре по одному ИИН не принадлежат одному лицу.",
        "Бір ЖСН бойынша төлемдер мен тіркелімдегі аты-жөндер бір тұлғаға тиесілі емес.",
        "Find out whose money it is: ask the payer whether IIN or name is wrong.",
    ),
    "birth_date_mismatch": Break(
        "warning",
        "The birth dates given for one IIN disagree with each other or with its digits, or are no dates.",
        "Даты рождения по одному ИИН расходятся между собой или с его цифрами либо не являются датами.",
        "Бір ЖСН бойынша туған күндер өзара немесе оның цифрларымен алшақ, не күн емес.",
        "Find out whose money it is: ask the payer whether IIN or birth date is wrong.",
    ),
    "unsupported_knp": Break(
        "warning",
        "A line with a payment purpose code other than 121 to 124 was quarantined; amount = the line.",
        "Строка с кодом назначения платежа не из 121-124 помещена в карантин; сумма = строка.",
        "Төлем мақсатының коды 121-124-тен басқа жол карантинге алынды; сома = жол.",
        "Ask the sender what the money is and to redirect it.",
    ),
    "duplicate_payment": Break(
        "warning",
        "A register line came again with the same id and content; amount = the line.",
        "Строка реестра пришла повторно с тем же номером и содержанием; сумма = строка.",
        "Тізілім жолы сол нөмірмен және мазмұнмен қайта келді; сома = жол.",
        "Nothing to do: it counts once. If it keeps coming, tell the sender.",
    ),
    "lump_sum": Break(
        "info",
        "One payment is twice the requirement or more, yet pays one month only; amount = the line, less returns.",
        "Один платёж вдвое или более превышает требуемое, но оплачивает только один месяц; сумма = строка за вычетом "
        "возвратов.",
        "Бір төлем талап етілгеннен екі есе не одан көп, бірақ тек бір айды төлейді; сома = қайтаруларды шегергендегі жол.",
        "Tell the person: each month needs its own payment.",
    ),
    "beyond_advance": Break(
        "info",
        "A payment is for a month over 12 months ahead; it counts; amount = the line, less returns.",
        "Платёж за месяц более чем на 12 месяцев вперёд; он учитывается; сумма = строка за вычетом возвратов.",
        "Төлем 12 айдан артық алдағы ай үшін; ол есептеледі; сома = қайтаруларды шегергендегі жол.",
        "Nothing to do, or ask the payer whether the period is meant.",
    ),
    "late_payment": Break(
        "info",
        "A payment was made after the due date of its month; amount = the line, less returns.",
        "Платёж сделан после срока уплаты за свой месяц; сумма = строка за вычетом возвратов.",
        "Төлем өз айының төлеу мерзімінен кейін жасалды; сома = қайтаруларды шегергендегі жол.",
        "Nothing to do: it counts for its month from the day it is settled.",
    ),
    "duplicate_document": Break(
        "info",
        "A document came again with the same lines; amount = its lines.",
        "Документ пришёл повторно с теми же строками; сумма = его строки.",
        "Құжат сол жолдарымен қайта келді; сома = оның жолдары.",
        "Nothing to do: it counts once.",
    ),
    "penalty": Break(
        "info",
        "A penalty was paid (KNP 123 or 124), which covers nothing; amount = the line.",
        "Уплачена пеня (КНП 123 или 124), она ничего не покрывает; сумма = строка.",
        "Өсімпұл төленді (ТМК 123 немесе 124), ол ештеңені жаппайды; сома = жол.",
        "Nothing to do.",
    ),
    "refund_in_transit": Break(
        "info",
        "A document returns money from the Fund through the State Corporation; amount = its lines.",
        "Документ возвращает деньги от Фонда через Госкорпорацию; сумма = его строки.",
        "Құжат Қордан Мемлекеттік корпорация арқылы ақша қайтарады; сома = оның жолдары.",
        "Nothing to do: expect the return to the payer.",
    ),
    "grace_ending": Break(
        "info",
        "Somebody is conditionally insured in the month and not insured in the next if nothing more comes.",
        "Условно застрахован в этом месяце и не застрахован в следующем, если больше ничего не поступит.",
        "Бұл айда шартты сақтандырылған, ал ештеңе түспесе, келесі айда сақтандырылмаған.",
        "Tell the person by when to pay (the Fund's SMS list).",
    ),
}  # fmt: skip
