"""The processes of the package import nothing from the working folder and keep their limits."""

from __future__ import annotations

import ast
import os
import signal
import site
import subprocess
import sys
from pathlib import Path

import pytest

from rag_infer import Index, _subprocess
from rag_infer.batch.attempts import Job
from rag_infer.batch.processes import WorkerPool
from rag_infer.batch.questions import BatchQuestion
from rag_infer.batch.setup import BatchSetup
from rag_infer.crawl.addresses import WebAddress
from rag_infer.crawl.links import page_links
from rag_infer.read import ReadOptions, SourceFile, read_files
from rag_infer.read.page_image import draw_page
from rag_infer.read.text_boxes import locate_text
from rag_infer.tools.sql_client import SqlTable, ask
from tests.hostile import HostileFolder, module_names
from tests.read.fixtures import WRITERS

PACKAGE = Path(_subprocess.__file__).parent
PDF = PACKAGE.parent / "corpus" / "retrieval-handbook.pdf"
CHILDREN = {
    "rag_infer.batch.worker",
    "rag_infer.crawl.link_worker",
    "rag_infer.read.page_image",
    "rag_infer.read.worker",
    "rag_infer.tools.sql_worker",
}
HERE = ("", ".", "sub", "./", "..")
STARTERS = {
    "os": ("system", "popen", "exec", "spawn", "posix_spawn", "fork"),
    "subprocess": ("Popen", "run", "call", "check_", "getoutput", "getstatusoutput"),
    "multiprocessing": ("",),
    "concurrent": ("ProcessPool",),
    "runpy": ("",),
    "pty": ("",),
}


@pytest.fixture(params=[None, *HERE], ids=repr)
def hostile(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> HostileFolder:
    """A folder of hostile modules to work in, which an entry of ``PYTHONPATH`` may name."""
    entry: str | None = request.param
    work = tmp_path / "parent" / "work"
    folder = (work / (entry or "")).resolve()
    folder.mkdir(parents=True)
    work.mkdir(exist_ok=True)
    monkeypatch.chdir(work)
    if entry is not None:
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path / "other"), entry]))
        monkeypatch.setenv("PYTHONUSERBASE", entry)
        monkeypatch.setenv("PYTHONPYCACHEPREFIX", entry)
    return HostileFolder(folder, tmp_path / "marks")


def test_a_child_imports_nothing_of_the_working_folder(
    hostile: HostileFolder, tmp_path: Path
) -> None:
    files = tmp_path / "files"
    files.mkdir()
    for name, write in WRITERS.items():
        (files / name).write_bytes(write("Tea", ["Green tea is brewed at 80 degrees."]))
    (files / "a.hostile").write_text("x")
    sources = [SourceFile(path, path.name) for path in files.iterdir()]
    index = Index.open(tmp_path / "index", create=True)
    index.add_text("Green tea is brewed at 80 degrees.", id="tea")
    linking = tmp_path / "page.html"
    linking.write_text('<a href="/tea">Tea</a>')
    home = WebAddress("https", "tea.example", 443, "/")
    with hostile:
        assert [str(link) for link in page_links({home: linking})[home]] == [
            "https://tea.example/tea"
        ]
        for result in read_files(sources, ReadOptions(isolate=True), workers=1):
            assert (result.error is None) == (result.source.id != "a.hostile"), result.error
        assert draw_page(PDF, 1, [(0, 20)]).boxes[0]
        assert locate_text(PDF, 1, [(0, 20)])[0]
        with WorkerPool(BatchSetup(str(index.path), "extractive"), "ask", 1, 1, 2) as pool:
            answer = pool(Job(BatchQuestion("1", "How is tea brewed?"), "k")).fields["answer"]
        assert "80 degrees" in answer["text"]
        table = SqlTable("tea", "tea.csv", ("name", "price"), [("green", "3"), ("black", "4")])
        assert ask([table], "SELECT sum(price) FROM tea").rows == (("7",),)


def test_a_hostile_module_that_is_imported_is_noticed(tmp_path: Path) -> None:
    hostile = HostileFolder(tmp_path, tmp_path / "marks")
    subprocess.run([sys.executable, "-c", "import pypdfium2, docx"], cwd=tmp_path, check=True)
    assert {"pypdfium2", "docx"} <= hostile.imported()
    assert {"json", "PIL", "rag_infer", "sitecustomize"} <= set(module_names())


