"""Masters are grown once, kept within bounds, and grown again when a file is damaged."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path
from threading import Barrier, Thread

import numpy as np
import pytest

from devices.simulator.subjects.masterstore import MasterStore, default_store
from devices.simulator.subjects.presenter import Pixels


class Grower:
    """Counts how often it was asked; each key has a picture of its own."""

    def __init__(self, side: int = 32) -> None:
        self.asked: list[str] = []
        self._side = side

    def __call__(self, key: str) -> Callable[[], Pixels]:
        def grow() -> Pixels:
            self.asked.append(key)
            rng = np.random.default_rng(sum(map(ord, key)))
            return rng.integers(0, 256, (self._side, self._side + 1), dtype=np.uint8)

        return grow


def test_a_master_is_grown_once_and_survives_a_restart(tmp_path: Path) -> None:
    grow = Grower()
    first = MasterStore(tmp_path / "masters").get("a", grow("a"))
    store = MasterStore(tmp_path / "masters")
    assert np.array_equal(store.get("a", grow("a")), first)
    assert store.get("a", grow("a")) is store.get("a", grow("a"))
    assert grow.asked == ["a"]


def test_masters_cannot_be_changed_by_those_who_use_them(tmp_path: Path) -> None:
    store = MasterStore(tmp_path)
    for _ in range(2):
        with pytest.raises(ValueError, match="read-only"):
            store.get("a", Grower()("a"))[0, 0] = 1
        store = MasterStore(tmp_path)


def test_another_key_is_another_master(tmp_path: Path) -> None:
    grow = Grower()
    store = MasterStore(tmp_path)
    assert not np.array_equal(store.get("a", grow("a")), store.get("b", grow("b")))


@pytest.mark.parametrize("at", [0, 7, 9, 41, 43, 44, 60, -1])
def test_a_damaged_file_is_grown_again_and_replaced(tmp_path: Path, at: int) -> None:
    grow = Grower()
    first = MasterStore(tmp_path).get("a", grow("a"))
    (file,) = tmp_path.glob("*.master")
    data = bytearray(file.read_bytes())
    data[at] ^= 0x55
    file.write_bytes(data)
    assert np.array_equal(MasterStore(tmp_path).get("a", grow("a")), first)
    assert np.array_equal(MasterStore(tmp_path).get("a", grow("a")), first)
    assert grow.asked == ["a", "a"]


@pytest.mark.parametrize("length", [0, 10, 44, 100])
def test_a_file_that_ends_too_early_is_grown_again(tmp_path: Path, length: int) -> None:
    grow = Grower()
    MasterStore(tmp_path).get("a", grow("a"))
    (file,) = tmp_path.glob("*.master")
    file.write_bytes(file.read_bytes()[:length])
    MasterStore(tmp_path).get("a", grow("a"))
    assert grow.asked == ["a", "a"]


def test_files_are_private_and_no_parts_are_left(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "masters"
    MasterStore(folder).get("a", Grower()("a"))
    (file,) = folder.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_the_folder_stays_within_its_limit_and_keeps_the_newest(tmp_path: Path) -> None:
    grow = Grower(side=64)
    store = MasterStore(tmp_path, folder_max_bytes=20_000)
    for index in range(12):
        store.get(str(index), grow(str(index)))
        assert sum(file.stat().st_size for file in tmp_path.iterdir()) <= 20_000
    MasterStore(tmp_path).get("11", grow("11"))
    assert grow.asked.count("11") == 1


def test_memory_is_bounded_and_forgets_the_longest_unused() -> None:
    grow = Grower()
    store = MasterStore(None, memory_max_masters=2)
    for key in ("a", "b", "a", "c", "a", "b"):
        store.get(key, grow(key))
    assert grow.asked == ["a", "b", "c", "b"]


def test_a_folder_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    grow = Grower()
    store = MasterStore(tmp_path / "file" / "masters")
    assert store.get("a", grow("a")).shape == (32, 33)
    store.get("a", grow("a"))
    assert grow.asked == ["a"]


def test_threads_that_want_the_same_master_wait_for_one_growth(tmp_path: Path) -> None:
    grow = Grower()
    store = MasterStore(tmp_path)
    together = Barrier(8)

    def want() -> None:
        together.wait(10)
        store.get("a", grow("a"))

    threads = [Thread(target=want) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert grow.asked == ["a"]


def test_a_failed_growth_does_not_block_the_next(tmp_path: Path) -> None:
    def fail() -> Pixels:
        raise RuntimeError("no")

    store = MasterStore(tmp_path)
    with pytest.raises(RuntimeError):
        store.get("a", fail)
    assert store.get("a", Grower()("a")).shape == (32, 33)


def test_the_default_store_lies_in_the_cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    default_store.cache_clear()
    try:
        default_store().get("a", Grower()("a"))
        assert list((tmp_path / "sealdesk" / "synthetic-subjects").glob("*.master"))
    finally:
        default_store.cache_clear()
