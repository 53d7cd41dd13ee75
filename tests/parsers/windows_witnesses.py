#!/usr/bin/env python3
"""Prefetch files, hives of the registry and their logs, made from nothing: the cases of prefetch and windows_registry.

windows_witnesses.py write FOLDER            every file under its path below FOLDER/DRIVER/CASE/in
windows_witnesses.py recover OUT HIVE LOG... the hive with what its logs of the newer form hold, written by this script
"""
import os
import struct
import sys

EPOCH = 11644473600


def filetime(seconds):
    return (seconds + EPOCH) * 10000000


# ---- prefetch ----

def prefetch(version, program, starts, count, volume='\\VOLUME{01d9a1b2c3d4e5f6-1a2b3c4d}', short=False):
    names = [volume + '\\WINDOWS\\SYSTEM32\\NTDLL.DLL', program if program.startswith(('\\DEVICE', '\\VOLUME')) else volume + program,
             volume + '\\WINDOWS\\SYSTEM32\\KERNEL32.DLL']
    strings = b''.join(name.encode('utf-16-le') + b'\0\0' for name in names)
    size = {17: 68, 23: 156, 26: 224, 30: 212 if short else 220, 31: 212}[version]
    metrics_at = 84 + size
    metric_bytes = 20 if version == 17 else 32
    metrics = b''
    offset = 0
    for name in names:
        if version == 17:
            metrics += struct.pack('<IIIII', 0, 1, offset, len(name), 0)
        else:
            metrics += struct.pack('<IIIIIIQ', 0, 1, 1, offset, len(name), 0, 0)
        offset += 2 * len(name) + 2
    trace_at = metrics_at + len(metrics)
    trace = bytes(12 if version < 30 else 8)
    names_at = trace_at + len(trace)
    volumes_at = (names_at + len(strings) + 7) // 8 * 8
    volume_bytes = {17: 40, 23: 104, 26: 104, 30: 96, 31: 96}[version]
    device = volume.encode('utf-16-le') + b'\0\0'
    device_at = volume_bytes
    directories_at = (device_at + len(device) + 7) // 8 * 8
    references = struct.pack('<IIQ', 3 if version > 17 else 1, 0, 0)
    block = struct.pack('<IIQIIIII', device_at, len(volume), filetime(1700000000), 0x1a2b3c4d,
                        directories_at, len(references), directories_at + len(references), 0)
    block = (block + bytes(volume_bytes))[:volume_bytes] + device
    block += bytes(directories_at - len(block)) + references
    info = struct.pack('<IIIIIIIII', metrics_at, len(names), trace_at, 1, names_at, len(strings), volumes_at, 1, len(block))
    times = b''.join(struct.pack('<Q', filetime(start) if start else 0) for start in starts)
    if version == 17:
        info += times + bytes(16) + struct.pack('<II', count, 1)
    elif version == 23:
        info += bytes(8) + times + bytes(16) + struct.pack('<II', count, 1)
    else:
        info += bytes(8) + times + bytes(8 if short or version == 31 else 16) + struct.pack('<II', count, 1)
    info += bytes(size - len(info))
    body = info + metrics + trace + strings
    body += bytes(volumes_at - 84 - len(body)) + block
    name = program.rsplit('\\', 1)[1][:29].encode('utf-16-le')
    head = struct.pack('<I4sII', version, b'SCCA', 17, 84 + len(body)) + name + bytes(60 - len(name)) + struct.pack('<II', 0x4A81B364, 0)
    return head + body


class Bits:
    """Writes words two ahead of where their reader is, as its bytes between words want it."""

    def __init__(self):
        self.out = bytearray()
        self.begin()

    def begin(self):
        self.slots = [len(self.out), len(self.out) + 2]
        self.out += bytes(4)
        self.bits = ''
        self.spare = 16

    def put(self, value, count):
        self.bits += format(value, 'b').zfill(count) if count else ''
        self.spare -= count
        if self.spare < 0:
            self.slots.append(len(self.out))
            self.out += bytes(2)
            self.spare += 16

    def end(self):
        text = self.bits.ljust(16 * len(self.slots), '0')
        for i, slot in enumerate(self.slots):
            struct.pack_into('<H', self.out, slot, int(text[16 * i:16 * i + 16], 2))


def find_repeat(data, at, end):
    best, where = 0, 0
    for distance in range(1, min(at, 400) + 1):
        length = 0
        while at + length < end and data[at + length] == data[at + length - distance]:
            length += 1
        if length > best:
            best, where = length, distance
    return best, where