def test_every_process_is_started_by_one_module() -> None:
    mains = set()
    for path in PACKAGE.rglob("*.py"):
        module = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
        tree = ast.parse(path.read_text("utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Compare) and "__main__" in ast.unparse(node):
                mains.add(module)
            names = []
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                names = [(node.value.id, node.attr)]
            elif isinstance(node, ast.ImportFrom) and node.module:
                names = [(node.module.split(".")[0], alias.name) for alias in node.names]
            for owner, name in names:
                if name.startswith(STARTERS.get(owner, "\0")) and module != "rag_infer._subprocess":
                    raise AssertionError(f"{module} starts a process itself: {owner}.{name}")
    assert mains == CHILDREN, "a new child: have it run in the test above"


def test_only_absolute_folders_of_the_environment_remain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_subprocess, "_HOME", "/package")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(["", "/one", "two", "~/three", "/one", "."]))
    monkeypatch.setenv("PYTHONHOME", f"/usr{os.pathsep}usr")
    monkeypatch.setenv("PYTHONUSERBASE", "/home/user")
    monkeypatch.setenv("PYTHONPYCACHEPREFIX", "cache")
    monkeypatch.setenv("PYTHONSTARTUP", "/startup.py")
    monkeypatch.setenv("PYTHONINSPECT", "1")
    monkeypatch.setenv("PYTHONUTF8", "1")
    monkeypatch.setenv("OMP_NUM_THREADS", "8")
    environment = _subprocess.environment()
    assert environment["PYTHONPATH"].split(os.pathsep) == ["/package", "/one"]
    assert environment["PYTHONUSERBASE"] == "/home/user"
    assert environment["PYTHONUTF8"] == "1"
    assert environment["OMP_NUM_THREADS"] == environment["OPENBLAS_NUM_THREADS"] == "1"
    gone = {"PYTHONHOME", "PYTHONPYCACHEPREFIX", "PYTHONSTARTUP", "PYTHONINSPECT"}
    assert not gone & set(environment)
    assert environment["PATH"] == os.environ["PATH"]


def test_an_installed_package_is_not_put_before_the_standard_library(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_subprocess, "_HOME", site.getsitepackages()[0])
    monkeypatch.setenv("PYTHONPATH", "")
    assert "PYTHONPATH" not in _subprocess.environment()


def test_a_process_that_ignores_the_environment_has_such_children(tmp_path: Path) -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(PACKAGE.parent)!r})\n"
        "from rag_infer import _subprocess\n"
        "given = _subprocess.environment()\n"
        "print([name for name in given if name.startswith('PYTHON')], given.get('PYTHONPATH'))\n"
        "print(_subprocess._command('m')[1:])\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", code],
        env={**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONHASHSEED": "1"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.splitlines() == [
        f"['PYTHONPATH'] {PACKAGE.parent}", "['-P', '-s', '-m', 'm']"
    ]  # fmt: skip


def limited(code: str) -> subprocess.CompletedProcess[str]:
    """Runs Python code in a process that may limit itself."""
    lines = f"import resource, time\nfrom rag_infer import _subprocess as s\n{code}"
    return subprocess.run(
        [sys.executable, "-c", lines], env=_subprocess.environment(),
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_a_process_keeps_its_limits() -> None:
    done = limited(
        "s.limit_process(memory_bytes=2**30, cpu_seconds=100)\n"
        "s.limit_process(memory_bytes=2**31, cpu_seconds=50)\n"
        "print(resource.getrlimit(resource.RLIMIT_CPU)[0])\n"
        "s.limit_process(memory_bytes=2**30, cpu_seconds=40, permanent=True)\n"
        "s.limit_process(memory_bytes=2**40, cpu_seconds=100)\n"
        "print(resource.getrlimit(resource.RLIMIT_CPU), resource.getrlimit(resource.RLIMIT_CORE))\n"
        "x = bytearray(2**30)"
    )
    assert done.stdout.splitlines() == ["50", "(40, 40) (0, 0)"]
    assert "MemoryError" in done.stderr


def test_memory_is_watched_where_the_system_sets_no_limit() -> None:
    done = limited(
        "def refuse(*_): raise ValueError('current limit exceeds maximum limit')\n"
        "resource.setrlimit = refuse\n"
        "s.limit_process(memory_bytes=2**28)\n"
        "time.sleep(0.5); print('fine', flush=True)\n"
        "x = bytearray(b'x' * 2**28); time.sleep(30)"
    )
    assert (done.stdout, done.returncode) == ("fine\n", -signal.SIGKILL)
