"""The demonstration's own parts."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from app.core.masterdata.model import Choice
from app.demo import machinekey
from app.demo.childprocess import Child
from app.demo.errors import ChildFailedError, KeepFolderError
from app.demo.folder import is_run_folder, run_folder
from app.demo.journal import Journal
from app.demo.keep import prepare
from app.demo.papers import specimen
from app.demo.person import invent
from packet.keys.base import MachineKey, MachineKeyKind
from packet.keys.errors import KeyDescriptorError, TpmSoftwareMissingError
from packet.keys.opening import open_machine_key


def child(tmp_path: Path, code: str) -> Child:
    return Child("test part", "test", [sys.executable, "-I", "-S", "-c", code], b"order", tmp_path)


def test_a_child_answers_each_order_and_ends_with_its_input(tmp_path: Path) -> None:
    code = 'import sys\nfor line in sys.stdin: print(\'{"heard": "%s"}\' % line.strip(), flush=True)'
    with child(tmp_path, code) as part:
        assert part.answer() == {"heard": "order"}
        assert part.answer(b"more") == {"heard": "more"}


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("import sys; sys.exit('no such thing')", "no such thing"),
        ('print(\'{"error": {"message": "the port is taken."}}\')', "the port is taken"),
        ("print('hello')", "it said something else"),
        ("print('[]')", "it said something else"),
        ("pass", "it ended"),
    ],
)
def test_a_child_that_does_not_get_ready_is_named_with_its_words(tmp_path: Path, code: str, why: str) -> None:
    with child(tmp_path, code) as part, pytest.raises(ChildFailedError, match=why) as caught:
        part.answer()
    assert "sealdesk test" in caught.value.advice


def test_a_silent_child_is_given_up(tmp_path: Path) -> None:
    with child(tmp_path, "import sys; sys.stdin.read()") as part, pytest.raises(ChildFailedError, match="said nothing"):
        part.answer(timeout_s=0.05)


def test_an_invented_person_is_the_same_for_a_seed_and_obviously_invented() -> None:
    person = invent(7)
    assert person == invent(7)
    assert person != invent(8)
    assert person.name.startswith("Testperson ")
    assert person.texts["email"].endswith(".invalid")
    assert person.name not in repr(person)


def test_a_person_picks_the_same_from_a_list_every_time() -> None:
    choices = [Choice(code, {}) for code in "ABCDEFGH"]
    picked = invent(3).pick("gender", choices)
    assert picked == invent(3).pick("gender", choices)
    assert {invent(seed).pick("gender", choices) for seed in range(40)} > {picked}


def test_the_document_is_a_pdf_that_says_what_it_is() -> None:
    document = specimen("Testperson Vexa Nullmann", "DOC001")
    assert document.content.startswith(b"%PDF-")
    assert document.format == "pdf"
    assert len(document.content) < 200_000


def test_a_failed_step_is_not_written_down() -> None:
    begun: list[str] = []
    journal = Journal(begun.append)
    with pytest.raises(ValueError, match="x"), journal.step("fails"):
        raise ValueError("x")
    with journal.step("works", "K10") as step:
        step.size_bytes = 5
    assert begun == ["fails", "works"]
    (row,) = [step.as_json() for step in journal.steps]
    assert (row["step"], row["key"], row["sizeBytes"]) == ("works", "K10", 5)


def test_only_a_run_folder_may_be_removed(tmp_path: Path) -> None:
    with run_folder() as folder:
        assert is_run_folder(folder)
        assert folder.stat().st_mode & 0o777 == 0o700
    assert not folder.exists()
    for other in (folder, tmp_path, Path("/"), Path("sealdesk-demo-x")):
        assert not is_run_folder(other)


def test_the_folder_to_keep_things_in_must_be_empty_and_becomes_private(tmp_path: Path) -> None:
    prepare(tmp_path / "new")
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
    prepare(tmp_path / "new")  # as after a run that failed: nothing was left in it
    (tmp_path / "new" / "packet").mkdir()
    with pytest.raises(KeepFolderError, match="not empty"):
        prepare(tmp_path / "new")
    (tmp_path / "file").write_text("x")
    with pytest.raises(KeepFolderError):
        prepare(tmp_path / "file")


def test_without_any_tpm_the_key_is_in_files_and_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def open_or_refuse(descriptor: str) -> MachineKey:
        asked.append(descriptor.partition(":")[0])
        if descriptor.startswith("tpm"):
            raise KeyDescriptorError(descriptor=descriptor, why="its library is not installed")
        if descriptor.startswith("libtpms"):
            raise TpmSoftwareMissingError(part="libtpms")
        return open_machine_key(descriptor)

    monkeypatch.setattr(machinekey, "open_machine_key", open_or_refuse)
    with machinekey.provision(None, tmp_path) as provisioned:
        assert provisioned.key.kind is MachineKeyKind.LOCAL
        assert provisioned.warning is not None
        assert "lies in a file" in provisioned.warning
    assert asked == ["tpm", "libtpms", "software"]
