"""Models that are downloaded by name: a short list, the download, and where they are kept."""

from rag_infer.model_store.download import named_model, pull
from rag_infer.model_store.folder import local_path, pulled_models, remove
from rag_infer.model_store.hub_models import (
    CHAT,
    EMBEDDING,
    HUB_MODELS,
    HubFile,
    HubModel,
    hub_model,
)

__all__ = [
    "CHAT", "EMBEDDING", "HUB_MODELS", "HubFile", "HubModel", "hub_model",
    "local_path", "named_model", "pull", "pulled_models", "remove",
]  # fmt: skip