def pack(data):
    """Every symbol has a code of 9 bits, which is its own number."""
    out = bytearray()
    for begin in range(0, len(data), 65536):
        end = min(len(data), begin + 65536)
        out += bytes([0x99]) * 256
        bits = Bits()
        at = begin
        while at < end:
            length, distance = find_repeat(data, at, end)
            if length < 3:
                bits.put(data[at], 9)
                at += 1
                continue
            power = distance.bit_length() - 1
            low = min(length - 3, 15)
            bits.put(256 + 16 * power + low, 9)
            if low == 15:
                if length - 18 < 255:
                    bits.out.append(length - 18)
                else:
                    bits.out += struct.pack('<BH', 255, length - 3)
            bits.put(distance - (1 << power), power)
            at += length
        bits.end()
        out += bits.out
    return b'MAM\x04' + struct.pack('<I', len(data)) + bytes(out)


# ---- hives ----

def summed(head):
    """The first block with its sum."""
    checksum = 0
    for i in range(0, 508, 4):
        checksum ^= struct.unpack_from('<I', head, i)[0]
    return head[:508] + struct.pack('<I', checksum)


class Hive:
    def __init__(self):
        self.cells = bytearray(32)

    def cell(self, content):
        at = len(self.cells)
        size = (len(content) + 4 + 7) // 8 * 8
        self.cells += struct.pack('<i', -size) + content + bytes(size - 4 - len(content))
        return at

    def value(self, name, kind, data):
        raw = name.encode('utf-16-le') if any(ord(letter) > 255 for letter in name) else name.encode('latin-1')
        flags = 0 if any(ord(letter) > 255 for letter in name) else 1
        if len(data) <= 4:
            length, offset = len(data) | 0x80000000, struct.unpack('<I', data.ljust(4, b'\0'))[0]
        elif len(data) > 16344:
            pieces = [self.cell(data[i:i + 16344] + bytes(4)) for i in range(0, len(data), 16344)]
            listed = self.cell(b''.join(struct.pack('<I', piece) for piece in pieces))
            length, offset = len(data), self.cell(b'db' + struct.pack('<HI', len(pieces), listed))
        else:
            length, offset = len(data), self.cell(data)
        return self.cell(b'vk' + struct.pack('<HIIIHH', len(raw), length, offset, kind, flags, 0) + raw)

    def key(self, name, written=0, values=(), keys=(), root=False, form=b'lh'):
        """keys: (name, offset) of those below, sorted by their names."""
        listed = 0xffffffff
        if keys and form == b'ri':
            half = (len(keys) + 1) // 2
            lists = [self.keys_list(b'lf', part) for part in (keys[:half], keys[half:]) if part]
            listed = self.cell(b'ri' + struct.pack('<H', len(lists)) + b''.join(struct.pack('<I', at) for at in lists))
        elif keys:
            listed = self.keys_list(form, keys)
        offsets = [self.value(*value) for value in values]
        value_list = self.cell(b''.join(struct.pack('<I', at) for at in offsets)) if offsets else 0xffffffff
        raw = name.encode('latin-1')
        return name, self.cell(b'nk' + struct.pack('<HQIIIIIIIIIIIIIIIHH', 0x24 if root else 0x20, filetime(written), 0, 0,
            len(keys), 0, listed, 0xffffffff, len(offsets), value_list, 0xffffffff, 0xffffffff, 0, 0, 0, 0, 0,
            len(raw), 0) + raw)

    def keys_list(self, form, keys):
        content = form + struct.pack('<H', len(keys))
        for name, offset in keys:
            hash = 0
            for letter in name.upper():
                hash = (hash * 37 + ord(letter)) & 0xffffffff
            content += struct.pack('<I', offset)
            if form == b'lf':
                content += name.encode('latin-1')[:4].ljust(4, b'\0')
            elif form == b'lh':
                content += struct.pack('<I', hash)
        return self.cell(content)

    def path(self, names, last):
        """A key under its path of names."""
        for name in reversed(names):
            last = self.key(name, 1700000000, keys=[last])
        return last

    def bytes(self, root, dirty=False, begun=7, ended=None):
        size = (len(self.cells) + 8 + 4095) // 4096 * 4096
        rest = size - len(self.cells)
        cells = self.cells + struct.pack('<i', rest) + bytes(rest - 4)
        cells[0:32] = b'hbin' + struct.pack('<IIIIQI', 0, size, 0, 0, filetime(1700000000), 0)
        head = b'regf' + struct.pack('<IIQIIIIIII', begun, 6 if dirty else begun if ended is None else ended, filetime(1700000000), 1, 5, 0, 1, root[1], size, 1)
        return summed(head.ljust(508, b'\0')).ljust(4096, b'\0') + bytes(cells)


