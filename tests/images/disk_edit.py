#!/usr/bin/env python3
"""Virtual disks that qemu-img does not make: differencing VHD and VHDX, a VHDX with an open log.

  disk_edit.py vhd-child PARENT CHILD      4 KiB of 0x5a at 5 MiB, the rest is the parent's
  disk_edit.py vhdx-child PARENT CHILD     the same
  disk_edit.py expect-child RAW OUT        what the child must show
  disk_edit.py vhdx-log FILE [torn]        a sector of 0x6b for the first present block, in the log only
  disk_edit.py expect-log FILE RAW OUT     what it must show
  disk_edit.py qcow2-l2 FILE               offset of the first entry of the first L2 table
  disk_edit.py lose-entry FORMAT FILE      the second used entry of a table that says where parts lie is gone
  disk_edit.py double-entry FORMAT FILE    it leads to where the first one leads
  disk_edit.py compare-damaged DUMP FILE RAW   "equal" where bytes outside of damage are those of RAW
"""
import struct
import subprocess
import sys
import uuid

MIB = 1 << 20
AT, LENGTH = 5 * MIB, 4096
BLOCKS = uuid.UUID('2dc27766-f623-4200-9d64-115e9bfd4a08').bytes_le
METADATA = uuid.UUID('8b7ca206-4790-4b9a-b8fe-575f050f886e').bytes_le
PARAMETERS = uuid.UUID('caa16737-fa36-4d43-b3b6-33f0aa44e76b').bytes_le
LOCATOR = uuid.UUID('a8d35f2d-b30b-454d-abf7-d3d84834ab0c').bytes_le
LOCATOR_TYPE = uuid.UUID('b04aefb7-d19e-4a81-b789-25b8e9445913').bytes_le


def crc32c(data):
    table = []
    for number in range(256):
        for _ in range(8):
            number = number >> 1 ^ (0x82f63b78 if number & 1 else 0)
        table.append(number)
    rest = 0xffffffff
    for byte in data:
        rest = rest >> 8 ^ table[(rest ^ byte) & 255]
    return rest ^ 0xffffffff


def seal(data, length):
    """Sets the CRC-32C of a structure of VHDX."""
    data[4:8] = bytes(4)
    data[4:8] = struct.pack('<I', crc32c(data[:length]))


def read(path):
    with open(path, 'rb') as file:
        return bytearray(file.read())


def write(path, data):
    with open(path, 'wb') as file:
        file.write(data)


def vhd_sum(data, at):
    data[at:at + 4] = bytes(4)
    data[at:at + 4] = struct.pack('>I', ~sum(data) & 0xffffffff)


