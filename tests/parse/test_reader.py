"""The worker that parses may die of a mail; the mail is refused, its neighbours and the daemon go on."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mailgate.parsing.reader import Broken, Reader
from rules.facts.mail import Mail, Unreadable
from tests.parse import build


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader() as one:
        yield one


def subjects(results: list[Mail | Unreadable]) -> list[str]:
    return [result.subject if isinstance(result, Mail) else "unreadable" for result in results]


def until(true: Callable[[], bool], seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if true():
            return True
        threading.Event().wait(0.02)
    return False


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False


def test_a_batch_comes_back_in_order(reader: Reader) -> None:
    """Mail and result must not get mixed up."""
    raws = [build.plain(b"x" * size, subject=b"%d" % size) for size in (1, 300_000, 2, 70_000, 3)]
    assert subjects(reader.read(raws)) == ["1", "300000", "2", "70000", "3"]
    assert reader.read([]) == []


def test_one_bad_mail_fails_alone(reader: Reader) -> None:
    """Its neighbours in the batch are innocent."""
    assert subjects(reader.read([build.plain(b"x"), b"", build.plain(b"y", subject=b"next")])) == ["Printer", "unreadable", "next"]


def test_a_killed_worker_is_replaced(reader: Reader) -> None:
    """The kernel kills when memory is short."""
    reader.read([build.plain(b"x")])
    pid = reader.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert subjects(reader.read([build.plain(b"x"), build.plain(b"y", subject=b"two")])) == ["Printer", "two"]
    assert reader.pid != pid


FAULTY = """
import sys, time
from mailgate.parsing import packing, parse
out = sys.stdout.buffer
def send(kind, data):
    out.write(bytes([kind]) + len(data).to_bytes(4, "little") + data); out.flush()
send(0, b"")
while len(head := sys.stdin.buffer.read(4)) == 4:
    raw = sys.stdin.buffer.read(int.from_bytes(head, "little"))
    if b"hang" in raw: time.sleep(600)
    if b"die" in raw: sys.exit(1)
    if b"full" in raw: send(3, b""); sys.exit(0)
    send(1, packing.pack(parse.parse(raw)))
"""


@pytest.mark.parametrize("fault", [b"hang", b"die", b"full"])
def test_a_mail_that_breaks_the_worker_is_refused_and_the_others_are_read(fault: bytes) -> None:
    """It hangs, crashes or needs too much memory: tried again alone, then given up, and nobody else waits for ever."""
    with Reader(wall_seconds=3.0, command=[sys.executable, "-c", FAULTY]) as reader:
        results = reader.read([build.plain(b"x"), build.plain(fault), build.plain(b"y", subject=b"next")])
        assert subjects(results) == ["Printer", "unreadable", "next"]


BEGUN = """
import os, sys, time
from pathlib import Path
from mailgate.parsing import parse, worker
Path(sys.argv[1]).open("a").write("begun\\n")
read = parse.parse
def faulty(raw):
    if b"hang" in raw: time.sleep(600)
    if b"slow" in raw: time.sleep(1)
    if b"die" in raw: os._exit(1)
    if b"full" in raw: raise MemoryError
    return read(raw)
