#!/usr/bin/env python3
"""Writes the records of an rpmdb.sqlite into rpm's other stores, and leaves databases as an interruption does.

rpm_stores.py ndb|hash|btree FROM.sqlite TO       another store with the same records
rpm_stores.py indexes FROM.sqlite FOLDER           the indexes beside the store "hash" with the same entries
rpm_stores.py ndb-index FROM.sqlite TO             those beside the store "ndb"
rpm_stores.py wal|journal FROM.sqlite FOLDER      rpmdb.sqlite with a log of a change, or with a change half-way
rpm_stores.py tiny sqlite|ndb|hash|btree TO       a store with two small records of our own
rpm_stores.py fit FROM.sqlite PACKAGE:OLD:NEW        makes the record fit another file, with its digests of itself and the index
rpm_stores.py remove FROM.sqlite PACKAGE              takes the record of a package away and leaves the indexes
rpm_stores.py digest|signature|twice|name FROM.sqlite PACKAGE  edits the record of a package in place
"""
import hashlib
import os
import shutil
import sqlite3
import struct
import sys
import zlib

PAGE = 4096


def records(path):
    connection = sqlite3.connect(path)
    return connection.execute('SELECT hnum, blob FROM Packages ORDER BY hnum').fetchall()


def write_ndb(source, target):
    slots, blobs, block = b'', b'', PAGE // 16
    for number, blob in source:
        body = b'BlbS' + struct.pack('<III', number, 1, len(blob)) + blob
        body += b'\0' * (-(len(body) + 12) % 16)
        body += struct.pack('<II', zlib.adler32(body), len(blob)) + b'BlbE'
        slots += b'Slot' + struct.pack('<III', number, block, len(body) // 16)
        blobs += body
        block += len(body) // 16
    head = b'RpmP' + struct.pack('<IIII', 0, 1, 1, len(source) + 1)
    slots = head.ljust(32, b'\0') + slots
    assert len(slots) <= PAGE
    while len(slots) < PAGE:
        slots += b'Slot' + b'\0' * 12
    with open(target, 'wb') as out:
        out.write(slots + blobs)


def page(number, kind, entries=0, offset=0, following=0, body=b'', order='<'):
    head = struct.pack(order + '8xIIIHHBB', number, 0, following, entries, offset, 1, kind)
    return (head + body).ljust(PAGE, b'\0')


def write_bdb(source, target, btree, order):
    """Each record on a page of its own, its bytes on overflow pages; the first one inline where it is short."""
    pages = []
    for number, blob in source:
        first, key = len(pages) + 1, struct.pack(order + 'I', number)
        chunk, parts = PAGE - 26, []
        for at in range(0, len(blob), chunk):
            parts.append(blob[at:at + chunk])
        if btree:
            items = [struct.pack(order + 'HB', 4, 1) + key, struct.pack(order + 'HBBII', 0, 3, 0, first + 1, len(blob))]
        else:
            items = [b'\1' + key, struct.pack(order + 'B3xII', 3, first + 1, len(blob))]
        places, body_end = [], PAGE
        for item in items:
            body_end -= len(item)
            places.append(body_end)
        body = struct.pack(order + 'HH', *places).ljust(body_end - 26, b'\0') + items[1] + items[0]
        pages.append(page(first, 5 if btree else 13, 2, body_end, 0, body, order))
        for i, part in enumerate(parts):
            here = first + 1 + i
            pages.append(page(here, 7, 1, len(part), here + 1 if i + 1 < len(parts) else 0, part, order))
    magic = 0x00053162 if btree else 0x00061561
    head = struct.pack(order + '8xIIIIBB2xII', 0, magic, 9, PAGE, 0, 9 if btree else 8, 0, len(pages))
    with open(target, 'wb') as out:
        out.write(head.ljust(PAGE, b'\0') + b''.join(pages))


def write_index(rows, target, btree):
    """Several entries on a page; the pairs of a text with many of them on overflow pages."""
    values = {}
    for key, record, number in rows:
        values[key] = values.get(key, b'') + struct.pack('<II', record, number)
    pages, items, used = [], [], 26

    def flush():
        nonlocal items, used
        if not items:
            return
        places, end, body = [], PAGE, b''
        for item in items:
            end -= len(item)
            places.append(end)
            body = item + body
        head = struct.pack('<%dH' % len(places), *places).ljust(end - 26, b'\0')
        pages.append(page(len(pages) + 1, 5 if btree else 13, len(items), end, 0, head + body))
        items, used = [], 26

    for key, value in sorted(values.items()):
        key = key.encode()
        if len(value) > 1000:
            flush()
            parts = [value[at:at + PAGE - 26] for at in range(0, len(value), PAGE - 26)]
            first = len(pages) + 1
            for i, part in enumerate(parts):
                pages.append(page(first + i, 7, 1, len(part), first + i + 1 if i + 1 < len(parts) else 0, part))
            data = struct.pack('<HBBII', 0, 3, 0, first, len(value)) if btree else struct.pack('<B3xII', 3, first, len(value))
        else:
            data = struct.pack('<HB', len(value), 1) + value if btree else b'\1' + value
        key = struct.pack('<HB', len(key), 1) + key if btree else b'\1' + key
        if used + len(key) + len(data) + 4 > PAGE:
            flush()
        items += [key, data]
        used += len(key) + len(data) + 4
    flush()
    head = struct.pack('<8xIIIIBB2xII', 0, 0x00053162 if btree else 0x00061561, 9, PAGE, 0, 9 if btree else 8, 0, len(pages))
    with open(target, 'wb') as out:
        out.write(head.ljust(PAGE, b'\0') + b''.join(pages))


def write_indexes(path, folder):
    connection = sqlite3.connect(path)
    for name in ('Basenames', 'Name', 'Sha1header'):
        rows = connection.execute('SELECT key, hnum, idx FROM ' + name).fetchall()
        write_index(rows, os.path.join(folder, name), name == 'Name')


def ndb_index(rows):
    """One index of Index.db.  The forms of data and of keys change from row to row: a reader must know them all."""
    keys, places, slots, overflow = b'\0', {}, [(0, 0)], [0]
    for row, (key, record, number) in enumerate(rows):
        key = key.encode()
        if key not in places:
            places[key] = len(keys)
            keys += [bytes([len(key)]), struct.pack('<BH', 255, len(key)), b'\xff\xff\xff' + struct.pack('<I', len(key))][len(places) % 3] + key
        data, more = [(record | number << 20, 0), (record | number << 24 | 1 << 30, 0), (number | 1 << 31, record)][row % 3]
        slots += [(places[key] | zlib.crc32(key) & 0xfff00000, data), (0xffffffff, 0xffffffff)]
        overflow += [more, 0]
    body = struct.pack('<4sIIIIIII', b'RpmI', 0, 1, len(slots), len(rows), len(rows), 0xfff00000, len(keys)).ljust(64, b'\0')
    body += b''.join(struct.pack('<II', *slot) for slot in slots) + b''.join(struct.pack('<I', more) for more in overflow) + keys
    return body + b'\0' * (-len(body) % 512)


def write_ndb_index(path, target):
    connection = sqlite3.connect(path)
    slots, bodies = b'', b''
    for tag, name in ((1000, 'Name'), (1117, 'Basenames'), (269, 'Sha1header')):
        body = ndb_index(connection.execute('SELECT key, hnum, idx FROM ' + name).fetchall())
        slots += b'Slo\0' + struct.pack('<III', tag, 1 + len(bodies) // 512, len(body) // 512)
        bodies += body
    head = struct.pack('<4sIIIII', b'RpmX', 0, 1, 1, 512, 1).ljust(32, b'\0') + slots
    while len(head) < 512:
        head += b'Slo\0' + b'\0' * 12
    with open(target, 'wb') as out:
        out.write(head + bodies)


def copy_open(path, folder, names):
    for name in names:
        if os.path.exists(path + name):
            shutil.copy(path + name, os.path.join(folder, 'rpmdb.sqlite' + name))


def write_log(path, folder):
    work = os.path.join(folder, 'work')
    shutil.copy(path, work)
    connection = sqlite3.connect(work)
    connection.execute('PRAGMA journal_mode = wal')
    connection.execute('PRAGMA wal_autocheckpoint = 0')
    connection.execute('DELETE FROM Packages WHERE hnum = (SELECT max(hnum) FROM Packages)')
    connection.commit()
    connection.execute('INSERT INTO Packages SELECT hnum + 1000, blob FROM Packages WHERE hnum = 1')
    connection.commit()
    copy_open(work, folder, ['', '-wal'])
    connection.close()
    for name in ('', '-wal', '-shm'):
        if os.path.exists(work + name):
            os.unlink(work + name)


def write_journal(path, folder):
    work = os.path.join(folder, 'work')
    shutil.copy(path, work)
    connection = sqlite3.connect(work, isolation_level=None)
    connection.execute('PRAGMA journal_mode = delete')
    connection.execute('PRAGMA cache_size = 1')
    connection.execute('BEGIN')
    for i in range(40):
        connection.execute('UPDATE Packages SET blob = zeroblob(length(blob))')
        connection.execute('INSERT INTO Packages SELECT NULL, zeroblob(9000) FROM Packages LIMIT 3')
    copy_open(work, folder, ['', '-journal'])
    connection.execute('ROLLBACK')
    connection.close()
    os.unlink(work)


def name_of(blob):
    count, = struct.unpack_from('>I', blob)
    for i in range(count):
        tag, _, offset, _ = struct.unpack_from('>IIII', blob, 8 + 16 * i)
        if tag == 1000:
            start = 8 + 16 * count + offset
            return blob[start:blob.index(b'\0', start)].decode()


def edit(path, package, change):
    connection = sqlite3.connect(path)
    for number, blob in connection.execute('SELECT hnum, blob FROM Packages').fetchall():
        if name_of(blob) == package:
            connection.execute('UPDATE Packages SET blob = ? WHERE hnum = ?', (change(bytearray(blob)), number))
    connection.commit()


def entries(blob):
    count, = struct.unpack_from('>I', blob)
    return [(8 + 16 * i,) + struct.unpack_from('>IIII', blob, 8 + 16 * i) for i in range(count)], 8 + 16 * count


def change_digest(blob):
    table, data = entries(blob)
    for _, tag, _, offset, _ in table:
        if tag == 1035:
            at = data + offset
            while blob[at] == 0:
                at += 1
            blob[at] = ord('1') if blob[at] != ord('1') else ord('2')
    return bytes(blob)


def strip_signature(blob):
    """Tags of signatures and digests become tags that nobody knows."""
    for at, tag, _, _, _ in entries(blob)[0]:
        if tag in (259, 262, 267, 268, 269, 273, 278):
            struct.pack_into('>I', blob, at, 99999)
    return bytes(blob)


def change_name(blob):
    """The first of the base names."""
    table, data = entries(blob)
    offset = next(row[3] for row in table if row[1] == 1117)
    blob[data + offset] = ord('X')
    return bytes(blob)


def remove(path, package):
    connection = sqlite3.connect(path)
    for number, blob in records(path):
        if name_of(blob) == package:
            connection.execute('DELETE FROM Packages WHERE hnum = ?', (number,))
    connection.commit()


def repeat_digests(blob):
    """The digests once more, behind the region."""
    table, data = entries(blob)
    entry = next(struct.pack('>IIII', *row[1:]) for row in table if row[1] == 1035)
    count, length = struct.unpack_from('>II', blob)
    return struct.pack('>II', count + 1, length) + bytes(blob[8:data]) + entry + bytes(blob[data:])


def fit(old, new):
    """A digest of a file becomes another, and whatever rpm computes of the record itself follows."""
    def change(blob):
        blob = bytearray(bytes(blob).replace(old.encode(), new.encode()))
        table, data = entries(blob)
        end = data + table[0][3] + 16
        count = -struct.unpack_from('>i', blob, end - 8)[0] // 16
        covered = bytes.fromhex('8eade80100000000') + struct.pack('>II', count, end - data) + bytes(blob[8:8 + 16 * count])
        covered += bytes(blob[data:end])
        for _, tag, _, offset, _ in table:
            if tag in (269, 273):
                text = (hashlib.sha1 if tag == 269 else hashlib.sha256)(covered).hexdigest().encode()
                blob[data + offset:data + offset + len(text)] = text
        return bytes(blob)
    return change


def fit_index(path):
    connection = sqlite3.connect(path)
    for number, blob in records(path):
        table, data = entries(blob)
        for _, tag, _, offset, _ in table:
            if tag == 269:
                connection.execute('UPDATE Sha1header SET key = ? WHERE hnum = ?',
                                   (blob[data + offset:data + offset + 40].decode(), number))
    connection.commit()


def make_record(name, files):
    """A record as rpm keeps it: a region with its digest behind it, and the time of installation."""
    kinds = {'number': 4, 'short': 3, 'text': 6, 'texts': 8}
    folders = sorted({os.path.dirname(path) + '/' for path in files})
    digests = [hashlib.sha256(content.encode()).hexdigest() if content else '' for content, _ in files.values()]
    region = [
        (1000, 'text', [name]), (1001, 'text', ['1.0']), (1002, 'text', ['1']), (1011, 'text', ['Example']),
        (1022, 'text', ['noarch']), (1030, 'short', [mode for _, mode in files.values()]),
        (1035, 'texts', digests), (1037, 'number', [0] * len(files)),
        (1116, 'number', [folders.index(os.path.dirname(path) + '/') for path in files]),
        (1117, 'texts', [os.path.basename(path) for path in files]), (1118, 'texts', folders), (5011, 'number', [8]),
    ]
    table, data = b'', b''

    def add(tag, kind, values):
        nonlocal table, data
        if kind in ('number', 'short'):
            size = 4 if kind == 'number' else 2
            data += b'\0' * (-len(data) % size)
            value = b''.join(number.to_bytes(size, 'big') for number in values)
        else:
            value = b''.join(text.encode() + b'\0' for text in values)
        table += struct.pack('>IIII', tag, kinds[kind], len(data), len(values))
        data += value

    for row in region:
        add(*row)
    count = len(region) + 1
    head = struct.pack('>IIII', 63, 7, len(data), 16)
    data += struct.pack('>IIiI', 63, 7, -16 * count, 16)
    covered = bytes.fromhex('8eade80100000000') + struct.pack('>II', count, len(data)) + head + table + data
    add(273, 'text', [hashlib.sha256(covered).hexdigest()])
    add(1008, 'number', [1714000000])
    return struct.pack('>II', count + 2, len(data)) + head + table + data


def write_tiny(store, target):
    source = [(1, make_record('alpha', {'/usr/bin/alpha': ('alpha 1', 0o100755), '/usr/share/alpha': ('', 0o040755)})),
              (2, make_record('beta', {'/usr/sbin/beta': ('beta 1', 0o104755)}))]
    if store == 'sqlite':
        connection = sqlite3.connect(target)
        connection.executescript('PRAGMA page_size = 512; CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB NOT NULL);'
                                 'CREATE TABLE Sha1header (key TEXT, hnum INTEGER, idx INTEGER)')
        connection.executemany('INSERT INTO Packages VALUES (?, ?)', source)
        connection.commit()
    elif store == 'ndb':
        write_ndb(source, target)
    else:
        write_bdb(source, target, store == 'btree', '<' if store == 'hash' else '>')


def main():
    what, source, target = sys.argv[1:]
    if what == 'tiny':
        write_tiny(source, target)
    elif what == 'ndb':
        write_ndb(records(source), target)
    elif what in ('hash', 'btree'):
        write_bdb(records(source), target, what == 'btree', '<' if what == 'hash' else '>')
    elif what == 'indexes':
        write_indexes(source, target)
    elif what == 'ndb-index':
        write_ndb_index(source, target)
    elif what == 'wal':
        write_log(source, target)
    elif what == 'journal':
        write_journal(source, target)
    elif what == 'remove':
        remove(source, target)
    elif what == 'fit':
        package, old, new = target.split(':')
        edit(source, package, fit(old, new))
        fit_index(source)
    else:
        edit(source, target, {'digest': change_digest, 'signature': strip_signature, 'twice': repeat_digests,
                              'name': change_name}[what])


main()
