"""Segments in a file of definitions: exported, compared, applied and pruned, in an order that can be made."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.backing.command import Ran
from tests.backing.config_api import ConfigApi, running_config_api
from tests.backing.postgres import Postgres
from tests.integration.given_config_as_code import changes, rewrite, run, text_of

FILE = """\
systems:
- key: crm
  name: CRM
  environments:
  - key: production
    name: Production
  - key: qa
    name: QA
  attributes:
  - key: department
    name: Department
    type: String
  - key: hired
    name: Hired
    type: Date
  - key: seats
    name: Seats
    type: Number
  segments:
  - key: large
    name: Large
    environment: production
    condition:
      any:
      - attribute: seats
        operator: between
        value:
        - 100
        - '200.50'
      - not:
          attribute: department
          operator: is_set
  - key: new
    name: New in sales
    environment: production
    condition:
      all:
      - attribute: department
        operator: in
        value:
        - 'no'
        - Sales
        - 😀 '\\
      - attribute: hired
        operator: in_last
        value:
          count: 3
          unit: months
      - attribute: seats
        operator: less
        value: 0.1
  - key: large
    name: Large
    environment: qa
    condition:
      attribute: hired
      operator: before
      value: '2024-02-29'
"""
SEGMENTS = "/api/v1/systems/crm/environments/production/segments"


@pytest.fixture
async def api(database: str) -> AsyncIterator[ConfigApi]:
    async with running_config_api(database) as running:
        yield running


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return rewrite(tmp_path / "inlet.yaml", FILE)


async def test_what_is_exported_makes_the_same_segments_elsewhere(
    api: ConfigApi, file: Path, tmp_path: Path, postgres: Postgres
) -> None:
    # given
    assert (await run(api, "apply", file)).code == 0
    exported = tmp_path / "exported.yaml"
    assert await run(api, "export", exported) == Ran(0, "", "")
    # when
    async with postgres.fresh_database() as empty, running_config_api(empty) as other:
        applied = await run(other, "apply", exported)
        same = await run(other, "diff", exported)
        again = await run(other, "export")
    # then
    assert (applied.code, applied.err, same) == (0, "", Ran(0, "", ""))
    assert again.out == text_of(exported) == FILE
    assert await run(api, "diff", file) == Ran(0, "", "")


async def test_segments_come_last_and_go_first(api: ConfigApi, file: Path) -> None:
    # when
    applied = await run(api, "apply", file)
    # then
    segments = ["segment crm/production/large", "segment crm/production/new", "segment crm/qa/large"]
    assert applied.out.splitlines()[-4:] == [*(f"+ {each}" for each in segments), "# changes made: 9"]
    made = ("created", "segment", "crm/qa/large")
    assert (await changes(api))[-1] == made
    # when
    rewrite(file, FILE[: FILE.index("  attributes:")])
    left, pruned = await run(api, "apply", file), await run(api, "apply", file, "--prune")
    # then
    assert "# not in the file, stays as it is: segment crm/qa/large\n" in left.out
    attributes = ["attribute crm/department", "attribute crm/hired", "attribute crm/seats"]
    assert pruned.out.splitlines() == [*(f"- {each}" for each in [*segments, *attributes]), "# changes made: 6"]


async def test_what_an_attribute_was_asked_for_may_end_with_it(api: ConfigApi, file: Path) -> None:
    # given a file without an attribute, in which no segment asks for it any more
    await run(api, "apply", file)
    without = FILE.replace("  - key: seats\n    name: Seats\n    type: Number\n", "")
    without = without.replace("      - attribute: seats\n        operator: less\n        value: 0.1\n", "")
    without = without.replace(
        "attribute: seats\n        operator: between", "attribute: hired\n        operator: between"
    )
    rewrite(file, without.replace("- 100\n        - '200.50'", "- '2024-01-01'\n        - '2024-12-31'"))
    # when
    pruned = await run(api, "apply", file, "--prune")
    # then
    gone = '{"attribute": "seats", "operator": "less", "value": 0.1}'
    assert (pruned.code, pruned.err) == (0, "")
    assert pruned.out.splitlines() == [
        '~ segment crm/production/large: condition.any[0].attribute "seats" -> "hired"',
        '~ segment crm/production/large: condition.any[0].value[0] 100 -> "2024-01-01"',
        '~ segment crm/production/large: condition.any[0].value[1] "200.50" -> "2024-12-31"',
        f"~ segment crm/production/new: condition.all[2] {gone} -> null",
        "- attribute crm/seats",
        "# changes made: 3",
    ]
    assert await run(api, "diff", file) == Ran(0, "", "")


@pytest.mark.parametrize(
    ("old", "new", "at"),
    [
        ("operator: less", "operator: fewer", (50, "condition.all[2].operator")),
        ("value: 0.1", "value: true", (51, "condition.all[2].value")),
        ("value: 0.1", "value: 2024-01-01", (51, "condition.all[2].value")),
        ("value: 0.1", "value: '1,5'", (51, "condition.all[2].value")),
        ("- Sales", "- 7", (40, "condition.all[0].value")),
        ("- 'no'", "- no", (41, "condition.all[0].value[0]")),
        ("unit: months", "unit: years", (48, "condition.all[1].value.unit")),
        ("        operator: in_last\n", "", (44, "condition.all[1].operator")),
        (
            "attribute: hired\n        operator: in",
            "attribute: x\n        operator: in",
            (44, "condition.all[1].attribute"),
        ),
        ("      all:", "      every:", (37, "condition.every")),
    ],
)
async def test_what_is_wrong_in_a_condition_has_its_line(
    api: ConfigApi, file: Path, old: str, new: str, at: tuple[int, str]
) -> None:
    # given
    rewrite(file, FILE.replace(old, new, 1))
    # when
    refused = await run(api, "apply", file)
    # then: in one line, and nothing is changed
    assert refused.code == 2
    assert f"{file}:{at[0]}: systems[0].segments[1].{at[1]}: " in refused.err
    assert await changes(api) == []


async def test_a_name_that_another_segment_has_is_found_before_the_first_change(api: ConfigApi, file: Path) -> None:
    # given
    await run(api, "apply", file)
    before = await changes(api)
    rewrite(file, FILE.replace("  - key: new\n    name: New in sales", "  - key: newer\n    name: New in sales"))
    # when
    refused = await run(api, "apply", file, "--prune")
    # then
    assert refused.code == 2
    assert "systems[0].segments[1].name: the segment new has this name" in refused.err
    assert await changes(api) == before


async def test_what_was_changed_by_hand_is_as_the_file_says_again(api: ConfigApi, file: Path) -> None:
    # given
    await run(api, "apply", file)
    condition = {"attribute": "seats", "operator": "is_set"}
    (await api.change(f"{SEGMENTS}/new", {"name": "Changed", "condition": condition})).good(200)
    # when
    compared = await run(api, "diff", file)
    # then
    assert compared.code == 1
    assert '~ segment crm/production/new: name "Changed" -> "New in sales"\n' in compared.out
    assert (await run(api, "apply", file)).code == 0
    assert await run(api, "diff", file) == Ran(0, "", "")
