"""The fast reader of MT files gives what the plain parser gives, whatever stands in the file, and is really the fast one."""

from datetime import date
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from test_messages import PACKAGE, PACKAGE_BACK, SINGLE, SINGLE_BACK, VARIANTS
from texts import EMPLOYER, FUND, MEDS, OTHER, PERSON, item, message
from writers import Row, make_bin, make_iin
from writers_mt import Style, list_message, package_message, single_message

from pipelines.readers import mt, mt_fast

FRAGMENTS = """-}|{1:F01|{2:I102SGROSS000000U3003}|{2: O 100|{4:|-}{1:|-} {2:I100|:21:9|:21:/IDN/1|:32B:KZT1,00|:32B:USD5,|:32B:kzt 7,|:32B:
:32A:261110KZT5,00|:32a:261110USD5,00|:20:R2|:20:/X/R3|:50:/D/KZ1|:50:/NAME/A|:59:KZ2|:59:/KZ3|:59:/IDN/4|:52B:HSBKKZKXXXX|:70:|:70:/OPV/C
:70: /NUM/8|:70:/ASSIGN/цель|/ASSIGN/цель /KNP/122|/assign/x|//IDN/1|/IDN/2 /PERIOD/012026|/FM/А/Б|/FM/ /NM/В|/fm/г|/FM/{2:I103|/D/ASSIGN/x|/A1/x
/PERIOD/|/KNP/122|/DATE/261111|продолжение|слово-}|:не тег|-x| {1:F01| -}|   |/FM/\u00a0Г|/FM/Г\u00a0|\u2003:21:3|-}\u00a0|\u3000|\x0b/NM/Д|\x1f|/IDN/3\u2003/KNP/124
«/KNP/122|:٢١:4|:70:\u00a0/KNP/123|\r|/FM/a\rb|{5:}|:21:|:57B:|:53C:X|{1:F01}{2:I102}|{1:F}{2: O100|{1:}{3:}{2:I102|{1:}{2:I100X}{2:I102}|:32B:KZT-1,00|:32B:KZT9,99-|КОМИССИЯ|/IRS/1 /SECO/2""".replace("\n", "|").split("|")  # fmt: skip


def same(text: str, piece: int = mt_fast.PIECE) -> None:
    """Both readers read the text alike: documents, lines, types and format."""
    plain, fast = mt.read(text), mt_fast.read(text.encode(), piece)
    assert_frame_equal(fast.documents, plain.documents)
    assert_frame_equal(fast.lines, plain.lines)
    assert (fast.format, fast.syntax) == (plain.format, plain.syntax)


@pytest.mark.parametrize("variant", VARIANTS, ids=list(VARIANTS))
@pytest.mark.parametrize(
    "text",
    [message(), SINGLE, PACKAGE, SINGLE_BACK, PACKAGE_BACK],
    ids=["list", "single", "package", "single back", "package back"],
)
def test_every_dress(variant, text):
    same(VARIANTS[variant](text).lstrip("\ufeff"))
    same("\n" + VARIANTS[variant](text * 3).lstrip("\ufeff"), piece=1)


@pytest.mark.parametrize("fragment", FRAGMENTS)
def test_every_fragment_everywhere(fragment):
    """On a line of its own behind each line, before and at the end of each line of a list and a package."""
    for text in (message(item(1), item(2)), PACKAGE):
        lines = text.split("\n")
        cuts = [("\n".join(lines[:place]), "\n".join(lines[place:])) for place in range(len(lines))]
        for between in (f"\n{fragment}\n", f"\n{fragment}", f"{fragment}\n"):
            same("".join(f"{before}{between}{after}{message()}" for before, after in cuts))


def blocks_joined(text: str, upto: int = 2) -> str:
    """The text with block 2, and up to which others, on the line of block 1."""
    return text.replace("}\n{2:", "}{2:").replace("}\n{4:", "}{4:" if upto > 2 else "}\n{4:")


def file_of(rng: Random) -> list[str]:
    """The lines of a file of some messages as the emitters of the tests write them."""
    people, lines = [make_iin(rng) for _ in range(6)], []
    style = Style.draw(rng)
    for n in range(rng.randint(1, 4)):
        style = style if rng.random() < 0.7 else Style.draw(rng)
        month = date(2026, rng.randint(1, 12), 1)
        payer, back = rng.choice((make_bin(rng), *people)), rng.random() < 0.1
        tiyn = [rng.choice((5, 50, 193_500, rng.randrange(1, 10**14))) for _ in people]
        rows = [
            Row(date(2026, 11, 10), month, "121", payer, rng.choice((*people, "-")), amount, f"R-{n}", "8", ("k", n), is_return=back)
            for amount in tiyn
        ]  # fmt: skip
        rows = rows[: rng.randint(1, 6)]
        form = rng.choice(("list", "list", "package", "single"))
        written = [list_message(style, rows)] if form == "list" else [package_message(style, rows)]
        lines += [
            line
            for one in (written if form != "single" else [single_message(style, row) for row in rows])
            for line in one.lines
        ]
    return lines


