"""A parser that crashes, hangs, swells or lies costs its own file and nothing else.

The parsers here are real readers of a real (if malicious) third party, found by entry point.
"""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag_infer.errors import ReadError
from rag_infer.read import ReadOptions, SourceFile, formats, is_supported, read_files, registry
from tests.read.conftest import document, error, results

_READERS = """
import os, sys, time
from rag_infer.errors import ReadError
from rag_infer.types import Block, Document, Page


class Reader:
    def __init__(self, act):
        self.act = act

    def read(self, file):
        yield from self.act(file) or ()


def good(file):
    text = file.data().decode()
    yield Document(file.id, "good", file.sha256, (Page(1, text),))

def crash(file): os.abort()
def leave(file): os._exit(3)
def hang(file): time.sleep(600)
def swell(file): return [bytearray(2**26) for _ in range(99)]
def raises(file): raise RuntimeError("one\\nof those days \\ud800")
def refuses(file): raise ReadError("it is of no use", hint="throw it away")
def chatter(file):
    print("noise on standard output", flush=True)
    os.write(1, b"more noise")
    return good(file)
def foreign(file): yield Document("somebody/else.txt", "good", file.sha256, (Page(1, "x"),))
def beyond(file):
    page = Page(1, "ab", blocks=(Block(0, 9, "paragraph"),))
    yield Document(file.id, "good", file.sha256, (page,))
def surrogate(file): yield Document(file.id, "good", file.sha256, (Page(1, "a\\ud800b"),))
def nothing(file): yield 7
def fetches(file):
    import urllib.request
    urllib.request.urlopen("http://192.0.2.1/", timeout=5)
def runs(file):
    import subprocess
    subprocess.run(["true"])
def patient(file):
    for _ in range(4):
        time.sleep(0.5)
        yield None
    yield from good(file)
def many(file):
    for n in range(1200):
        yield Document(f"{file.id}#{n}", "good", file.sha256, (Page(1, str(n)),))
    if "bad" in file.id:
        raise ReadError("its end is missing")
"""
_ACTS = (
    "good crash leave hang swell raises refuses chatter foreign beyond surrogate nothing fetches"
    " runs patient many"
).split()

_LITTLE = ReadOptions(memory_bytes=256 * 2**20)


