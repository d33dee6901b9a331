from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.config_as_code.differences import Difference, Identity, compare, parts
from services.config_as_code.document import Document, IntegrationPart, Part, SegmentPart
from services.config_as_code.reading import MAX_BYTES, InvalidFileError, read, write
from shared.contract.conditions import comparisons
from shared.contract.definitions import AttributeType, OnEmpty, OnInvalid, OnUnknown

FILE = """\
systems:
  - key: crm
    name: CRM
    environments:
      - {key: production, name: Production}
    attributes:
      - key: department
        name: Department
        type: String
      - {key: hired, name: Hired, type: Date}
    integrations:
      - name: Nightly
        environment: production
        state: active
        user_id:
          property: userId
        mappings:
          - property: department
            attribute: department
          - {property: org.hired, attribute: hired, date_format: "%d.%m.%Y"}
"""

PAGE = Path(__file__).parents[2] / "docs" / "config-as-code.md"
AT = "systems[0].integrations[0].observed_at."


def flaws_of(text: str) -> list[tuple[int, str]]:
    with pytest.raises(InvalidFileError) as caught:
        read(text.encode())
    return [(flaw.line, flaw.field) for flaw in caught.value.flaws]


def test_a_file_is_read() -> None:
    # when
    [system] = read(FILE.encode()).document.systems

    # then
    assert (system.key, system.attributes[1].type, system.integrations[0].state) == ("crm", "Date", "active")


@pytest.mark.parametrize(
    ("old", "new", "line", "field"),
    [
        ("type: String", "type: Text", 9, "systems[0].attributes[0].type"),
        ("name: CRM", "name: no", 3, "systems[0].name"),
        ("name: CRM", "name: 12", 3, "systems[0].name"),
        ("name: CRM", "title: CRM", 3, "systems[0].title"),
        ("key: crm", "key: C R M", 2, "systems[0].key"),
        ("environment: production", "environment: qa", 13, "systems[0].integrations[0].environment"),
        ("attribute: department", "attribute: dept", 19, "systems[0].integrations[0].mappings[0].attribute"),
        ('"%d.%m.%Y"', '"%Q"', 20, "systems[0].integrations[0].mappings[1].date_format"),
        ("key: hired, name: Hired", "key: hired, name: Department", 10, "systems[0].attributes[1].name"),
        ("    name: CRM", "    name: CRM\n    name: CRM", 4, "systems[0].name"),
        ("name: CRM", "name: &a CRM", 3, "file"),
        ("name: CRM", "name: [", 5, "file"),
        ("name: CRM", "name: *a", 3, "file"),
        ("name: CRM", "name: !!python/object:os.system x", 3, "systems[0].name"),
        ("name: CRM", "name: 2024-02-30", 3, "systems[0].name"),
        ("name: CRM", "name: 2024-02-29", 3, "systems[0].name"),
        ("name: CRM", 'name: "\\0"', 3, "systems[0].name"),
        ("name: CRM", 'name: "\\ud800"', 3, "systems[0].name"),
        ("name: CRM", 'name: " \\x1f"', 3, "systems[0].name"),
        ("    name: CRM\n", "", 2, "systems[0].name"),
        ("name: CRM", "name: CRM\n    x\x01: 1", 4, "file"),
        ("name: CRM", "name: CRM\n    a b: 1", 4, "systems[0]['a b']"),
        ("property: userId", "property: userId\n          trim: maybe", 17, "systems[0].integrations[0].user_id.trim"),
        ("state: active", "state: deleted", 14, "systems[0].integrations[0].state"),
        ("key: hired", "key: department", 10, "systems[0].attributes[1].key"),
        ("attribute: hired", "attribute: department", 20, "systems[0].integrations[0].mappings[1].date_format"),
        ("attribute: hired", "on_empty: keep, attribute: hired", 20, "systems[0].integrations[0].mappings[1].on_empty"),
        (
            "        mappings:",
            "        observed_at: {property: at, time_zone: Mars/X}\n        mappings:",
            17,
            AT + "time_zone",
        ),
    ],
)
def test_what_is_wrong_has_its_line_and_its_field(old: str, new: str, line: int, field: str) -> None:
    # given
    assert FILE.count(old) >= 1

    # then
    assert (line, field) in flaws_of(FILE.replace(old, new, 1))


