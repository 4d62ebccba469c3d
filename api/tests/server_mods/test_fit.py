import pytest

from vintagestory_api.server_mods.fit import fit_for


@pytest.mark.parametrize(
    ("game", "tags", "fit"),
    [
        ("1.22.3", ["1.22.3"], "verified"),
        ("1.22.3", ["v1.22.3", "1.21.0"], "verified"),
        ("1.22.0-rc.3", ["1.22.0-rc.3"], "verified"),
        ("1.22.3", ["1.22.0"], "likely"),
        ("1.22.0-rc.3", ["1.22.0"], "likely"),
        ("1.22.3", ["1.22"], "likely"),
        ("1.21.6", ["1.22.0-pre.1"], "not"),
        ("1.22.3", ["1.21.6", "1.2.23"], "not"),
        ("1.22.3", [], "unknown"),
        ("1.22.3", ["0.0.0"], "unknown"),
        ("1.22.3", ["rubbish", "1.22.3.4", ""], "unknown"),
        (None, ["1.22.3"], "unknown"),
        ("rubbish", ["1.22.3"], "unknown"),
    ],
)
def test_a_release_fits_what_it_names(game: str | None, tags: list[str], fit: str) -> None:
    assert fit_for(game, tags) == fit


@pytest.mark.parametrize(
    ("tags", "lowest", "fit"),
    [
        (["1.22.3"], "1.22.3", "verified"),
        (["1.22.3"], "1.22.4", "not"),
        ([], "1.22.0", "likely"),
        ([], "1.19.4", "unknown"),
        ([], "1.23.0", "not"),
        ([], "*", "unknown"),
        (["1.21.0"], "1.22.0", "not"),
    ],
)
def test_what_its_file_wants_at_least_counts_too(tags: list[str], lowest: str, fit: str) -> None:
    assert fit_for("1.22.3", tags, lowest=lowest) == fit


def test_a_stable_version_is_not_satisfied_by_its_pre_releases() -> None:
    assert fit_for("1.22.0-rc.3", [], lowest="1.22.0") == "not"
