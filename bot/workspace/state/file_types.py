"""What a file's name says of its content, in the words that Slack uses."""

from mimetypes import MimeTypes
from pathlib import PurePosixPath

UNKNOWN = "application/octet-stream"

# Slack's names where they differ from the extension: https://docs.slack.dev/reference/objects/file-object
_NAMES = {
    "gz": ("gzip", "Gzip"),
    "jpeg": ("jpg", "JPEG"),
    "jpg": ("jpg", "JPEG"),
    "js": ("javascript", "JavaScript"),
    "json": ("json", "JSON"),
    "log": ("text", "Plain Text"),
    "md": ("markdown", "Markdown (raw)"),
    "pl": ("perl", "Perl"),
    "py": ("python", "Python"),
    "rb": ("ruby", "Ruby"),
    "sh": ("shell", "Shell"),
    "txt": ("text", "Plain Text"),
    "yml": ("yaml", "YAML"),
}
_MORE = {
    ".gz": "application/gzip",
    ".log": "text/plain",
    ".md": "text/markdown",
    ".yaml": "text/yaml",
    ".yml": "text/yaml",
}


def mimetype(name: str) -> str:
    """Such as text/csv; the same on every machine."""
    extension = PurePosixPath(name).suffix.lower()
    # Python's own table alone: what a machine has installed must not change what the app is told.
    return _MORE.get(extension) or MimeTypes(filenames=()).types_map[1].get(extension, UNKNOWN)


def filetype(name: str, *, snippet_type: str = "") -> tuple[str, str]:
    """Slack's name of the type, such as csv, and that for people, such as CSV; of a snippet the app says it."""
    if snippet_type:
        return snippet_type, dict(_NAMES.values()).get(snippet_type, snippet_type.title())
    extension = PurePosixPath(name).suffix.lower().removeprefix(".")
    if extension in _NAMES:
        return _NAMES[extension]
    return (extension, extension.upper()) if mimetype(name) != UNKNOWN else ("binary", "Binary")
