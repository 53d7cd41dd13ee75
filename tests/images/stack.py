#!/usr/bin/env python3
"""Volumes on others for the tests: writes what LVM and mdadm would have written, from their specifications.

stack.py md VERSION LEVEL LAYOUT CHUNK CONTENT MEMBER...   an array with this content; KEY=VALUE may stand among them:
         name= events= uuid= sizes=a,b,.. (bytes of data) of=N (slots) slot=N (of the first member) feature= role=
stack.py md-set MEMBER FIELD=VALUE...                      changes a field of a 1.x superblock, sums it again
stack.py lvm-plan GROUP EXTENT PVS LV=BYTES...             prints a description: each LV in pieces over all PVs
stack.py lvm TEXT PV=FILE...                               physical volumes with this description of their group
stack.py lvm-write FILE TEXT [keep]                        another description into the areas; keep: the old checksum
stack.py lvm-text FILE                                     prints the description that the file holds
stack.py lvm-fill FILE... -- LV=CONTENT...                 puts contents where the description says
stack.py lvm-snapshot FILE... -- STORE CHUNK ORIGIN CONTENT   an exception store by which ORIGIN becomes CONTENT
stack.py thin-xml CONTENT CHUNK DEVICE BLOCKS              a description for thin_restore; blocks lie in reverse order
stack.py thin-data CONTENT CHUNK BLOCKS                    the data of the pool that belongs to it
"""
import hashlib
import os
import re
import struct
import sys
import zlib

MAGIC = 0xA92B4EFC


def pad(data, size):
    return data[:size] + bytes(size - len(data[:size]))


def put(path, offset, data):
    with open(path, "r+b") as file:
        file.seek(offset)
        file.write(data)


def get(path, offset, size):
    with open(path, "rb") as file:
        file.seek(offset)
        return file.read(size)


def xor(blocks):
    total = 0
    for block in blocks:
        total ^= int.from_bytes(block, "little")
    return total.to_bytes(len(blocks[0]), "little")


# ---- layouts: each yields (offset in the array, [(member, offset)]) and, with parity, what is on the others ----

def row_of(level, layout, members, row):
    """The members of a row in the order of their data, the one with the parity, the one with Q."""
    turn = row % members
    names = {5: {0: "la", 1: "ra", 2: "ls", 3: "rs", 4: "first", 5: "last"},
             6: {0: "la", 1: "ra", 2: "ls", 3: "rs", 8: "ra", 9: "nr", 10: "nc"}}[level][layout]
    parity = {"la": members - 1 - turn, "ls": members - 1 - turn, "ra": turn, "rs": turn, "first": 0,
              "last": members - 1, "nr": members - 1 - (row + 1) % members, "nc": members - 1 - turn}[names]
    second = None
    if level == 6:
        second = (parity - 1) % members if names == "nc" else (parity + 1) % members
    symmetric = names in ("ls", "rs", "nc")
    start = (second if level == 6 and names != "nc" else parity) + 1 if symmetric else 0
    order = [(start + i) % members for i in range(members)]
    return [m for m in order if m not in (parity, second)], parity, second


