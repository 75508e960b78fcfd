"""`python -m ofsep_node`, and the `ofsep-node` command."""

from __future__ import annotations


def main() -> None:
    """Run the command line. What it needs is imported only now: processes start faster."""
    from ofsep_node.cli import run  # noqa: PLC0415

    run()


if __name__ == "__main__":
    main()
