#!/usr/bin/env python3
"""Makes and damages EWF sets for ewf_reader.sh.

many FOLDER SEGMENTS CHUNKS     a set whose table entries all point at one stored chunk a segment
overflow FOLDER                 a set whose one table passes 2 GiB; prints the MD5 of the medium
header FILE TYPE NUMBER         flips a byte of the header of the n-th section of a type
data FILE TYPE NUMBER OFFSET    flips a byte of its data
random FOLDER SEED              one damage anywhere
broken-off FILE BYTES           cut within its last chunks, whose header does not know their end yet
no-size FILE                    the volume counts no chunks and no sectors
other-place FILE                an entry of the first table2 is that of another chunk, with a right checksum
other-digest FILE               the MD5 of the hash section is another, with a right checksum
errors FILE SECTOR NUMBER...    sectors that the acquisition could not read, before its last section
compare DISK READ OUT           bytes outside the ranges that OUT tells must be equal; prints how many are told
"""
import hashlib
import os
import random
import struct
import sys
import zlib

CHUNK = 32768
TABLE_ENTRIES = 65534


def checked(data):
    return data + struct.pack('<I', zlib.adler32(data))


def section(kind, offset, data, last=False):
    size = 76 + len(data)
    following = offset if last else offset + size
    head = kind.ljust(16, b'\0') + struct.pack('<QQ', following, size) + bytes(40)
    return checked(head) + data


