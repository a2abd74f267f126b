"""An S3-compatible server (moto) as a process of its own, with one bucket, for tests."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pyarrow import fs

SECRET = "a-secret-of-nobody"


@dataclass
class S3:
    """The server's process, and the environment in which it is spoken to."""

    pid: int
    environment: dict[str, str]

    def files(self) -> fs.S3FileSystem:
        return fs.S3FileSystem(
            access_key=self.environment["AWS_ACCESS_KEY_ID"],
            secret_key=self.environment["AWS_SECRET_ACCESS_KEY"],
            endpoint_override=self.environment["AWS_ENDPOINT_URL"],
            allow_bucket_creation=True,
        )

    def objects(self) -> dict[str, int]:
        """Names and sizes of all objects in the bucket, without marks of folders."""
        found = self.files().get_file_info(fs.FileSelector("bucket", recursive=True))
        return {one.path.removeprefix("bucket/"): one.size for one in found if one.type == fs.FileType.File}


@contextmanager
def s3_in(folder: Path) -> Iterator[S3]:
    """A server on this machine that logs into the folder."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    call = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with open(folder / "s3.log", "w") as told:
        process = subprocess.Popen(call, stdout=told, stderr=told, cwd=folder)
    environment = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "AWS_ACCESS_KEY_ID": "nobody"}
    environment |= {"AWS_SECRET_ACCESS_KEY": SECRET, "AWS_EC2_METADATA_DISABLED": "true", "AWS_REGION": "us-east-1"}
    try:
        _wait_for(port)
        server = S3(process.pid, environment)
        server.files().create_dir("bucket")
        yield server
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def _wait_for(port: int) -> None:
    end = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            assert time.monotonic() < end, "the S3 server did not start"
            time.sleep(0.1)
