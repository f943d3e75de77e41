"""What the tests of correlation share."""

from __future__ import annotations

import pytest
from detect.correlation.flow import CODE, KINDS
from detect.packs import loaded, write_rule

from panther_dagster.detect.pack import RuleSet


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> RuleSet:
    """One rule for each kind of event; none of them alerts."""
    root = tmp_path_factory.mktemp("pack")
    for kind in KINDS:
        write_rule(root, f"Test.{kind}", CODE.format(kind=kind), CreateAlert=False)
    return loaded(root)
