"""The relayer's words: those of its document, each with a status that refuses."""

import re
from pathlib import Path

from offchain.refusals import OtherCode, RefusalCode, code_of, revert_code

ROOT = Path(__file__).parents[1]


def test_the_documents_table_is_the_enum():
    text = (ROOT / "docs" / "Relayer.md").read_text()
    rows = re.findall(r"^\| `([a-z-]+)` \| (\d{3}) \| (.+) \|$", text, flags=re.MULTILINE)
    assert rows == [(code.value, str(code.status), code.meaning) for code in RefusalCode]


def test_every_code_says_that_a_request_failed():
    assert all(400 <= code.status < 600 for code in RefusalCode)


def test_every_code_is_said_by_the_relayer():
    product = "".join(
        file.read_text() for file in (ROOT / "offchain" / "node" / "relayer").glob("*.py")
    )
    assert [code for code in RefusalCode if f"RefusalCode.{code.name}" not in product] == [
        RefusalCode.REVERTED
    ]
    assert revert_code("") is RefusalCode.REVERTED


def test_a_word_that_is_no_code_stays_what_it_is():
    assert code_of("round") is RefusalCode.ROUND
    assert type(code_of("ROUND")) is OtherCode
    assert revert_code("WrongSigner") == "WrongSigner"
