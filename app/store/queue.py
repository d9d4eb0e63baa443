"""The queue page: any combination of filters over a hundred thousand registrations, a page at a time.

Every order has an index that also holds what the filters look at. A page is read from that index alone; only the rows that are
shown are opened, and never a packet or a slip. Paging goes by keys, not by numbers of rows, so that the tenth page costs what
the first does, and a registration that is added meanwhile shifts nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Final, TypeAlias

from app.core.lifecycle import NOT_SENT, ClientStatus, Event, ServerStatus, State
from app.core.outbox import ATTENTION, RowState
from app.core.queue import Counts, Cursor, LimitFigures, Order, QueueFilter, QueuePage
from app.store.connection import Database
from app.store.instants import from_text, to_text
from app.store.rows import COLUMNS, read_row

_ORDERS: Final[dict[Order, tuple[str, tuple[str, ...]]]] = {
    Order.CREATED: ("queue_by_created", ("created_at", "packet_id")),
    Order.CHANGED: ("queue_by_changed", ("changed_at", "packet_id")),
    Order.PACKET_ID: ("queue_by_packet", ("packet_id",)),
    Order.PROCESS: ("queue_by_process", ("process", "packet_id")),
    Order.CLIENT_STATUS: ("queue_by_client_status", ("client_status", "server_status", "packet_id")),
    Order.SERVER_STATUS: ("queue_by_server_status", ("server_status", "client_status", "packet_id")),
}
"""Order to its index and the columns that it sorts by."""

_LEFT: Final = (Event.UPLOAD_ACCEPTED, Event.UPLOAD_DUPLICATE, Event.EXPORT)

_Clause: TypeAlias = tuple[str, tuple[str, ...]]


class Queue:
    """Lists and counts of registrations. Every method raises a `StoreError` subclass that names a fault of the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(
        self,
        which: QueueFilter,
        order: Order = Order.CREATED,
        *,
        is_descending: bool = True,
        after: Cursor | None = None,
        limit: int = 50,
    ) -> QueuePage:
        """The next registrations of a list.

        Args:
            after: `QueuePage.next` of the page before; None for the first.
        """
        if after is not None and (after.order, after.is_descending) != (order, is_descending):
            raise ValueError("a cursor of another order")
        query, values = page_query(which, order, is_descending, after, limit + 1)
        with self._database.read() as connection:
            keys = connection.execute(query, values).fetchall()
            one = f"SELECT {COLUMNS} FROM registration WHERE rowid = ?"  # noqa: S608 own names
            records = tuple(read_row(connection.execute(one, key[:1]).fetchone()) for key in keys[:limit])
        is_last = len(keys) <= limit
        return QueuePage(records, None if is_last else Cursor(order, is_descending, tuple(keys[limit - 1][1:])))

    def counts(self, which: QueueFilter) -> Counts:
        """How many registrations of a list are in each state."""
        query, values = counts_query(which)
        with self._database.read() as connection:
            rows = connection.execute(query, values).fetchall()
        return {State(ClientStatus(client), ServerStatus(server)): count for client, server, count in rows}

    def processes(self) -> tuple[str, ...]:
        """The processes of the registrations here, sorted; for the filter's list of choices."""
        query = (
            "WITH RECURSIVE found (name) AS (SELECT min(process) FROM registration UNION ALL"
            " SELECT (SELECT min(process) FROM registration WHERE process > found.name) FROM found WHERE name IS NOT NULL)"
            " SELECT name FROM found WHERE name IS NOT NULL"
        )
        with self._database.read() as connection:
            return tuple(name for (name,) in connection.execute(query))

    def limit_figures(self) -> LimitFigures:
        """What the limits look at, of one moment."""
        with self._database.read() as connection:
            waiting = connection.execute(*waiting_query()).fetchone()
            unsent = connection.execute(*unsent_query()).fetchone()
            left = connection.execute(*left_query()).fetchone()[0]
        return LimitFigures(waiting[0], _instant(waiting[1]), unsent[0], _instant(unsent[1]), _instant(left))


def latest_row_at(database: Database) -> datetime | None:
    """The latest time of what is still in work here; None if there is nothing.

    Old rows are passed over: a clock that was wrong once must not be held against this machine for ever.

    Raises:
        StoreError: a subclass that names the fault.
    """
    with database.read() as connection:
        return _instant(connection.execute(*latest_query()).fetchone()[0])


