"""False statements about a small round: in points, in the numbers behind a row, or by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from offchain.protocol.rules import answers, judging
from offchain.protocol.rules.bindings import Behind, points_root
from offchain.protocol.rules.statements import SampleCounts
from offchain.protocol.words.status import ZERO_HASH
from offchain.protocol.words.transactions import Row
from scripts.support.disputes.small_round import DOMAIN, ROUND, Shown, SmallRound


class SmallLies(SmallRound):
    """A small round about which somebody lies."""

    def _lie(self) -> Shown:
        """A statement that is not the true one and can be opened."""
        makers = [
            self._other_points,
            self._other_points,
            self._other_behind,
            self._other_verdict,
            self._by_hand,
        ]
        while True:
            shown = self.truth
            for _ in range(self.dice.choice([1, 1, 2])):
                shown = self.dice.choice(makers)(shown)
            if shown.rows != self.truth.rows and self._can_be_opened(shown.rows):
                return shown

    def _can_be_opened(self, rows: Sequence[Row]) -> bool:
        is_zero = all(
            row == replace(row, middle=0, net=0, spread=0, repeats=0)
            for row in rows
            if row.hash == ZERO_HASH
        )
        return is_zero and (rows[0].hash != ZERO_HASH) == self.has_best

    def _other_points(self, shown: Shown) -> Shown:
        """Points that nobody earned, with all that follows from them."""
        dice = self.dice
        row = dice.randrange(0 if self.has_best else 1, len(shown.rows))
        points = list(shown.points)
        known = points[row]
        if known is None or (row and dice.random() < 0.15):
            made_up = [dice.randint(0, 8) for _ in range(self.places * self.samples)]
            points[row] = np.array(made_up, np.uint8) if known is None else None
        elif dice.random() < 0.3:
            points[row] = np.minimum(known + dice.randint(1, 3), 255).astype(np.uint8)
        else:
            changed = np.array(known)
            one, other = dice.randrange(len(known)), dice.randrange(len(known))
            if dice.random() < 0.5:
                changed[one], changed[other] = known[other], known[one]
            else:
                changed[one] = dice.randint(0, 9)
            points[row] = changed
        return self._tabulated(points)

    def _other_behind(self, shown: Shown) -> Shown:
        """Numbers behind a row that no points make, with a row that fits them."""
        row = self.dice.randrange(len(shown.rows))
        if not shown.behind[row].places:
            return shown
        behind = list(shown.behind)
        behind[row] = self._spoiled_behind(behind[row])
        sums = answers.row_sums(behind[row], behind[0], judging.trimmed(self.places))
        hashed = behind[row].hash(DOMAIN, ROUND)
        rows = list(shown.rows)
        rows[row] = Row(hashed, sums.middle, sums.net, sums.spread, rows[row].repeats)
        return replace(shown, rows=tuple(rows), behind=tuple(behind))

    def _other_verdict(self, shown: Shown) -> Shown:
        """A model repeats another voice, or none; all rows bind what follows from that."""
        dice, rows, counts = self.dice, list(shown.rows), SampleCounts(self.places, self.samples)
        changed = dice.randrange(1, len(rows))
        if not self.has_best or not shown.behind[changed].places:
            return shown
        rows[changed] = replace(rows[changed], repeats=dice.choice([0, *shown.compared[changed]]))
        behind, compared = list(shown.behind), list(shown.compared)
        for row, known in enumerate(behind):
            if not known.places:
                continue
            voices = answers.compared_rows(rows, self.orders, self.required, row, has_best=True)
            distances = tuple(self._distances(shown, counts, row, voice) for voice in voices)
            behind[row], compared[row] = replace(known, distances=distances), voices
            rows[row] = replace(rows[row], hash=behind[row].hash(DOMAIN, ROUND))
        return replace(shown, rows=tuple(rows), behind=tuple(behind), compared=tuple(compared))

    def _distances(
        self, shown: Shown, counts: SampleCounts, row: int, voice: int
    ) -> tuple[int, ...]:
        """Of two models, by the points that they are said to have; zeros where one has none."""
        one, other = shown.points[row], shown.points[voice]
        if one is None or other is None:
            return (0,) * self.places
        return counts.squares(one, other)

    def _spoiled_behind(self, behind: Behind) -> Behind:
        dice, number = self.dice, self.dice.randrange(self.places)
        if not behind.places:
            return behind
        if behind.distances and dice.random() < 0.5:
            voice = dice.randrange(len(behind.distances))
            distances = list(behind.distances[voice])
            distances[number] = dice.choice([0, 1, distances[number] + 1, 50])
            every = list(behind.distances)
            every[voice] = tuple(distances)
            return replace(behind, distances=tuple(every))
        place = behind.places[number]
        by = dice.choice([-1, 1, 2])
        change = dice.choice(
            [
                replace(place, points=max(0, place.points + by)),
                replace(place, squares=max(0, place.squares + by)),
                replace(place, root=dice.choice([dice.randbytes(32), ZERO_HASH])),
                replace(place, root=points_root(self._random_points())),
            ]
        )
        places = (*behind.places[:number], change, *behind.places[number + 1 :])
        return replace(behind, places=places)

    def _random_points(self) -> bytes:
        return bytes(self.dice.randint(0, 9) for _ in range(self.samples))

    def _by_hand(self, shown: Shown) -> Shown:
        """A field of a row that nothing is behind."""
        dice, rows = self.dice, list(shown.rows)
        row = dice.randrange(len(rows))
        known = rows[row]
        rows[row] = dice.choice(
            [
                replace(known, middle=known.middle + 1),
                replace(known, net=known.net + dice.choice([-3, 3])),
                replace(known, spread=max(0, known.spread + dice.choice([-2, 2]))),
                replace(known, repeats=dice.randrange(len(rows) + 1)),
                replace(known, hash=dice.randbytes(32)),
            ]
        )
        return replace(shown, rows=tuple(rows))
