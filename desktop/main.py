"""The ``counterfoil`` command. Each command imports what it needs when it runs, so that the till starts quickly."""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from desktop.paths import Home, home_at
from desktop.settings import settings_from
from shared.clock import SystemClock
from shared.errors import CounterfoilError, EnvironmentFailure, UserError

if TYPE_CHECKING:
    from desktop.sync.engine import SyncEngine
    from desktop.usecases.start import Device

EXIT_FINE, EXIT_USER, EXIT_USAGE, EXIT_ENVIRONMENT, EXIT_BUG = 0, 1, 2, 3, 70
COLLECT_AFTER = 20_000
"""New objects before Python looks for cycles among them. At its usual 700 a tenth of the start goes into looking at
modules that stay."""
THEMES = ("light", "dark", "contrast")

Command = Callable[[argparse.Namespace], int]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and leave with its exit code."""
    gc.set_threshold(COLLECT_AFTER)
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """Run one command; gives the exit code: 0 fine, 1 user, 2 usage, 3 environment, 70 a bug of ours."""
    options = parser(arguments).parse_args(arguments)
    command: Command = options.command
    try:
        return command(options)
    except UserError as error:
        return _told(error, EXIT_USER)
    except EnvironmentFailure as error:
        return _told(error, EXIT_ENVIRONMENT)
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        _tell_bug(error)
        raise SystemExit(EXIT_BUG) from error


def parser(arguments: Sequence[str] = ()) -> argparse.ArgumentParser:
    """The command line; ``arguments`` tell whose options have to be imported."""
    top = argparse.ArgumentParser(prog="counterfoil", description="Point of sale and back office that work offline.")
    _add_home(top, default=None)
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: Command, text: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        _add_home(made, default=argparse.SUPPRESS)
        made.set_defaults(command=command)
        return made

    till = add("till", _till, "sell: open the till, or play a script")
    till.add_argument("--script", metavar="FILE", help="play JSON lines from a file (- for stdin) without a screen")
    till.add_argument("--replay", action="store_true", help="let a script set the clock (demos and replays)")
    till.add_argument("--window", action="store_true", help="play the script in sight, in the till's window")
    office = add("office", _office, "manage: open the back office")
    for face in (till, office):
        face.add_argument("--theme", choices=THEMES, help="how it looks")
        face.add_argument("--screenshot", metavar="FILE", type=Path, help="draw one picture off-screen and quit")
        face.add_argument("--size", metavar="WxH", help="window size for the picture")
        face.add_argument("--screen", metavar="NAME", help="which screen the picture shows")
    enrol = add("enrol", _enrol, "join a server by a one-time code")
    enrol.add_argument("url", metavar="URL", help="the server's address")
    enrol.add_argument("code", metavar="CODE", help="what counterfoil-server enrol-code printed")
    enrol.add_argument("--name", default="", help="what this device is called")
    recover = add("recover", _recover, "open a home whose keychain is gone, and send what it holds")
    recover.add_argument("--code", default="", help="what counterfoil-server recovery-code printed")
    recover.add_argument("--recovery-key", metavar="FILE", type=Path, help="a file with the shop's recovery key")
    add("sync", _sync, "send what waits and fetch what is new, once")
    verify = add("verify", _verify, "compare what this device holds with the server")
    verify.add_argument("--deep", action="store_true", help="compare the content of every row, not only its version")
    verify.add_argument("--repair", action="store_true", help="fetch what differs again")
    add("doctor", _doctor, "say what is well with this device and what is not")
    bundle = add("support-bundle", _support_bundle, "gather what a helper needs, with names, amounts and keys masked")
    bundle.add_argument("--out", metavar="FILE.zip", type=Path, help="where to write it (else in this folder)")
    bundle.add_argument("--list", action="store_true", help="only say what would go in")
    demo = add("demo", _demo, "play a trading day, or replay real invoices")
    if "demo" in arguments:
        from desktop.demo.main import add_arguments

        add_arguments(demo)
    return top


def _add_home(to: argparse.ArgumentParser, default: object) -> None:
    to.add_argument("--home", type=Path, metavar="DIR", default=default, help="the folder (or COUNTERFOIL_HOME)")


def _home(options: argparse.Namespace) -> Home:
    return home_at(options.home)


@contextmanager
def _device(options: argparse.Namespace, clock: SystemClock) -> Iterator[Device]:
    from desktop.usecases.start import opened_device
    from shared.ids import TimeOrderedIds

    with opened_device(_home(options), settings_from(), clock=clock, ids=TimeOrderedIds()) as device:
        yield device


@contextmanager
def _engine(engine: SyncEngine) -> Iterator[SyncEngine]:
    try:
        yield engine
    finally:
        engine.stop()


def _till(options: argparse.Namespace) -> int:
    if options.script is None or options.window:
        from desktop.ui.application import run_till

        return run_till(_home(options), options)
    from desktop.ui.script import play_at_home

    play_at_home(_home(options), settings_from(), options.script, is_replay=options.replay)
    return EXIT_FINE


def _office(options: argparse.Namespace) -> int:
    from desktop.ui.application import run_office

    return run_office(_home(options), options)


def _enrol(options: argparse.Namespace) -> int:
    from desktop.sync.device_key import public_key_text
    from desktop.sync.transport import HttpEnrolmentDesk
    from desktop.usecases.enrol import enrol
    from shared.ids import TimeOrderedIds

    with closing(HttpEnrolmentDesk(options.url)) as desk:
        enrolled = enrol(
            _home(options),
            settings_from(),
            desk,
            options.code,
            public_key_text=public_key_text,
            clock=SystemClock(),
            ids=TimeOrderedIds(),
            name=options.name,
        )
    _say(f"Joined as {enrolled.identity.name}.")
    if enrolled.replaces:
        _say(f"It takes the place of {enrolled.replaces}, which may no longer sync.")
    if enrolled.waiting:
        _say(f"{enrolled.waiting:,} changes that this home had not sent are sent now.")
    if not enrolled.secrets.is_keychain:
        _say(f"No keychain is used here: the keys are in {enrolled.secrets.description}. Guard that file.")
    _fill(options)
    return EXIT_FINE


def _recover(options: argparse.Namespace) -> int:
    from desktop.sync.connect import engine_of
    from desktop.sync.device_key import public_key_text
    from desktop.sync.transport import HttpEnrolmentDesk
    from desktop.usecases.recover import recover
    from desktop.usecases.synchronise import in_step_words, synchronise
    from shared.ids import TimeOrderedIds

    done = recover(
        _home(options),
        settings_from(),
        HttpEnrolmentDesk,
        code=options.code,
        recovery_key=_text_of(options.recovery_key),
        public_key_text=public_key_text,
        clock=SystemClock(),
        ids=TimeOrderedIds(),
    )
    if done.is_unwrapped:
        _say(f"The home opens again; its keys are in {done.secrets.description}.")
    if done.is_rekeyed:
        _say(f"{done.identity.name} has a new key and goes on with receipts of a new series.")
    _say(f"{done.waiting:,} changes wait to be sent.")
    with _device(options, SystemClock()) as device, _engine(engine_of(device)) as engine:
        sent = synchronise(device.replica, engine)
    _say(f"Sent {sent.sent:,}, received {sent.received:,}. {in_step_words(sent)}")
    return EXIT_ENVIRONMENT if sent.refused else EXIT_FINE


def _text_of(file: Path | None) -> str:
    """What a file holds that somebody named; empty where none was named."""
    if file is None:
        return ""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            "file_unreadable", f"The file {file} cannot be read. Check its name.", file=str(file)
        ) from error


def _fill(options: argparse.Namespace) -> None:
    from desktop.sync.connect import engine_of, server_of
    from desktop.sync.progress import LoadProgress
    from desktop.usecases.line_state import Download
    from desktop.usecases.sync_words import download_text
    from desktop.usecases.synchronise import synchronise
    from shared.sync.wire import PullAnswer

    with _device(options, SystemClock()) as device:
        with closing(server_of(device)) as server, closing(server.heads()) as told:
            heads = next(told, [])
        progress = LoadProgress({head.scope: head.position for head in heads})

        def tell(answer: PullAnswer) -> None:
            for line in progress.lines(answer):
                _say(line)

        tenths = set[int]()

        def tell_bytes(download: Download) -> None:
            if (tenth := download.per_mille // 100) not in tenths:
                tenths.add(tenth)
                _say(f"{download.what.capitalize()} {download_text(download)}")

        with _engine(engine_of(device, on_page=tell, on_download=tell_bytes)) as engine:
            done = synchronise(device.replica, engine)
    _say(f"Ready: {done.received:,} rows are here.")


def _sync(options: argparse.Namespace) -> int:
    from desktop.sync.connect import engine_of
    from desktop.usecases.synchronise import in_step_words, synchronise

    with _device(options, SystemClock()) as device, _engine(engine_of(device)) as engine:
        done = synchronise(device.replica, engine)
    _say(f"Sent {done.sent:,}, received {done.received:,}. {in_step_words(done)}")
    return EXIT_FINE


def _verify(options: argparse.Namespace) -> int:
    from desktop.sync.connect import engine_of, server_of
    from desktop.sync.verification import verify_now
    from desktop.sync.verify_words import lines_of

    with (
        _device(options, SystemClock()) as device,
        _engine(engine_of(device)) as engine,
        closing(server_of(device)) as server,
    ):
        report = verify_now(device.replica, engine.cycle, server, is_deep=options.deep, is_repairing=options.repair)
    for line in lines_of(report):
        _say(line)
    return EXIT_FINE if report.agrees else EXIT_ENVIRONMENT


def _doctor(options: argparse.Namespace) -> int:
    from desktop.sync.transport import HttpEnrolmentDesk
    from desktop.usecases.doctor import Health, examine
    from shared.ids import TimeOrderedIds

    marks = {Health.GOOD: "ok  ", Health.LOOK: "look", Health.BAD: "BAD "}
    findings = list(
        examine(_home(options), settings_from(), HttpEnrolmentDesk, clock=SystemClock(), ids=TimeOrderedIds())
    )
    for finding in findings:
        _say(f"{marks[finding.health]}  {finding.subject}: {finding.text}")
    return EXIT_ENVIRONMENT if any(finding.health is Health.BAD for finding in findings) else EXIT_FINE


def _support_bundle(options: argparse.Namespace) -> int:
    from desktop.sync.transport import HttpEnrolmentDesk
    from desktop.usecases.support_bundle import contents, gather_at, save
    from shared.ids import TimeOrderedIds

    bundle = gather_at(_home(options), settings_from(), HttpEnrolmentDesk, clock=SystemClock(), ids=TimeOrderedIds())
    _say("Names of people and goods, texts, amounts, PINs and keys are masked. This goes in:")
    for line in contents(bundle):
        _say(f"  {line}")
    if not options.list:
        _say(f"Saved: {save(bundle, options.out or Path.cwd() / bundle.file_name)}")
    return EXIT_FINE


def _demo(options: argparse.Namespace) -> int:
    from desktop.demo.main import run as run_demo

    return run_demo(options)


def _told(error: CounterfoilError, code: int) -> int:
    _say_error(f"counterfoil: {error.message} [{error.code}]")
    return code


def _tell_bug(error: Exception) -> None:
    import traceback

    from desktop.log import logger

    logger("main").error("a bug of ours", exc_info=error)
    traceback.print_exception(error)
    _say_error("counterfoil: something went wrong that is our fault. Please report the lines above.")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _say_error(text: str) -> None:
    sys.stderr.write(text + "\n")
