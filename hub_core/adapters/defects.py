"""What nobody foresaw, as one line of JSON where Lambda collects logs; no value, no secret."""

import sys
import traceback
from typing import Final

import orjson

_TELLING: Final = (AttributeError, ImportError, NameError, TypeError)
"""Their texts speak of code. Those of others may repeat what a person sent, and are not logged."""


def log_defect(error: BaseException, request_id: str | None, **where: str | None) -> None:
    """The error with its causes; `where` says what was asked (a path, a frame's type)."""
    chain = [error]
    while cause := chain[-1].__cause__ or chain[-1].__context__:
        chain.append(cause)
    line = {
        "level": "ERROR",
        "message": "unforeseen",
        "requestId": request_id,
        **where,
        "errors": [
            {
                "type": f"{type(one).__module__}.{type(one).__qualname__}",
                "detail": str(one) if isinstance(one, _TELLING) else None,
                "frames": [
                    f"{frame.filename}:{frame.lineno} {frame.name}"
                    for frame in traceback.extract_tb(one.__traceback__)
                ],
            }
            for one in chain
        ],
    }
    sys.stdout.write(orjson.dumps(line).decode() + "\n")
    sys.stdout.flush()
