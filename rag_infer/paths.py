"""Folders of the user of this machine, as the platform's conventions have them.

``platformdirs`` honours ``XDG_*`` on Linux and the usual folders elsewhere. It is imported late: a
question that needs none of these folders does not pay for it.
"""

from __future__ import annotations

from pathlib import Path

APPLICATION = "rag-infer"


def config_folder() -> Path:
    """Where the user's settings file is."""
    import platformdirs

    return Path(platformdirs.user_config_dir(APPLICATION))


def data_folder() -> Path:
    """Where indexes, conversations and the usage log are: not to be made again if lost."""
    import platformdirs

    return Path(platformdirs.user_data_dir(APPLICATION))


def cache_folder() -> Path:
    """Where what can be made again is: converted models, prompt states, verified checksums."""
    import platformdirs

    return Path(platformdirs.user_cache_dir(APPLICATION))


def state_folder() -> Path:
    """Where unfinished work is, to be resumed."""
    import platformdirs

    return Path(platformdirs.user_state_dir(APPLICATION))