@pytest.mark.parametrize(
    "text", ["- a", "x", "12", "systems: 1", "systems:\n  - 1", "\x00", "a: b: c", "? [a]\n: b", "[" * 5000]
)
def test_what_is_no_document_is_refused(text: str) -> None:
    assert flaws_of(text)


def test_all_that_is_wrong_is_named_at_once_by_line() -> None:
    # given
    wrong = FILE.replace("type: Date", "type: Day").replace("name: CRM", "name: on").replace("userId", "[]")

    # then
    fields = ["systems[0].name", "systems[0].attributes[1].type", "systems[0].integrations[0].user_id.property"]
    assert flaws_of(wrong) == list(zip([3, 10, 16], fields, strict=True))


def test_a_type_that_is_none_is_told_those_that_are() -> None:
    # when
    with pytest.raises(InvalidFileError) as caught:
        read(FILE.replace("type: String", "type: Text").encode())

    # then
    assert caught.value.flaws[0].message == "must be 'String', 'Number' or 'Date'"


def test_the_page_shows_a_file_that_is_read_and_a_flaw_as_it_is_told() -> None:
    # given
    page = PAGE.read_text()
    example = page.partition("```yaml\n")[2].partition("```")[0]

    # when
    with pytest.raises(InvalidFileError) as caught:
        read(example.replace("type: Number", "type: Real").encode())

    # then
    assert read(example.encode()).document.systems[0].integrations[0].user_id.trim
    [(line, field, message)] = caught.value.flaws
    assert f"inlet.yaml:{line}: {field}: {message}\n" in page


def test_a_file_too_large_is_not_parsed() -> None:
    assert flaws_of("#" * (MAX_BYTES + 1)) == [(1, "file")]


def test_nothing_is_an_empty_document() -> None:
    assert read(b"").document == read(b"# nothing").document == Document()


KEYS = st.sampled_from(["a", "b", "c", "0"]) | st.from_regex(r"[a-z0-9][a-z0-9_-]{0,5}", fullmatch=True)
NAMES = st.text(min_size=1, max_size=12).filter(lambda name: "\0" not in name and bool(name.strip())) | st.sampled_from(
    [
        "no",
        "on",
        "1",
        "1.5",
        "null",
        "2024-01-01",
        "{a: b}",
        "# x",
        "'",
        "😀",
        "line\nline",
        "a\x85b",
        "a\u2028",
        "- a",
        "!!str x",
    ]
)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    systems = []
    for key in draw(st.lists(KEYS, max_size=2, unique=True)):
        environments = draw(st.lists(KEYS, min_size=1, max_size=2, unique=True))
        attributes = draw(st.lists(st.tuples(KEYS, NAMES), max_size=3, unique_by=(lambda a: a[0], lambda a: a[1])))
        typed = [(*each, draw(st.sampled_from(AttributeType))) for each in attributes]
        names = draw(st.lists(NAMES, max_size=2, unique=True))
        systems.append(
            {
                "key": key,
                "name": draw(NAMES),
                "environments": [{"key": each, "name": draw(NAMES)} for each in environments],
                "attributes": [{"key": k, "name": n, "type": t} for k, n, t in typed],
                "integrations": [_integration(draw, name, environments, {k: t for k, _, t in typed}) for name in names],
                "segments": _segments(draw, environments, [each[0] for each in typed]),
            }
        )
    return Document.model_validate({"systems": systems})


