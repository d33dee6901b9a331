"""What lost: the candidates that the profile writer notes, and the refused values that the mapper sends for them."""

import json
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.mapper.outcome import MAX_REJECTED_VALUES_BYTES
from services.mapper.plan import Plan
from services.profile_writer.fold import Held, Profile, Update, apply_all
from services.profile_writer.history import MOST, History, Lost, refusals
from shared.contract import stamps
from shared.contract.codes import Code
from shared.contract.definitions import ObservedAtRule, OnInvalid, Revision
from shared.contract.messages import MAX_FRAME_BYTES, MappedBatch, RejectedValue, decode_mapped, encode_mapped
from tests.unit.given_mapping import RECEIVED_AT, number, raw_batch, revision, string

RECEIPT = b"r" * 22
WRITTEN_AT = stamps.instant(RECEIVED_AT + 7)
RULES = revision(string("department", 11), number("seats", 12))


def update(at: int, **values: object) -> Update:
    """Values of attributes (named `a1`, `a2`) of one time, from RECEIVED_AT on."""
    stamp = stamps.stamp(RECEIVED_AT + at, RECEIVED_AT + at, RECEIPT, 0)
    return Update(0, stamp, msgspec.json.encode({name[1:]: value for name, value in values.items()}))


def written(writes: Sequence[Sequence[Update]], erased_at: int | None = None) -> tuple[Profile, History]:
    """A profile and its history after these writes; what was observed up to `erased_at` is erased."""
    profile, history = Profile(), History(None)
    erased = None if erased_at is None else stamps.instant(RECEIVED_AT + erased_at)
    for updates in writes:
        history = History(history.encode())
        history.apply(profile, updates, erased, WRITTEN_AT)
        apply_all(profile, updates, erased, WRITTEN_AT)
    return profile, history


def values(history: History, attribute: int = 1) -> list[Any]:
    """The candidates' values."""
    key = str(attribute)
    return [json.loads(bytes(each.values[key])) for each in stored(history) if key in each.values]


def stored(history: History) -> list[Lost]:
    return msgspec.json.decode(history.encode(), type=list[Lost])


def test_what_was_replaced_is_kept_the_latest_first() -> None:
    # when
    _, history = written([[update(at, a1=f"v{at}")] for at in range(3)])
    # then
    assert values(history) == ["v1", "v0"]


def test_what_comes_late_is_kept_and_so_is_what_lost_within_one_write() -> None:
    # when
    _, history = written([[update(5, a1="newest")], [update(3, a1="late"), update(4, a1="later")]])
    # then
    assert values(history) == ["later", "late"]
    # and its mark is its own stamp, and when it was written
    [later, _] = stored(history)
    assert later == Lost((update(4).stamp + WRITTEN_AT).hex(), None, {"1": msgspec.Raw(b'"later"')})


def test_five_candidates_an_attribute_are_kept() -> None:
    # when
    _, history = written([[update(at, a1=at, a2=0)] for at in range(9)])
    # then
    assert values(history) == [7, 6, 5, 4, 3]
    assert len(values(history, 2)) == MOST


def test_what_is_delivered_again_is_noted_once() -> None:
    # given
    writes = [[update(1, a1="old", a2=None)], [update(2, a1="new")], [update(0, a1="late")]]
    _, once = written(writes)
    # when
    _, again = written([*writes, *writes, writes[0] + writes[2]])
    # then
    assert again.encode() == once.encode()
    assert not again.changed


def test_a_clear_wins_and_loses_like_a_value() -> None:
    # when
    _, history = written([[update(0, a1="value")], [update(1, a1=None)], [update(2, a1="value again")]])
    # then
    assert values(history) == [None, "value"]


def test_what_was_observed_before_an_erasure_is_no_candidate() -> None:
    # when
    _, history = written([[update(4, a1="held")], [update(3, a1="at"), update(2, a1="before")]], erased_at=3)
    history.refuse(
        "1", Held(msgspec.Raw(b'"x"'), update(3).stamp, WRITTEN_AT), Code.TOO_LONG, stamps.instant(RECEIVED_AT + 3)
    )
    # then
    assert stored(history) == []


def test_nothing_lost_changes_nothing() -> None:
    # when
    _, history = written([[update(0, a1="a")], [update(1, a2="b")]])
    # then
    assert not history.changed
    assert stored(history) == []


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 2)), max_size=12), st.data())
def test_each_value_that_came_is_held_or_a_candidate(came: list[tuple[int, int]], data: st.DataObject) -> None:
    # given at most six values an attribute, in any order, repeated, cut into any writes
    writes: list[list[Update]] = [[]]
    for at, attribute in came:
        if data.draw(st.booleans()):
            writes.append([])
        writes[-1].append(update(at, **{f"a{attribute}": at}))
    # when
    profile, history = written(writes)
    # then
    for attribute in (1, 2):
        held = [json.loads(bytes(each.value)) for key, each in profile.held.items() if key == str(attribute)]
        assert sorted([*held, *values(history, attribute)]) == sorted({at for at, of in came if of == attribute})


