"""The command line: reads arguments, calls kb/, prints records or text; holds no logic of its own.

Results go to standard output, progress and messages to standard error. Exit 0 done, 1 failed with
one line, 2 wrong usage.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from tqdm import tqdm

from kb.errors import IndexLocked, JournalError, KBError
from ui.terminal import (
    ProgressBar,
    answer_batch,
    lines_of_record,
    mail_bytes,
    print_out,
    read_turns,
    say,
)

app = typer.Typer(
    name="kb",
    help="Answers about Thematic Smart Specialisation Partnerships, every sentence cited.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Index = Annotated[Path | None, typer.Option("--index", help="Folder of the index.")]
Config = Annotated[Path | None, typer.Option("--config", help="TOML file with settings.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress and no messages.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
History = Annotated[
    Path | None, typer.Option("--history", help="JSON file: a list of {role, content}.")
]
Batch = Annotated[
    str | None,
    typer.Option("--batch", help="JSON lines with id and question; - for standard input."),
]


@app.command()
def ask(
    question: Annotated[str | None, typer.Argument(help="The question, in quotes.")] = None,
    history: History = None,
    batch: Batch = None,
    as_json: Json = False,
    index: Index = None,
    config: Config = None,
    quiet: Quiet = False,
) -> None:
    """Answer a question with its sources.

    Examples: kb ask "How do we keep partners committed?" · kb ask --batch questions.jsonl > answers.jsonl
    """
    from ui.render import plain_text
    from ui.texts import texts

    _require_one(question, batch)
    base = _open(index, config, quiet)
    if batch is not None:
        answer_batch(
            batch,
            lambda line: base.ask(
                line["question"],
                history=line.get("history") or (),
                language=line.get("language"),
            ).record(),
            quiet,
        )
        return
    answer = base.ask(question or "", history=read_turns(history))
    print_out(answer.record() if as_json else plain_text(answer, texts("en")))


@app.command()
def search(
    query: Annotated[str | None, typer.Argument(help="What to search for.")] = None,
    top_k: Annotated[int, typer.Option("--top-k", help="Number of passages, 1 to 100.")] = 10,
    history: History = None,
    batch: Batch = None,
    as_json: Json = False,
    index: Index = None,
    config: Config = None,
    quiet: Quiet = False,
) -> None:
    """Find passages, best first.

    Examples: kb search "mission and vision" --top-k 5 · kb search --batch questions.jsonl
    """
    from ui.render import results_text

    _require_one(query, batch)
    base = _open(index, config, quiet)
    if batch is not None:
        answer_batch(
            batch,
            lambda line: {
                "results": [
                    r.record()
                    for r in base.search(
                        line["question"], top_k=top_k, history=line.get("history") or ()
                    )
                ]
            },
            quiet,
        )
        return
    results = base.search(query or "", top_k=top_k, history=read_turns(history))
    print_out([r.record() for r in results] if as_json else results_text(results))


@app.command()
def ingest(
    sources: Annotated[
        list[str] | None, typer.Argument(help="Files, folders or addresses to add.")
    ] = None,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Read and embed all anew.")] = False,
    withdraw: Annotated[
        list[str] | None, typer.Option("--withdraw", help="Id of a document or source to take out.")
    ] = None,
    title: Annotated[str, typer.Option(help="Title of what is added.")] = "",
    url: Annotated[str, typer.Option(help="Its official address.")] = "",
    publisher: Annotated[str, typer.Option(help="Its publisher.")] = "",
    licence: Annotated[str, typer.Option(help="Its licence, as CC-BY-4.0.")] = "",
    as_of: Annotated[str, typer.Option(help="Its date, as 2025-06.")] = "",
    index: Index = None,
    config: Config = None,
    quiet: Quiet = False,
) -> None:
    """Add sources and bring the index up to date; without sources, refresh what is there.

    Examples: kb ingest · kb ingest guidance.pdf --title "Guidance on lessons learnt" --licence CC-BY-4.0 ·
    kb ingest --withdraw guidance/services
    """
    from kb.knowledge import KnowledgeBase

    given = {
        "title": title, "url": url, "publisher": publisher, "licence": licence, "as_of": as_of
    }  # fmt: skip
    settings = _settings(index, config)
    base = KnowledgeBase(settings, fetch_model=rebuild)
    with ProgressBar(quiet) as progress:
        report = base.ingest(
            sources or (),
            record={name: value for name, value in given.items() if value},
            withdraw=withdraw or (),
            rebuild=rebuild,
            progress=progress,
        )
    for place, reason in report.problems.items():
        say(f"Not read: {place}: {reason}", quiet=False)
    state = "New generation" if report.changed else "Nothing has changed; generation"
    say(
        f"{state} {report.generation}: {report.documents} documents, {report.passages} passages, "
        f"{report.vectors} vectors ({report.embedded} embedded now).",
        quiet,
    )
    if report.problems:
        raise typer.Exit(1)


@app.command()
def status(
    show_settings: Annotated[bool, typer.Option("--settings", help="All settings.")] = False,
    as_json: Json = False,
    index: Index = None,
    config: Config = None,
    quiet: Quiet = False,  # noqa: ARG001  common to all commands
) -> None:
    """Say what is indexed, by which model, how fresh, and what is wrong.

    Examples: kb status · kb status --settings · kb status --json
    """
    from kb.status import status_of

    settings = _settings(index, config)
    if show_settings:
        values: dict[str, Any] = settings.shown()
    else:
        values = status_of(settings)
        if not as_json:
            values["sources"] = len(values.get("sources", ()))
    print_out(values if as_json else "\n".join(lines_of_record(values)))


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 7860,
    only: Annotated[
        Literal["public", "console"] | None,
        typer.Option(help="Serve the public side or the console alone."),
    ] = None,
    index: Index = None,
    config: Config = None,
    quiet: Quiet = False,
) -> None:
    """Start the chat; builds or updates the index first.

    Examples: kb serve --port 8080 · kb serve --only public
    """
    from kb.desk.faq import Faq
    from kb.knowledge import KnowledgeBase
    from ui.server import SIDES, require_free, require_safe_environment, run

    require_safe_environment()
    settings = _settings(index, config)
    require_free(host, port)
    base = KnowledgeBase(settings)
    try:
        Faq(base).reconcile()
    except (IndexLocked, JournalError) as error:  # the public side can do without
        say(str(error), quiet)
    with ProgressBar(quiet) as progress:
        try:
            base.ingest(progress=progress)
        except IndexLocked:  # another process is at it; what is live is served until it is done
            base.refresh()
    run(
        base,
        host=host,
        port=port,
        announce=lambda line: say(line, quiet),
        sides=(only,) if only else SIDES,
    )


@app.command()
def mcp(
    index: Index = None,
    config: Config = None,
    quiet: Quiet = False,
) -> None:
    """Serve one other assistant over standard input and output, by the Model Context Protocol.

    Example: kb mcp, as the command of a server in that assistant's settings (docs/mcp.md)
    """
    import asyncio

    from ui.mcp import serve_standard_input

    asyncio.run(serve_standard_input(_open(index, config, quiet)))


@app.command()
def switch(
    surface: Annotated[Literal["chat", "embed", "api"] | None, typer.Argument()] = None,
    state: Annotated[Literal["on", "off"] | None, typer.Argument()] = None,
    reason: Annotated[str, typer.Option(help="Why it is turned off; goes to the log.")] = "",
    index: Index = None,
    config: Config = None,
    quiet: Quiet = False,
) -> None:
    """Turn a surface off or on in all running servers; without arguments, say what is off.

    Examples: kb switch chat off --reason "wrong answers on calls" · kb switch chat on
    """
    from kb.journal.database import Database
    from kb.journal.records import Journal

    journal = Journal(Database(_settings(index, config).database_url))
    if surface is None:
        print_out("\n".join(lines_of_record(journal.switched_off())) or "All is on.")
    elif state == "on":
        journal.switch_on(surface)
        say(f"The {surface} is on.", quiet)
    elif state == "off" and reason:
        journal.switch_off(surface, reason)
        say(f"The {surface} is off.", quiet)
    else:
        raise typer.BadParameter("Say on, or off with --reason TEXT.")


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="Archive to write, as backup.tar.gz.")],
    index: Index = None,
    config: Config = None,
    quiet: Quiet = False,
) -> None:
    """Write index, database and FAQ folder into one archive, also while serving.

    Example: kb backup /safe/place/partnership-$(date +%F).tar.gz
    """
    from kb.backup import backup as write

    number = write(_settings(index, config), file)
    say(f"{file} holds {number} parts.", quiet)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="Archive that kb backup has written.")],
    index: Index = None,
    config: Config = None,
    quiet: Quiet = False,
) -> None:
    """Put an archive in place where there is no index, no FAQ and an empty database.

    Example: kb restore /safe/place/partnership-2026-11-25.tar.gz
    """
    from kb.backup import restore as read

    generation = read(_settings(index, config), file)
    say(f"Restored; the live generation is {generation}.", quiet)


@app.command()
def user(
    action: Annotated[Literal["add", "set", "list"], typer.Argument(help="What to do.")],
    name: Annotated[str, typer.Argument(help="Name of the account.")] = "",
    role: Annotated[
        Literal["drafter", "approver", "administrator"] | None, typer.Option(help="Its role.")
    ] = None,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read a new password from standard input.")
    ] = False,
    no_password: Annotated[
        bool, typer.Option("--no-password", help="Sign-in through a reverse proxy alone.")
    ] = False,
    disable: Annotated[
        bool | None, typer.Option("--disable/--enable", help="Lock the account out, or let it in.")
    ] = None,
    index: Index = None,
    config: Config = None,
    quiet: Quiet = False,
) -> None:
    """Make, change or list accounts of the console.

    Examples: kb user add ada --role administrator · kb user set ada --disable · kb user list
    """
    from kb.desk.accounts import Accounts
    from kb.journal.database import Database

    accounts = Accounts(Database(_settings(index, config).database_url))
    if action == "list":
        for account in accounts.all():
            print_out(
                f"{account.name}\t{account.role}\t{'disabled' if account.disabled else 'enabled'}"
            )
        return
    if not name:
        raise typer.BadParameter("Give the name of the account.")
    if action == "add":
        accounts.add(name, "" if no_password else _password(password_stdin), role or "drafter")
        say(f"Account {name} may sign in as {role or 'drafter'}.", quiet)
        return
    changing = password_stdin or (role is None and disable is None)
    accounts.change(
        name, role=role, password=_password(password_stdin) if changing else None, disabled=disable
    )
    say(f"Account {name} is changed; its sessions have ended.", quiet)


@app.command()
def evaluate(
    dataset: Annotated[
        Path | None, typer.Argument(help="Folder in BEIR layout; the shipped questions if none.")
    ] = None,
    split: Annotated[str, typer.Option(help="tuning or test.")] = "test",
    save: Annotated[Path | None, typer.Option(help="Write the run to a JSON file.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Draw the reliability curve (PNG).")] = None,
    compare: Annotated[
        tuple[Path, Path] | None, typer.Option(help="Compare two saved runs instead.")
    ] = None,
    answers: Annotated[
        Path | None, typer.Option(help="Judge what kb ask --batch wrote for the shipped questions.")
    ] = None,
    as_json: Json = False,
    index: Index = None,
    config: Config = None,
    quiet: Quiet = False,
) -> None:
    """Measure quality and speed, with intervals.

    Examples: kb evaluate · kb evaluate --split tuning --save run.json · kb evaluate my-beir-folder ·
    kb evaluate --compare before.json after.json
    """
    from kb.evaluation import inquiries, languages
    from kb.evaluation.answers import answers_table
    from kb.evaluation.datasets import load_dataset, shipped_dataset
    from kb.evaluation.report import compare as compare_runs
    from kb.evaluation.report import load_report, plot_reliability, report, table
    from kb.evaluation.run import knowledge_base_for, run

    if answers:
        print_out(answers_table(answers))
        return
    if compare:
        print_out(compare_runs(load_report(compare[0]), load_report(compare[1])))
        return
    data = load_dataset(dataset or shipped_dataset(), split)
    with (
        knowledge_base_for(data, _open(index, config, quiet)) as base,
        tqdm(total=len(data.questions), desc="questions", disable=quiet) as bar,
    ):
        result = report(data.name, split, run(data, base, step=lambda: bar.update(1)))
        if dataset is None:
            result["languages"] = languages.measure(base)
            result["inquiries"] = inquiries.measure(base)
    if save:
        save.write_text(json.dumps(result, indent=1), encoding="utf-8")
    if plot:
        plot_reliability(result, plot)
    tables = [table(result)]
    if dataset is None:
        tables += [languages.table(result["languages"]), inquiries.table(result["inquiries"])]
    print_out(result if as_json else "\n\n".join(tables))


@app.command()
def draft(
    email: Annotated[str, typer.Argument(help="An .eml, .msg or text file; - for standard input.")],
    as_json: Json = False,
    index: Index = None,
    config: Config = None,
    quiet: Quiet = False,
) -> None:
    """Draft a cited reply to an inquiry; sends nothing.

    Examples: kb draft inquiry.eml · kb draft - --json < inquiry.txt
    """
    from kb.desk.mail import read_mail
    from kb.desk.reply import draft_reply

    mail = read_mail(*mail_bytes(email))
    drafted = draft_reply(mail, _open(index, config, quiet))
    print_out(drafted.record() if as_json else drafted.plain_text())


def _password(from_stdin: bool) -> str:
    """A new password: a line of standard input, or typed twice."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    typed: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    return typed


def _open(index: Path | None, config: Path | None, quiet: bool) -> Any:
    """Open the knowledge base; an index that does not exist yet is built."""
    from kb.knowledge import KnowledgeBase

    with ProgressBar(quiet) as progress:
        return KnowledgeBase.open(settings=_settings(index, config), progress=progress)


def _settings(index: Path | None, config: Path | None) -> Any:
    from kb.settings import load_settings

    return load_settings(config, index=index)


def _require_one(text: str | None, batch: str | None) -> None:
    if (text is None) == (batch is None):
        raise typer.BadParameter("Give either a question or --batch FILE.")


def main() -> None:
    """Run a command; nothing but one line reaches the user when it fails."""
    try:
        app()
    except KBError as error:
        say(f"kb: {error}", quiet=False)
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except BrokenPipeError:
        raise SystemExit(1) from None
    except Exception as error:
        say(
            f"kb: something unexpected went wrong ({type(error).__name__}: {error}). "
            "Nothing was changed; please report it with the command you gave.",
            quiet=False,
        )
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
