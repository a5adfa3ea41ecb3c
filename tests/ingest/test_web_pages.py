"""An index follows web pages: new, changed, moved, gone, and those that cannot be had."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag_infer import Index, IngestReport, InputError, WebOptions
from tests.crawl.site import Answer, Site, html, redirect

HARBOR = "<h1>Harbor</h1><p>The harbor of Lindvik closes at 9 pm in summer.</p>"
FEES = "<h1>Fees</h1><p>A berth for a boat of nine meters costs 31 euros a night.</p>"
CRANE = "<h1>Crane</h1><p>The crane lifts boats of up to twelve tonnes.</p>"


@pytest.fixture
def site() -> Iterator[Site]:
    pages = {
        "/": html(HARBOR + '<a href="/fees">Fees</a> <a href="https://other.example/">other</a>'),
        "/fees": html(FEES + '<a href="/crane">Crane</a>', "Fees"),
        "/crane": html(CRANE, "Crane"),
    }
    with Site(pages) as running:
        yield running


@pytest.fixture
def index(tmp_path: Path) -> Index:
    return Index.open(tmp_path / "index", create=True)


def ids(index: Index) -> list[str]:
    return [row.id for row in index.documents()]


def crawl(index: Index, site: Site, path: str = "/", **options: float) -> IngestReport:
    web = WebOptions(allow_private=True, **options)  # type: ignore[arg-type]
    return index.add(site.url(path), web=web)


def test_one_page_is_found_under_its_address(index: Index, site: Site) -> None:
    report = crawl(index, site)
    assert [f.id for f in report.indexed] == [site.url()] == ids(index)
    assert site.requests == ["/robots.txt", "/"]
    hit = index.search("When does the harbor close?")[0]
    assert hit.chunk.document_id == site.url()
    answer = index.ask("When does the harbor of Lindvik close in summer?")
    assert "9 pm" in answer.text
    (row,) = index.documents()
    assert row.metadata["crawl_start"] == site.url()
    assert index.status().roots == (site.url(),)


@pytest.mark.parametrize(("depth", "pages"), [(0, ["/"]), (1, ["/", "/fees"]),
                                              (2, ["/", "/crane", "/fees"])])  # fmt: skip
def test_links_are_followed_as_far_as_asked_for(
    index: Index, site: Site, depth: int, pages: list[str]
) -> None:
    crawl(index, site, depth=depth)
    assert sorted(ids(index)) == [site.url(path) for path in pages]


def test_an_unchanged_site_costs_nothing_new(index: Index, site: Site) -> None:
    for number, (path, answer) in enumerate(site.pages.items()):
        assert isinstance(answer, Answer)
        site.pages[path] = Answer(answer.body, etag=f'"{number}"')
    first = crawl(index, site, depth=2)
    assert len(first.indexed) == 3
    again = crawl(index, site, depth=2)
    assert (again.unchanged, again.indexed, again.removed) == (3, (), ())
    assert again.generation == first.generation
    # The first page's links were not asked for, yet the others are looked at all the same.
    again = crawl(index, site, depth=0)
    assert again.unchanged == 3


def test_changes_are_followed(index: Index, site: Site) -> None:
    crawl(index, site, depth=2)
    site.pages["/fees"] = html(FEES.replace("31", "35") + '<a href="/crane">Crane</a>', "Fees")
    report = crawl(index, site)
    assert [f.id for f in report.indexed] == [site.url("/fees")]
    assert "35 euros" in index.ask("What does a berth for a boat of nine meters cost?").text


@pytest.mark.parametrize("status", [404, 410])
def test_a_page_that_is_gone_is_removed(index: Index, site: Site, status: int) -> None:
    crawl(index, site, depth=2)
    site.pages["/crane"] = Answer(status=status)
    report = crawl(index, site, depth=2)
    assert report.removed == (site.url("/crane"),)
    assert site.url("/crane") not in ids(index)


def test_a_first_page_that_is_gone_takes_no_other_with_it(index: Index, site: Site) -> None:
    crawl(index, site, depth=2)
    site.pages["/"] = Answer(status=404)
    assert crawl(index, site, depth=2).removed == (site.url(),)
    assert sorted(ids(index)) == [site.url("/crane"), site.url("/fees")]


def test_a_page_that_nothing_links_to_any_more_stays(index: Index, site: Site) -> None:
    crawl(index, site, depth=2)
    site.pages["/fees"] = html(FEES, "Fees")
    assert crawl(index, site, depth=2).removed == ()
    assert len(ids(index)) == 3


@pytest.mark.parametrize(
    "answer",
    [Answer(status=500), Answer(status=401), redirect("/login", 302), redirect("/crane")],
    ids=["error", "login", "redirect to a login", "circle"],
)
def test_a_page_that_cannot_be_had_is_kept(index: Index, site: Site, answer: Answer) -> None:
    crawl(index, site, depth=2)
    site.pages |= {"/crane": answer, "/login": html("<p>Please log in.</p>")}
    report = crawl(index, site)
    assert report.removed == ()
    ((path, documents),) = [(u.id, u.documents) for u in report.unreachable]
    assert (path, documents) == (site.url("/crane"), 1)
    assert len(ids(index)) == 3


def test_a_site_that_cannot_be_reached_is_kept(index: Index, site: Site) -> None:
    crawl(index, site, depth=2)
    site.stop()
    report = crawl(index, site, depth=2)
    assert {u.id for u in report.unreachable} == set(ids(index))
    assert sum(u.documents for u in report.unreachable) == 3
    assert len(ids(index)) == 3
    assert "not reachable" in report.unreachable[0].reason
    gone = index.add(site.url(), web=WebOptions(allow_private=True), remove_missing=True)
    assert len(gone.removed) == 3


def test_a_page_that_moved_for_good_is_found_at_its_new_address(index: Index, site: Site) -> None:
    crawl(index, site, depth=2)
    site.pages |= {"/crane": redirect("/lift"), "/lift": html(CRANE, "Crane")}
    report = crawl(index, site, depth=2)
    assert report.removed == (site.url("/crane"),)
    assert site.url("/lift") in ids(index)


def test_robots_are_obeyed(index: Index, site: Site) -> None:
    site.pages["/robots.txt"] = Answer(b"User-agent: *\nDisallow: /fees", "text/plain")
    report = crawl(index, site, depth=2)
    assert ids(index) == [site.url()]
    assert report.left_out == {"robots.txt does not allow it": 1}
    assert "/fees" not in site.requests
    with pytest.raises(InputError, match="robots"):
        crawl(index, site, "/fees")


def test_a_sitemap_lists_pages_below_the_first_one(index: Index, site: Site) -> None:
    listed = "".join(f"<url><loc>{site.url(p)}</loc></url>" for p in ("/docs/a", "/docs/b", "/x"))
    site.pages |= {
        "/robots.txt": Answer(b"Sitemap: /maps.xml", "text/plain"),
        "/maps.xml": Answer(f"<sitemapindex><sitemap><loc>{site.url('/map.xml.gz')}</loc></sitemap>"
                            "</sitemapindex>".encode(), "application/xml"),
        "/map.xml.gz": Answer(gzip.compress(f"<urlset>{listed}</urlset>".encode()),
                              "application/gzip"),
        "/docs/": html(HARBOR), "/docs/a": html(FEES), "/docs/b": html(CRANE),
        "/x": html("<p>x</p>"),
    }  # fmt: skip
    crawl(index, site, "/docs/", depth=1)
    assert sorted(ids(index)) == [site.url(p) for p in ("/docs/", "/docs/a", "/docs/b")]


def test_a_sitemap_itself_stands_for_its_pages(index: Index, site: Site) -> None:
    listed = "".join(f"<url><loc>{site.url(p)}</loc></url>" for p in ("/fees", "/crane"))
    site.pages["/sitemap.xml"] = Answer(f"<urlset>{listed}</urlset>".encode(), "text/xml")
    crawl(index, site, "/sitemap.xml")
    assert sorted(ids(index)) == [site.url("/crane"), site.url("/fees")]


def test_files_of_every_reader(index: Index, site: Site, corpus_pdf: bytes) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("inner.txt", "The ferry to the island leaves from pier four.")
    site.pages |= {
        "/": html(''.join(f'<a href="{p}">x</a>' for p in
                          ("/paper.pdf", "/rows.csv", "/all.zip", "/bad.pdf", "/film.mp4"))),
        "/paper.pdf": Answer(corpus_pdf, "application/pdf"),
        "/rows.csv": Answer(b"pier,depth\nfour,3.2\n", "text/csv"),
        "/all.zip": Answer(buffer.getvalue(), "application/zip",
                           headers={"Last-Modified": "Wed, 21 Oct 2015 07:28:00 GMT"}),
        "/bad.pdf": Answer(b"not a PDF", "application/pdf"),
        "/film.mp4": Answer(b"...", "video/mp4"),
    }  # fmt: skip
    report = crawl(index, site, depth=1)
    assert {site.url("/paper.pdf"), site.url("/rows.csv"), site.url("/all.zip#inner.txt")} < set(
        ids(index)
    )
    assert [f.id for f in report.failed] == [site.url("/bad.pdf")]
    assert report.skipped == {"video/mp4": 1}
    assert crawl(index, site, depth=1).unchanged == 4


@pytest.fixture
def corpus_pdf() -> bytes:
    return next(iter(sorted((Path(__file__).parents[2] / "corpus").rglob("*.pdf")))).read_bytes()


def test_no_more_pages_than_the_limit(index: Index, site: Site) -> None:
    site.pages["/"] = html("".join(f'<a href="/p{n}">x</a>' for n in range(30)))
    site.pages |= {f"/p{n}": html(f"<p>Page {n}.</p>") for n in range(30)}
    report = crawl(index, site, depth=1, max_pages=10)
    assert len(ids(index)) == 10
    assert report.left_out == {"over the limit of 10 pages": 21}


def test_what_is_wrong_with_one_page_costs_that_page(index: Index, site: Site) -> None:
    site.pages["/"] = html('<a href="/huge">x</a><a href="/loop">y</a><a href="/fees">z</a>')
    site.pages |= {"/huge": Answer(b"x" * 100_000), "/loop": redirect("/loop")}
    report = crawl(index, site, depth=1, max_page_bytes=50_000)
    assert sorted(ids(index)) == [site.url(), site.url("/fees")]
    assert report.left_out == {"larger than 0.1 MB": 1, "redirects in a circle": 1}


def test_a_private_address_is_refused(index: Index, site: Site) -> None:
    with pytest.raises(InputError, match="private"):
        index.add(site.url())
    assert (site.requests, index.path.exists()) == ([], False)


def test_the_first_page_may_redirect_to_where_the_site_is_now(index: Index, site: Site) -> None:
    with Site({"/": redirect(site.url("/"))}) as old:
        crawl(index, old, depth=1)
        assert sorted(ids(index)) == [site.url(), site.url("/fees")]
        assert crawl(index, old, depth=1).unchanged == 2
        assert index.remove([old.url()]) == tuple(sorted(ids(index))) or not ids(index)
        assert index.status().roots == ()


def test_pages_are_removed_by_address_and_by_folder(index: Index, site: Site) -> None:
    site.pages |= {"/docs/a": html(CRANE), "/docs/b": html(FEES)}
    for path in ("/", "/docs/a", "/docs/b"):
        crawl(index, site, path)
    assert index.remove([site.url("/docs")]) == (site.url("/docs/a"), site.url("/docs/b"))
    assert ids(index) == [site.url()]


def test_folders_and_pages_keep_out_of_each_others_way(
    index: Index, site: Site, tmp_path: Path
) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.md").write_text("# Note\n\nThe key hangs behind the door.\n")
    index.add(tmp_path / "notes", site.url(), web=WebOptions(allow_private=True))
    assert sorted(ids(index)) == [site.url(), "notes/a.md"]
    # The folder that holds the index itself holds none of the pages.
    index.add(tmp_path)
    assert site.url() in ids(index)
    assert set(index.status().roots) == {site.url(), tmp_path.name}


def test_groups_and_receipts_of_pages(index: Index, site: Site) -> None:
    index.add(site.url(), groups=["board"], web=WebOptions(allow_private=True))
    (row,) = index.documents()
    assert row.labels == {"board"}
    answer = index.ask("When does the harbor of Lindvik close in summer?")
    assert index.replay(index.receipt(answer)).differences == ()
