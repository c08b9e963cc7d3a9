"""The server is killed with -9 at random moments of a whole session, and started again each time.

The people go on as people do: their pages connect again, and what was not answered is sent again. At the end they load
everything anew and compare it with what they were told: nothing acknowledged is lost, nobody is asked twice, and every
board shows what was pressed last. They know nothing of the kills.
"""

import random
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot import plans
from bot.demo import Stage, free_port
from bot.rehearsal.wall import Wall
from tests.counted import Tells

STORY = 30.0  # seconds that a story takes at least, at this speed
SPEED = 30.0  # slow enough that a restart does not use up the 90 s in which somebody may answer
LIMIT = 150.0  # seconds for one story


@dataclass
class Played:
    code: int
    told: str
    log: str
    kills: list[str]  # the session's time of each
    slowest: float  # seconds that the server was gone


def play(folder: Path, kills: int, seed: int) -> Played:
    """Play one session, with so many kills spread over it."""
    dice = random.Random(seed)
    stage = Stage(folder, free_port(0), SPEED)
    wall = Wall(folder / "clock.json", SPEED)
    done, slowest = list[str](), 0.0
    try:
        stage.clear()
        stage.set_up(next(iter(plans.templates().values())))
        stage.start_server()
        stage.wait_until_ready()
        with (folder / "told.txt").open("wb") as out:
            people = stage.start_people("--headless", "--limit", str(LIMIT), out=out)
            began = time.monotonic()
            for after in sorted(dice.uniform(1, STORY) for _ in range(kills)):
                if moment(people, folder, began + after, dice):
                    done.append(f"{wall.now():%a %H:%M}")
                    slowest = max(slowest, kill(stage))
            people.wait()
        log = (folder / "server.log").read_text()
        return Played(people.returncode, (folder / "told.txt").read_text(), log, done, slowest)
    finally:
        stage.stop()


def moment(people: subprocess.Popen[bytes], folder: Path, until: float, dice: random.Random) -> bool:
    """Wait until then, and three times in four until something is just being written. False: it was over before."""
    busy = dice.random() < 0.75
    before = written(folder)
    while people.poll() is None:
        if time.monotonic() >= until and (not busy or written(folder) != before):
            time.sleep(dice.uniform(0, 0.01))
            return True
        if time.monotonic() < until:
            before = written(folder)
        time.sleep(0.001)
    return False


def written(folder: Path) -> tuple[int, int]:
    """What changes when the server writes: before it acknowledges, if all is well."""
    try:
        log = (folder / "cohost.db-wal").stat()
    except FileNotFoundError:  # whoever closes the last connection takes the log away, if only until the next one opens
        return 0, 0
    return log.st_size, log.st_mtime_ns


def kill(stage: Stage) -> float:
    """Kill the server and start it again. How long it was gone."""
    assert stage.server
    stage.server.kill()  # SIGKILL
    stage.server.join()
    began = time.monotonic()
    stage.start_server()
    stage.wait_until_ready()
    return time.monotonic() - began


def holds(played: Played, kills: int, tells: Tells) -> None:
    at = ", ".join(played.kills)
    tells(f"{len(played.kills)} kills, at {at}; the server was gone for {played.slowest:.1f} s at most")
    tells("\n".join(line for line in played.told.splitlines() if "acknowledged: " in line or "MISSING" in line))
    assert played.code == 0, played.told[played.told.find("WHAT HAPPENED") :] + played.log[-3000:]
    assert len(played.kills) == kills
    assert "Traceback" not in played.log, played.log[-3000:]


@pytest.mark.timeout(200)
def test_four_kills_in_one_session(tmp_path: Path, tells: Tells) -> None:
    holds(play(tmp_path, kills=4, seed=1), 4, tells)


@pytest.mark.hard
@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", [2, 3])
def test_ten_kills_in_each_of_two_sessions(tmp_path: Path, seed: int, tells: Tells) -> None:
    holds(play(tmp_path, kills=10, seed=seed), 10, tells)