def page_query(which: QueueFilter, order: Order, is_descending: bool, after: Cursor | None, limit: int) -> _Clause:
    """Row ids and sort keys of a page, from the order's index alone."""
    index, keys = _ORDERS[order]
    clauses = list(_conditions(which))
    if after is not None:
        marks = ", ".join("?" for _ in keys)
        clauses.append((f"({', '.join(keys)}) {'<' if is_descending else '>'} ({marks})", after.keys))
    direction = " DESC" if is_descending else ""
    ordering = ", ".join(f"{key}{direction}" for key in keys)
    where, values = _where(clauses)
    columns = ", ".join(("rowid", *keys))
    query = f"SELECT {columns} FROM registration INDEXED BY {index}{where} ORDER BY {ordering} LIMIT {limit:d}"  # noqa: S608
    return query, values


def counts_query(which: QueueFilter) -> _Clause:
    """Numbers by state, from one index alone; all together from the smallest, since the home page asks that often."""
    where, values = _where(list(_conditions(which)))
    index = "queue_by_client_status" if where else "registration_by_state"
    query = (
        "SELECT client_status, server_status, count(*) FROM registration"  # noqa: S608 own names
        f" INDEXED BY {index}{where} GROUP BY client_status, server_status"
    )
    return query, values


def waiting_query() -> _Clause:
    """Number and oldest of those that wait for a supervisor."""
    query = "SELECT count(*), min(created_at) FROM registration INDEXED BY queue_by_client_status WHERE client_status = ?"
    return query, (ClientStatus.REGISTERED.value,)


def unsent_query() -> _Clause:
    """Number and oldest of those that may exist nowhere but here."""
    statuses = _among("client_status", NOT_SENT)
    query = (
        "SELECT count(*), min(created_at) FROM registration INDEXED BY queue_by_client_status"  # noqa: S608 own names
        f" WHERE {statuses[0]} AND exported_at IS NULL"
    )
    return query, statuses[1]


def left_query() -> _Clause:
    """When a packet last went somewhere else."""
    each = " UNION ALL ".join("SELECT max(at) AS at FROM registration_history WHERE event = ?" for _ in _LEFT)
    return f"SELECT max(at) FROM ({each})", tuple(event.value for event in _LEFT)  # noqa: S608 own names


def latest_query() -> _Clause:
    """The latest time of what is still in work here: packets that were not deleted, drafts, the last audit rows."""
    return (
        "SELECT max(at) FROM ("
        "SELECT (SELECT created_at FROM registration INDEXED BY queue_by_created WHERE client_status <> ?"
        " ORDER BY created_at DESC LIMIT 1) AS at"
        " UNION ALL SELECT max(changed_at) FROM draft"
        " UNION ALL SELECT max(action_time) FROM audit WHERE sequence > (SELECT max(sequence) - 100 FROM audit))"
    ), (ClientStatus.DELETED.value,)


def _where(clauses: list[_Clause]) -> _Clause:
    if not clauses:
        return "", ()
    return " WHERE " + " AND ".join(text for text, _ in clauses), tuple(value for _, values in clauses for value in values)


def _conditions(which: QueueFilter) -> Iterator[_Clause]:
    """The filter in SQL, what is quick to decide first."""
    if which.is_exported is not None:
        yield f"exported_at IS {'NOT ' if which.is_exported else ''}NULL", ()
    if which.created_from is not None:
        yield "created_at >= ?", (to_text(which.created_from),)
    if which.created_before is not None:
        yield "created_at < ?", (to_text(which.created_before),)
    if text := which.text.strip():
        # Not LIKE and not GLOB: what a person types holds no pattern, and a range is what an index is for.
        yield ("packet_id >= ? AND packet_id < ?", (text, text + "\x7f")) if text.isascii() else ("FALSE", ())
    choices: tuple[tuple[str, Collection[str]], ...] = (
        ("work", which.works),
        ("process", which.processes),
        ("client_status", which.clients),
        ("server_status", which.servers),
    )
    yield from (_among(column, values) for column, values in choices if values)
    if which.only_attention:
        server, values = _among("server_status", ATTENTION)
        yield f"(work = ? OR (client_status = ? AND {server}))", (RowState.BLOCKED, ClientStatus.PUSHED, *values)


def _among(column: str, values: Collection[str]) -> _Clause:
    chosen = tuple(sorted(str(value) for value in values))
    if len(chosen) == 1:
        return f"{column} = ?", chosen
    return f"{column} IN ({', '.join('?' for _ in chosen)})", chosen


def _instant(text: str | None) -> datetime | None:
    return None if text is None else from_text(text)
