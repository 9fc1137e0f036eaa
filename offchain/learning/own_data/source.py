"""The data that a node shares of its own: some in every round, each sample once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import structlog

from offchain.errors import DataError
from offchain.learning.own_data.found import DataFile, Refusal
from offchain.learning.own_data.identity import rank_of
from offchain.learning.own_data.ledger import Ledger, Listed
from offchain.learning.own_data.own_data import Accepted, OwnData
from offchain.learning.own_data.prepared import Prepared
from offchain.learning.own_data.report import Report
from offchain.ports import DataSource

log = structlog.get_logger()

LOOK_SECONDS: Final = 30.0
"""Pause between two looks for new files, where too few samples wait for a round."""

ATTEMPTS: Final = 5
"""Draws of one round in which files may turn out to have changed since they were listed."""

TOLD_REFUSALS: Final = 10


class TooFewSamplesError(DataError):
    """Less waits than a round takes; it stays until there is more."""

    def __init__(self, waiting: int, needed: int) -> None:
        super().__init__(
            f"{waiting} samples wait, a round takes {needed}: they wait until there are more files"
        )
        self.waiting = waiting
        self.needed = needed


class OwnDataSource(DataSource):
    """Payloads of own data, by a ledger of what was drawn.

    Which samples a round gets is drawn by a secret, so that neither the order of files nor their
    names tell anything. What too few are left for waits. What was drawn for a round waits again
    where the round passed without its keys being given out: nobody has seen it.

    Attributes:
        is_finished: whether less waits than a round takes, and all that was drawn has passed with
            its round: a node that only shares has no more to do.

    Args:
        data: the files.
        ledger: of this node on this deployment.
        encode: makes a payload of the kind's arrays.
        samples_per_part: of the deployment.
        secret: decides the order of the samples.
        clock: seconds.
    """

    def __init__(
        self,
        data: OwnData,
        ledger: Ledger,
        encode: Callable[[Any], bytes],
        samples_per_part: int,
        secret: bytes,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._data = data
        self._ledger = ledger
        self._encode = encode
        self._samples_per_part = samples_per_part
        self._secret = secret
        self._clock = clock
        self._waiting: int | None = None
        self._looked_at = float("-inf")
        self._told: tuple[int, int] | None = None
        self._round, self._is_drawn = -1, False
        self.is_finished = False

    # ---- looking at files --------------------------------------------------------------------

    def scan(self) -> Report:
        """Look at every sample of every file and list what may be shared.

        Raises:
            DataError: there is no data, or none of a known layout.
        """
        return self._scan(only_new=False)

    def _scan(self, *, only_new: bool) -> Report:
        report = Report(observer=self._data.preparation.observer())
        with self._ledger.together():
            paths = []
            for file in self._data.files():
                if isinstance(file, Refusal):
                    report.refuse(file)
                    continue
                path = _known_as(file)
                paths.append(path)
                self._list(file, path, report, only_new=only_new)
            self._ledger.forget_others(paths)
        self._looked_at = self._clock()
        self._waiting = None
        return report

    def _list(self, file: DataFile, path: str, report: Report, *, only_new: bool) -> None:
        """List a file, and count what it holds."""
        try:
            fingerprint = file.fingerprint()
        except DataError as error:
            report.refuse(Refusal(file.name, str(error).removeprefix(f"{file.name} ")))
            return
        if only_new and self._ledger.knows(path, fingerprint):
            return
        self._ledger.list_file(path, fingerprint, self._listed(file, report))

    def _listed(self, file: DataFile, report: Report) -> Iterator[tuple[bytes, int, int]]:
        for result in self._data.read(file):
            if isinstance(result, Refusal):
                report.refuse(result)
                continue
            report.accept(result.sample)
            yield result.id, result.place, rank_of(result.id, self._secret)

    def _look_for_new(self) -> None:
        """List what is new or has changed; what is refused now is logged and left out."""
        try:
            report = self._scan(only_new=True)
        except DataError as error:
            log.warning("own data cannot be looked at", reason=str(error))
            self._looked_at = self._clock()
            return
        if report.accepted:
            log.info("new samples of one's own", samples=report.accepted)
        for refusal in report.refusals[:TOLD_REFUSALS]:
            log.warning("not shared", what=str(refusal))
        if report.refused > TOLD_REFUSALS:
            log.warning("not shared", further=report.refused - TOLD_REFUSALS)

    # ---- what waits --------------------------------------------------------------------------

    @property
    def waiting(self) -> int:
        """How many samples wait to be shared."""
        if self._waiting is None:
            self._waiting = self._ledger.counts().waiting
        return self._waiting

    def has(self, round_number: int, parts: int) -> bool:
        """Whether there is enough for a round; looks for new files now and then."""
        if round_number != self._round:
            # What is asked again and again is asked of the file once a round.
            self._round = round_number
            self._is_drawn = self._ledger.is_known(round_number)
            if not self._is_drawn:
                self._take_back(round_number)
        if self._is_drawn:
            return self._ledger.keeps_payloads(round_number)
        needed = parts * self._samples_per_part
        if self.waiting < needed and self._clock() >= self._looked_at + LOOK_SECONDS:
            self._look_for_new()
        if self.waiting < needed and self._told != (self.waiting, needed):
            self._told = self.waiting, needed
            log.info("too few samples of one's own wait", waiting=self.waiting, needed=needed)
        has_enough = self.waiting >= needed
        # The round before still competes: it needs the keys of its test parts.
        self.is_finished = not has_enough and self._ledger.last_round() < round_number - 1
        return has_enough

    def _take_back(self, round_number: int) -> None:
        """Let wait again what was drawn for rounds whose keys can be given out no more.

        While a round collects, the one before it competes and may still be opened.
        """
        returned = self._ledger.take_back(round_number - 1)
        if returned:
            log.info("samples of rounds that passed without them wait again", samples=returned)
        self._waiting = None

    # ---- drawing -----------------------------------------------------------------------------

    def draw(self, round_number: int, parts: int) -> list[bytes]:
        """Return a round's payloads: once drawn, the same ones again.

        Raises:
            TooFewSamplesError: less waits than the round takes.
            DataError: what was drawn for the round is no longer kept, or files change all the time.
        """
        if self._ledger.is_known(round_number):
            kept = self._ledger.payloads(round_number)
            if len(kept) != parts:
                raise DataError(
                    f"round {round_number} was given data before: {len(kept)} of {parts} payloads "
                    "are kept, it is not given others"
                )
            return kept
        self._take_back(round_number)
        self._look_for_new()
        needed = parts * self._samples_per_part
        for _ in range(ATTEMPTS):
            chosen = self._ledger.first_waiting(needed)
            if len(chosen) < needed:
                raise TooFewSamplesError(len(chosen), needed)
            samples = self._read(chosen)
            if len(samples) == needed:
                return self._keep(round_number, parts, samples)
        raise DataError(
            f"files under {self._data.path} change while they are read: nothing is shared until "
            "they stay as they are"
        )

    def _keep(self, round_number: int, parts: int, samples: dict[bytes, Prepared]) -> list[bytes]:
        each, drawn = self._samples_per_part, list(samples.values())
        gather = self._data.preparation.gather
        payloads = [
            self._encode(gather(drawn[part * each : (part + 1) * each])) for part in range(parts)
        ]
        self._ledger.keep_draw(round_number, list(samples), payloads)
        self._waiting, self._round = None, -1
        return payloads

    def _read(self, chosen: Sequence[Listed]) -> dict[bytes, Prepared]:
        """Return chosen samples in their order.

        A file that holds other ones now, or is gone, is listed anew, and less is returned.
        """
        wanted: dict[str, dict[int, bytes]] = {}
        for listed in chosen:
            wanted.setdefault(listed.file, {})[listed.place] = listed.id
        files = {
            _known_as(file): file
            for file in self._data.files()
            if not isinstance(file, Refusal) and _known_as(file) in wanted
        }
        found: dict[bytes, Prepared] = {}
        for path, places in wanted.items():
            file = files.get(path)
            before = len(found)
            if file is not None:
                found |= self._samples_at(file, places)
            if len(found) - before < len(places):
                self._list_anew(path, file)
        return {listed.id: found[listed.id] for listed in chosen if listed.id in found}

    def _samples_at(self, file: DataFile, places: dict[int, bytes]) -> dict[bytes, Prepared]:
        found: dict[bytes, Prepared] = {}
        last = max(places)
        for result in self._data.read(file, places):
            if isinstance(result, Accepted):
                if places.get(result.place) == result.id:
                    found[result.id] = result.sample
                if result.place >= last:
                    break
        return found

    def _list_anew(self, path: str, file: DataFile | None) -> None:
        self._ledger.forget_file(path)
        self._waiting = None
        if file is not None:
            self._list(file, path, Report(), only_new=False)

    # ---- given out ---------------------------------------------------------------------------

    def give_out(self, round_number: int) -> None:
        """Remember that a round's samples are shared for good: their keys are about to go out."""
        self._ledger.give_out(round_number)