def vhd_child(parent_path, path):
    parent = read(parent_path)
    footer = bytearray(parent[-512:])
    parent_id = footer[68:84]
    footer[16:24] = struct.pack('>Q', 512)
    footer[60:64] = struct.pack('>I', 4)
    footer[68:84] = uuid.uuid5(uuid.NAMESPACE_DNS, 'child').bytes
    vhd_sum(footer, 64)
    size, block = struct.unpack('>Q', footer[48:56])[0], 2 * MIB
    entries = (size + block - 1) // block
    header = bytearray(1024)
    header[0:36] = struct.pack('>8sQQIII', b'cxsparse', 0xffffffffffffffff, 1536, 0x10000, entries, block)
    header[40:56] = parent_id
    name = ('C:\\disks\\' + parent_path).encode('utf-16-be')
    header[64:64 + len(name)] = name
    vhd_sum(header, 36)
    table = bytearray(b'\xff' * ((entries * 4 + 511) // 512 * 512))
    block_at = 512 + 1024 + len(table)
    table[AT // block * 4:AT // block * 4 + 4] = struct.pack('>I', block_at // 512)
    bitmap, data = bytearray(512), bytearray(b'\xee' * block)
    for sector in range(AT % block // 512, (AT % block + LENGTH) // 512):
        bitmap[sector // 8] |= 0x80 >> sector % 8
    data[AT % block:AT % block + LENGTH] = b'\x5a' * LENGTH
    write(path, footer + header + table + bitmap + data + footer)


def vhdx_entry(data, at, count_at, wanted):
    """Offset of an entry of a table of regions or metadata."""
    count = struct.unpack_from('<H', data, at + count_at)[0]
    first = at + (16 if count_at == 8 else 32)
    for number in range(count):
        if data[first + number * 32:first + number * 32 + 16] == wanted:
            return first + number * 32
    raise SystemExit('no such entry')


def vhdx_regions(data):
    blocks = struct.unpack_from('<Q', data, vhdx_entry(data, 192 << 10, 8, BLOCKS) + 16)[0]
    metadata = struct.unpack_from('<Q', data, vhdx_entry(data, 192 << 10, 8, METADATA) + 16)[0]
    return blocks, metadata


def vhdx_header(data):
    """Offset of the header that counts."""
    return max((64 << 10, 128 << 10), key=lambda at: struct.unpack_from('<Q', data, at + 8)[0])


def vhdx_child(parent_path, path):
    data = read(parent_path)
    blocks, metadata = vhdx_regions(data)
    parent_id = uuid.UUID(bytes_le=bytes(data[vhdx_header(data) + 32:vhdx_header(data) + 48]))
    parameters = metadata + struct.unpack_from('<I', data, vhdx_entry(data, metadata, 10, PARAMETERS) + 16)[0]
    block = struct.unpack_from('<I', data, parameters)[0]
    struct.pack_into('<I', data, parameters + 4, 2)
    count = struct.unpack_from('<H', data, metadata + 10)[0]
    pairs = [('parent_linkage', '{%s}' % str(parent_id).upper()), ('relative_path', '.\\' + parent_path)]
    texts, entries = b'', b''
    for key, value in pairs:
        key, value = key.encode('utf-16-le'), value.encode('utf-16-le')
        start = 20 + 12 * len(pairs) + len(texts)
        entries += struct.pack('<IIHH', start, start + len(key), len(key), len(value))
        texts += key + value
    locator = LOCATOR_TYPE + struct.pack('<HH', 0, len(pairs)) + entries + texts
    place = (128 << 10)
    data[metadata + place:metadata + place + len(locator)] = locator
    data[metadata + 32 + count * 32:metadata + 64 + count * 32] = LOCATOR + struct.pack('<IIII', place, len(locator), 4, 0)
    struct.pack_into('<H', data, metadata + 10, count + 1)
    ratio = (1 << 23) * 512 // block
    words = 1 << 20
    data[blocks:blocks + words // 8] = bytes(words // 8)
    end = first_block(read(parent_path))[1]     # what the parent holds is none of the child's
    del data[end:]
    number, within = AT // block, AT % block
    struct.pack_into('<Q', data, blocks + (number + number // ratio) * 8, end | 7)
    content = bytearray(b'\xee' * block)
    content[within:within + LENGTH] = b'\x5a' * LENGTH
    data += content
    bitmap = bytearray(MIB)
    for sector in range(AT // 512, (AT + LENGTH) // 512):
        bitmap[sector // 8] |= 1 << sector % 8
    struct.pack_into('<Q', data, blocks + (number // ratio * (ratio + 1) + ratio) * 8, len(data) | 6)
    for at in (64 << 10, 128 << 10):
        data[at + 32:at + 48] = uuid.uuid5(uuid.NAMESPACE_DNS, 'child').bytes_le
        header = data[at:at + 4096]
        seal(header, 4096)
        data[at:at + 4096] = header
    write(path, data + bitmap)


def expect_child(raw, out):
    data = read(raw)
    data[AT:AT + LENGTH] = b'\x5a' * LENGTH
    write(out, data)


def first_block(data):
    """Number of the first block that is present, and where it lies."""
    blocks = vhdx_regions(data)[0]
    for number in range(1 << 10):
        word = struct.unpack_from('<Q', data, blocks + number * 8)[0]
        if word & 7 == 6:
            return number, word >> 20 << 20
    raise SystemExit('no block')


def vhdx_log(path, torn):
    data = read(path)
    at = vhdx_header(data)
    log_bytes, log_at = struct.unpack_from('<IQ', data, at + 68)
    block_at = first_block(data)[1]
    log_id = uuid.uuid5(uuid.NAMESPACE_DNS, 'log').bytes_le
    struct.pack_into('<Q', data, at + 8, struct.unpack_from('<Q', data, at + 8)[0] + 1)
    data[at + 48:at + 64] = log_id
    header = data[at:at + 4096]
    seal(header, 4096)
    data[at:at + 4096] = header
    data[log_at:log_at + log_bytes] = bytes(log_bytes)
    content, sequence = b'\x6b' * 4096, 7
    entry = bytearray(8192)
    entry[0:64] = struct.pack('<4sIIIQII16sQQ', b'loge', 0, 8192, 0, sequence, 1, 0, log_id, len(data), len(data))
    entry[64:96] = struct.pack('<4s4s8sQQ', b'desc', content[-4:], content[:8], block_at, sequence)
    entry[4096:8192] = struct.pack('<4sI', b'data', 0) + content[8:-4] + struct.pack('<I', sequence)
    seal(entry, 8192)
    if torn:
        entry[5000] ^= 1
    data[log_at:log_at + 8192] = entry
    write(path, data)


def expect_log(path, raw, out):
    data, number = read(raw), first_block(read(path))[0]
    blocks, metadata = vhdx_regions(read(path))
    image = read(path)
    parameters = metadata + struct.unpack_from('<I', image, vhdx_entry(image, metadata, 10, PARAMETERS) + 16)[0]
    block = struct.unpack_from('<I', image, parameters)[0]
    data[number * block:number * block + 4096] = b'\x6b' * 4096
    write(out, data)


def qcow2_l2(path):
    data = read(path)
    l1 = struct.unpack_from('>Q', data, 40)[0]
    print(struct.unpack_from('>Q', data, l1)[0] & 0x00fffffffffffe00)


def used_entries(form, data):
    """Offsets of the first two used entries of a table, their bytes, and what an unused one holds."""
    if form == 'qcow2':
        l1 = struct.unpack_from('>Q', data, 40)[0]
        table, size, unused = struct.unpack_from('>Q', data, l1)[0] & 0x00fffffffffffe00, 8, bytes(8)
    elif form == 'vhd':
        table, size, unused = struct.unpack_from('>Q', data, 512 + 16)[0], 4, b'\xff' * 4
    elif form == 'vhdx':
        table, size, unused = vhdx_regions(data)[0], 8, bytes(8)
    else:
        directory = struct.unpack_from('<Q', data, 56)[0] * 512
        table, size, unused = struct.unpack_from('<I', data, directory)[0] * 512, 4, bytes(4)
    found = [at for at in range(table, table + size * 384, size) if data[at:at + size] != unused]
    return found[0], found[1], size, unused


def lose_entry(form, path):
    data = read(path)
    _, second, size, unused = used_entries(form, data)
    data[second:second + size] = unused
    write(path, data)


def double_entry(form, path):
    data = read(path)
    first, second, size, _ = used_entries(form, data)
    data[second:second + size] = data[first:first + size]
    write(path, data)


def compare_damaged(dump, path, raw):
    said = subprocess.run([dump, path], stdout=subprocess.PIPE, check=False).stdout.decode()
    got = bytearray(subprocess.run([dump, '--bytes', path], stdout=subprocess.PIPE, check=False).stdout)
    expected = read(raw)
    for line in said.splitlines():
        if line.startswith('damage '):
            start, length = (int(word) for word in line.split()[1:])
            if any(got[start:start + length]):
                raise SystemExit('bytes in damage')
            expected[start:start + length] = bytes(length)
    print('equal' if got == expected else 'different')


COMMANDS = {
    'vhd-child': vhd_child, 'vhdx-child': vhdx_child, 'expect-child': expect_child, 'expect-log': expect_log,
    'vhdx-log': lambda path, torn='': vhdx_log(path, torn), 'qcow2-l2': qcow2_l2,
    'compare-damaged': compare_damaged, 'lose-entry': lose_entry, 'double-entry': double_entry,
}
COMMANDS[sys.argv[1]](*sys.argv[2:])
