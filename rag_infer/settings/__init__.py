"""Settings: an option wins over the environment, over a project's file, over the user's file.

Options belong to the commands; everything else is here. `rag.toml` in the working folder and
`config.toml` of the user are the same TOML:

    index = "notes"
    llm = "fast"

    [models.fast]
    base_url = "http://localhost:11434/v1"
    model = "qwen3:4b"
    window = 8192

    [models.fast.price]      # for a million tokens
    input = 0.1
    output = 0.4

    [prompts]                # in the user's file alone
    closing = "Answer in one sentence."

    [mcp.files]              # a server of tools, for --tool files; in the user's file alone
    command = ["npx", "some-mcp-server"]
"""

from rag_infer.settings.description import describe
from rag_infer.settings.loading import load, profiles
from rag_infer.settings.locations import index_path, indexes_folder
from rag_infer.settings.profiles import (
    DEFAULT_PRECISION,
    OPENVINO,
    OWN_TOOLS,
    PRECISIONS,
    RUNTIMES,
    TRANSFORMERS,
    ModelProfile,
    Price,
    Runtime,
    ToolServer,
)
from rag_infer.settings.prompts import Prompts, check_prompt, fill
from rag_infer.settings.schema import DEFAULT_INDEX, Settings, environment_variable
from rag_infer.settings.toml import PROJECT_FILE, user_file

__all__ = [
    "DEFAULT_INDEX", "DEFAULT_PRECISION", "OPENVINO", "OWN_TOOLS", "PRECISIONS", "PROJECT_FILE",
    "RUNTIMES", "TRANSFORMERS", "ModelProfile", "Price", "Prompts", "Runtime", "Settings",
    "ToolServer", "check_prompt", "describe",
    "environment_variable", "fill", "index_path", "indexes_folder", "load", "profiles", "user_file",
]  # fmt: skip
