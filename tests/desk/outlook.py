"""Writes a small Outlook file (MS-CFB, MS-OXMSG), because no library we may use does."""

from __future__ import annotations

import struct

SECTOR, MINI, END, FREE = 512, 64, 0xFFFFFFFE, 0xFFFFFFFF


def outlook_file(texts: dict[int, str]) -> bytes:
    """A message with text properties by their id: 0x0037 subject, 0x1000 body, 0x0C1A sender."""
    properties = struct.pack("<8x4I8x", 0, 0, 0, 0)
    streams = {}
    for identity, text in texts.items():
        data = text.encode("utf-16-le")
        streams[f"__substg1.0_{identity:04X}001F"] = data
        properties += struct.pack("<HHIII", 0x001F, identity, 6, len(data) + 2, 0)
    streams["__properties_version1.0"] = properties

    mini_stream, mini_fat, starts = b"", [], {}
    for name, data in streams.items():
        count = -(-len(data) // MINI)
        starts[name] = len(mini_fat)
        mini_fat += [*range(len(mini_fat) + 1, len(mini_fat) + count), END]
        mini_stream += data.ljust(count * MINI, b"\0")
    names = sorted(streams, key=lambda name: (len(name), name.upper()))
    entries = [_entry("Root Entry", 5, 0, len(mini_stream), child=1)]
    for place, name in enumerate(names, start=1):
        right = place + 1 if place < len(names) else FREE
        entries.append(_entry(name, 2, starts[name], len(streams[name]), right=right))
    while len(entries) % 4:
        entries.append(_entry("", 0, 0, 0))

    directory = b"".join(entries)
    stream_sectors, directory_sectors = -(-len(mini_stream) // SECTOR), len(directory) // SECTOR
    first_directory = stream_sectors
    mini_fat_sector = first_directory + directory_sectors
    fat_sector = mini_fat_sector + 1
    fat = [*range(1, stream_sectors), END, *range(first_directory + 1, mini_fat_sector), END, END]
    fat += [0xFFFFFFFD]
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    header += struct.pack("<5H6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack("<9I", 0, 1, first_directory, 0, 4096, mini_fat_sector, 1, END, 0)
    header += struct.pack("<109I", fat_sector, *[FREE] * 108)
    return (
        header
        + mini_stream.ljust(stream_sectors * SECTOR, b"\0")
        + directory
        + _table(mini_fat)
        + _table(fat)
    )


def _table(values: list[int]) -> bytes:
    assert len(values) <= SECTOR // 4
    return struct.pack("<128I", *values, *[FREE] * (128 - len(values)))


def _entry(name: str, kind: int, start: int, size: int, *, right=FREE, child=FREE) -> bytes:
    data = (name + "\0").encode("utf-16-le") if name else b""
    head = data.ljust(64, b"\0") + struct.pack("<HBB", len(data), kind, 1)
    head += struct.pack("<3I", FREE, right, child) + bytes(36)
    entry = head + struct.pack("<IQ", start, size)
    assert len(entry) == 128, len(entry)
    return entry