def text(value):
    return 1, (value + '\0').encode('utf-16-le')


def amcache():
    hive = Hive()
    files = []
    for name, path, sha1, size in (
            ('cmd.exe|1a2b', 'c:\\windows\\system32\\cmd.exe', '11' * 20, 236032),
            ('tool.exe|3c4d', 'c:\\users\\anna\\tool.exe', '22' * 20, 40000000)):
        files.append(hive.key(name, 1714557600, values=[
            ('ProgramId',) + text('0000'), ('FileId',) + text('0000' + sha1), ('LowerCaseLongPath',) + text(path),
            ('Publisher',) + text('someone'), ('Size', 11, struct.pack('<Q', size)), ('Language', 4, struct.pack('<I', 1033))]))
    files.append(hive.key('zzz|no path', 1714557601))
    old = [hive.key('1', 1714557602, values=[('15',) + text('C:\\old.exe'), ('101',) + text('0000' + '33' * 20),
                                             ('6', 4, struct.pack('<I', 7))])]
    below = [hive.key('File', keys=[hive.key('{volume}', keys=old)], form=b'li'),
             hive.key('InventoryApplicationFile', keys=files, form=b'ri')]
    return hive.bytes(hive.key('{root}', keys=[hive.key('Root', keys=below)], root=True), dirty=True)


def cached(path, seconds, form=10):
    raw = path.encode('utf-16-le')
    entry = struct.pack('<H', len(raw)) + raw
    if form == 81:
        entry += struct.pack('<H', 0)
    if form != 10:
        entry += struct.pack('<II', 2, 0)
    entry += struct.pack('<QI', filetime(seconds), 0)
    return (b'00ts' if form == 80 else b'10ts') + struct.pack('<II', 0, len(entry)) + entry


def system(cache):
    hive = Hive()
    sid = hive.key('S-1-5-21-1-2-3-1001', values=[
        ('Version', 4, struct.pack('<I', 1)),
        ('\\Device\\HarddiskVolume3\\Windows\\System32\\cmd.exe', 3, struct.pack('<QQQ', filetime(1714564800), 0, 0)),
        ('\\Device\\HarddiskVolume3\\Users\\b\u0142\\x.exe', 3, struct.pack('<QQQ', filetime(1714564801), 0, 0))])
    control = hive.path(['Control', 'Session Manager'], hive.key('AppCompatCache', values=[('AppCompatCache', 3, cache)]))
    services = hive.path(['Services', 'bam', 'State', 'UserSettings'], sid)
    current = hive.key('ControlSet002', keys=[control, services])
    select = hive.key('Select', values=[('Current', 4, struct.pack('<I', 2))])
    return hive.bytes(hive.key('{root}', keys=[current, select], root=True))


# ---- logs of hives ----