def refuse(*sent: bytes) -> MappedBatch:
    """A batch of which these values were refused, as JSON that was sent."""
    refused = [
        RejectedValue(place, RECEIVED_AT, "ann", 12, value, Code.INVALID_NUMBER) for place, value in enumerate(sent)
    ]
    return MappedBatch(
        receipt=RECEIPT,
        integration=1,
        revision=1,
        received_at=RECEIVED_AT,
        request_id="r",
        environment=3,
        rejected_values=refused,
    )


# JSON that jsonb does not take, or that would end a line.
STRANGE = [rb'"nul\u0000"', rb'"half\ud800"', b"1e999999", b'{"a":\n[1,\r\n2]}', b"[[[]]]", '"\u2028ä"'.encode()]


@pytest.mark.parametrize("sent", STRANGE, ids=repr)
def test_a_refused_value_is_noted_as_the_text_that_was_sent(sent: bytes) -> None:
    # when
    [(key, [(attribute, value, code)])] = refusals([refuse(sent)], WRITTEN_AT).items()
    # then
    assert (key, attribute, code) == ((3, "ann"), "12", Code.INVALID_NUMBER)
    assert json.loads(bytes(value.value)) == sent.decode()
    assert b"\n" not in bytes(value.value)
    assert stamps.parse(value.stamp).observed_at == RECEIVED_AT


def test_a_refused_value_that_was_too_long_is_noted_without_it() -> None:
    # when
    [[(_, value, _)]] = refusals([refuse(b"")], WRITTEN_AT).values()
    # then
    assert bytes(value.value) == b"null"


def test_the_mapper_sends_refused_values_only_where_a_history_is_kept() -> None:
    # given
    batch = raw_batch(b'[{"userId": "ann", "seats": "many", "department": {"a":1}}, {"seats": "x"}]')
    # when
    without, with_history = Plan(RULES).map(batch), Plan(RULES).map(batch, history=True)
    # then
    assert with_history.rejected_values == [
        RejectedValue(0, RECEIVED_AT, "ann", 11, b'{"a":1}', Code.WRONG_TYPE),
        RejectedValue(0, RECEIVED_AT, "ann", 12, b'"many"', Code.INVALID_NUMBER),
    ]
    # and that is the only difference
    assert without.rejected_values is msgspec.UNSET
    assert msgspec.structs.replace(with_history, rejected_values=msgspec.UNSET) == without
    assert b"rejected_values" not in encode_mapped([without])
    assert decode_mapped(encode_mapped([with_history])) == [with_history]


def test_a_place_with_a_history_is_known_though_nothing_was_refused() -> None:
    assert Plan(RULES).map(raw_batch([{"userId": "ann", "seats": 1}]), history=True).rejected_values == []


def test_a_value_that_sinks_its_record_is_sent_too() -> None:
    # given
    rules = revision(number("seats", 12), on_invalid=OnInvalid.REJECT_RECORD)
    # when
    mapped = Plan(rules).map(raw_batch([{"userId": "ann", "seats": "many"}]), history=True)
    # then
    assert (mapped.rows, mapped.rejected) == ([], 1)
    assert mapped.rejected_values == [RejectedValue(0, RECEIVED_AT, "ann", 12, b'"many"', Code.INVALID_NUMBER)]


def test_refused_values_are_bounded_each_and_together() -> None:
    # given long values, and more of them than a batch sends
    longest, too_long = "x" * 254, "x" * 255
    records = [{"userId": f"{place:0512}", "seats": too_long if place % 2 else longest} for place in range(1000)]
    # when
    mapped = Plan(RULES).map(raw_batch(records), history=True)
    # then
    assert isinstance(mapped.rejected_values, list)
    assert {len(each.value) for each in mapped.rejected_values} == {256, 0}
    size = sum(len(each.value) + len(each.user_id) for each in mapped.rejected_values)
    assert MAX_REJECTED_VALUES_BYTES // 2 < size < MAX_REJECTED_VALUES_BYTES + 1024
    assert len(encode_mapped([mapped])) < MAX_FRAME_BYTES


OBSERVED = 1_000_000
RULES_WITH_TIME = revision(number("seats", 12), observed_at=ObservedAtRule(property="at", date_format="epoch_s"))


@pytest.mark.parametrize(
    ("rules", "record", "observed"),
    [
        (RULES_WITH_TIME, b'{"userId": "ann", "seats": "many", "at": 1}', {0: OBSERVED}),
        (RULES_WITH_TIME, b'{"userId": "ann", "seats": "many"}', {0: RECEIVED_AT}),
        (RULES_WITH_TIME, b'{"userId": "ann", "at": 1, "x": "\\ud800"}', {0: OBSERVED}),
        (RULES_WITH_TIME, b'{"userId": "ann", "at": 1, "x": "%s"}' % (b"x" * 40_000), {0: OBSERVED}),
        (RULES_WITH_TIME, b'{"userId": "ann", "at": "soon"}', msgspec.UNSET),
        (RULES_WITH_TIME, b'{"userId": "ann", "at": 1, "seats": 2}', msgspec.UNSET),
        (RULES, b'{"userId": "ann", "seats": "many", "at": 1}', msgspec.UNSET),
    ],
    ids=["own", "none", "surrogate", "large", "unreadable", "not_kept", "no_rule"],
)
def test_a_kept_record_says_when_it_was_observed(rules: Revision, record: bytes, observed: object) -> None:
    assert Plan(rules).map(raw_batch(b"[%b]" % record)).rejected_observed_at == observed
