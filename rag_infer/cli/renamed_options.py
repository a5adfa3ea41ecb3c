"""Options under their former names, so that scripts written for them go on working."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand

from rag_infer.cli.output import print_note

# By command: the former name of an option and its present one. "" stands for every command.
_RENAMED: dict[str, dict[str, str]] = {
    "": {"--meta": "--metadata", "--type": "--format", "--label": "--group"},
    "index": {"--strict": "--fail-on-error"},
    "ask": {"--strict": "--drop-unsupported"},
    "fact-check": {"--strict": "--exit-code"},
    "check": {"--strict": "--exit-code"},
    "serve": {"--data": "--data-dir"},
}


class RenamedOptionsCommand(TyperCommand):
    """A command that takes former names of its options, and says the present ones."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parses arguments in which former names of options stand for the present ones."""
        own = {name for parameter in self.params for name in parameter.opts}
        renamed = _RENAMED[""] | _RENAMED.get(ctx.info_name or "", {})
        end = args.index("--") if "--" in args else len(args)
        current = []
        for argument in args[:end]:
            name, equals, value = argument.partition("=")
            new = renamed.get(name)
            if new in own and name not in own:
                print_note(f"note: {name} is now called {new}")
                current.append(f"{new}{equals}{value}")
            else:
                current.append(argument)
        return super().parse_args(ctx, [*current, *args[end:]])