def marvin32(data):
    """As Microsoft describes it, with the seed of registries (82 EF 4D 88 7A 4E 55 C5)."""
    mask = 0xffffffff
    low, high = struct.unpack('<II', bytes.fromhex('82ef4d887a4e55c5'))
    padded = data + b'\x80' + bytes(-(len(data) + 1) % 4)
    words = list(struct.unpack('<%dI' % (len(padded) // 4), padded)) + [0]
    for word in words:
        low = (low + word) & mask
        high ^= low
        low = ((low << 20 | low >> 12) + high) & mask
        high = (high << 9 | high >> 23) & mask ^ low
        low = ((low << 27 | low >> 5) + high) & mask
        high = (high << 19 | high >> 13) & mask
    return struct.pack('<II', low, high)


def dirty_pages(before, after):
    return [(at, after[4096 + at:8192 + at]) for at in range(0, len(after) - 4096, 4096)
            if before[4096 + at:8192 + at] != after[4096 + at:8192 + at]]


def change(number, before, after, pages=None):
    pages = dirty_pages(before, after) if pages is None else pages
    body = b''.join(struct.pack('<II', at, len(page)) for at, page in pages) + b''.join(page for _, page in pages)
    body += bytes(-(40 + len(body)) % 512)
    head = b'HvLE' + struct.pack('<IIIII', 40 + len(body), 0, number, len(after) - 4096, len(pages)) + marvin32(body)
    return head + marvin32(head) + body


def first_block(hive, kind, begun, ended=None):
    return summed(hive[:4] + struct.pack('<II', begun, begun if ended is None else ended) + hive[12:28] + struct.pack('<I', kind) + hive[32:512])


def old_log(before, after, kind=1, begun=9, ended=None, written=None, pages=None):
    pages = dirty_pages(before, after) if pages is None else pages
    bits = bytearray((len(after) - 4096) // 4096)
    for at, _ in pages:
        bits[at // 4096] = 0xff
    head = after if written is None else after[:12] + struct.pack('<Q', filetime(written)) + after[20:]
    vector = b'DIRT' + bytes(bits)
    return first_block(head, kind, begun, ended) + vector + bytes(-len(vector) % 512) + b''.join(page for _, page in pages)


def recover(hive, logs):
    """What a reader has to see, by other means than its own: all logs as one list of changes, joined by their numbers."""
    found = {}
    for log in logs:
        at = 512
        while log[at:at + 4] == b'HvLE':
            length, _, number, size, count = struct.unpack_from('<IIIII', log, at + 4)
            entry = log[at:at + length]
            if entry[24:32] == marvin32(entry[40:]) and entry[32:40] == marvin32(entry[:32]):
                found[number] = (size, count, entry[40:])
            at += length
    hive = bytearray(hive)
    begun, ended = struct.unpack_from('<II', hive, 4)
    number = min([number for number in found if number >= ended], default=ended)
    while begun != ended and number in found:
        size, count, body = found[number]
        hive.extend(bytes(max(0, 4096 + size - len(hive))))
        content = 8 * count
        for i in range(count):
            place, length = struct.unpack_from('<II', body, 8 * i)
            hive[4096 + place:4096 + place + length] = body[content:content + length]
            content += length
        number += 1
    hive[4:12] = struct.pack('<II', number, number)
    hive[40:44] = struct.pack('<I', len(hive) - 4096)
    hive[:512] = summed(bytes(hive[:512]))
    return bytes(hive)


def started(count, begun=8, ended=6):
    """A hive SYSTEM with that many programs in BAM; its root lies in one place, however many there are."""
    hive = Hive()
    place = hive.cell(bytes(84))
    sid = hive.key('S-1-5-21-1-2-3-1001', 1714564800, values=[
        ('\\Device\\HarddiskVolume3\\program%02d.exe' % i, 3, struct.pack('<QQQ', filetime(1714564800 + i), 0, 0)) for i in range(count)])
    current = hive.key('ControlSet001', keys=[hive.path(['Services', 'bam', 'State', 'UserSettings'], sid)])
    root = hive.key('{root}', keys=[current, hive.key('Select', values=[('Current', 4, struct.pack('<I', 1))])], root=True)
    hive.cells[place:place + 88] = hive.cells[root[1]:root[1] + 88]
    return hive.bytes(('{root}', place), begun=begun, ended=ended)


def log_cases():
    """Each: its name, hive, logs."""
    one, two, three, many = started(1), started(2), started(3), started(60)
    steps = change(6, one, two), change(7, two, three), change(8, three, many)
    first, second = first_block(one, 6, 6), first_block(one, 6, 8)
    wrong = bytearray(steps[1])
    wrong[3000] ^= 1
    head = bytearray(steps[1])
    head[12] ^= 1
    yield 'logs_two', one, first + steps[0] + steps[1], second + steps[2] + change(3, one, started(50))
    yield 'logs_swapped', one, second + steps[2], first + steps[0] + steps[1] + bytes(512)
    yield 'logs_hash', one, first + steps[0] + bytes(wrong), second + steps[2]
    yield 'logs_head', one, first + steps[0] + bytes(head), second + steps[2]
    yield 'logs_gap', one, first + steps[0] + steps[2], b''
    yield 'logs_between', one, first + steps[0], second + steps[2]
    yield 'logs_clean', started(1, 8, 8), second + steps[2], None
    yield 'logs_older', started(3, 12, 10), first + steps[0] + steps[1], second + steps[2]
    yield 'logs_later', three, second + steps[2], None
    yield 'logs_none', one, None, None
    yield 'logs_block', one[:508] + b'\1\2\3\4' + one[512:], first + steps[0] + steps[1], first_block(many, 6, 8) + change(8, one, many)
    yield 'logs_outside', one, first + change(6, one, two, [(0, two[4096:]), (len(two) - 4096, b'x' * 512)]), None
    yield 'logs_cut', one, first + steps[0][:-512], second + steps[2][:20]
    yield 'logs_other', one, b'regf', two
    yield 'logs_again', three, first + steps[0], first + steps[0]
    yield 'logs_old', one, old_log(one, many), None
    yield 'logs_old_second', one, old_log(one, two, 2, 9, 8), old_log(one, three, 2)
    yield 'logs_old_time', one, old_log(one, two, written=1700000001), None
    yield 'logs_old_bin', one, old_log(one, two, pages=[(0, b'hbin' + bytes(4092))]), None
    yield 'logs_old_cut', one, old_log(one, many)[:-512], old_log(one, two)[:600]
    yield 'logs_old_block', one[:4] + bytes(8) + one[12:], old_log(one, many), None


def cases():
    day = 1714557600
    starts = [day, day - 60, day - 3600, 0, 0, 0, 0, 0]
    cmd = '\\WINDOWS\\SYSTEM32\\CMD.EXE'
    pf = 'Windows/Prefetch/%s-4A81B364.pf'
    yield 'prefetch/xp', pf % 'CMD.EXE', prefetch(17, '\\DEVICE\\HARDDISKVOLUME1' + cmd, [day], 5, '\\DEVICE\\HARDDISKVOLUME1')
    yield 'prefetch/seven', pf % 'CMD.EXE', prefetch(23, cmd, [day], 7)
    yield 'prefetch/eight', pf % 'CMD.EXE', prefetch(26, cmd, starts, 3)
    yield 'prefetch/ten', pf % 'CMD.EXE', pack(prefetch(30, cmd, starts, 3))
    yield 'prefetch/ten_short', pf % 'CMD.EXE', pack(prefetch(30, cmd, starts, 4, short=True))
    yield 'prefetch/eleven', pf % 'A-PROGRAM-WITH-A-NAME-OF-MANY', pack(prefetch(
        31, '\\USERS\\ANNA\\A-PROGRAM-WITH-A-NAME-OF-MANY-LETTERS.EXE', starts, 9) + bytes(70000))
    yield 'prefetch/other_volume', pf % 'X.EXE', prefetch(26, '\\VOLUME{00000000}\\X.EXE', starts, 1)
    whole = pack(prefetch(30, cmd, starts, 3))
    yield 'prefetch/odd', pf % 'CUT.EXE', whole[:len(whole) // 2]
    yield 'prefetch/odd', pf % 'NONE.EXE', b'no prefetch file'
    yield 'prefetch/odd', pf % 'EMPTY.EXE', b''
    yield 'prefetch/odd', pf % 'HUGE.EXE', b'MAM\x04\xff\xff\xff\xff'
    yield 'prefetch/odd', pf % 'NEW.EXE', struct.pack('<I', 99) + prefetch(26, cmd, starts, 1)[4:]
    yield 'prefetch/odd', pf % 'SHORT.EXE', prefetch(26, cmd, starts, 1)[:150]
    hives = 'Windows/System32/config/SYSTEM', 'Windows/AppCompat/Programs/Amcache.hve'
    ten = struct.pack('<I', 0x34) + bytes(0x30) + cached('C:\\Windows\\System32\\cmd.exe', day) + cached('D:\\x.exe', day + 1)
    yield 'windows_registry/ten', hives[0], system(ten + b''.join(cached('C:\\%d.exe' % i, day + i) for i in range(400)))
    yield 'windows_registry/ten', hives[1], amcache()
    for form in 80, 81:
        yield 'windows_registry/eight%d' % (form % 10), hives[0], system(bytes(128) + cached('C:\\a.exe', day, form) + cached(
            'C:\\b.exe', day, form))
    yield 'windows_registry/odd', hives[0], system(ten[:-20])
    damaged = bytearray(amcache())
    at = damaged.index(b'lf')
    damaged[at + 4:at + 8] = b'\xff\xff\xff\x7f'
    yield 'windows_registry/odd', hives[1], bytes(damaged)
    yield 'windows_registry/none', hives[0], b'regf'
    yield 'windows_registry/none', hives[1], system(b'')[:5000]
    for name, hive, first, second in log_cases():
        for ending, content in ('', hive), ('.LOG1', first), ('.LOG2', second):
            if content is not None:
                yield 'windows_registry/' + name, hives[0] + ending, content


def read(path):
    with open(path, 'rb') as file:
        return file.read()


def main():
    if len(sys.argv) > 4 and sys.argv[1] == 'recover':
        with open(sys.argv[2], 'wb') as file:
            file.write(recover(read(sys.argv[3]), [read(path) for path in sys.argv[4:]]))
        return
    if len(sys.argv) != 3 or sys.argv[1] != 'write':
        sys.exit(__doc__)
    for case, path, content in cases():
        target = os.path.join(sys.argv[2], case, 'in', path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, 'wb') as file:
            file.write(content)


main()