def _segments(draw: st.DrawFn, environments: list[str], attributes: list[str]) -> list[dict[str, Any]]:
    """Some of the environments have a segment `s`, over one of the attributes."""
    chosen = draw(st.lists(st.sampled_from(environments), max_size=2, unique=True)) if attributes else []
    set_ = {"attribute": draw(st.sampled_from(attributes)), "operator": "is_set"} if chosen else {}
    conditions = st.sampled_from([set_, {"not": set_}, {"any": [set_, {"all": [{"not": set_}]}]}])
    return [{"key": "s", "name": draw(NAMES), "environment": each, "condition": draw(conditions)} for each in chosen]


ZONES = st.sampled_from([None, "Europe/Berlin"])
FORMATS = st.sampled_from([None, "epoch_s", "%d.%m.%Y", "%Y-%m-%d: %H"])


def _integration(
    draw: st.DrawFn, name: str, environments: list[str], attributes: dict[str, AttributeType]
) -> dict[str, Any]:
    return {
        "name": name,
        "environment": draw(st.sampled_from(environments)),
        "state": draw(st.sampled_from(["draft", "active", "paused"])),
        "user_id": {"property": draw(NAMES), "trim": draw(st.booleans()), "lower_case": draw(st.booleans())},
        "mappings": [
            {
                "property": draw(NAMES),
                "attribute": key,
                "on_empty": draw(st.sampled_from([OnEmpty.CLEAR, OnEmpty.REJECT, OnEmpty.IGNORE])),
                "date_format": draw(FORMATS) if kind is AttributeType.DATE else None,
                "time_zone": draw(ZONES) if kind is AttributeType.DATE else None,
            }
            for key, kind in attributes.items()
        ],
        "on_invalid": draw(st.sampled_from(OnInvalid)),
        "on_unknown": draw(st.sampled_from(OnUnknown)),
        "observed_at": draw(st.none() | st.fixed_dictionaries({"property": NAMES, "date_format": FORMATS})),
    }


@settings(deadline=None)
@given(documents())
def test_what_is_written_reads_back(document: Document) -> None:
    # when
    again = read(write(document).encode()).document

    # then
    assert again == document
    assert compare(document, again, prune=True).differences == []


def made(difference: Difference, there: dict[Identity, Part]) -> None:
    """Makes a difference as the config API would, which takes nothing that refers to what is not there."""
    kind, names = difference.identity
    assert there.get(difference.identity) == difference.before
    if difference.after is None:
        del there[difference.identity]
        feeding = [part for each, part in there.items() if each.kind == "integration" and each.names[0] == names[0]]
        asked = [part for each, part in there.items() if each.kind == "segment" and each.names[0] == names[0]]
        keys = [
            each.attribute for part in asked if isinstance(part, SegmentPart) for _, each in comparisons(part.condition)
        ]
        assert kind != "attribute" or names[-1] not in keys
        fed = [mapping.attribute for part in feeding if isinstance(part, IntegrationPart) for mapping in part.mappings]
        assert kind != "attribute" or names[-1] not in fed
        return
    there[difference.identity] = difference.after
    assert Identity("system", names[:1]) in there
    if isinstance(difference.after, SegmentPart):
        assert Identity("environment", names[:2]) in there
        keys = [each.attribute for _, each in comparisons(difference.after.condition)]
        assert {Identity("attribute", (names[0], each)) for each in keys} <= there.keys()
    if isinstance(difference.after, IntegrationPart):
        assert Identity("environment", names[:2]) in there
        attributes = {Identity("attribute", (names[0], each.attribute)) for each in difference.after.mappings}
        assert attributes <= there.keys()


