"""Where MLflow keeps a study's runs, and how its failures read."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from sem_ray.errors import BadInput, WorkFailed
from sem_ray.files import reason_of
from sem_ray.locks import locked
from sem_ray.records.names import EXPERIMENT
from sem_ray.store import REMEDY, Store

URI_VARIABLE = "MLFLOW_TRACKING_URI"
KINDS = ("http://", "https://", "sqlite:///", "postgresql", "mysql", "mssql")
"""How a tracking address may begin."""
CLIENT_VARIABLES = {
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",  # stdout holds the result, nothing else
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",  # who records tries again, in order, when it answers
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
}
"""How MLflow's client behaves here, unless the user says otherwise."""


class TrackingFailed(WorkFailed):
    """MLflow did not take or give what it was asked to."""


@dataclass(frozen=True)
class Tracking:
    """A client and the experiment that all studies share."""

    client: Any
    experiment: str
    """MLflow's id of it."""


def tracking_uri(store: Store) -> str:
    """`$MLFLOW_TRACKING_URI`, or a database in the store."""
    database = str(store.root / "mlflow.db").replace("%", "%25").replace("?", "%3F")
    return os.environ.get(URI_VARIABLE) or f"sqlite:///{database}"


def refuse_unusable_address(store: Store) -> None:
    """Raise `BadInput` for an address that cannot be one of MLflow's, whatever runs there."""
    uri = tracking_uri(store)
    if (fault := _fault(uri)) is not None:
        raise _no_address(uri, fault)


def require_tracking(store: Store) -> None:
    """Raise `BadInput` for an address that can never work, before hours of work are spent: also one
    whose driver is missing, and a file that is no database.

    A server that does not answer may do so later: the sweep goes on, and its records wait.
    """
    refuse_unusable_address(store)
    uri = tracking_uri(store)
    if uri.startswith("http"):
        return
    if not uri.startswith("sqlite"):
        _require_driver(uri)
        return
    try:
        connect(store)
    except TrackingFailed as failure:
        raise BadInput(str(failure)) from failure


def _require_driver(uri: str) -> None:
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import SQLAlchemyError

    try:
        make_url(uri).get_dialect().import_dbapi()
    except ImportError as error:
        raise _no_driver(uri, error) from error
    except (SQLAlchemyError, ValueError) as error:
        raise _no_address(uri, _reason(error)) from error


def _no_driver(uri: str, error: ImportError) -> BadInput:
    return BadInput(
        f"{URI_VARIABLE}={_without_password(uri)} needs a driver that is not installed: {error}"
    )


def connect(store: Store) -> Tracking:
    """A client on the store's tracking server; its schema and experiment are made if missing.

    Raises `BadInput` for an address MLflow cannot use, `TrackingFailed` for one that is down.
    """
    refuse_unusable_address(store)
    uri = tracking_uri(store)
    with one_writer(store), tracking_errors(uri):
        try:
            client = _client(uri)  # makes the schema of a database
            return Tracking(client, _experiment(client, store))
        except ValueError as error:  # what parsers of addresses raise
            raise _no_address(uri, _reason(error)) from error


def ask(store: Store) -> Tracking:
    """A client to ask only: nothing is made, so the store may be read-only, or not be there if the
    address names a server.

    Raises `BadInput` if nothing is recorded there, `TrackingFailed` if MLflow does not answer.
    """
    refuse_unusable_address(store)
    uri = tracking_uri(store)
    nothing = BadInput(
        f"nothing is recorded at {_without_password(uri)}; run `sem-ray sweep FILE` first, name "
        f"another store with --store, or a server with {URI_VARIABLE}"
    )
    if uri.startswith("sqlite") and not Path(unquote(urlsplit(uri).path)[1:]).exists():
        raise nothing
    with tracking_errors(uri):
        client = _client(uri)
        known = client.get_experiment_by_name(EXPERIMENT)
    if known is None:
        raise nothing
    return Tracking(client, str(known.experiment_id))


def _fault(uri: str) -> str | None:
    """What is wrong with an address, as far as its text and the disk show."""
    if not uri.startswith(KINDS) or "://" not in uri:
        return f"it takes {', '.join(KINDS)}"
    try:
        parts = urlsplit(uri)
        if uri.startswith("http") and (not parts.hostname or parts.port == 0):
            return "it names no host and port"
    except ValueError as error:
        return str(error)
    return _file_fault(parts.path) if uri.startswith("sqlite") else None


def _file_fault(path: str) -> str | None:
    """Of sqlite's file: MLflow would retry for minutes, or keep the runs in memory."""
    name = path.removeprefix("/")
    if name in ("", ":memory:"):
        return "it names no file"
    return f"{name} is a folder; name a file" if Path(unquote(name)).is_dir() else None


def _no_address(uri: str, fault: str) -> BadInput:
    shown = _without_password(uri)
    return BadInput(f"{URI_VARIABLE}={shown} is no address MLflow keeps runs at: {fault}")


@contextmanager
def one_writer(store: Store) -> Iterator[None]:
    """Keep other processes on this store from making the same schema, or the same run, meanwhile.

    Raises `TrackingFailed` if the store takes no lock.
    """
    lock = store.root / "locks" / "mlflow"
    with ExitStack() as held:
        try:
            held.enter_context(locked(lock))
        except OSError as error:
            raise TrackingFailed(f"cannot write to {lock}: {reason_of(error)}; {REMEDY}") from error
        yield


@contextmanager
def tracking_errors(uri: str) -> Iterator[None]:
    """Turn what MLflow and its database layer raise into one line."""
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (MlflowException, SQLAlchemyError, OSError) as error:
        raise TrackingFailed(
            f"MLflow at {_without_password(uri)} failed: {_reason(error)}; see that it runs, "
            f"or change {URI_VARIABLE}"
        ) from error


def _client(uri: str) -> Any:
    from mlflow import MlflowClient

    # What fails is raised, and said in one line; MLflow would also log it with its traceback.
    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    for name, value in CLIENT_VARIABLES.items():
        os.environ.setdefault(name, value)
    try:
        return MlflowClient(tracking_uri=uri)
    except ImportError as error:
        raise _no_driver(uri, error) from error


def _experiment(client: Any, store: Store) -> str:
    known = client.get_experiment_by_name(EXPERIMENT)
    if known is None:
        own = not os.environ.get(URI_VARIABLE)
        artifacts = (store.root / "mlflow-artifacts").as_uri() if own else None
        return _created(client, artifacts)
    if known.lifecycle_stage == "deleted":
        client.restore_experiment(known.experiment_id)
    return str(known.experiment_id)


def _created(client: Any, artifacts: str | None) -> str:
    from mlflow.exceptions import MlflowException

    try:
        return str(client.create_experiment(EXPERIMENT, artifact_location=artifacts))
    except MlflowException:
        # Another store's sweep on the same server may have been first.
        if (known := client.get_experiment_by_name(EXPERIMENT)) is None:
            raise
        return str(known.experiment_id)


def _without_password(uri: str) -> str:
    return re.sub(r"//[^/@]*@", "//", uri)


def _reason(error: BaseException) -> str:
    """The innermost cause's first line: MLflow wraps a refused connection in four layers."""
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__ or error
    lines = str(error).strip().splitlines() or [type(error).__name__]
    text = lines[0].strip()
    return text if len(text) <= 160 else text[:159] + "…"
