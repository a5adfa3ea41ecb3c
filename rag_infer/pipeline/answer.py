"""x"""

from dataclasses import dataclass


@dataclass
class AskOptions:
    k: int = 5
