"""The data folder of a node, taken by one node at a time."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from ofsep_node import data_folder
from ofsep_node.data_folder import folder_of_its_own, supervisor_of
from ofsep_node.disk import make_folder
from ofsep_node.errors import NodeError


def test_who_comes_second_into_a_new_folder_leaves_the_first_its_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "new" / "node"
    with ExitStack() as first:

        def beaten(folder: Path, mode: int) -> None:
            if not folder.is_dir():
                make_folder(folder, mode)
                first.enter_context(folder_of_its_own(folder))

        monkeypatch.setattr(data_folder, "make_folder", beaten)
        with pytest.raises(NodeError, match="another node"), folder_of_its_own(data):
            pass
        assert supervisor_of(data)


def test_a_folder_made_for_a_node_that_does_not_start_is_removed(tmp_path: Path) -> None:
    with pytest.raises(NodeError, match="port"), folder_of_its_own(tmp_path / "new" / "node"):
        raise NodeError("port in use")
    assert not list(tmp_path.iterdir())
