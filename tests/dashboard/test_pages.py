"""Pages: every link leads somewhere, nothing is loaded from elsewhere, nothing odd gets through."""

import re
import time
from html.parser import HTMLParser

import pytest

from offchain.chronicle.forms import json_form
from offchain.chronicle.rounds import block_view
from offchain.dashboard.app import POINTS_IN_A_CHART
from offchain.dashboard.charts import Line, line_chart, phase_chart
from offchain.dashboard.following import IndexWriter, News
from offchain.dashboard.index import Index, Score
from offchain.ports import BlockPoint
from tests.dashboard.conftest import client_of, made_up_gas

LONG_BLOCKS = 1_000
LONG_DATA = 10_000

VOID_ELEMENTS = {"meta", "link", "line", "path", "circle", "rect", "br"}


class Page(HTMLParser):
    """What a page links to and loads; that its elements are closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.loads: set[str] = set()
        self.open: list[str] = []
        self.headings: list[str] = []
        self.ids: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        if tag not in VOID_ELEMENTS:
            self.open.append(tag)
        if tag == "a":
            self.links.add(str(found["href"]))
        elif "href" in found or "src" in found:
            self.loads.add(str(found.get("href") or found.get("src")))
        if "id" in found:
            self.ids.append(str(found["id"]))
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(tag)
        assert "style" not in found
        assert not any(name.startswith("on") for name in found)

    def handle_startendtag(self, tag: str, _: list[tuple[str, str | None]]) -> None:
        assert tag in VOID_ELEMENTS

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_every_link_of_every_page_leads_to_a_page(client):
    seen: set[str] = set()
    left = {"/"}
    while left:
        place = left.pop()
        seen.add(place)
        answer = client.get(place)
        assert answer.status_code == 200, place
        page = Page(answer.text)
        assert page.headings[0] == "h1"
        assert page.headings.count("h1") == 1
        assert len(page.ids) == len(set(page.ids))
        assert all(load.startswith("/static/") for load in page.loads)
        for load in page.loads:
            assert client.get(load).status_code == 200
        left |= {link for link in page.links if not link.startswith("#")} - seen
    kinds = {re.sub(r"0x\w+|\d+", "N", place) for place in seen}
    assert kinds >= {
        *("/", "/blocks", "/block/N", "/round/N", "/accounts", "/account/N"),
        *("/round/N/model/N", "/round/N/data/N"),
    }


def test_answers_let_nothing_else_in(client):
    answer = client.get("/")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "http" not in policy
    assert client.ask("POST", "/").status_code == 405
    assert client.get("/", headers={"host": "evil.example"}).status_code == 400


@pytest.mark.parametrize(
    "place",
    [
        *("/block/5", "/block/0", "/round/11", "/round/3/data/5", "/round/3/model/9"),
        *("/account/0x00", "/account/%3Cscript%3E", "/block/99999999999999999999999", "/x"),
        *("/static/../app.py", "/round/99999999999999999999/data/1"),
    ],
)
def test_what_is_not_there_is_a_page_that_says_so(client, place):
    answer = client.get(place)
    assert answer.status_code == 404
    if "static" not in place:
        Page(answer.text)
    assert "<script>" not in answer.text


@pytest.mark.parametrize("below", ["", "x", "-1", "3", "9" * 30, "²"])
def test_blocks_below_anything_are_a_page(client, below):
    answer = client.get("/blocks", params={"below": below})
    assert answer.status_code == 200
    assert ("/block/3" in answer.text) == (below != "3")


def test_before_anything_was_read_pages_say_so(empty):
    for place in ("/", "/blocks", "/accounts"):
        answer = empty.get(place)
        assert answer.status_code == 200
        Page(answer.text)
    assert "Nothing was read yet" in empty.get("/").text


def test_a_chain_that_cannot_be_read_is_said_on_every_page_and_escaped(index):
    client = client_of(index, News(problem="no answer from <b>http://x</b>", progress=(3, 9)))
    text = client.get("/block/3").text
    assert "no answer from &lt;b&gt;" in text
    assert "3 of 9 EVM blocks" in text


def test_an_index_of_another_deployment_or_version_is_emptied(told, now, tmp_path):
    file = tmp_path / "index.sqlite"
    first = Index(file, "one")
    IndexWriter(first, 1).write(told, now, 1, 1)
    with Index(file, "one").reading() as reader:
        assert reader.head() == 4
    with Index(file, "two").reading() as reader:
        assert reader.head() == 0
        assert reader.fact("now") is None


def test_a_second_writing_changes_what_may_have_changed_alone(told, now, tmp_path):
    index = Index(tmp_path / "index.sqlite", "one")
    writer = IndexWriter(index, 1)
    writer.write(told, now, 1, 1)
    with index.reading() as reader:
        before = [reader.round(number) for number in told.history.rounds]
        courses = {account: reader.course(account, 99) for account in told.accounts()}
    writer.write(told, now, 2, 1)
    with index.reading() as reader:
        assert [reader.round(number) for number in told.history.rounds] == before
        assert {a: reader.course(a, 99) for a in told.accounts()} == courses
        assert reader.fact("timestamp") == 2


def test_the_first_page_of_a_long_chain_takes_less_than_a_second(told, now, tmp_path, index):
    long = Index(tmp_path / "long.sqlite", "long")
    with index.reading() as reader:
        block, made, data = reader.block(3), reader.round(3), reader.data_of(3)
        accounts = reader.accounts()
    each = LONG_DATA // LONG_BLOCKS
    with long.writing() as writer:
        for number in range(1, LONG_BLOCKS + 1):
            writer.block({**block, "number": number, "round": number}, 20)
            writer.round({**made, "number": number, "block": number})
            writer.data({**data[0], "round": number, "index": place} for place in range(each))
        writer.accounts(accounts)
        writer.gas(made_up_gas(LONG_BLOCKS), BlockPoint(1, bytes(32)))
        writer.fact("now", {**json_form(now), "competing": LONG_BLOCKS - 1})
        writer.fact("points", 1)
    client = client_of(long)
    client.get("/accounts")  # templates are read once
    began = time.process_time()
    answer = client.get("/")
    assert time.process_time() - began < 1.0
    assert answer.status_code == 200
    assert f"/block/{LONG_BLOCKS}" in answer.text
    with long.reading() as reader:
        scores = reader.scores(POINTS_IN_A_CHART)
    assert len(scores) <= POINTS_IN_A_CHART
    assert scores[-1].number == LONG_BLOCKS


def test_scores_are_the_blocks_own(told, index):
    with index.reading() as reader:
        scores = reader.scores(100)
    views = [block_view(told, number) for number in range(1, 5)]
    assert scores == [
        Score(v.number, v.points, v.previous_points, v.judged_samples, v.quiet) for v in views
    ]


def test_the_gas_of_a_round_is_shown_by_function_the_dearest_first(client, index):
    with index.reading() as reader:
        used = reader.gas_of(3)
    assert [one.gas for one in used] == sorted((one.gas for one in used), reverse=True)
    assert sum(one.transactions for one in used) == 40
    total = f"{sum(one.gas for one in used):,}"
    for place in ("/round/3", "/block/2"):
        text = client.get(place).text
        assert "<code>DataRegistry.share</code>" in text
        assert ("of round 3: " + total in text) == (place == "/round/3")
    assert "Gas in millions, by round" in client.get("/").text


def test_gas_that_cannot_be_read_is_said_where_it_would_stand(index):
    client = client_of(index, News(gas_problem="<b>pruned</b>"))
    for place in ("/", "/round/3", "/block/3"):
        assert "Gas cannot be read: &lt;b&gt;pruned" in client.get(place).text
    assert "Gas cannot" not in client.get("/accounts").text


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (93.41, 97.33, "93 94 95 96 97 98"),
        (0.0, 6.863, "0 2 4 6 8"),
        (99.52, 99.71, "99.50 99.55 99.60 99.65 99.70 99.75"),
        (75.0, 75.0, "74.0 74.2 74.4 74.6 74.8 75.0"),
        (0.0, 0.0, "0.0 0.2 0.4 0.6 0.8 1.0"),
        (0.0, 100.0, "0 20 40 60 80 100"),
        (-3.0, 1_041.0, "-500 0 500 1000 1500"),
    ],
)
def test_a_chart_has_lines_at_round_values_around_its_own(low, high, expected):
    text = line_chart("x", [1, 2], [Line("x", "now", [low, high])])
    ticks = re.findall(r'text-anchor="end">([^<]*)<', text)
    assert " ".join(ticks) == expected
    assert float(ticks[0]) <= low <= high <= float(ticks[-1])


@pytest.mark.parametrize(
    ("last", "expected"),
    [(4, [3, 4]), (6, [3, 4, 5, 6]), (12, [3, 5, 7, 9, 11]), (1_002, list(range(3, 1_003, 125)))],
)
def test_a_chart_has_numbers_at_equal_distances_below(last, expected):
    places = range(3, last + 1)
    text = line_chart("x", places, [Line("x", "now", [float(place) for place in places])])
    assert [int(n) for n in re.findall(r'"middle">([0-9]+)<', text)] == expected


def test_charts_of_little_are_words(told):
    assert "nothing to draw yet" in line_chart("<b>", [1], [])
    assert "&lt;b&gt;" in line_chart("<b>", [1], [])
    assert phase_chart({"phases": [], "open_height": 1, "number": 1}, 5) == ""
