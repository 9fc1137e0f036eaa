"""The dashboard as a web application: pages from the index, and word of what is new."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from offchain.chronicle import words
from offchain.chronicle.denials import VOID_REASONS
from offchain.dashboard.charts import accuracy_chart, course_chart, gas_chart, phase_chart
from offchain.dashboard.following import News
from offchain.dashboard.index import Form, Index, Reader
from offchain.protocol.words.status import Phase, VoidReason

FOLDER: Final = Path(__file__).parent
HOSTS: Final = ("127.0.0.1", "localhost", "[::1]")
"""Names that the page is asked by: another one is another site's, tried on this machine."""

BLOCKS_ON_FIRST_PAGE: Final = 15
BLOCKS_ON_A_PAGE: Final = 100
POINTS_IN_A_CHART: Final = 400
ROUNDS_IN_A_CHART: Final = 200
WAIT_SECONDS: Final = 0.5
STILL_THERE_SECONDS: Final = 15.0
"""After so long without news a line is sent, so that a reader who is gone is noticed."""

LARGEST: Final = 2**32 - 1

FINAL: Final = (Phase.FINAL.name.lower(), Phase.VOID.name.lower())
"""Phases of rounds that are over."""

HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; "
    "connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
"""Nothing is loaded from elsewhere, nothing is told to anybody."""


