"""What a person sees with a real small chat model: from nothing to answers, recorded.

    python benchmarks/model_transcript.py MODEL > benchmarks/results/model_transcript.txt

MODEL is what ``--llm`` takes: a GGUF file, a server's address. Four short documents are written to
an empty folder, indexed, and the model is made the default: two commands. Then a question, a
follow-up question in a conversation, a question about a table, one that nothing answers, and one
of two parts. Nothing is edited but the paths of the temporary folder.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

RAG = Path(sys.executable).with_name("rag")
DOCUMENTS = {
    "lease.md": """# Lease

Between Harbour Lofts Ltd (landlord) and Anna Pell (tenant), signed on 3 March 2024.

## Rent and deposit

The rent is 4,150 euros a month, due on the third working day. The deposit is three months' rent.

## Ending the lease

Either side may end the lease with six months' notice to the end of a quarter. A tenant who leaves
earlier pays the rent until a new tenant is found, at most for three months.
""",
    "handbook.md": """# Staff handbook

## Leave

Staff have 28 days of leave a year. Days that are not taken by 31 March of the next year lapse,
unless illness kept a person from taking them.

## Expenses

Travel is repaid within two weeks after the receipts are handed in. The office manager, Ruth
Okafor, approves expenses up to 500 euros; above that the director does.
""",
    "minutes-2025-02.md": """# Minutes of 11 February 2025

Present: Ruth Okafor, Tom Varga, Lena Brandt.

The printer contract with Copyline ends on 30 June 2025 and will not be renewed. Lena Brandt asks
three suppliers for offers until 1 April.
""",
    "orders.csv": """Month,Supplier,Amount
January,Copyline,310
January,Paperworks,120
February,Copyline,310
February,Paperworks,85
March,Copyline,310
March,Paperworks,140
""",
}
QUESTIONS = (
    ("What is the notice period of the lease?",),
    ("Who approves expenses?", "And above 500 euros?"),
    ("What is the total amount for each supplier?",),
    ("What is the wifi password?",),
    ("When does the printer contract end and who asks for new offers?",),
)


def main() -> None:
    model = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        office = home / "office"
        office.mkdir()
        for name, text in DOCUMENTS.items():
            (office / name).write_text(text, "utf-8")
        run(home, model, "index", "office")
        run(home, model, "config", "init", "--llm", model)
        for question, *follow_ups in QUESTIONS:
            run(home, model, "ask", question, "--no-log")
            for follow_up in follow_ups:
                run(home, model, "ask", "--continue", follow_up, "--no-log")


def run(home: Path, model: str, *arguments: str) -> None:
    """One command as it looks, both streams together."""
    environment = {
        **os.environ, "RAG_INDEXES": str(home / "indexes"), "NO_COLOR": "1", "COLUMNS": "80",
        "XDG_CONFIG_HOME": str(home / "config"), "XDG_DATA_HOME": str(home / "data"),
    }  # fmt: skip
    command = subprocess.run(
        [str(RAG), *arguments],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
        text=True, check=False, cwd=home,
    )  # fmt: skip
    line = " ".join(json.dumps(a, ensure_ascii=False) if " " in a else a for a in arguments)
    text = f"$ rag {line}\n{command.stdout}".replace(f"{home}/", "").replace(str(home), "~")
    if "://" not in model:
        text = text.replace(model, Path(model).name)
    print(text, flush=True)


if __name__ == "__main__":
    main()