parse.parse = faulty
worker.main()
"""


@pytest.mark.parametrize("fault", [b"hang", b"die", b"full"])
def test_only_the_mails_that_break_the_worker_cost_a_new_one(tmp_path: Path, fault: bytes) -> None:
    """Answers that the worker had not yet sent are lost with it: their mails are innocent, are read all the same, and cost no worker each."""
    begun = tmp_path / "begun"
    raws = [build.plain(fault if number in {9, 20} else b"x", subject=b"%d" % number) for number in range(32)]
    with Reader(wall_seconds=3.0, command=[sys.executable, "-c", BEGUN, str(begun)]) as reader:
        assert subjects(reader.read(raws)) == ["unreadable" if number in {9, 20} else str(number) for number in range(32)]
        # each of the two breaks the first worker and, alone, the second
        assert begun.read_text().split() == ["begun"] * 5


def test_each_mail_of_a_batch_has_the_whole_time(tmp_path: Path) -> None:
    """Many slow mails, on a machine with other work, are not one that hangs."""
    begun = tmp_path / "begun"
    with Reader(wall_seconds=3.0, command=[sys.executable, "-c", BEGUN, str(begun)]) as reader:
        raws = [build.plain(b"slow", subject=b"%d" % number) for number in range(5)]
        assert subjects(reader.read(raws)) == [str(number) for number in range(5)]
        assert begun.read_text().split() == ["begun"]


def test_large_mails_with_large_answers_pass_each_other(reader: Reader) -> None:
    """Both pipes are full at times; neither side may wait for the other for ever."""
    raws = [build.plain(b"word " * 60_000, subject=b"%d" % number) for number in range(24)]
    results = reader.read(raws)
    assert subjects(results) == [str(number) for number in range(24)]
    assert all(isinstance(result, Mail) and len(result.text) > 290_000 for result in results)


def test_a_worker_that_hung_once_is_replaced(reader: Reader) -> None:
    """The mail is innocent if it can be read the second time."""
    with Reader(wall_seconds=3.0) as hasty:
        hasty.read([build.plain(b"x")])
        pid = hasty.pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        assert subjects(hasty.read([build.plain(b"x"), build.plain(b"y", subject=b"next")])) == ["Printer", "next"]


def test_a_worker_that_cannot_start_is_told() -> None:
    """The mail is not to blame and stays waiting."""
    with Reader(command=[sys.executable, "-c", "raise SystemExit(1)"]) as broken, pytest.raises(Broken):
        broken.read([build.plain(b"x")])


def test_memory_is_limited(reader: Reader) -> None:
    """One mail must not bring the machine to its knees."""
    reader.read([build.plain(b"x")])
    limits = Path(f"/proc/{reader.pid}/limits").read_text()
    space = next(line for line in limits.splitlines() if line.startswith("Max address space"))
    assert int(space.split()[3]) < 1024 * 1024 * 1024
    cpu = next(line for line in limits.splitlines() if line.startswith("Max cpu time"))
    assert int(cpu.split()[3]) < 3600


def test_a_desk_that_may_use_little_memory_reads_all_the_same() -> None:
    """A limit of the machine's below ours kept the reading process from starting, and no mail was handled."""
    script = (
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (400 << 20, 400 << 20)); resource.setrlimit(resource.RLIMIT_CPU, (900, 900))\n"
        "from mailgate.parsing.reader import Reader\n"
        "with Reader() as reader: print(reader.read([b'From: a@b.example\\r\\nSubject: Small\\r\\n\\r\\nHello'])[0].subject)"
    )
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False).stdout == "Small\n"


def test_many_threads_may_read(reader: Reader) -> None:
    """Doors and the command line share one worker."""
    found: dict[int, list[str]] = {}

    def work(number: int) -> None:
        found[number] = subjects(reader.read([build.plain(b"x", subject=b"%d" % number)] * 3))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert found == {number: [str(number)] * 3 for number in range(6)}


def test_the_parsing_side_is_not_loaded_by_its_caller() -> None:
    """The daemon stays small."""
    code = "import sys, mailgate.parsing.reader; print([m for m in ('mailparser', 'selectolax', 'chardet', 'mailgate.parsing.parse', 'sqlmodel') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_worker_ends_with_its_daemon() -> None:
    """After kill -9 nothing of us may stay behind."""
    code = "import sys\nfrom mailgate.parsing.reader import Reader\nr = Reader(); r.read([b'Subject: x\\n\\ny'])\nprint(r.pid, flush=True)\nsys.stdin.read()"
    parent = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    worker = int(parent.stdout.readline())
    assert is_alive(worker)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert parent.stdin is not None
    parent.stdin.close()
    assert until(lambda: not is_alive(worker))


def test_after_close_there_is_no_worker_and_reading_starts_one() -> None:
    """Closing is not the end of the object."""
    reader = Reader()
    reader.read([build.plain(b"x")])
    pid = reader.pid
    assert pid is not None
    reader.close()
    assert reader.pid is None
    assert until(lambda: not is_alive(pid))
    assert subjects(reader.read([build.plain(b"x")])) == ["Printer"]
    reader.close()
