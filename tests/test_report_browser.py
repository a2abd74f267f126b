"""The report as a reader sees it, in headless Chromium: three languages, phone and desktop, light, dark and on paper.

Run by `make test-browser`, which installs what it needs. Screenshots lie in MSHI_SCREENSHOTS, else in pytest's folder.
"""

import os
from pathlib import Path

import pytest
from report_home import fill

from pipelines import report as reports
from pipelines.home import Home
from pipelines.report.wording import LANGUAGES, wording

pytestmark = pytest.mark.browser
PHONE, DESKTOP = (390, 844), (1280, 900)
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    root = tmp_path_factory.mktemp("browser")
    fill(root / "home")
    path = reports.write(Home(root / "home"), None, root / "report.html", "en")
    return path.as_uri()


@pytest.fixture(scope="module")
def shots(tmp_path_factory):
    named = os.environ.get("MSHI_SCREENSHOTS")
    folder = Path(named) if named else tmp_path_factory.mktemp("screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def chromium():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium, address):
    """Open the report as somebody whose browser prefers a language; no complaint and no request is ever allowed."""
    contexts, wrong = [], []

    def open_it(size=DESKTOP, language="en", scheme="light", scripts=True, part=""):
        width, height = size
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            locale=language,
            color_scheme=scheme,
            java_script_enabled=scripts,
            reduced_motion="reduce",
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: wrong.append(message.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda asked: wrong.append(asked.url) if asked.url != address and part == "" else None)
        page.goto(address + part)
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert wrong == []


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_it_opens_in_the_readers_language_without_scrolling_sideways(opened, shots, language, size):
    page = opened(size, f"{language}-KZ")
    assert page.evaluate("document.documentElement.lang") == language
    assert page.title().startswith(wording(language).of("title"))
    shown = [one for one in LANGUAGES if page.locator(f"#main-{one}").is_visible()]
    assert shown == [language]
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    outside = """() => [...document.querySelectorAll('main:not([style]) *')].filter(one => {
        const box = one.getBoundingClientRect();
        return box.width && !one.closest('.scroll, thead, svg') && box.right > innerWidth + 1;
    }).length"""
    assert page.evaluate(outside) == 0
    page.screenshot(path=shots / f"{language}-{size[0]}.png", full_page=True)


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_verdict_and_main_figures_stand_on_two_screens(opened, language, size):
    page = opened(size, language)
    verdict, cards = (page.locator(f"#main-{language} {name}").bounding_box() for name in (".verdict", ".cards"))
    assert verdict["y"] + verdict["height"] < size[1]
    assert cards["y"] + cards["height"] < 2 * size[1]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_rule_of_accessibility_is_broken(opened, shots, language, scheme):
    """Contrast, names, order of headings, tables, landmarks: the rules of axe-core, WCAG 2 A and AA and best practice."""
    from axe_playwright_python.sync_playwright import Axe

    page = opened(PHONE if language == "kk" else DESKTOP, language, scheme)
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    found = Axe().run(page).response["violations"]
    page.screenshot(path=shots / f"{language}-{scheme}-open.png", full_page=True)
    assert [(one["id"], [node["html"][:200] for node in one["nodes"]][:3]) for one in found] == []


def test_dark_is_dark(opened):
    colours = []
    for scheme in ("light", "dark"):
        page = opened(scheme=scheme)
        back = page.evaluate("getComputedStyle(document.body).backgroundColor")
        colours.append(sum(int(part) for part in back.removeprefix("rgb(").removesuffix(")").split(",")))
    assert colours[1] < 150 < 600 < colours[0]


def test_the_language_is_switched_by_keyboard(opened):
    page = opened()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.value") == "en"
    outline = "getComputedStyle(document.querySelector('.languages')).outlineStyle"
    assert page.evaluate(outline) == "solid"
    for expected in ("ru", "kk", "en"):
        page.keyboard.press("ArrowRight")
        assert page.locator(f"#main-{expected}").is_visible()
        assert page.evaluate("document.documentElement.lang") == expected
        assert page.title().startswith(wording(expected).of("title"))


def test_details_open_by_keyboard(opened):
    page = opened()
    summary = page.locator("#main-en details summary").first
    summary.focus()
    page.keyboard.press("Enter")
    assert page.locator("#main-en details").first.get_attribute("open") is not None
    assert page.locator("#en-flow-source").is_visible()


def test_a_link_opens_its_language_and_section(opened):
    page = opened(part="#kk-breaks")
    assert page.locator("#main-kk").is_visible() and page.evaluate("scrollY") > 0


def test_without_scripts_it_reads_and_switches_too(opened):
    page = opened(scripts=False)
    assert page.locator("#main-en").is_visible()
    page.locator("label[for=switch-ru]").click()
    assert page.locator("#main-ru").is_visible() and not page.locator("#main-en").is_visible()


def test_on_paper_all_is_open_and_one_language_stands(opened, shots):
    page = opened(language="ru")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert page.locator("#ru-flow-source").is_visible() and not page.locator(".languages").is_visible()
    assert not page.locator("#main-en").is_visible()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("#main-ru details").first.get_attribute("open") is None
    page.pdf(path=shots / "ru.pdf", format="A4")
    assert (shots / "ru.pdf").stat().st_size > 10_000


def test_nothing_stays_behind(opened):
    page = opened(language="ru")
    page.locator("label[for=switch-kk]").click()
    assert page.evaluate("[document.cookie, localStorage.length, sessionStorage.length]") == ["", 0, 0]
