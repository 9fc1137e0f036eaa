"""Disputes on small tables at random: a few of the plays of scripts/dispute_fuzz."""

from scripts.dispute_fuzz import play

PLAYS = 600


def test_no_true_statement_falls_and_no_lie_stands_whatever_the_others_do() -> None:
    tally = play(0, PLAYS)
    assert tally.plays == PLAYS
    assert tally.truth_fell == {}
    assert tally.lie_stands == []
    assert set(tally.reasons) == {"SILENCE", "POINTS", "FORM"}
    # Attacks went far enough to be refused for what they were.
    assert {"NotThePoints", "NotTheRow", "NotRefuted", "NotTheWord", "NotTheSample"} <= {*tally.met}
    assert min(tally.met[name] for name in ("AnswerRow", "AnswerCell", "Prove")) > 100