def volume(chunks):
    data = struct.pack('<IIIIQ', 1, chunks, CHUNK // 512, 512, chunks * CHUNK // 512)
    return checked(data.ljust(64, b'\0') + b'synthetic set id' + bytes(1048 - 80))


def header_text():
    text = '3\nmain\na\tc\tn\te\tt\tav\tov\tm\tu\tp\n\t\t\t\t\t\t\t\t\t0\n\n'
    return zlib.compress(b'\xff\xfe' + text.encode('utf-16-le'))


def extension(number):
    if number < 100:
        return 'E%02d' % number
    number -= 100
    return chr(ord('E') + number // 676) + chr(65 + number // 26 % 26) + chr(65 + number % 26)


def many(folder, segments, chunks):
    os.mkdir(folder)
    content = hashlib.sha256(b'chunk').digest() * (CHUNK // 32)
    stored = zlib.compress(content)
    digest = hashlib.md5()
    if segments * chunks < 10000:
        for _ in range(segments * chunks):
            digest.update(content)
    for number in range(1, segments + 1):
        with open(os.path.join(folder, 'case.' + extension(number)), 'wb') as out:
            out.write(b'EVF\x09\x0d\x0a\xff\x00\x01' + struct.pack('<HH', number, 0))
            if number == 1:
                out.write(section(b'header2', out.tell(), header_text()))
                out.write(section(b'volume', out.tell(), volume(segments * chunks)))
            else:
                out.write(section(b'data', out.tell(), volume(segments * chunks)))
            left = chunks
            while left:
                count = min(left, TABLE_ENTRIES)
                base = out.tell()
                out.write(section(b'sectors', base, stored))
                table = checked(struct.pack('<IIQI', count, 0, base, 0))
                table += checked(struct.pack('<I', 76 | 1 << 31) * count)
                out.write(section(b'table', out.tell(), table))
                if segments * chunks < 10000:
                    out.write(section(b'table2', out.tell(), table))
                left -= count
            if number == segments and segments * chunks < 10000:
                out.write(section(b'hash', out.tell(), checked(digest.digest() + bytes(16))))
            out.write(section(b'done' if number == segments else b'next', out.tell(), b'', True))


def overflow(folder):
    """EnCase 6.7: behind the first entry that passes 31 bits, all 32 are the offset. The gaps are holes of the file."""
    os.mkdir(folder)
    shifts = [76, 1 << 29, 1 << 30, 3 << 29, (1 << 31) - 70000, (1 << 31) + 10, (1 << 31) + 70000, 3 << 30]
    contents = [hashlib.sha256(b'%d' % i).digest() * (CHUNK // 32) for i in range(len(shifts))]
    digest = hashlib.md5(b''.join(contents))
    with open(os.path.join(folder, 'case.E01'), 'wb') as out:
        out.write(b'EVF\x09\x0d\x0a\xff\x00\x01' + struct.pack('<HH', 1, 0))
        out.write(section(b'header2', out.tell(), header_text()))
        out.write(section(b'volume', out.tell(), volume(len(shifts))))
        base = out.tell()
        end = base + shifts[-1] + CHUNK
        head = b'sectors'.ljust(16, b'\0') + struct.pack('<QQ', end, end - base) + bytes(40)
        out.write(checked(head))
        for number, (shift, content) in enumerate(zip(shifts, contents)):
            out.seek(base + shift)
            out.write(zlib.compress(content) if number % 2 or shift < 1 << 31 else checked(content))
        out.seek(end)
        table = checked(struct.pack('<IIQI', len(shifts), 0, base, 0))
        table += checked(b''.join(struct.pack('<I', shift | (1 << 31 if shift < 1 << 31 else 0)) for shift in shifts))
        out.write(section(b'table', out.tell(), table))
        out.write(section(b'table2', out.tell(), table))
        out.write(section(b'hash', out.tell(), checked(digest.digest() + bytes(16))))
        out.write(section(b'done', out.tell(), b'', True))
    print(digest.hexdigest())


def sections(data):
    offset = 13
    while offset + 76 <= len(data):
        kind = data[offset:offset + 16].rstrip(b'\0').decode('latin-1')
        following = struct.unpack_from('<Q', data, offset + 16)[0]
        yield kind, offset, following
        if following <= offset:
            return
        offset = following


def flip(path, kind, number, shift, in_header):
    with open(path, 'rb') as file:
        data = bytearray(file.read())
    found = [(offset, end) for name, offset, end in sections(data) if name == kind]
    if number >= len(found):
        sys.exit('no such section')
    offset, end = found[number]
    at = offset + 20 if in_header else offset + 76 + shift
    if not in_header and at >= end:
        sys.exit('no such byte')
    data[at] ^= 0x55
    with open(path, 'wb') as file:
        file.write(data)


def edited(path, change):
    with open(path, 'rb') as file:
        data = bytearray(file.read())
    data = change(data, {kind: (offset, end) for kind, offset, end in reversed(list(sections(data)))})
    with open(path, 'wb') as file:
        file.write(data)


def seal(data, start, end):
    struct.pack_into('<I', data, end - 4, zlib.adler32(data[start:end - 4]))


def broken_off(path, length):
    def change(data, found):
        offset = found['sectors'][0]
        struct.pack_into('<QQ', data, offset + 16, offset + 76, 76)
        seal(data, offset, offset + 76)
        return data[:offset + 76 + length]
    edited(path, change)


def no_size(path):
    def change(data, found):
        offset, end = found['volume']
        struct.pack_into('<I', data, offset + 76 + 4, 0)
        struct.pack_into('<Q', data, offset + 76 + 16, 0)
        seal(data, offset + 76, end)
        return data
    edited(path, change)


def other_place(path):
    def change(data, found):
        offset, end = found['table2']
        entries = offset + 76 + 24
        data[entries + 12:entries + 16] = data[entries + 4:entries + 8]
        seal(data, entries, end)
        return data
    edited(path, change)


def other_digest(path):
    def change(data, found):
        offset, end = found['hash']
        data[offset + 76] ^= 0x55
        seal(data, offset + 76, end)
        return data
    edited(path, change)


def errors(path, ranges):
    def change(data, found):
        offset = found['done'][0]
        head = checked(struct.pack('<I', len(ranges) // 2) + bytes(512))
        one = section(b'error2', offset, head + checked(struct.pack('<%dI' % len(ranges), *ranges)))
        return data[:offset] + one + section(b'done', offset + len(one), b'', True)
    edited(path, change)


def damage(folder, seed):
    choice = random.Random(seed)
    name = choice.choice(sorted(os.listdir(folder)))
    path = os.path.join(folder, name)
    with open(path, 'rb') as file:
        data = bytearray(file.read())
    starts = [offset for _, offset, _ in sections(data)]
    at = min(len(data) - 1, choice.choice(starts) + choice.randrange(200)) if seed % 2 else choice.randrange(13, len(data))
    how = choice.randrange(5)
    if how < 3:
        data[at] ^= 1 << choice.randrange(8)
    elif how == 3:
        length = min(choice.randrange(1, 70000), len(data) - at)
        data[at:at + length] = bytes(length)
    else:
        del data[at:]
    with open(path, 'wb') as file:
        file.write(data)


def compare(disk, read, out):
    with open(disk, 'rb') as file:
        expected = bytearray(file.read())
    with open(read, 'rb') as file:
        got = file.read()
    lost = 0
    with open(out, errors='replace') as file:
        for line in file:
            if line.startswith('damage '):
                offset, length = map(int, line.split()[1:3])
                expected[offset:offset + length] = bytes(length)
                lost += length
    if len(got) != len(expected):
        sys.exit('%d bytes, expected %d' % (len(got), len(expected)))
    if got != expected:
        at = next(i for i in range(len(got)) if got[i] != expected[i])
        sys.exit('byte %d differs' % at)
    print(lost)


def main():
    command, arguments = sys.argv[1], sys.argv[2:]
    if command == 'many':
        many(arguments[0], int(arguments[1]), int(arguments[2]))
    elif command == 'overflow':
        overflow(arguments[0])
    elif command in ('header', 'data'):
        shift = int(arguments[3]) if command == 'data' else 0
        flip(arguments[0], arguments[1], int(arguments[2]), shift, command == 'header')
    elif command == 'broken-off':
        broken_off(arguments[0], int(arguments[1]))
    elif command in ('no-size', 'other-place', 'other-digest'):
        {'no-size': no_size, 'other-place': other_place, 'other-digest': other_digest}[command](arguments[0])
    elif command == 'errors':
        errors(arguments[0], [int(number) for number in arguments[1:]])
    elif command == 'random':
        damage(arguments[0], int(arguments[1]))
    elif command == 'compare':
        compare(*arguments)


main()