def spread(level, layout, chunk, data, members, write, sizes):
    """Writes the data of an array through write(member, offset, bytes)."""
    if level == "linear":
        at = 0
        for member, size in enumerate(sizes):
            write(member, 0, data[at:at + size])
            at += size
        return
    if level == "1":
        for member in range(members):
            write(member, 0, data)
        return
    pieces = [pad(data[at:at + chunk], chunk) for at in range(0, len(data), chunk)]
    if level == "0":
        depths = [size // chunk for size in sizes]
        begin, number = 0, 0
        while number < len(pieces) and max(depths) > begin:
            there = [m for m in range(members) if depths[m] > begin]
            end = min(min(depths[m] for m in there), begin + len(pieces))
            zone = number
            for row in range(begin, end):
                for i in range(len(there)):
                    if number < len(pieces):
                        turn = number if layout == 1 else number - zone
                        write(there[turn % len(there)], row * chunk, pieces[number])
                        number += 1
            begin = end
        return
    if level == "10":
        near, far, offset = layout & 255, layout >> 8 & 255, layout >> 16
        depth = min(sizes) // chunk // far
        for number, piece in enumerate(pieces):
            for copy in range(near):
                place = number * near + copy
                member, row = place % members, place // members
                for f in range(far):
                    there = row * far + f if offset else row + f * depth
                    write((member + f * near) % members, there * chunk, piece)
        return
    kind = 6 if level == "6" else 5
    width = members - (2 if kind == 6 else 1)
    for row in range((len(pieces) + width - 1) // width):
        part = pieces[row * width:(row + 1) * width]
        part += [bytes(chunk)] * (width - len(part))
        order, parity, second = row_of(kind, 5 if level == "4" else layout, members, row)
        for member, piece in zip(order, part):
            write(member, row * chunk, piece)
        write(parity, row * chunk, xor(part))
        if second is not None:
            write(second, row * chunk, b"Q" * chunk)


def array_bytes(level, layout, chunk, members, sizes):
    rows = min(sizes) // chunk * chunk if chunk else 0
    if level == "linear":
        return sum(sizes)
    if level == "0":
        return sum(size // chunk * chunk for size in sizes)
    if level == "10":
        return rows // chunk // (layout >> 8 & 255) * members // (layout & 255) * chunk
    return {"1": min(sizes), "4": rows * (members - 1), "5": rows * (members - 1), "6": rows * (members - 2)}[level]


# ---- superblocks of md ----

def sum_words(block):
    total = sum(struct.unpack("<%dI" % (len(block) // 4), block[:len(block) // 4 * 4]))
    if len(block) % 4:
        total += struct.unpack("<H", block[-2:])[0]
    return (total & 0xFFFFFFFF) + (total >> 32) & 0xFFFFFFFF


def seal_1(block):
    count = struct.unpack_from("<I", block, 220)[0]
    struct.pack_into("<I", block, 216, 0)
    struct.pack_into("<I", block, 216, sum_words(bytes(block[:256 + 2 * count])))


def superblock_1(level, layout, chunk, slot, members, size, data, data_size, at, options):
    block = bytearray(4096)
    number = {"linear": -1}.get(level, None)
    struct.pack_into("<IIII", block, 0, MAGIC, 1, int(options.get("feature", "0"), 0), 0)
    block[16:32] = bytes.fromhex(options.get("uuid", "00112233445566778899aabbccddeeff"))
    block[32:64] = pad(options.get("name", "host:0").encode(), 32)
    struct.pack_into("<Q", block, 64, 1700000000)
    struct.pack_into("<iIQII", block, 72, int(level) if number is None else number, layout, size // 512, chunk // 512, members)
    struct.pack_into("<QQQQI", block, 128, data // 512, data_size // 512, at // 512, 0, slot)
    block[168:184] = bytes(range(slot, slot + 16))
    struct.pack_into("<QQQ", block, 192, 1700000000, int(options.get("events", 7)), 0xFFFFFFFFFFFFFFFF)
    struct.pack_into("<I", block, 220, 128)
    for i in range(128):
        struct.pack_into("<H", block, 256 + 2 * i, i if i < members else 0xFFFF)
    if "role" in options:
        struct.pack_into("<H", block, 256 + 2 * slot, int(options["role"], 0))
    seal_1(block)
    return bytes(block)


def superblock_090(level, layout, chunk, slot, members, size, options):
    words = [0] * 1024
    words[:13] = [MAGIC, 0, 90, 0, 0, 0x11223344, 1700000000, {"linear": 0xFFFFFFFF}.get(level) or int(level), size // 1024,
                  members, members, int(options.get("minor", 0)), 0]
    words[13:16] = [0x55667788, 0x99AABBCC, 0xDDEEFF00]
    words[32:37] = [1700000000, 1, members, members, 0]
    words[39] = int(options.get("events", 7))
    words[64], words[65] = layout, chunk
    for i in range(members):
        words[128 + 32 * i:128 + 32 * i + 5] = [i, 8, 16 * i, i, 6]
    words[992:997] = [slot, 8, 16 * slot, slot, 6]
    words[38] = 0
    block = struct.pack("<1024I", *words)
    words[38] = sum_words(block)
    return struct.pack("<1024I", *words)


def md(arguments):
    options = dict(a.split("=", 1) for a in arguments if "=" in a)
    version, level, layout, chunk, content, *paths = [a for a in arguments if "=" not in a]
    layout, chunk = int(layout, 0), int(chunk)
    with open(content, "rb") as file:
        data = file.read()
    members = int(options.get("of", len(paths)))
    first = int(options.get("slot", 0))
    if "sizes" in options:
        sizes = [int(s) for s in options["sizes"].split(",")]
    else:
        share = {"linear": members, "0": members, "1": 1, "4": members - 1, "5": members - 1, "6": members - 2,
                 "10": members / ((layout & 255) * (layout >> 8 & 255) or 1)}[level]
        step = max(chunk, 65536)
        sizes = [(int(len(data) / share) // step + 1) * step] * members
    data = pad(data, array_bytes(level, layout, chunk, members, sizes))
    begin = {"1.1": 1 << 20, "1.2": 1 << 20}.get(version, 0)
    for i, path in enumerate(paths):
        size = sizes[first + i]
        with open(path, "wb") as file:
            file.truncate(begin + size + 131072)

    def write(member, offset, piece):
        if first <= member < first + len(paths):
            put(paths[member - first], begin + offset, piece)
    spread(level, layout, chunk, data, members, write, sizes)
    for i, path in enumerate(paths):
        end = os.path.getsize(path)
        size = 0 if level in ("linear", "0") else min(sizes)
        at = {"1.1": 0, "1.2": 4096, "1.0": (end // 512 - 16 & ~7) * 512, "0.90": (end & ~65535) - 65536}[version]
        if version == "0.90":
            block = superblock_090(level, layout, chunk, first + i, members, size or sizes[first + i], options)
        else:
            block = superblock_1(level, layout, chunk, first + i, members, size, begin, sizes[first + i], at, options)
        put(path, at, block)


def md_set(arguments):
    path, *changes = arguments
    end = os.path.getsize(path)
    places = {"events": (200, "<Q"), "feature": (8, "<I"), "members": (92, "<I"), "level": (72, "<i"), "layout": (76, "<I"),
              "chunk": (88, "<I"), "size": (80, "<Q"), "data": (128, "<Q"), "data_size": (136, "<Q")}
    for at in (0, 4096, (end // 512 - 16 & ~7) * 512):
        block = bytearray(get(path, at, 4096))
        if len(block) == 4096 and struct.unpack_from("<II", block) == (MAGIC, 1):
            for change in changes:
                name, value = change.split("=")
                struct.pack_into(places[name][1], block, places[name][0], int(value, 0))
            seal_1(block)
            put(path, at, block)


# ---- LVM ----

AREA, AREA_BYTES = 4096, 1 << 20


def lvm_sum(data):
    return ~zlib.crc32(data, ~0xF597A6CF & 0xFFFFFFFF) & 0xFFFFFFFF


def parse(text):
    """The description as nested dictionaries."""
    tokens = re.findall(r'"(?:[^"\\]|\\.)*"|[\[\]{}=,]|[^\s\[\]{}=,#"]+|#[^\n]*', text)
    tokens = [t for t in tokens if not t.startswith("#")]
    place = 0

    def value():
        nonlocal place
        token = tokens[place]
        place += 1
        if token == "[":
            items = []
            while tokens[place] != "]":
                items.append(value())
                place += tokens[place] == ","
            place += 1
            return items
        if token[0] == '"':
            return re.sub(r"\\(.)", r"\1", token[1:-1])
        return int(token)

    def section():
        nonlocal place
        found = {}
        while place < len(tokens) and tokens[place] != "}":
            name = tokens[place]
            place += 2
            if tokens[place - 1] == "{":
                found[name] = section()
                place += 1
            else:
                found[name] = value()
        return found
    return section()


def group_of(text):
    return next((name, item) for name, item in parse(text).items() if isinstance(item, dict) and "seqno" in item)


def write_area(path, text, offset=512, keep=False):
    data = text.encode() + b"\0"
    old = get(path, AREA, 512)
    total = lvm_sum(data) if not keep else struct.unpack_from("<I", old, 56)[0]
    first = data[:AREA_BYTES - offset]
    put(path, AREA + offset, first)
    put(path, AREA + 512, data[len(first):])
    header = pad(b" LVM2 x[5A%r0N*>" + struct.pack("<IQQ", 1, AREA, AREA_BYTES) +
                 struct.pack("<QQII", offset, len(data), total, 0), 508)
    put(path, AREA, struct.pack("<I", lvm_sum(header)) + header)


def write_label(path, uuid, size, sector=1):
    header = uuid.replace("-", "").encode() + struct.pack("<Q", size) + struct.pack("<QQQQ", AREA + AREA_BYTES, 0, 0, 0) + \
        struct.pack("<QQQQ", AREA, AREA_BYTES, 0, 0) + struct.pack("<IIQQ", 2, 1, 0, 0)
    body = pad(struct.pack("<I", 32) + b"LVM2 001" + header, 492)
    put(path, sector * 512, b"LABELONE" + struct.pack("<QI", sector, lvm_sum(body)) + body)


def lvm(arguments):
    with open(arguments[0]) as file:
        text = file.read()
    _, group = group_of(text)
    for argument in arguments[1:]:
        name, path = argument.split("=")
        member = group["physical_volumes"][name]
        with open(path, "wb") as file:
            file.truncate(member["dev_size"] * 512)
        write_label(path, member["id"], member["dev_size"] * 512)
        write_area(path, text)


def identifier(*parts):
    text = hashlib.sha256("/".join(parts).encode()).hexdigest()
    return "-".join(text[a:b] for a, b in ((0, 6), (6, 10), (10, 14), (14, 18), (18, 22), (22, 26), (26, 32)))


def lvm_plan(arguments):
    name, extent, count, *volumes = arguments
    extent, count = int(extent), int(count)
    free, bodies = [0] * count, []
    for number, argument in enumerate(volumes):
        volume, size = argument.split("=")
        extents = (int(size) + extent - 1) // extent
        step = extents // 3 + 1
        pieces = [(at, min(step, extents - at)) for at in range(0, extents, step)]
        body = "\t%s {\n\t\tid = \"%s\"\n\t\tstatus = [\"READ\", \"WRITE\", \"VISIBLE\"]\n\t\tflags = []\n" \
            "\t\tsegment_count = %d\n" % (volume, identifier(name, volume), len(pieces))
        for i, (at, length) in enumerate(pieces):
            member = (number + i) % count
            body += '\t\tsegment%d {\n\t\t\tstart_extent = %d\n\t\t\textent_count = %d\n\t\t\ttype = "striped"\n' \
                '\t\t\tstripe_count = 1\t# linear\n\t\t\tstripes = [\n\t\t\t\t"pv%d", %d\n\t\t\t]\n\t\t}\n' % (
                    i + 1, at, length, member, free[member])
            free[member] += length
        bodies.append(body + "\t}\n")
    print("%s {\nid = \"%s\"\nseqno = 3\nformat = \"lvm2\"\nstatus = [\"RESIZEABLE\", \"READ\", \"WRITE\"]\nflags = []\n"
          "extent_size = %d\nmax_lv = 0\nmax_pv = 0\nmetadata_copies = 0\nphysical_volumes {" % (
              name, identifier(name), extent // 512))
    for member in range(count):
        print('\tpv%d {\n\t\tid = "%s"\n\t\tdevice = "/dev/sd%c"\n\t\tstatus = ["ALLOCATABLE"]\n\t\tflags = []\n'
              "\t\tdev_size = %d\n\t\tpe_start = 4096\n\t\tpe_count = %d\n\t}" % (
                  member, identifier(name, str(member)), 97 + member, 4096 + free[member] * extent // 512, free[member]))
    print("}\nlogical_volumes {\n" + "".join(bodies) + "}\n}\n# Generated\ncontents = \"Text Format Volume Group\"\nversion = 1")


def lvm_text(path):
    for sector in range(4):
        label = get(path, sector * 512, 512)
        if label[:8] == b"LABELONE":
            lists = list(struct.iter_unpack("<QQ", label[32 + 40:32 + 40 + 96]))
            area = lists[lists.index((0, 0)) + 1][0]
            offset, size = struct.unpack_from("<QQ", get(path, area, 512), 40)
            length = struct.unpack_from("<Q", get(path, area + 32, 8))[0]
            data = get(path, area + offset, min(size, length - offset))
            return (data + get(path, area + 512, size - len(data))).rstrip(b"\0").decode(), label[32:64].decode()
    raise SystemExit("stack.py: no label in " + path)


class Group:
    def __init__(self, paths):
        found = [lvm_text(path) for path in paths]
        self.files = {uuid: path for path, (_, uuid) in zip(paths, found)}
        self.name, self.group = max((group_of(text) for text, _ in found), key=lambda g: g[1]["seqno"])
        self.extent = self.group["extent_size"] * 512

    def write(self, name, offset, data):
        """Puts data at an offset of a logical or physical volume."""
        member = self.group["physical_volumes"].get(name)
        if member:
            path = self.files.get(member["id"].replace("-", ""))
            if path:
                put(path, member["pe_start"] * 512 + offset, data)
            return
        volume = self.group["logical_volumes"][name]
        for key in (k for k in volume if re.fullmatch("segment[0-9]+", k)):
            segment = volume[key]
            start, size = segment["start_extent"] * self.extent, segment["extent_count"] * self.extent
            low, high = max(offset, start), min(offset + len(data), start + size)
            if low < high:
                self.write_segment(segment, low - start, data[low - offset:high - offset])

    def write_segment(self, segment, offset, data):
        kind = segment["type"]
        areas = segment.get("stripes") or segment.get("mirrors")
        if areas:
            legs = [(areas[i], areas[i + 1] * self.extent) for i in range(0, len(areas), 2)]
        else:
            legs = [(leg, 0) for leg in segment.get("raids", [])[1::2] or segment.get("raid0_lvs", [])]
        levels = {"striped": ("0", 0), "raid0": ("0", 0), "mirror": ("1", 0), "raid1": ("1", 0), "raid4": ("5", 4),
                  "raid5": ("5", 2), "raid5_la": ("5", 0), "raid5_ra": ("5", 1), "raid5_ls": ("5", 2), "raid5_rs": ("5", 3),
                  "raid5_n": ("5", 5), "raid6": ("6", 8), "raid6_zr": ("6", 8), "raid6_nr": ("6", 9), "raid6_nc": ("6", 10),
                  "raid10": ("10", 258)}
        level, layout = levels[kind]
        chunk = segment.get("stripe_size", 0) * 512
        if len(legs) == 1:
            level, chunk = "1", 0
        assert level == "1" or offset == 0
        spread(level, layout, chunk, data, len(legs),
               lambda leg, at, piece: self.write(legs[leg][0], legs[leg][1] + offset + at, piece), [1 << 60] * len(legs))


def lvm_fill(arguments):
    cut = arguments.index("--")
    group = Group(arguments[:cut])
    for argument in arguments[cut + 1:]:
        name, path = argument.split("=")
        with open(path, "rb") as file:
            group.write(name, 0, file.read())


def lvm_snapshot(arguments):
    cut = arguments.index("--")
    group = Group(arguments[:cut])
    store, chunk, origin, content = arguments[cut + 1:]
    chunk = int(chunk)
    with open(origin, "rb") as file:
        before = file.read()
    with open(content, "rb") as file:
        after = pad(file.read(), len(before))
    group.write(store, 0, struct.pack("<4sIII", b"SnAp", 1, 1, chunk // 512))
    places = chunk // 16
    changed = [at // chunk for at in range(0, len(before), chunk) if before[at:at + chunk] != after[at:at + chunk]]
    for area in range(len(changed) // places + 1):
        table = b""
        first = 1 + area * (places + 1)
        for i, number in enumerate(changed[area * places:(area + 1) * places]):
            table += struct.pack("<QQ", number, first + 1 + i)
            group.write(store, (first + 1 + i) * chunk, pad(after[number * chunk:(number + 1) * chunk], chunk))
        group.write(store, first * chunk, pad(table, chunk))


def thin_places(content, chunk):
    """Numbers of the chunks that are not zero, and where each lies."""
    with open(content, "rb") as file:
        data = file.read()
    used = [at // chunk for at in range(0, len(data), chunk) if data[at:at + chunk].strip(b"\0")]
    return data, {number: len(used) - 1 - i for i, number in enumerate(used)}


def thin_xml(arguments):
    content, chunk, device, blocks = arguments[0], *map(int, arguments[1:])
    _, places = thin_places(content, chunk)
    print('<superblock uuid="" time="0" transaction="1" data_block_size="%d" nr_data_blocks="%d">' % (chunk // 512, blocks))
    print(' <device dev_id="%d" mapped_blocks="%d" transaction="0" creation_time="0" snap_time="0">' % (device, len(places)))
    for number, place in places.items():
        print('  <single_mapping origin_block="%d" data_block="%d" time="0"/>' % (number, place))
    print(" </device>\n</superblock>")


def thin_data(arguments):
    content, chunk, blocks = arguments[0], *map(int, arguments[1:])
    data, places = thin_places(content, chunk)
    pool = bytearray(chunk * blocks)
    for number, place in places.items():
        pool[place * chunk:(place + 1) * chunk] = pad(data[number * chunk:(number + 1) * chunk], chunk)
    sys.stdout.buffer.write(pool)


def lvm_write(arguments):
    with open(arguments[1]) as file:
        write_area(arguments[0], file.read(), keep="keep" in arguments[2:])


COMMANDS = {"lvm-plan": lvm_plan, "md": md, "md-set": md_set, "lvm": lvm, "lvm-write": lvm_write, "lvm-fill": lvm_fill,
            "lvm-text": lambda arguments: print(lvm_text(arguments[0])[0]), "lvm-snapshot": lvm_snapshot,
            "thin-xml": thin_xml, "thin-data": thin_data}

if __name__ == "__main__":
    if len(sys.argv) < 3 or sys.argv[1] not in COMMANDS:
        raise SystemExit(__doc__)
    COMMANDS[sys.argv[1]](sys.argv[2:])