@settings(deadline=None)
@given(documents(), documents(), st.booleans())
def test_differences_lead_from_one_to_the_other(have: Document, want: Document, prune: bool) -> None:  # noqa: FBT001 - drawn
    # given
    there = {identity: placed.part for identity, placed in parts(have).items()}
    wanted = {identity: placed.part for identity, placed in parts(want).items()}
    named = {system.key for system in want.systems}

    # when
    comparison = compare(have, want, prune=prune)
    for difference in comparison.differences:
        made(difference, there)

    # then: what the file names is as it says; of the rest nothing is touched but by pruning, and then it is told
    assert {each: there[each] for each in wanted} == wanted
    rest = {each for each in there if each not in wanted}
    assert set(comparison.left) == {each for each in rest if each.kind == "system" or each.names[0] in named}
    if prune:
        assert {each.kind for each in comparison.left} <= {"system", "environment"}
    lines = [line for each in comparison.differences for line in each.lines()]
    assert len(lines) >= len(comparison.differences)
    assert all(line.isprintable() and line[0] in ("+~-" if prune else "+~") for line in lines)


def test_differences_are_told_field_by_field() -> None:
    # given
    have = read(FILE.encode()).document
    text = FILE.replace("state: active", "state: paused").replace("property: department", "property: Abteilung ü")
    text = text.replace(', date_format: "%d.%m.%Y"', "").replace("name: CRM", 'name: "CRM\\e[2J"')
    want = read(
        (text + '      - {name: "New\\n", environment: production, user_id: {property: id}}\n').encode()
    ).document

    # when
    lines = [line for each in compare(have, want).differences for line in each.lines()]

    # then
    assert lines == [
        '~ system crm: name "CRM" -> "CRM\\u001b[2J"',
        '~ integration crm/production/"Nightly": state "active" -> "paused"',
        '~ integration crm/production/"Nightly": mappings[0].property "department" -> "Abteilung ü"',
        '~ integration crm/production/"Nightly": mappings[1].date_format "%d.%m.%Y" -> null',
        '+ integration crm/production/"New\\n"',
    ]


def test_pruning_deletes_integrations_before_the_attributes_that_they_feed() -> None:
    # given
    have = read(FILE.encode()).document
    want = read(FILE[: FILE.index("    attributes:")].encode()).document

    # when
    kept, pruned = compare(have, want), compare(have, want, prune=True)

    # then
    assert kept.differences == []
    assert len(kept.left) == 3
    lines = [line for each in pruned.differences for line in each.lines()]
    assert lines[0] == '- integration crm/production/"Nightly"'
    assert sorted(lines[1:]) == ["- attribute crm/department", "- attribute crm/hired"]


def test_what_can_never_change_is_impossible() -> None:
    # given
    have = read(FILE.encode()).document
    want = read(FILE.replace("type: Date", "type: String").replace(', date_format: "%d.%m.%Y"', "").encode()).document
    draft = read(FILE.replace("state: active", "state: draft").encode()).document

    # then
    assert [path for path, _ in compare(have, want).impossible] == [("systems", 0, "attributes", 1, "type")]
    assert [path for path, _ in compare(have, draft).impossible] == [("systems", 0, "integrations", 0, "state")]


def test_a_name_that_another_attribute_has_until_now_is_found_before_the_first_change() -> None:
    # given
    have = read(FILE.encode()).document
    swapped = (
        FILE.replace("name: Department", "name: X").replace("name: Hired", "name: Department").replace("X", "Hired")
    )
    renamed = FILE.replace("name: Department", "name: Division")

    # then
    names = [("systems", 0, "attributes", number, "name") for number in (0, 1)]
    assert [path for path, _ in compare(have, read(swapped.encode()).document, prune=True).impossible] == names
    assert compare(have, read(renamed.encode()).document).impossible == []


def test_systems_and_environments_stay_whatever_is_pruned() -> None:
    # given
    have = read((FILE + "  - {key: erp, name: ERP, attributes: [{key: a, name: A, type: String}]}\n").encode()).document
    want = read(b"systems: [{key: crm, name: CRM}]").document

    # when
    comparison = compare(have, want, prune=True)

    # then
    assert [str(each) for each in comparison.left] == ["environment crm/production", "system erp"]
    assert {each.identity.names[0] for each in comparison.differences} == {"crm"}