CHANGES = {
    "drop": lambda lines, at, rng: lines[:at] + lines[at + 1 :],
    "double": lambda lines, at, rng: lines[: at + 1] + lines[at:],
    "swap": lambda lines, at, rng: lines[:at] + lines[at : at + 2][::-1] + lines[at + 2 :],
    "lower": lambda lines, at, rng: [*lines[:at], lines[at].lower(), *lines[at + 1 :]],
    "blank": lambda lines, at, rng: [*lines[:at], rng.choice((" ", "\t", "\u00a0", "\u2003")) + lines[at], *lines[at + 1 :]],
    "blank behind": lambda lines, at, rng: [*lines[:at], lines[at] + rng.choice((" ", "\t ", "\r", "\u00a0", "\x1c")), *lines[at + 1 :]],
    "blank inside": lambda lines, at, rng: [*lines[:at], lines[at].replace("/", "/ ", 2), *lines[at + 1 :]],
    "join": lambda lines, at, rng: [*lines[:at], rng.choice((" ", "")).join(lines[at : at + 2]), *lines[at + 2 :]],
    "cut": lambda lines, at, rng: [*lines[:at], lines[at][: rng.randrange(len(lines[at]) + 1)], *lines[at + 1 :]],
    "behead": lambda lines, at, rng: [*lines[:at], lines[at][rng.randrange(len(lines[at]) + 1) :], *lines[at + 1 :]],
    "slashes": lambda lines, at, rng: [*lines[:at], "/" + lines[at], *lines[at + 1 :]],
    "insert": lambda lines, at, rng: [*lines[:at], rng.choice(FRAGMENTS), *lines[at:]],
    "append": lambda lines, at, rng: [*lines[:at], lines[at] + rng.choice(FRAGMENTS), *lines[at + 1 :]],
    "end": lambda lines, at, rng: lines[: at + 1],
    "all CRLF": lambda lines, at, rng: [line + "\r" for line in lines],
    "one slash": lambda lines, at, rng: [line.replace("//", "/") for line in lines],
    "all blocks on a line": lambda lines, at, rng: blocks_joined("\n".join(lines)).split("\n"),
    "all padded": lambda lines, at, rng: [line + " " for line in lines],
}  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(seed=st.integers(0, 2**32), changes=st.lists(st.sampled_from(sorted(CHANGES)), max_size=4), piece=st.sampled_from([1, 700, mt_fast.PIECE]))  # fmt: skip
def test_any_file(seed, changes, piece):
    rng = Random(seed)
    lines = file_of(rng)
    for change in changes:
        lines = CHANGES[change](lines, rng.randrange(len(lines)), rng) or [""]
    same("\n".join(lines) + rng.choice(("", "\n")), piece)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=4)), max_size=30).map("\n".join))
def test_any_text(text):
    same(text.encode(errors="ignore").decode())


ORDINARY = {
    "a list": message(item(1), item(2, person=OTHER), item(3)),
    "one slash": message(item(1), item(2)).replace("//", "/"),
    "a period with the person": message(item(1, more="//PERIOD/092026\n"), item(2, more="//PERIOD/102026\n"), period=""),
    "some with a period": message(item(1, more="//PERIOD/092026\n"), item(2), item(3, more="//PERIOD/092026\n")),
    "CRLF and blanks at the ends": message(item(1), item(2)).replace("\n", " \t\r\n"),
    "a slash and blanks in names": message(item(1, surname="Үлгі/Бұрынғы"), item(2, surname="Үлгі  бек")),
    "a longer purpose, a padded BIC": message(item()).replace("продолжение", "и\nещё\n«строки»").replace("KZKA", "KZKAXXX"),
    "a package": PACKAGE,
    "blocks on one line": blocks_joined(message() + message()) + blocks_joined(SINGLE, 4),
    "all blocks on one line, another before": blocks_joined(message() + PACKAGE, 4).replace("{4:", "{3:{113:0001}}{4:"),
    "another block on the line, and none": "\n".join(
        blocks_joined(message()).replace("{2:I102SGROSS000000U3003}", told) for told in ("{2:I102X}", "{2:O103X}", "")
    ),
    "blocks of other lengths": blocks_joined(message() + message().replace("F01K0547", "F01") + SINGLE),
    "a package to the Fund": PACKAGE.replace(f":59:{MEDS}", f":59:{FUND.lower()}"),
    "single messages": SINGLE + "\n" + SINGLE,
    "of another payer each": message() + message(payer=PERSON) + "\n" + message(payer=EMPLOYER, reference="R-9"),
}  # fmt: skip


@pytest.mark.parametrize("text", ORDINARY.values(), ids=list(ORDINARY))
def test_ordinary_messages_go_the_fast_way(text, monkeypatch):
    """They are read with the plain parser taken away."""
    plain = mt.read(text)
    for name in ("messages_of", "fill"):
        monkeypatch.setattr(mt, name, None)
    fast = mt_fast.read(text.encode())
    assert_frame_equal(fast.documents, plain.documents)
    assert_frame_equal(fast.lines, plain.lines)
