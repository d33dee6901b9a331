from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.config_as_code.differences import compare
from services.config_as_code.document import Document
from services.config_as_code.reading import InvalidFileError, read, write
from shared.contract.definitions import AttributeType, OnEmpty, OnUnknown

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
        ("name: CRM", "name: !!python/object:os.system x", 3, "file"),
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


def test_nothing_is_an_empty_document() -> None:
    assert read(b"").document == read(b"# nothing").document == Document()


KEYS = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,5}", fullmatch=True)
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
                "integrations": [_integration(draw, name, environments, [k for k, _, _ in typed]) for name in names],
            }
        )
    return Document.model_validate({"systems": systems})


def _integration(draw: st.DrawFn, name: str, environments: list[str], attributes: list[str]) -> dict[str, Any]:
    return {
        "name": name,
        "environment": draw(st.sampled_from(environments)),
        "state": draw(st.sampled_from(["draft", "active", "paused"])),
        "user_id": {"property": draw(NAMES), "trim": draw(st.booleans())},
        "mappings": [
            {
                "property": draw(NAMES),
                "attribute": each,
                "on_empty": draw(st.sampled_from([OnEmpty.CLEAR, OnEmpty.REJECT])),
            }
            for each in attributes
        ],
        "on_unknown": draw(st.sampled_from(OnUnknown)),
    }


@given(documents())
def test_what_is_written_reads_back(document: Document) -> None:
    # when
    again = read(write(document).encode()).document

    # then
    assert again == document
    assert compare(document, again, prune=True).differences == []


@given(documents(), documents())
def test_differences_lead_from_one_to_the_other(have: Document, want: Document) -> None:
    # when
    comparison = compare(have, want)

    # then: each line says something, and nothing is deleted without being asked for
    lines = [line for each in comparison.differences for line in each.lines()]
    assert len(lines) >= len(comparison.differences)
    assert all(line[0] in "+~" for line in lines)
    if have == want:
        assert comparison.differences == []


def test_pruning_deletes_integrations_before_the_attributes_that_they_feed() -> None:
    # given
    have = read(FILE.encode()).document
    want = read(FILE[: FILE.index("    attributes:")].encode()).document

    # when
    kept, pruned = compare(have, want), compare(have, want, prune=True)

    # then
    assert kept.differences == []
    assert len(kept.unnamed) == 3
    lines = [line for each in pruned.differences for line in each.lines()]
    assert lines[0] == "- integration crm/production/Nightly"
    assert sorted(lines[1:]) == ["- attribute crm/department", "- attribute crm/hired"]


def test_what_can_never_change_is_impossible() -> None:
    # given
    have = read(FILE.encode()).document
    want = read(FILE.replace("type: Date", "type: String").replace(', date_format: "%d.%m.%Y"', "").encode()).document
    draft = read(FILE.replace("state: active", "state: draft").encode()).document

    # then
    assert [path for path, _ in compare(have, want).impossible] == [("systems", 0, "attributes", 1, "type")]
    assert [path for path, _ in compare(have, draft).impossible] == [("systems", 0, "integrations", 0, "state")]
