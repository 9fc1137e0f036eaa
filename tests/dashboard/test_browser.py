"""Pages in a real browser: no violation of accessibility rules, phone width, live, no errors."""

import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import uvicorn

from offchain.dashboard.app import Pages
from offchain.dashboard.following import News
from scripts.support.chains.evm import ROOT
from tests.support.browser import Tab, find_browser, opened_tab

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
BROWSER = find_browser()

pytestmark = pytest.mark.skipif(
    BROWSER is None or not AXE.is_file(), reason="needs chromium (apt) and axe-core (npm)"
)


@dataclass
class Shown:
    """The dashboard in a browser."""

    tab: Tab
    url: str
    news: News


@pytest.fixture(scope="module")
def shown(index) -> Iterator[Shown]:
    stopped, news = threading.Event(), News()
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(
            Pages(index, news, stopped).app(), log_level="error", lifespan="off", ws="none"
        )
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    assert BROWSER is not None
    try:
        with opened_tab(BROWSER) as tab:
            tab.call("Page.setBypassCSP", enabled=True)  # for axe-core alone
            yield Shown(tab, f"http://127.0.0.1:{listener.getsockname()[1]}", news)
    finally:
        stopped.set()
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def places(told) -> list[str]:
    account = told.accounts()[0]
    return [
        *("/", "/blocks", "/block/3", "/round/4", "/round/4/model/1", "/round/3/data/1"),
        *("/accounts", f"/account/{account}", "/nowhere"),
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_breaks_a_rule_of_accessibility(shown, places, scheme):
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    shown.tab.call("Emulation.setEmulatedMedia", features=features)
    for place in places:
        shown.tab.load(shown.url + place)
        shown.tab.evaluate(AXE.read_text(encoding="utf-8"))
        found = shown.tab.evaluate(
            "axe.run().then(r => r.violations.map(v => [v.id, v.nodes.map(n => n.html)]))"
        )
        assert found == [], place


def test_no_page_is_wider_than_a_phone(shown, places):
    shown.tab.call(
        "Emulation.setDeviceMetricsOverride",
        width=360,
        height=740,
        deviceScaleFactor=1,
        mobile=True,
    )
    for place in places:
        shown.tab.load(shown.url + place)
        assert shown.tab.evaluate("document.documentElement.scrollWidth") <= 360, place
    shown.tab.call("Emulation.clearDeviceMetricsOverride")


def test_a_change_comes_without_reloading_and_leaves_the_keyboard_where_it_was(shown):
    shown.tab.load(shown.url + "/")
    shown.tab.wait("document.getElementById('live').textContent === 'live'")
    shown.tab.evaluate("window.mark = 1; document.querySelector('#main a').focus()")
    where = shown.tab.evaluate("document.activeElement.href")
    shown.news.problem = "the node is gone"
    shown.news.version += 1
    shown.tab.wait("document.body.textContent.includes('the node is gone')")
    assert shown.tab.evaluate("window.mark") == 1
    assert shown.tab.evaluate("document.activeElement.href") == where
    shown.news.problem = None
    shown.news.version += 1
    shown.tab.wait("!document.body.textContent.includes('the node is gone')")


def test_the_keyboard_reaches_the_content_first(shown):
    shown.tab.load(shown.url + "/")
    shown.tab.call("Input.dispatchKeyEvent", type="rawKeyDown", key="Tab", windowsVirtualKeyCode=9)
    assert shown.tab.evaluate("document.activeElement.textContent") == "To the content"
