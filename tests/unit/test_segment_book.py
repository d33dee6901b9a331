"""The book of segments: read once for each state of the definitions, compiled once a day."""

from datetime import date, timedelta
from typing import Any

from services.profile_api.places import Place
from services.profile_api.segment_book import SegmentBook
from shared.contract.definitions import Attribute, AttributeType, Environment, Segment, Snapshot, System
from shared.runtime.snapshot import Definitions

TODAY = date(2026, 11, 24)
RECENT = {"attribute": "hired", "operator": "in_last", "value": {"count": 2, "unit": "days"}}
NEWER = {"attribute": "hired", "operator": "in_the_year_of", "value": 7}


def place(environment: int = 1, **segments: dict[str, Any]) -> Place:
    """An environment, of two, whose system has one attribute; the segments belong to the first."""
    system = System(id=1, key="crm", name="CRM")
    environments = tuple(Environment(id=number, system=1, key=f"e-{number}", name="E") for number in (1, 2))
    snapshot = Snapshot(
        version=1,
        systems=(system,),
        environments=environments,
        attributes=(Attribute(id=7, system=1, key="hired", name="Hired", type=AttributeType.DATE),),
        segments=tuple(
            Segment(id=number, key=key, name=key, environment=1, condition=condition)
            for number, (key, condition) in enumerate(segments.items(), 1)
        ),
    )
    return Place(Definitions.of(snapshot), system, environments[environment - 1])


def test_a_question_is_of_its_day() -> None:
    # given
    book, here = SegmentBook(), place(recent=RECENT)
    # when
    first, again, later = (book.question(here, TODAY + timedelta(days)) for days in (0, 0, 1))
    # then
    assert first is again
    assert first.arguments == ["2026-11-23", "2026-11-24~"]
    assert later.arguments == ["2026-11-24", "2026-11-25~"]
    assert first.conditions == later.conditions


def test_what_is_not_understood_is_left_out_of_the_question_alone() -> None:
    # given
    book, here = SegmentBook(), place(newer=NEWER, recent=RECENT)
    # when
    question = book.question(here, TODAY)
    # then
    assert [(each.segment.key, each.condition is None) for each in book.of(here)] == [
        ("newer", True),
        ("recent", False),
    ]
    assert [segment.key for segment in question.segments] == ["recent"]
    assert len(question.conditions) == 1


def test_other_definitions_are_read_anew_and_environments_apart() -> None:
    # given
    book, before = SegmentBook(), place(recent=RECENT)
    elsewhere = Place(before.definitions, before.system, before.definitions.environments[2])
    assert [len(book.question(each, TODAY).segments) for each in (before, elsewhere, before)] == [1, 0, 1]
    # when
    after = place(recent=RECENT, more=RECENT)
    # then: also while a request still holds those from before
    assert [len(book.question(each, TODAY).segments) for each in (after, before, after)] == [2, 1, 2]
