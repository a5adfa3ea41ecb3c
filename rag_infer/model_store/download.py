"""The download of a model from the model hub: resumed where it broke off, checked by hash.

The transfer is that of the hub's own client (``http_get`` of huggingface_hub, with its time-outs,
proxies and HF_ENDPOINT). Its higher functions begin a file anew after an interruption; here the
part that is there is kept, over processes too. Nothing is sent but the names of the files: no
token, no telemetry.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rag_infer import settings
from rag_infer.errors import ModelError
from rag_infer.hashing import file_sha256
from rag_infer.model_store.folder import local_path, models_folder, partial_folder
from rag_infer.model_store.hub_models import HubFile, HubModel, hub_model

OnFile = Callable[[HubFile], None]
_SPARE_BYTES = 100_000_000  # of the disk, left free
_SHA256_DIGITS = 64


def pull(model: HubModel, on_file: OnFile = lambda _: None, *, show_progress: bool = False) -> Path:
    """Downloads a model unless it is there.

    Args:
        model: A model of the list.
        on_file: Called before each file that is downloaded.
        show_progress: Whether the hub's client draws its bar on standard error.

    Returns:
        The model as loaders take it: a GGUF file or a folder.

    Raises:
        ModelError: The hub cannot be reached, breaks off, or sends other files than the list
            names; the disk is full; another process downloads the same model.
    """
    if (path := local_path(model)) is not None:
        return path
    partial = partial_folder(model)
    with _storage_errors(model), _locked(model):
        partial.mkdir(mode=0o700, parents=True, exist_ok=True)
        _require_space(model, partial)
        for file in model.files:
            _fetch(model, file, partial, on_file, show_progress)
        _sync_folder(partial)
        folder = models_folder() / model.name
        if folder.exists():  # files of it were deleted by hand
            shutil.rmtree(folder)
        partial.replace(folder)
        _sync_folder(folder.parent)
    path = local_path(model)
    assert path is not None
    return path


def named_model(name: str) -> Path | None:
    """A model of the list by its name, as loaders take it; None for another name.

    It is downloaded where the setting `allow_downloads` is on.

    Raises:
        ModelError: It is not on this machine and may not be downloaded.
    """
    model = hub_model(name)
    if model is None:
        return None
    if (path := local_path(model)) is not None:
        return path
    if settings.load().allow_downloads:
        return pull(model)
    raise ModelError(
        "this model is not on this machine",
        where=name,
        hint=f"download it ({model.size / 1e6:,.0f} MB) with: rag models pull {name}",
    )


def _fetch(
    model: HubModel, file: HubFile, folder: Path, on_file: OnFile, show_progress: bool
) -> None:
    """Brings one file. A whole one is taken as it is: it got its name after the check."""
    whole = folder / file.path
    if whole.is_file():
        return
    on_file(file)
    unfinished = whole.with_name(f"{whole.name}.part")
    unfinished.parent.mkdir(parents=True, exist_ok=True)
    if _size(unfinished) > file.size:
        unfinished.unlink()
    if _size(unfinished) < file.size:
        with _hub_errors(model):
            _transfer(model, file, unfinished, show_progress)
    if file_sha256(unfinished) != file.sha256:
        unfinished.unlink()  # nothing of it can be relied on
        raise _other_file(model, file)
    unfinished.replace(whole)


def _transfer(model: HubModel, file: HubFile, unfinished: Path, show_progress: bool) -> None:
    from huggingface_hub import constants, get_hf_file_metadata, hf_hub_url
    from huggingface_hub.file_download import http_get
    from huggingface_hub.utils import build_hf_headers, logging  # type: ignore[attr-defined]

    constants.HF_HUB_DISABLE_TELEMETRY = True
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    url = hf_hub_url(
        model.repository,
        file.path,
        revision=model.revision,
        endpoint=os.environ.get("HF_ENDPOINT") or None,
    )
    headers = build_hf_headers(token=False)
    # The head alone fails at once where there is no network, and tells a wrong file by its hash
    # before a gigabyte of it came.
    metadata = get_hf_file_metadata(url, token=False, headers=headers)
    is_hash = len(metadata.etag or "") == _SHA256_DIGITS
    if (is_hash and metadata.etag != file.sha256) or metadata.size not in (None, file.size):
        raise _other_file(model, file)
    with unfinished.open("ab") as output:
        http_get(
            url,
            output,
            resume_size=output.tell(),
            headers=headers,
            expected_size=file.size,
            displayed_filename=file.path,
            tqdm_class=None if show_progress else _silent_bar(),
        )
        output.flush()
        os.fsync(output.fileno())


def _silent_bar() -> Any:
    from huggingface_hub.utils import tqdm  # type: ignore[attr-defined]

    class SilentBar(tqdm):
        """A progress bar that draws nothing."""

        def __init__(self, *args: Any, **options: Any) -> None:
            options["disable"] = True
            super().__init__(*args, **options)  # type: ignore[no-untyped-call]

    return SilentBar


@contextmanager
def _hub_errors(model: HubModel) -> Iterator[None]:
    """Turns what the hub's client raises into one line; what came so far stays."""
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    where = model.repository
    again = f"run it again: rag models pull {model.name} goes on where this broke off"
    try:
        yield
    except OfflineModeIsEnabled as error:
        raise ModelError(
            "nothing can be downloaded: HF_HUB_OFFLINE is set", where=where, hint="unset it"
        ) from error
    except HfHubHTTPError as error:
        status = getattr(error.response, "status_code", "an error")
        raise ModelError(f"the model hub answered {status}", where=where, hint=again) from error
    except (httpx2.HTTPError, ConnectionError, TimeoutError) as error:
        raise ModelError(
            f"the model hub cannot be reached ({type(error).__name__})",
            where=where,
            hint=f"check the network, then {again}",
        ) from error
    except OSError as error:
        if error.errno is not None:
            raise  # of the disk
        raise ModelError("the download broke off", where=where, hint=again) from error


@contextmanager
def _storage_errors(model: HubModel) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ModelError(
            f"cannot be stored: {error.strerror or error}",
            where=str(models_folder() / model.name),
            hint="what came so far is kept",
        ) from error


@contextmanager
def _locked(model: HubModel) -> Iterator[None]:
    from filelock import FileLock, Timeout

    models_folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = FileLock(models_folder() / f".{model.name}.lock", mode=0o600)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise ModelError("another process downloads it now", where=model.name) from error
    try:
        yield
    finally:
        lock.release()


def _require_space(model: HubModel, partial: Path) -> None:
    there = sum(path.stat().st_size for path in partial.rglob("*") if path.is_file())
    needed = model.size - there
    free = shutil.disk_usage(partial).free
    if free < needed + _SPARE_BYTES:
        raise ModelError(
            f"too little disk space: {needed / 1e6:,.0f} MB to download, {free / 1e6:,.0f} MB free",
            where=str(partial.parent),
        )


def _other_file(model: HubModel, file: HubFile) -> ModelError:
    return ModelError(
        f"'{file.path}' is not the file that was expected (sha256 {file.sha256[:12]}...); it was "
        "not kept",
        where=model.repository,
        hint="is HF_ENDPOINT a mirror that changes files?",
        code="model_hash_mismatch",
    )


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _sync_folder(folder: Path) -> None:
    """Makes names in a folder durable, where the system can."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
