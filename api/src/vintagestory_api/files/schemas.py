"""Files of a server's folder as the API shows and takes them. Paths use `/`; what can't be shown in a name is written `\\xNN`."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

FileKind = Literal["file", "folder", "link", "other"]
FileMark = Literal[
    "config", "magic_numbers", "players", "world", "logs", "cache", "backups", "mod_data", "mod_config", "mods", "manager"
]
FilePath = Annotated[str, StringConstraints(min_length=1, max_length=4_000)]
Etag = Annotated[str, StringConstraints(max_length=64)]


class FileEntry(BaseModel):
    """Something in a folder. What would be null or false is left out. `mark`: what it is to the game, where it is anything, and
    `is_locked` when it can't be changed now because of that."""

    name: str
    kind: FileKind
    size_bytes: int
    modified_at: str
    mark: FileMark | None = None
    is_locked: bool = False


class FolderView(BaseModel):
    """`path` is empty for the server's folder itself. `note`: what the folder is to the game. `is_whole`: false where there is
    more than is listed."""

    path: str
    entries: list[FileEntry]
    is_whole: bool
    mark: FileMark | None
    note: str | None
    where: str | None
    is_locked: bool
    max_upload_bytes: int


class JsonProblem(BaseModel):
    """Why it is no good JSON, also for the lenient reader of the game. `line` and `column` count from 1."""

    message: str
    line: int | None
    column: int | None


class FileContent(BaseModel):
    """`etag` stands for this very content. `problem` is told of small files only; others are looked at when they are saved.
    `where`: the tab of the server that does it better."""

    path: str
    text: str
    etag: str
    size_bytes: int
    modified_at: str
    problem: JsonProblem | None
    mark: FileMark | None
    note: str | None
    where: str | None
    is_locked: bool


class FileSaved(BaseModel):
    """What was written. `problem` is only there when it was saved all the same."""

    path: str
    etag: str
    size_bytes: int
    modified_at: str
    problem: JsonProblem | None


class FileMove(BaseModel):
    """`from_path` becomes `to_path`, whose folder has to be there and whose name has to be free."""

    from_path: FilePath
    to_path: FilePath


class NewFolder(BaseModel):
    path: FilePath


class FilesToDelete(BaseModel):
    paths: Annotated[list[FilePath], Field(min_length=1, max_length=500)]


class TrashItem(BaseModel):
    """Something that was deleted, and from where. `size_bytes` is null where it was not counted."""

    id: str
    path: str
    kind: FileKind
    size_bytes: int | None
    deleted_at: str
    deleted_by: str


class FileProblem(BaseModel):
    path: str
    message: str
    code: str


class FilesDeleted(BaseModel):
    """What went to the trash, and what could not."""

    deleted: list[TrashItem]
    problems: list[FileProblem]


class TrashView(BaseModel):
    """The newest first. Items are deleted for good after `kept_days`."""

    items: list[TrashItem]
    size_bytes: int
    kept_days: int


class TrashRestore(BaseModel):
    """`keep_both`: where its name is taken by now, it comes back under a name beside."""

    keep_both: bool = False


class FilePlace(BaseModel):
    path: str


class TrashEmptied(BaseModel):
    deleted: int
    size_bytes: int
