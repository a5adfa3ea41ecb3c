"""From nothing to a team of five behind nginx, timed; each step checks what it promises.

    python deploy/walk.py                 in a temporary folder, on free ports of this machine
    python deploy/walk.py --install       first installs the server into an environment of its own
    python deploy/walk.py --report FILE   also writes the times as JSON

The team: two of finance, two of people, an operator. Documents of both groups by `.ragaccess`, TLS
with a certificate made here, sign-on at a real identity provider, sessions, a link that is shared,
a token that is revoked, a person who is blocked, a backup and its restore, logs that are rotated.
The commands that are printed are those that an operator types; docs/guides/team.md explains them.

Needs nginx and openssl, and of Python packages: the extras serve and oidc, httpx and
oidc-provider-mock.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

HERE = Path(__file__).parent
PATH = "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin"
TEAM = {
    "ada": ["finance"], "ben": ["finance"], "cho": ["people"], "dee": ["people"],
    "olga": ["operators"],
}  # fmt: skip
DOCUMENTS = {
    "handbook.md": "# Handbook\n\nThe office opens at 8:30 and closes at 18:00.\n",
    "finance/budget.md": "# Budget\n\nThe travel budget for 2026 is 48,000 euros.\n",
    "people/salaries.md": "# Salaries\n\nA junior engineer earns 52,310 euros a year.\n",
}
ACCESS_RULES = "finance/: finance\npeople/: people\n"
MEMO = "# Memo\n\nThe audit of the Lisbon branch begins on 14 May.\n"
QUESTIONS = {
    "handbook.md": ("When does the office open?", "8:30"),
    "finance/budget.md": ("How large is the travel budget for 2026?", "48,000"),
    "people/salaries.md": ("How much does a junior engineer earn a year?", "52,310"),
    "memo.md": ("When does the audit of the Lisbon branch begin?", "14 May"),
}
NGINX = """
daemon off;
{user}
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  include {folder}/rag.conf;
}}
"""
UP_WITHIN_S = 60


class PromiseError(Exception):
    """A step did not keep what it promises."""


@dataclass
class Walk:
    """The state of a walk: its folder, what runs, who is signed on."""

    folder: Path
    rag: Path
    running: ExitStack = field(default_factory=ExitStack)
    clients: dict[str, httpx.Client] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    server: subprocess.Popen[bytes] | None = None
    token: str = ""
    conversation: str = ""

    def __post_init__(self) -> None:
        self.port, self.tls_port, self.provider_port = free_ports(3)
        self.issuer = f"http://localhost:{self.provider_port}"
        self.url = f"https://localhost:{self.tls_port}/rag"
        own = {name: str(self.folder / "home") for name in ("HOME", "XDG_DATA_HOME")}
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("RAG_", "XDG_"))}, **own,
            "RAG_INDEXES": str(self.folder / "indexes"), "HF_HUB_OFFLINE": "1",
            "RAG_OIDC_CLIENT_SECRET": "a secret of this walk",
        }  # fmt: skip

    # What an operator types

    def command(self, *words: object) -> str:
        """Runs a command in the folder of the walk and returns what it prints."""
        typed = shlex.join(map(str, words)).replace(str(self.folder), "$PWD")
        print(f"      $ {typed}", flush=True)
        program = self.rag if words[0] == "rag" else words[0]
        done = subprocess.run(
            [str(program), *map(str, words[1:])], cwd=self.folder, env=self.environment,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise PromiseError(f"{typed}: {done.stderr[-1000:]}")
        return done.stdout

    def background(self, words: list[object], output: str) -> subprocess.Popen[bytes]:
        """Starts a program that runs on; it ends with the walk."""
        typed = shlex.join(map(str, words)).replace(str(self.folder), "$PWD")
        print(f"      $ {typed} >> {output} &", flush=True)
        program = self.rag if words[0] == "rag" else words[0]
        with (
            (self.folder / output).open("ab") as out,
            (self.folder / f"{output}.errors").open("ab") as errors,
        ):
            process = subprocess.Popen(
                [str(program), *map(str, words[1:])], cwd=self.folder, env=self.environment,
                stdin=subprocess.DEVNULL, stdout=out, stderr=errors,
            )  # fmt: skip
        self.running.callback(stop, process)
        return process

    # The steps

    def install(self) -> None:
        """The server in an environment of its own, without torch."""
        environment = self.folder / "environment"
        source = HERE.parent
        self.command(sys.executable, "-m", "venv", environment)
        light = [sys.executable, HERE / "light_requirements.py", source / "pyproject.toml"]
        (self.folder / "light.txt").write_text(self.command(*light, "serve", "oidc"))
        (self.folder / "alone.txt").write_text(self.command(*light, "--alone"))
        pip = environment / "bin" / "pip"
        self.command(
            pip, "install", "-q", "-c", source / "constraints.txt", "-r", self.folder / "light.txt"
        )
        self.command(pip, "install", "-q", "--no-deps", "-r", self.folder / "alone.txt", source)
        self.rag = environment / "bin" / "rag"
        promise("rag" in self.command("rag", "version"), "the command is there")

    def index(self) -> None:
        """Documents of two groups are indexed."""
        for name, text in DOCUMENTS.items():
            path = self.folder / "documents" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        (self.folder / "documents" / ".ragaccess").write_text(ACCESS_RULES)
        self.command("rag", "index", "documents", "-i", "team")
        listing = self.command("rag", "ls", "-i", "team", "--json")
        promise(all(name in listing for name in DOCUMENTS), "all documents are indexed")

    def start(self) -> None:
        """A server behind nginx with TLS, with an identity provider and a token for a program."""
        self.token = self.command("rag", "users", "add", "chatbot", "--read-only").split()[0]
        self.command(
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-days", "30", "-subj", "/CN=localhost", "-addext",
            "subjectAltName=DNS:localhost", "-keyout", "rag.key", "-out", "rag.pem",
        )  # fmt: skip
        self.start_provider()
        self.start_server()
        self.start_nginx()
        self.wait_until_ready()
        with self.client() as nobody:
            promise(nobody.get("/api/me").status_code == 401, "nobody is let in without sign-on")
            forged = {"X-Forwarded-User": "olga@example.com"}
            promise(
                nobody.get("/api/me", headers=forged).status_code == 401,
                "headers of a browser sign nobody on",
            )
            bearer = {"Authorization": f"Bearer {self.token}"}
            promise(
                nobody.get("/api/me", headers=bearer).json()["name"] == "chatbot",
                "the program is let in by its token",
            )
            page = nobody.get("/").text
            files = re.findall(r'(?:src|href)="([^"#]+\.\w+)"', page)
            promise(
                bool(files) and all(nobody.get(f"/{name}").status_code == 200 for name in files),
                f"the page and its {len(files)} files lie below /rag/",
            )

    def start_provider(self) -> None:
        """A real one, which knows the team; in life it is the company's own."""
        words: list[object] = [sys.executable, "-m", "oidc_provider_mock", "-p", self.provider_port]
        for name, groups in TEAM.items():
            claims = {"sub": name, "email": f"{name}@example.com", "email_verified": True}
            words += ["--user-claims", json.dumps({**claims, "groups": groups})]
        self.background(words, "provider.log")
        configuration = f"{self.issuer}/.well-known/openid-configuration"
        promise(
            eventually(lambda: httpx.get(configuration, trust_env=False).is_success, UP_WITHIN_S),
            "the identity provider is there",
            is_quiet=True,
        )

    def start_server(self) -> None:
        words = [
            "rag", "serve", "-i", "team", "--port", self.port, "--data-dir", "data",
            "--users", "users.toml", "--trusted-proxy", "127.0.0.1", "--root-path", "/rag",
            "--oidc-issuer", self.issuer, "--oidc-client-id", "rag",
            "--audit-log", "audit.jsonl", "--access-log", "json",
        ]  # fmt: skip
        self.server = self.background(words, "access.log")

    def start_nginx(self) -> None:
        folder = self.folder / "nginx"
        folder.mkdir()
        site = (HERE / "nginx.conf").read_text()
        for shipped, here in {
            "listen 443 ssl": f"listen 127.0.0.1:{self.tls_port} ssl",
            "/etc/ssl/certs/rag.pem": str(self.folder / "rag.pem"),
            "/etc/ssl/private/rag.key": str(self.folder / "rag.key"),
            "/var/log/nginx/rag.log": str(folder / "rag.log"),
            "http://127.0.0.1:8000": f"http://127.0.0.1:{self.port}",
        }.items():
            promise(site.count(shipped) == 1, f"nginx.conf has its '{shipped}'", is_quiet=True)
            site = site.replace(shipped, here)
        (folder / "rag.conf").write_text(site)
        # Its workers open logs anew, in a folder that only the owner of the walk may enter.
        user = "user root;" if os.getuid() == 0 else ""
        (folder / "nginx.conf").write_text(NGINX.format(folder=folder, user=user))
        words = [program("nginx"), "-c", folder / "nginx.conf", "-e", folder / "error.log"]
        self.background(words, "nginx.log")

    def wait_until_ready(self) -> None:
        with self.client() as client:
            promise(
                eventually(lambda: client.get("/readyz").status_code == 200, UP_WITHIN_S),
                "the server is ready behind nginx, over TLS",
            )

    def sign_on(self) -> None:
        """Five people sign on, each with their groups."""
        for name, groups in TEAM.items():
            client = self.clients[name] = self.client()
            self.running.callback(client.close)
            to_provider = client.get("/sign-in").headers["location"]
            back = client.post(to_provider, data={"sub": name}).headers["location"]
            reply = client.get(back)
            me = client.get("/api/me").json()
            promise(
                (me["name"], me["groups"]) == (f"{name}@example.com", groups),
                f"{name} is signed on as a member of {groups[0]}",
            )
        cookie = reply.headers["set-cookie"].lower()
        promise(
            all(word in cookie for word in ("secure", "httponly", "samesite=lax", "path=/rag/")),
            "sessions are cookies for /rag/ that scripts cannot read",
        )

    def separate(self) -> None:
        """Each group sees its documents, and nothing of the other's."""
        reply = self.clients["ada"].post(
            "/api/indexes/team/documents", files=[("file", ("memo.md", MEMO.encode()))]
        )
        promise(reply.status_code == 202, "ada hands in a document of her own")
        self.wait_for_uploads("ada")
        readers = {
            "handbook.md": set(TEAM), "finance/budget.md": {"ada", "ben"},
            "people/salaries.md": {"cho", "dee"}, "memo.md": {"ada"},
        }  # fmt: skip
        for document, (question, fact) in QUESTIONS.items():
            for name in TEAM:
                if name in readers[document]:
                    answer = self.ask(name, question)
                    promise(fact in answer["text"], f"{name} is told: {fact}")
                else:
                    self.check_hidden(name, document, question, fact)
        lines = self.audited()
        asked = {(line["user"], line.get("text")) for line in lines if line["action"] == "ask"}
        everybody = {(f"{n}@example.com", q) for n in TEAM for q, _ in QUESTIONS.values()}
        promise(everybody <= asked, f"each of the {len(everybody)} questions is in the audit log")
        listed = {
            (line["user"].split("@")[0], document)
            for line in lines
            for document in line["documents"]
        }
        promise(
            all(
                name in readers[document]
                for name, seen in listed
                for document in readers
                if seen.endswith(document)
            ),
            "no line of it shows anybody a document of others",
        )

    def check_hidden(self, name: str, document: str, question: str, fact: str) -> None:
        """Nothing of a document reaches a person who may not read it."""
        client = self.clients[name]
        replies = [
            client.post("/api/indexes/team/ask", json={"question": question}),
            client.post("/api/indexes/team/search", json={"query": question}),
            client.get("/api/indexes/team/documents"),
        ]
        texts = [reply.text.replace(json.dumps(question)[1:-1], "") for reply in replies]
        promise(
            all(reply.status_code == 200 for reply in replies)
            and not any(fact in text or document in text for text in texts),
            f"{name} sees nothing of {document}",
        )

    def share(self) -> None:
        """A link to an answer opens for those who may read its documents."""
        question, fact = QUESTIONS["finance/budget.md"]
        answer = self.ask("ada", question, conversation="new")
        self.conversation = answer["conversation"]
        link = self.clients["ada"].post(
            "/api/shares", json={"conversation": self.conversation, "turn": 1}
        )
        address = f"/api/shares/{link.json()['id']}"
        promise(fact in self.clients["ben"].get(address).text, "ben opens what ada shared")
        promise(self.clients["cho"].get(address).status_code == 404, "to cho there is no such link")

    def leave(self) -> None:
        """Signing out, a revoked token, a blocked person: each is out, nobody else is."""
        promise(self.clients["olga"].get("/metrics").status_code == 200, "olga reads the metrics")
        promise(self.clients["ada"].get("/metrics").status_code == 403, "ada does not")
        self.clients["olga"].post("/sign-out")
        promise(self.status("olga") == 401, "olga has signed out")
        importer = self.command("rag", "users", "add", "importer").split()[0]
        promise(eventually(lambda: self.token_status(importer) == 200), "a new token counts")
        self.command("rag", "users", "revoke", "importer")
        self.command("rag", "users", "block", "dee@example.com")
        promise(eventually(lambda: self.token_status(importer) == 401), "revoked, it does not")
        promise(eventually(lambda: self.status("dee") == 401), "dee is out, with her open session")
        promise(
            (self.status("cho"), self.token_status(self.token)) == (200, 200),
            "cho and the program are not",
        )

    def back_up(self) -> None:
        """Index, uploads, conversations and users are backed up while the server runs."""
        backup = self.folder / "backup"
        backup.mkdir()
        self.command("rag", "push", "team", f"file://{backup}/team")
        self.command("cp", "-a", "data", "users.toml", "backup")

    def restore(self) -> None:
        """All is lost, and comes back: answers, uploads, history, sessions, who is blocked."""
        assert self.server is not None
        self.server.send_signal(signal.SIGTERM)
        promise(self.server.wait(60) in (0, -signal.SIGTERM), "the server stops in order")
        self.command("rm", "-rf", "indexes", "data", "users.toml")
        self.command("rag", "pull", f"file://{self.folder}/backup/team", "team")
        self.command("rag", "verify", "-i", "team")
        self.command("cp", "-a", "backup/data", "backup/users.toml", ".")
        self.start_server()
        self.wait_until_ready()
        for document, name in (("finance/budget.md", "ben"), ("memo.md", "ada")):
            question, fact = QUESTIONS[document]
            promise(fact in self.ask(name, question)["text"], f"{name}'s session goes on: {fact}")
        self.check_hidden("cho", "finance/budget.md", *QUESTIONS["finance/budget.md"])
        history = self.clients["ada"].get(f"/api/conversations/{self.conversation}")
        promise("48,000" in history.text, "ada's history is there")
        promise(self.status("dee") == 401, "dee is still blocked")
        note = b"# Note\n\nThe fire drill is on 3 June.\n"
        self.clients["ben"].post("/api/indexes/team/documents", files=[("file", ("note.md", note))])
        self.wait_for_uploads("ben")
        answer = self.ask("ben", "When is the fire drill?")
        promise("3 June" in answer["text"], "new documents go in")

    def rotate(self) -> None:
        """Logs are moved away while people ask; no line is lost."""
        before = len(self.audited())
        self.command("mv", "audit.jsonl", "audit.jsonl.1")
        self.command("cp", "access.log", "access.log.1")
        self.command("truncate", "-s", "0", "access.log")
        self.command("mv", "nginx/rag.log", "nginx/rag.log.1")
        configured = ("-c", self.folder / "nginx" / "nginx.conf")
        self.command(
            program("nginx"), *configured, "-e", self.folder / "nginx/error.log", "-s", "reopen"
        )
        promise(eventually((self.folder / "nginx" / "rag.log").exists), "nginx opens a new log")
        self.clients["ben"].headers["X-Request-ID"] = "after-the-rotation"
        self.ask("ben", QUESTIONS["handbook.md"][0])
        old = (self.folder / "audit.jsonl.1").read_text().splitlines()
        promise(
            (len(old), len(self.audited())) == (before, 2), "the audit log goes on in a new file"
        )
        access = self.folder / "access.log"
        promise(
            eventually(lambda: "after-the-rotation" in access.read_text()),
            "so does the log of requests",
        )
        promise("\0" not in access.read_text(), "without a hole in it", is_quiet=True)
        promise(
            eventually(lambda: "/rag/api/indexes/team/ask" in self.nginx_log()), "so does nginx's"
        )

    # Requests

    def client(self) -> httpx.Client:
        context: ssl.SSLContext | bool = True
        if (self.folder / "rag.pem").exists():
            context = ssl.create_default_context(cafile=str(self.folder / "rag.pem"))
        return httpx.Client(base_url=self.url, verify=context, timeout=120, trust_env=False)

    def ask(self, name: str, question: str, **body: str) -> dict[str, Any]:
        reply = self.clients[name].post(
            "/api/indexes/team/ask", json={"question": question, **body}
        )
        promise(reply.status_code == 200, f"{name} gets an answer", is_quiet=True)
        answer: dict[str, Any] = reply.json()
        return answer

    def status(self, name: str) -> int:
        return self.clients[name].get("/api/me").status_code

    def token_status(self, token: str) -> int:
        with self.client() as client:
            bearer = {"Authorization": f"Bearer {token}"}
            return client.get("/api/me", headers=bearer).status_code

    def wait_for_uploads(self, name: str) -> None:
        def states() -> set[str]:
            jobs = self.clients[name].get("/api/jobs").json()["jobs"]
            return {job["state"] for job in jobs}

        promise(eventually(lambda: states() == {"done"}, UP_WITHIN_S), "uploads are indexed")

    def audited(self) -> list[dict[str, Any]]:
        lines = (self.folder / "audit.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines]

    def nginx_log(self) -> str:
        return (self.folder / "nginx" / "rag.log").read_text()


def promise(is_true: bool, what: str, *, is_quiet: bool = False) -> None:
    """Prints what was checked; raises PromiseError where it is not so."""
    if not is_true:
        raise PromiseError(what)
    if not is_quiet:
        print(f"      ok {what}", flush=True)


def eventually(is_so: Callable[[], bool], seconds: float = 15) -> bool:
    """Whether something becomes true in time; a server that is not up yet counts as no."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if is_so():
                return True
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    return False


def program(name: str) -> str:
    """Where a program is; ends the walk where there is none."""
    path = shutil.which(name, path=PATH)
    if path is None:
        sys.exit(f"walk: there is no {name} on this machine")
    return path


def free_ports(count: int) -> list[int]:
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        process.wait(60)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--install", action="store_true", help="into an environment of its own")
    parser.add_argument("--report", type=Path, help="file of the times, as JSON")
    options = parser.parse_args()
    for name in ("nginx", "openssl"):
        program(name)
    times: list[dict[str, Any]] = []
    begin = time.perf_counter()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="walk-") as name:
        walk = Walk(Path(name).resolve(), Path(sys.executable).with_name("rag"))
        steps = [walk.index, walk.start, walk.sign_on, walk.separate, walk.share, walk.leave,
                 walk.back_up, walk.restore, walk.rotate]  # fmt: skip
        with walk.running:
            for number, step in enumerate([walk.install, *steps] if options.install else steps, 1):
                title = (step.__doc__ or "").strip().rstrip(".")
                print(f"{number:2}. {title}", flush=True)
                start = time.perf_counter()
                try:
                    step()
                except PromiseError as error:
                    sys.exit(f"NOT KEPT: {error}")
                seconds = round(time.perf_counter() - start, 1)
                times.append({"step": title, "seconds": seconds})
                print(f"      {seconds} s", flush=True)
    total = round(time.perf_counter() - begin, 1)
    spent = os.times()
    processor = spent.user + spent.system + spent.children_user + spent.children_system
    print(f"a team of five after {total} s; every promise was kept")
    if options.report:
        where = {"cores": os.cpu_count(), "load_before": round(load, 2)}
        report = {
            "what": "python deploy/walk.py" + (" --install" if options.install else ""),
            "date": datetime.now(UTC).date().isoformat(), **where,
            "steps": times, "seconds": total, "processor_seconds": round(processor, 1),
        }  # fmt: skip
        options.report.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
