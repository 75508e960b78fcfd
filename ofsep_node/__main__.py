"""`python -m ofsep_node`, and the `ofsep-node` command."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line. What it needs is imported only now: processes start faster."""
    try:
        from ofsep_node.cli import run  # noqa: PLC0415
    except KeyboardInterrupt:
        sys.stderr.write("ofsep-node: interrupted\n")
        sys.exit(130)
    run()


if __name__ == "__main__":
    main()