class DrawnBefore(DataSource):
    """What an earlier run drew of own data, for a node that goes on without them.

    Data of that run that are signed already are handed over, and their keys given out: the ledger
    must learn that too, or a later run would share the same samples again.

    Args:
        source: what the node shares now; None: nothing.
        ledger: of the earlier run.
    """

    def __init__(self, source: DataSource | None, ledger: Ledger) -> None:
        self._source = source
        self._ledger = ledger

    def has(self, round_number: int, parts: int) -> bool:
        """See `DataSource`."""
        return self._source is not None and self._source.has(round_number, parts)

    def draw(self, round_number: int, parts: int) -> list[bytes]:
        """See `DataSource`."""
        if self._source is None:
            raise DataError(f"there are no data to share in round {round_number}")
        return self._source.draw(round_number, parts)

    def give_out(self, round_number: int) -> None:
        """See `DataSource`."""
        self._ledger.give_out(round_number)
        if self._source is not None:
            self._source.give_out(round_number)


def _known_as(file: DataFile) -> str:
    """Return what the ledger calls a file: its path, bytes that are no text escaped."""
    path = str(file.path.absolute()).replace("\\", "\\\\")
    return path.encode("utf-8", "backslashreplace").decode()


def ledger_file(journal: Path) -> Path:
    """Where a node's ledger is: beside its journal, one for every chain, deployment and account."""
    return journal.with_suffix(".data.sqlite")
