"""Reads files that people wrote by hand, and no others: nothing without an end, and nothing that would fill memory."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Any

import yaml

#: the largest file that is read, in bytes
LIMIT = 1 << 20
# how many characters a YAML document may have once its aliases are written out
_WRITTEN_OUT = 4 * LIMIT
_LONGEST_NUMBER = 1_000  # characters
_CLoader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_small(file: Path) -> bytes:
    """The content of a plain file of at most 1 MiB, where the links of its path lead.

    Raises OSError for anything else, a pipe or a device among them, and waits for none of these.
    """
    descriptor = os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(descriptor, "rb") as opened:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "it is no plain file", str(file))
        content = opened.read(LIMIT + 1)
    if len(content) > LIMIT:
        raise OSError(errno.EFBIG, "it is larger than 1 MiB", str(file))
    return content


def load_yaml(content: bytes | str) -> Any:
    """The value of a YAML document. Raises yaml.YAMLError, ValueError or RecursionError for what is none."""
    return yaml.load(content, SafeLoader)


class SafeLoader(_CLoader):  # type: ignore[misc, valid-type]
    """Reads YAML without objects, and without aliases that make a small document grow beyond all bounds."""

    def construct_document(self, node: yaml.Node) -> Any:
        """The value of a document. Raises yaml.YAMLError where it would be too long once it is written out."""
        _check_size(node, {})
        return super().construct_document(node)


def _check_size(node: yaml.Node, known: dict[int, int]) -> int:
    """How many characters the node has, its aliases written out; `known` are the sizes of nodes seen before.

    A node that holds itself has no size, so it counts as too long.
    """
    if id(node) in known:
        return known[id(node)]
    if isinstance(node, yaml.ScalarNode):
        if node.tag == "tag:yaml.org,2002:int" and len(node.value) > _LONGEST_NUMBER:
            raise yaml.MarkedYAMLError(problem=f"a number of {len(node.value)} digits", problem_mark=node.start_mark)
        # the constructor of a tag of somebody's own, such as !include, may make more of it than its text
        size = len(node.value) + 1 if node.tag.startswith("tag:") else _WRITTEN_OUT // 400
    else:
        known[id(node)] = _WRITTEN_OUT + 1
        children = node.value if isinstance(node, yaml.SequenceNode) else [part for pair in node.value for part in pair]
        size = 1 + sum(_check_size(child, known) for child in children)
    known[id(node)] = size
    if size > _WRITTEN_OUT:
        raise yaml.MarkedYAMLError(problem="its aliases make it grow beyond all bounds", problem_mark=node.start_mark)
    return size
