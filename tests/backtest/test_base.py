"""Rule folders at a git ref."""

from __future__ import annotations

from pathlib import Path

import pytest
from backtest.repositories import commit_all, git

from panther_dagster.backtest.base import base_version
from panther_dagster.errors import BacktestError


def state_of(repository: Path) -> tuple[dict[str, bytes], str]:
    """Every file of a repository, git's own too, and git's opinion of it."""
    status = git(repository, "status", "--porcelain", "--ignored")
    return {str(file): file.read_bytes() for file in sorted(repository.rglob("*")) if file.is_file()}, status


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """rules/a.txt says old in the first commit (tag v1), new in the second, and draft in the checkout; more/ is not committed."""
    folder = tmp_path / "repository"
    (folder / "rules").mkdir(parents=True)
    (folder / "rules" / "a.txt").write_text("old")
    (folder / ".gitattributes").write_text("rules/a.txt export-ignore\n")
    commit_all(folder)
    git(folder, "tag", "v1")
    (folder / "rules" / "a.txt").write_text("new")
    commit_all(folder)
    (folder / "rules" / "a.txt").write_text("draft")
    (folder / "more").mkdir()
    (folder / "more" / "b.txt").write_text("not committed")
    return folder


@pytest.mark.parametrize(("ref", "text"), [("v1", "old"), ("main", "new"), ("HEAD~1", "old")])
def test_files_are_those_of_the_ref_and_the_repository_stays_as_it_is(repository: Path, ref: str, text: str) -> None:
    before = state_of(repository)

    with base_version([repository / "rules"], ref) as base:
        rules = base.path(repository / "rules")
        assert rules is not None
        assert (rules / "a.txt").read_text() == text
        assert base.path(repository / "more") is None
        assert base.commits == (git(repository, "rev-parse", ref).strip(),)
        assert base.shown(f"{rules}/a.txt:3: bad") == f"{ref}:rules/a.txt:3: bad"

    assert not rules.exists()
    assert state_of(repository) == before


def test_each_repository_of_the_paths_is_at_the_ref(repository: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "c.txt").write_text("c")
    commit_all(other)

    with base_version([repository / "rules", other], "main") as base:
        assert (base.path(repository / "rules") / "a.txt").read_text() == "new"
        assert (base.path(other) / "c.txt").read_text() == "c"
        assert base.path(tmp_path) is None
        assert (base.is_tracked(other), base.is_tracked(tmp_path)) == (True, False)


def test_a_repository_within_another_has_its_own_files(repository: Path) -> None:
    inner = repository / "rules" / "inner"
    inner.mkdir()
    (inner / "d.txt").write_text("inner")
    commit_all(inner)

    with base_version([repository, inner], "main") as base:
        assert (base.path(inner) / "d.txt").read_text() == "inner"
        assert (base.path(repository) / "rules" / "a.txt").read_text() == "new"


def test_a_hook_s_environment_does_not_lead_astray(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))

    with base_version([repository], "v1") as base:
        assert (base.path(repository) / "rules" / "a.txt").read_text() == "old"


@pytest.mark.parametrize("ref", ["nowhere", "--all", "v1:rules/a.txt", ""])
def test_what_is_no_commit_is_refused(repository: Path, ref: str) -> None:
    with pytest.raises(BacktestError, match=f"has no commit '{ref}'"), base_version([repository / "rules"], ref):
        pass


def test_a_folder_without_a_repository_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BacktestError, match=r"is in no git repository"), base_version([tmp_path], "main"):
        pass


def test_without_git_the_program_is_named(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(BacktestError, match="needs the program git, which is not installed"), base_version([repository], "main"):
        pass
