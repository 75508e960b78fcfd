"""Two real nodes behind the balancer that ships."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.meta.project import ROOT
from tests.node import RunningNode
from tests.ports import free_port
from tests.reception_node import wait_until
from tests.scrape import Scrape
from tests.upper_layer import RawSender

SHIPPED = ROOT / "config" / "compose" / "haproxy.cfg"


def written(path: Path, port: int, nodes: list[RunningNode]) -> Path:
    """The shipped configuration with the addresses of these nodes, each with its own web port."""
    text = SHIPPED.read_text(encoding="utf-8").replace("bind :11112", f"bind 127.0.0.1:{port}")
    lines, found = [], iter(nodes)
    for line in text.replace("check port 8112 inter 2s", "check inter 200ms").splitlines():
        server = re.fullmatch(r"(\s+server \S+) \S+:11112", line)
        node = next(found) if server else None
        lines.append(
            line
            if server is None or node is None
            else f"{server[1]} 127.0.0.1:{node.port} port {node.web_port}"
        )
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@contextmanager
def balancer(program: str, config: Path) -> Iterator[None]:
    with subprocess.Popen(
        [program, "-db", "-f", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        try:
            yield
        finally:
            process.terminate()
            process.wait(30)


def accepts(port: int) -> bool:
    try:
        with RawSender(port) as sender:
            sender.associate()
            sender.release()
    except OSError:
        return False
    return True


def stored(node: RunningNode) -> float:
    return Scrape(node).total("objects_received_total")


def accepted(node: RunningNode) -> float:
    return Scrape(node).total("associations_accepted_total")


def test_a_sender_is_led_to_a_node_that_can_keep_its_images(
    tmp_path: Path, peer: Callable[[str], str]
) -> None:
    port, nowhere = free_port(), "postgresql://nobody@127.0.0.1:1/nothing"
    with (
        RunningNode(tmp_path / "a") as a,
        RunningNode(tmp_path / "b", RECORDS__URL=nowhere) as b,
        balancer(peer("haproxy"), written(tmp_path / "haproxy.cfg", port, [a, b])),
    ):
        wait_until(lambda: accepts(port) and accepted(a) > 0 < accepted(b))
        senders = [RawSender(port) for _ in range(4)]
        for sender in senders:
            sender.associate()
            assert sender.store(b"1") == 0
        # The fewest connections first, among which one that just ended may still be counted; and b,
        # which has lost its database, is as good as a.
        at_a, at_b = stored(a), stored(b)
        assert at_a + at_b == 4
        assert min(at_a, at_b) >= 1

        (b.data / "spool").rename(b.data / "moved")
        (b.data / "spool").touch()
        wait_until(lambda: all_led_to(a, port), timeout_s=60)
        assert [sender.store(b"2", "1.2.4") for sender in senders].count(0) >= at_a
        for sender in senders:
            sender.release()
            sender.socket.close()
        (b.data / "spool").unlink()
        (b.data / "moved").rename(b.data / "spool")

        a.kill()
        wait_until(lambda: accepts(port), timeout_s=60)
        with RawSender(port) as sender:
            sender.associate()
            assert sender.store(b"3") == 0
        assert stored(b) >= at_b + 1


def all_led_to(node: RunningNode, port: int) -> bool:
    """Whether four associations at once all go to one node."""
    before = accepted(node)
    senders = [RawSender(port) for _ in range(4)]
    try:
        for sender in senders:
            sender.associate()
            sender.release()
    except ConnectionError:  # the balancer is just changing its mind
        return False
    finally:
        for sender in senders:
            sender.socket.close()
    return accepted(node) == before + 4


def test_the_balancer_reads_what_ships(tmp_path: Path, peer: Callable[[str], str]) -> None:
    """Names of containers are known to their engine alone: they are left out."""
    text = re.sub(r"(server \S+) \S+:", r"\1 127.0.0.1:", SHIPPED.read_text(encoding="utf-8"))
    config = tmp_path / "haproxy.cfg"
    config.write_text(text, encoding="utf-8")
    read = subprocess.run(
        [peer("haproxy"), "-c", "-f", config], capture_output=True, text=True, check=False
    )
    assert read.returncode == 0, read.stderr
    assert "warning" not in read.stderr.lower(), read.stderr
