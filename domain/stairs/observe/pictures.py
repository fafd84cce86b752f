"""A photo as a page shows it: small, upright, and without what the camera wrote beside it."""

import io
import warnings

from PIL import Image, ImageOps

from domain.stairs.observe.evidence import PICTURES

LONGEST_PX = 640
# Above what cameras write; what unpacks to more is opened as a file, not here.
MOST_PIXELS = 64_000_000
QUALITY = 78


def small_picture(data: bytes) -> bytes | None:
    """A JPEG of at most 640 px a side; None where the bytes are no picture, or too large a one to unpack."""
    try:
        with warnings.catch_warnings():
            # What the library would remark of a damaged file nobody reads.
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=PICTURES) as picture:
                if picture.width * picture.height > MOST_PIXELS:
                    return None
                picture.draft("RGB", (LONGEST_PX, LONGEST_PX))
                upright = ImageOps.exif_transpose(picture).convert("RGB")
                upright.thumbnail((LONGEST_PX, LONGEST_PX))
                kept = io.BytesIO()
                upright.save(kept, "JPEG", quality=QUALITY)
                return kept.getvalue()
    except (Image.DecompressionBombError, OSError, ValueError, SyntaxError):
        return None
