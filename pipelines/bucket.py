"""An S3 bucket as what all machines of a run see, where there is no folder that all see.

The coordinator puts there what its workers read, a worker fetches that into a folder of its own and puts there what it
found, the coordinator fetches this. Everything is a whole object named by its sha256 and held against it when it is
fetched, so a torn or altered one is never taken. Below s3://BUCKET/PREFIX, which belongs to one home:

  data/SHA256        files that every part reads, the facts above all; there until no run names them any more
  work/CALL/SHA256   a question, files that one part reads, and what parts found; removed at the end of the run

Key, secret, region and endpoint are told by the environment (AWS_*), never by an address. The workers' half:
pipelines/on_bucket.py.
"""

import hashlib
import os
import pickle
import re
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import cached_property, partial
from pathlib import Path
from typing import Any
from uuid import uuid4

from pyarrow import fs

from pipelines.archive import file_hash
from pipelines.errors import RunFailed, UsageError
from pipelines.home import Home
from pipelines.spill import spill
from pipelines.storage import Answer, Given, question

_ADDRESS = re.compile(r"s3://([a-z0-9][a-z0-9.-]+(?:/[\w.=-]+)*)/?")
_AT_ONCE = 8  # objects on their way: a small one is mostly waiting
_CHUNK = 1 << 20
_TIMES = 4  # that a call is tried


class Bucket:
    """A place in a bucket. RunFailed, with what the storage answered, if it cannot be reached or refuses."""

    def __init__(self, address: str) -> None:
        told = _ADDRESS.fullmatch(address)
        if not told:  # what was typed may hold a secret
            raise UsageError("S3 storage: expected s3://BUCKET/PREFIX, and key and secret in the environment (AWS_*)")
        self.root = told[1]
        self.address = f"s3://{self.root}"

    def expect(self, home: Home) -> None:
        """RunFailed unless the bucket is there. The ledger stays where the home has it, if that is there too."""
        if home.ledger.is_symlink() and not home.ledger.exists():
            raise UsageError(f"{home.ledger} is a link to {home.ledger.readlink()}: expected the ledger there")
        with self._told():
            found = self._files.get_file_info(self.root.split("/")[0])
        if found.type != fs.FileType.Directory:
            raise RunFailed(f"{self.address}: there is no such bucket, nothing was done: make it, or name another one")

    @contextmanager
    def work_folder(self) -> Iterator[Path]:
        """A folder on this machine alone, removed at the end with all that the run put into the bucket for itself."""
        self._clear()  # of a run that died
        with spill() as folder:
            try:
                yield folder
            finally:
                with suppress(RunFailed):  # a lost bucket is told by what failed first; the next run clears it
                    self._clear()

    def lay(self, work: Callable[..., Any], given: Given, count: int) -> str:
        """Put what the parts read, and the question, where it is not there yet; the question's address."""
        call = f"work/{uuid4().hex}"
        every = given.shares()
        single = list(dict.fromkeys(path for place in range(count) for path in given.reads(place)))
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            held = self._held() if every else {}
            shared = dict(zip(every, pool.map(partial(self._put_once, held), every), strict=True))
            own = dict(zip(single, pool.map(partial(self.put, call), single), strict=True))
            list(pool.map(self._drop, held.keys() - set(shared.values())))
        asked = pickle.dumps((question(work, given), shared | own))
        name = f"{call}/{hashlib.sha256(asked).hexdigest()}"
        with self._told(), self._files.open_output_stream(f"{self.root}/{name}") as there:
            there.write(asked)
        return f"{self.address}/{name}"

    def take(self, answer: Answer, folder: Path) -> Any:
        """What a part gives, once the files that it found are in the folder."""
        result, found = answer
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(lambda name: self.fetch(found[name], folder / name), found))
        return result

    def put(self, place: str, path: Path) -> str:
        """Put a file below a place; gives its name there."""
        name = f"{place}/{file_hash(path)}"
        with path.open("rb") as file, self._told(), self._files.open_output_stream(f"{self.root}/{name}") as there:
            shutil.copyfileobj(file, there, _CHUNK)
        return name

    def fetch(self, name: str, path: Path) -> None:
        """Bring an object here as a file, whole or not at all; RunFailed if it is not what its name says."""
        beside, digest = path.with_name(f".{uuid4().hex}.tmp"), hashlib.sha256()
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            with self._told(), self._files.open_input_stream(f"{self.root}/{name}") as there:
                while chunk := there.read(_CHUNK):
                    digest.update(chunk)
                    file.write(chunk)
        if digest.hexdigest() != name.rpartition("/")[2]:
            raise RunFailed(f"{self.address}/{name} is not what was put there; nothing was published: run again")
        beside.replace(path)

    @cached_property
    def _files(self) -> fs.S3FileSystem:
        """Connected when first asked; AWS_ENDPOINT_URL names a server other than Amazon's."""
        endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
        return fs.S3FileSystem(
            endpoint_override=endpoint,
            retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=_TIMES),
            allow_delayed_open=True,  # a small object is put by one request instead of three
        )

    def _put_once(self, held: dict[str, int], path: Path) -> str:
        """The same for a file that every run reads, where it is not there as large as it is."""
        name = f"data/{file_hash(path)}"
        return name if held.get(name) == path.stat().st_size else self.put("data", path)

    def _held(self) -> dict[str, int]:
        """Names and sizes of what is kept for every run."""
        with self._told():
            found = self._files.get_file_info(fs.FileSelector(f"{self.root}/data", allow_not_found=True))
        return {f"data/{one.base_name}": one.size for one in found if one.type == fs.FileType.File}

    def _drop(self, name: str) -> None:
        with self._told():
            self._files.delete_file(f"{self.root}/{name}")

    def _clear(self) -> None:
        with self._told():
            self._files.delete_dir_contents(f"{self.root}/work", missing_dir_ok=True)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What the storage answers as an error of the run; of its text only the kind, for the rest may be secret."""
        try:
            yield
        except OSError as error:
            kind = re.search(r"AWS Error ([A-Z_]+)", str(error))
            if kind is None and "Path does not exist" not in str(error):
                raise  # this machine's disk
            raise RunFailed(
                f"S3 storage {self.address} failed ({kind[1] if kind else 'no such object'}); nothing was published: "
                "look at the server, the bucket and AWS_* of the coordinator and the workers, and run again"
            ) from None