@pytest.fixture
def third_party(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An installed package whose readers are found by entry point, here and in workers."""
    package = tmp_path / "site"
    info = package / "odd_readers-1.0.dist-info"
    info.mkdir(parents=True)
    code = _READERS + "".join(f"{act}_reader = Reader({act})\n" for act in _ACTS)
    (package / "odd_readers.py").write_text(code)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: odd-readers\nVersion: 1.0\n")
    points = "".join(f"{act} = odd_readers:{act}_reader\n" for act in _ACTS)
    (info / "entry_points.txt").write_text(f"[rag_infer.readers]\n{points}")
    monkeypatch.syspath_prepend(str(package))
    path = os.pathsep.join([str(package), *filter(None, [os.environ.get("PYTHONPATH")])])
    monkeypatch.setenv("PYTHONPATH", path)
    registry._plugin_formats.cache_clear()
    yield tmp_path
    registry._plugin_formats.cache_clear()
    sys.modules.pop("odd_readers", None)


def _file(folder: Path, name: str, text: str = "words") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_a_plugin_formats_reader_is_found_and_used(third_party: Path) -> None:
    path = _file(third_party, "a.good")
    assert is_supported(path)
    assert "good" in {form.name for form in formats()}
    assert document(path).pages[0].text == "words"


@pytest.mark.parametrize(
    ("act", "says"),
    [
        ("crash", "crashed"),
        ("leave", "ended early"),
        ("swell", "memory"),
        ("raises", "RuntimeError: one of those days"),
        ("refuses", "of no use; throw it away"),
        ("foreign", "nonsense"),
        ("beyond", "nonsense"),
        ("surrogate", "nonsense"),
        ("nothing", "not a Document"),
        ("fetches", "may not"),
        ("runs", "may not"),
    ],
)
def test_each_way_to_fail_is_told_in_one_line(third_party: Path, act: str, says: str) -> None:
    line = str(error(_file(third_party, f"a.{act}"), _LITTLE))
    assert line.startswith(f"a.{act}: ")
    assert says in line
    assert "\n" not in line


def test_a_parser_that_hangs_is_stopped(third_party: Path) -> None:
    result = error(_file(third_party, "a.hang"), ReadOptions(timeout_s=0.5))
    assert "did not finish" in str(result)


def test_a_reader_that_shows_life_has_time(third_party: Path) -> None:
    result = document(_file(third_party, "a.patient"), ReadOptions(timeout_s=0.8))
    assert result.pages[0].text == "words"


def test_noise_on_standard_output_harms_nothing(third_party: Path) -> None:
    assert document(_file(third_party, "a.chatter")).pages[0].text == "words"


def test_good_files_beside_bad_ones_all_land(third_party: Path) -> None:
    bad = [
        _file(third_party, f"{n}.{act}") for n, act in enumerate(["crash", "swell", "leave"] * 2)
    ]
    good = [_file(third_party, f"{n}.good", f"text {n}") for n in range(12)]
    mixed = [path for pair in itertools.zip_longest(good, bad) for path in pair if path]
    result = results(*mixed, options=_LITTLE)
    read = {r.source.id: r.documents[0].pages[0].text for r in result if r.error is None}
    assert read == {path.name: path.read_text() for path in good}
    assert {r.source.id for r in result if r.error} == {path.name for path in bad}
    assert all(isinstance(r.error, ReadError) for r in result if r.error)


def test_many_records_come_in_several_results_with_one_last(third_party: Path) -> None:
    result = results(_file(third_party, "a.many"))
    assert len(result) > 1
    assert [r.last for r in result] == [False] * (len(result) - 1) + [True]
    assert [d.id for r in result for d in r.documents] == [f"a.many#{n}" for n in range(1200)]


def test_an_error_after_some_records_ends_the_file(third_party: Path) -> None:
    result = results(_file(third_party, "bad.many"))
    assert result[-1].error is not None
    assert result[-1].last
    assert not any(r.last for r in result[:-1])


def test_files_are_asked_for_as_they_are_read(third_party: Path) -> None:
    """Backpressure: of an endless folder, little more is taken than is consumed."""
    requests = 0
    path = _file(third_party, "a.good")

    def endless() -> Iterator[SourceFile]:
        nonlocal requests
        while True:
            requests += 1
            yield SourceFile(path, f"{requests}.good")

    stream = read_files(endless(), workers=2)
    first_results = [next(stream) for _ in range(20)]
    assert len({r.source.id for r in first_results}) == 20
    assert requests < 60
    stream.close()  # type: ignore[attr-defined]


def test_an_iterable_that_fails_is_heard(tmp_path: Path) -> None:
    def broken() -> Iterator[SourceFile]:
        for n in range(12):
            yield SourceFile(_file(tmp_path, f"{n}.txt"), f"{n}.txt")
        raise OSError("the folder went away")

    with pytest.raises(OSError, match="went away"):
        list(read_files(broken(), workers=2))


def test_what_is_no_file_to_read_says_so(tmp_path: Path) -> None:
    fifo = tmp_path / "pipe.txt"
    os.mkfifo(fifo)
    (tmp_path / "folder.txt").mkdir()
    assert "not a regular file" in str(error(fifo))
    assert "directory" in str(error(tmp_path / "folder.txt")).lower()
    assert "No such file" in str(error(tmp_path / "missing.pdf"))
    assert "no reader" in str(error(_file(tmp_path, "a.unknown")))


def test_a_folder_of_hostile_modules_is_not_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Standing in a folder with a file ``json.py`` must not run it."""
    (tmp_path / "json.py").write_text("raise SystemExit('imported')")
    (tmp_path / "page.html").write_text("<p>Hello</p>")
    monkeypatch.chdir(tmp_path)
    assert document(Path("page.html")).pages[0].text == "Hello"


def test_what_a_stranger_sent_is_read_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A small file of a light format is read in this process, unless it must not be."""
    from rag_infer.read import pool

    here: list[str] = []
    inner = pool._read_in_process

    def noted(source: SourceFile, options: ReadOptions) -> object:
        here.append(source.id)
        return inner(source, options)

    monkeypatch.setattr(pool, "_read_in_process", noted)
    path = tmp_path / "note.md"
    path.write_text("# A note\n\nThe pump is in bay 7.\n")
    for isolated in (False, True):
        (result,) = read_files([SourceFile(path, "note.md")], ReadOptions(isolate=isolated))
        assert result.error is None
        assert "bay 7" in result.documents[0].pages[0].text
    assert here == ["note.md"]
