"""A headless Chromium, driven by its DevTools protocol, which ends with the test."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from websockets.sync.client import ClientConnection, connect

from tests.support.waiting import PATIENCE_SECONDS

NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
_LISTENS: Final = re.compile(r"DevTools listening on ws://[^:]+:(\d+)/")


def find_browser() -> str | None:
    """A Chromium on this machine."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


class Tab:
    """A tab of the browser."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._number = 0

    def call(self, method: str, **parameters: object) -> dict[str, Any]:
        """Call the protocol (https://chromedevtools.github.io/devtools-protocol/)."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        self._connection.send(json.dumps(message))
        while True:
            answer = json.loads(self._connection.recv(timeout=PATIENCE_SECONDS))
            if answer.get("id") == self._number:
                return answer["result"]

    def evaluate(self, expression: str) -> Any:
        """The value of an expression on the page; a promise's once it is there."""
        answer = self.call(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def load(self, address: str) -> None:
        """Load a page, and wait until it is there."""
        self.call("Page.navigate", url=address)
        self.wait(f"document.readyState === 'complete' && location.href === {json.dumps(address)}")

    def wait(self, condition: str) -> None:
        """Wait until an expression is true."""
        end = time.monotonic() + PATIENCE_SECONDS
        while not self.evaluate(condition):
            assert time.monotonic() < end, condition
            time.sleep(0.05)


@contextmanager
def opened_tab(browser: str) -> Iterator[Tab]:
    """A tab of a browser of its own."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [browser, "--headless", "--disable-gpu", "--hide-scrollbars"]
        command += ["--remote-debugging-port=0", f"--user-data-dir={profile}"]
        if os.getuid() == 0:
            command.append("--no-sandbox")
        with subprocess.Popen(
            [*command, "about:blank"], stderr=subprocess.PIPE, text=True
        ) as process:
            try:
                port = _port(process)
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/json") as answer:
                    tabs = json.load(answer)
                address = next(tab for tab in tabs if tab["type"] == "page")
                with connect(address["webSocketDebuggerUrl"], max_size=None) as connection:
                    tab = Tab(connection)
                    tab.call("Page.enable")
                    yield tab
            finally:
                process.kill()


def _port(process: subprocess.Popen[str]) -> int:
    assert process.stderr is not None
    for line in process.stderr:
        if found := _LISTENS.search(line):
            return int(found[1])
    raise AssertionError("the browser ended")