class Pages:
    """Makes pages from an index.

    Args:
        index: is read.
        news: what its writer says.
        stopped: ends streams of news.
    """

    def __init__(self, index: Index, news: News, stopped: threading.Event) -> None:
        self._index = index
        self._news = news
        self._stopped = stopped
        self._templates = Environment(
            loader=FileSystemLoader(FOLDER / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters |= {
            "tokens": words.tokens,
            "time": words.clock_time,
            "short": words.short,
            "yes": words.yes,
        }
        self._templates.globals |= {"percent": words.percent, "ago": words.ago}

    def app(self) -> Starlette:
        """The application."""
        return Starlette(
            routes=[
                Route("/", self.home),
                Route("/blocks", self.blocks),
                Route("/block/{number:int}", self.block),
                Route("/round/{number:int}", self.round),
                Route("/round/{number:int}/model/{place:int}", self.model),
                Route("/round/{number:int}/data/{place:int}", self.data),
                Route("/accounts", self.accounts),
                Route("/account/{account}", self.account),
                Route("/events", self.events),
                Mount("/static", StaticFiles(directory=FOLDER / "static")),
            ],
            middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=list(HOSTS))],
            exception_handlers={HTTPException: self.refused},
        )

    async def home(self, _: Request) -> Response:
        """Head, accuracy, the round that competes, the newest blocks."""
        with self._index.reading() as reader:
            head = reader.head()
            last = reader.last_round()
            competing = reader.round(last - 1) if last > 1 else None
            # What still goes on has not used all its gas yet: it would look like a fall.
            over = last - 2 if competing is None or competing["phase"] not in FINAL else last - 1
            return self._page(
                reader,
                "home.html",
                head=reader.block(head),
                blocks=reader.newest_blocks(LARGEST, BLOCKS_ON_FIRST_PAGE),
                chart=accuracy_chart(reader.scores(POINTS_IN_A_CHART)),
                gas_chart=gas_chart(reader.gas_by_round(max(1, over - ROUNDS_IN_A_CHART), over)),
                competing=competing,
                collecting=reader.round(last),
                phases=self._phases(reader, competing),
                data=reader.data_of(last - 1) if last > 1 else [],
                accounts=reader.accounts(),
            )

    async def blocks(self, request: Request) -> Response:
        """Blocks, newest first, from one on."""
        text = request.query_params.get("below", "")
        below = int(text) if text.isascii() and text.isdecimal() and len(text) < 11 else LARGEST
        with self._index.reading() as reader:
            found = reader.newest_blocks(below, BLOCKS_ON_A_PAGE)
            return self._page(reader, "blocks.html", blocks=found)

    async def block(self, request: Request) -> Response:
        """One block."""
        with self._index.reading() as reader:
            found = self._found(reader.block(self._number(request, "number")), "block")
            made = self._found(reader.round(found["round"]), "round")
            head = reader.head()
            gas = reader.gas_of(made["number"])
            return self._page(reader, "block.html", block=found, round=made, head=head, gas=gas)

    async def round(self, request: Request) -> Response:
        """One round."""
        number = self._number(request, "number")
        with self._index.reading() as reader:
            found = self._found(reader.round(number), "round")
            return self._page(
                reader,
                "round.html",
                round=found,
                data=reader.data_of(number),
                gas=reader.gas_of(number),
                phases=self._phases(reader, found),
                last=reader.last_round(),
            )

    async def model(self, request: Request) -> Response:
        """One model of a round, by its order of commitment."""
        order = self._number(request, "place")
        with self._index.reading() as reader:
            found = self._found(reader.round(self._number(request, "number")), "round")
            models = [model for model in found["models"] if model["order"] == order]
            model = self._found(models[0] if models else None, "model")
            return self._page(reader, "model.html", round=found, model=model)

    async def data(self, request: Request) -> Response:
        """One data transaction of a round."""
        number, place = self._number(request, "number"), self._number(request, "place")
        with self._index.reading() as reader:
            datum = self._found(reader.datum(number, place), "data transaction")
            found = self._found(reader.round(number), "round")
            return self._page(reader, "data.html", data=datum, round=found)

    async def accounts(self, _: Request) -> Response:
        """All accounts."""
        with self._index.reading() as reader:
            return self._page(reader, "accounts.html", accounts=reader.accounts())

    async def account(self, request: Request) -> Response:
        """One account."""
        with self._index.reading() as reader:
            found = self._found(reader.account(request.path_params["account"]), "account")
            course = reader.course(found["account"], ROUNDS_IN_A_CHART)
            return self._page(
                reader,
                "account.html",
                account=found,
                heat=course_chart(course, "Heat by round", heat=True),
                earned=course_chart(course, "Tokens earned by round", heat=False),
                course=course[-20:],
            )

    async def events(self, _: Request) -> Response:
        """A server-sent event for every change (WHATWG HTML, 9.2)."""
        return StreamingResponse(
            self._stream(), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
        )

    async def _stream(self) -> AsyncIterator[str]:
        told, quiet = self._news.version, 0.0
        yield "retry: 2000\n\n"
        while not self._stopped.is_set():
            await asyncio.sleep(WAIT_SECONDS)
            quiet += WAIT_SECONDS
            if self._news.version != told:
                told, quiet = self._news.version, 0.0
                yield f"event: changed\ndata: {told}\n\n"
            elif quiet >= STILL_THERE_SECONDS:
                quiet = 0.0
                yield ": still there\n\n"

    async def refused(self, _: Request, error: Exception) -> Response:
        """A page for what is not there."""
        assert isinstance(error, HTTPException)  # noqa: S101
        with self._index.reading() as reader:
            return self._page(reader, "refused.html", status=error.status_code, reason=error.detail)

    def _page(self, reader: Reader, template: str, status: int = 200, **values: Any) -> Response:
        text = self._templates.get_template(template).render(
            now=reader.fact("now"),
            timestamp=reader.fact("timestamp") or 0,
            best_height=reader.fact("best_height"),
            points=reader.fact("points") or 1,
            problem=self._news.problem,
            gas_problem=self._news.gas_problem,
            progress=self._news.progress,
            voids={reason.name.lower(): text for reason, text in VOID_REASONS.items()},
            phase_words={phase.name.lower(): text for phase, text in words.PHASES.items()},
            no_void=VoidReason.NONE.name.lower(),
            final=FINAL,
            status=status,
            **values,
        )
        return HTMLResponse(text, status, HEADERS)

    def _phases(self, reader: Reader, found: Form | None) -> object:
        now = reader.fact("now")
        if found is None or now is None:
            return ""
        return phase_chart(found, now["collection"]["tip"])

    @staticmethod
    def _number(request: Request, name: str) -> int:
        number: int = request.path_params[name]
        if number > LARGEST:
            raise HTTPException(404, f"there is no number {name} so large")
        return number

    @staticmethod
    def _found(form: Form | None, what: str) -> Form:
        if form is None:
            raise HTTPException(404, f"there is no such {what}")
        return form
