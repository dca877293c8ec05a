"""An MLflow server of a test's own, on loopback, to be killed and started again."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen


class MlflowServer:
    """A server on a port of its own that keeps its records in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def database(self) -> str:
        """Where its records are if it does not run."""
        return f"sqlite:///{self._folder}/server.db"

    def start(self) -> None:
        """Start it, and do not wait until it answers."""
        command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1"]
        command += ["--port", str(self._port), "--workers", "1"]
        command += ["--backend-store-uri", self.database]
        self._process = subprocess.Popen(
            command,
            cwd=self._folder,
            env={**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def wait(self, within: float = 90.0) -> None:
        """Wait until it answers."""
        end = time.monotonic() + within
        while time.monotonic() < end:
            assert self._process is not None and self._process.poll() is None, "the server ended"
            try:
                with urlopen(f"{self.address}/health", timeout=1):  # noqa: S310  ours, on loopback
                    return
            except OSError:
                time.sleep(0.2)
        raise AssertionError("the server did not start")

    def kill(self) -> None:
        """End it and its workers at once: the group that it leads."""
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def signal(self, signum: int) -> None:
        """Send the server and its workers a signal."""
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, signum)


@contextmanager
def mlflow_server(folder: Path) -> Iterator[MlflowServer]:
    """A server that answers, killed after the block."""
    server = MlflowServer(folder)
    server.start()
    try:
        server.wait()
        yield server
    finally:
        server.kill()
