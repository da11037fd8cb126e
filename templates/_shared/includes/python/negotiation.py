"""What the headers of a request ask for: media types, Accept, Content-Encoding, and how a refusal is said."""

import os
import re
import zlib
from functools import lru_cache

CSV, JSON, JSONLINES = TYPES = ("text/csv", "application/json", "application/jsonlines")
BODY_MIB = int(os.environ.get("MODEL_SERVER_BODY_MIB", "25"))  # the largest body, decoded; 0 is no limit
# the beginning of a sentence in which no value of the request stands
SAFE = re.compile(r"(row [0-9]+: )?(?:(?!, not )[^:'\"])*")
QUALITY = re.compile(r"0(\.[0-9]*)?|\.[0-9]+|1(\.0*)?")


class Refused(Exception):
    """A request that gets no prediction: the status, one sentence for the client (H20), and more headers."""

    def __init__(self, status, sentence, **headers):
        super().__init__(sentence)
        self.status, self.headers = status, {name.replace("_", "-"): value for name, value in headers.items()}

    @property
    def without_values(self):
        """The beginning of the sentence, up to where it quotes the request: quotes do not belong into the log (H50)."""
        return SAFE.match(str(self))[0].rstrip()


class BadInput(Refused, ValueError):
    """The request body cannot be used: 400, with one sentence for the client (H20)."""

    def __init__(self, sentence):
        super().__init__(400, sentence)


def negotiate(content_type, accept):
    """Return the media type of the body, its parameters, and the media type of the answer (H14).

    Raises Refused with 415 or 406 where one of them is unknown here.
    """
    media_type, parameters = parse_media_type(content_type)
    if media_type not in TYPES:
        raise Refused(415, f"Content-Type {content_type[:100]!r} is not one of {', '.join(TYPES)}")
    answer_type = choose_type(accept, media_type)
    if answer_type is None:
        raise Refused(406, f"Accept must allow one of {', '.join(TYPES)}")
    return media_type, parameters, answer_type


def split_parameters(text):
    """Split 'Text/CSV; header=present' into 'text/csv' and [('header', 'present')]."""
    name, *parameters = text.split(";")
    pairs = (parameter.partition("=") for parameter in parameters if parameter.strip())
    return name.strip().lower(), [(key.strip().lower(), value.strip().strip('"').lower()) for key, _, value in pairs]


@lru_cache(maxsize=256)
def parse_media_type(header):
    """Return the name and the parameters of a Content-Type, in lower case."""
    name, pairs = split_parameters(header)
    parameters = dict(pairs)
    if len(parameters) < len(pairs):
        raise BadInput("Content-Type names a parameter twice")
    return name, parameters


@lru_cache(maxsize=256)
def choose_type(accept, own):
    """Return the type of the answer for an Accept header, or None; with no preference that is own (H14).

    For each type the most specific range decides (RFC 9110, 12.5.1). Of equal ones the first in the header wins.
    """
    ranges = {}  # by name: the quality, and where it stands
    for place, part in enumerate(part for part in accept.split(",") if part.strip()):
        name, pairs = split_parameters(part)
        quality = dict(pairs).get("q", "1")
        ranges.setdefault(name, (float(quality) if QUALITY.fullmatch(quality) else 1.0, -place))
    if not ranges:
        return own

    def preference(known):
        family = known.split("/")[0] + "/*"
        return next((ranges[name] for name in (known, family, "*/*") if name in ranges), (0.0, 0))

    best = max((own, *TYPES), key=preference)
    return best if preference(best)[0] > 0 else None


def uncompress(body, encoding):
    """Return the body without its Content-Encoding. Raises Refused, beyond the body limit with 413 (H19, B6)."""
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        return body
    if encoding not in ("gzip", "x-gzip"):
        raise Refused(415, f"Content-Encoding {encoding[:40]!r} is not gzip", Accept_Encoding="gzip")
    reader = zlib.decompressobj(wbits=31)
    most = BODY_MIB * 2**20
    try:
        body = reader.decompress(body, most + 1 if most else 0)  # never more than that in memory
    except zlib.error as error:
        raise BadInput(f"the body is not gzip: {error}") from None
    if most and len(body) > most:
        raise Refused(413, f"the body is larger than {BODY_MIB} MiB")
    if not reader.eof or reader.unused_data:
        raise BadInput("the body is not gzip: it is cut off, or something follows it")
    return body
