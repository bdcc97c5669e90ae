"""Where a benchmark's tables are kept: docs/."""

import os

HERE = os.path.dirname(os.path.abspath(__file__))


def keep(name, title, program, text):
    """Writes docs/NAME.md, made by make NAME, with what program compares."""
    path = os.path.join(HERE, "..", "..", "docs", name + ".md")
    with open(path, "w", encoding="utf-8") as f:
        f.write(f"# {title}\nMade by `make {name}`; see tests/bench/{program} "
                f"for what is compared.\n\n{text}")
