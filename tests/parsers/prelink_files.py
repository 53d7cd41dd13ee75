#!/usr/bin/env python3
"""Does to a library or a program what prelink(8) does: prelink_files.py IN OUT BASE.

Debian has no prelink.  This follows the order of its sources (prelink.c, exec.c, dso.c, arch-x86_64.c, arch-i386.c):
headers are kept in .gnu.prelink_undo, a library moves to BASE, words of relocations are filled in, .dynamic, symbols
and relocations follow; a program gets .gnu.liblist, .gnu.conflict and a longer .dynstr at the end of its first
read-only segment, and .dynbss before .bss.  Relocations of i386 with an addend in the word become RELA.
"""
import struct
import sys

LOADED = 7
NOBITS, SYMTAB, STRTAB, RELA, DYNAMIC, REL, DYNSYM = 8, 2, 3, 4, 6, 9, 11
ADDRESS_TAGS = {3, 4, 5, 6, 7, 12, 13, 17, 23, 25, 26, 32, 0x6ffffff0, 0x6ffffffc, 0x6ffffffe}
PRELINKED, CHECKSUM, LIBLIST, LIBLISTSZ, CONFLICT, CONFLICTSZ = (
    0x6ffffdf5, 0x6ffffdf8, 0x6ffffef9, 0x6ffffdf7, 0x6ffffef8, 0x6ffffdf6)
TIME, SUM = 1262304000, 0x1badcafe


class Elf:
    def __init__(self, data):
        self.wide = data[4] == 2
        self.word = "Q" if self.wide else "I"
        self.size = 8 if self.wide else 4
        head = struct.unpack_from("<HHI" + self.word * 3 + "IHHHHHH", data, 16)
        (self.type, self.machine, _, self.entry, self.phoff, self.shoff, _, self.ehsize, self.phentsize, phnum,
         self.shentsize, shnum, self.shstrndx) = head
        self.ident = data[:16]
        self.head = head
        self.segments = [self.segment(data, self.phoff + i * self.phentsize) for i in range(phnum)]
        self.sections = [self.section(data, self.shoff + i * self.shentsize) for i in range(shnum)]
        self.raw = data
        names = self.sections[self.shstrndx]
        self.names = bytearray(data[names["offset"]:names["offset"] + names["size"]])
        for one in self.sections:
            one["text"] = self.names[one["name"]:self.names.index(0, one["name"])].decode()
            one["data"] = bytearray() if one["type"] == NOBITS else bytearray(data[one["offset"]:one["offset"] + one["size"]])
        self.old = list(self.sections)

    def segment(self, data, at):
        if self.wide:
            names, form = "type flags offset vaddr paddr filesz memsz align", "<IIQQQQQQ"
        else:
            names, form = "type offset vaddr paddr filesz memsz flags align", "<IIIIIIII"
        return dict(zip(names.split(), struct.unpack_from(form, data, at)))

    def section(self, data, at):
        names = "name type flags addr offset size link info align entsize"
        return dict(zip(names.split(), struct.unpack_from("<II" + self.word * 4 + "II" + self.word * 2, data, at)))

    def undo(self):
        return (self.raw[:self.ehsize] + self.raw[self.phoff:self.phoff + len(self.segments) * self.phentsize] +
                self.raw[self.shoff + self.shentsize:self.shoff + len(self.sections) * self.shentsize])

    def name(self, text):
        at = self.names.find(text.encode() + b"\0")
        if at >= 0:
            return at
        at = len(self.names)
        self.names += text.encode() + b"\0"
        return at

    def add(self, before, text, **more):
        one = dict(name=self.name(text), text=text, type=1, flags=0, addr=0, offset=0, size=0, link=None, info=0, align=1,
                   entsize=0, data=bytearray())
        one.update(more)
        self.sections.insert(self.sections.index(before), one)
        return one

    def named(self, text):
        return next((one for one in self.sections if one["text"] == text), None)

    def at(self, address):
        for one in self.sections:
            if (one["flags"] & LOADED and one["addr"] <= address < one["addr"] + one["size"] and
                    not (one["type"] == NOBITS and one["flags"] & 0x400)):
                return one
        return None

    def get(self, address):
        one = self.at(address)
        return struct.unpack_from("<" + self.word, one["data"], address - one["addr"])[0]

    def put(self, address, value, size=None):
        one = self.at(address)
        if one and one["type"] != NOBITS:
            size = size or self.size
            one["data"][address - one["addr"]:address - one["addr"] + size] = (value % (1 << 8 * size)).to_bytes(size, "little")

    def relocations(self, one):
        size = self.size * (3 if one["type"] == RELA else 2)
        for at in range(0, len(one["data"]), size):
            values = struct.unpack_from("<" + self.word * (size // self.size), one["data"], at)
            where, info, addend = (values + (0,))[:3]
            yield at, where, info, addend, (info & 0xffffffff, info >> 32) if self.wide else (info & 0xff, info >> 8)

    def set_relocation(self, one, at, where, info, addend):
        values = (where, info, addend % (1 << 8 * self.size))[:3 if one["type"] == RELA else 2]
        struct.pack_into("<" + self.word * len(values), one["data"], at, *values)

    def dynamic(self):
        one = self.named(".dynamic")
        return one, [list(struct.unpack_from("<" + self.word * 2, one["data"], at))
                     for at in range(0, len(one["data"]), 2 * self.size)]

    def set_dynamic(self, entries):
        one = self.named(".dynamic")
        one["data"] = bytearray(b"".join(struct.pack("<" + self.word * 2, *entry) for entry in entries))

    def tags(self, **unused):
        return {tag: value for tag, value in self.dynamic()[1]}

    def add_tags(self, tags):
        _, entries = self.dynamic()
        end = next(i for i, entry in enumerate(entries) if not entry[0])
        if end + len(tags) >= len(entries):
            sys.exit("no room in .dynamic")
        for i, (tag, value) in enumerate(tags):
            entries[end + i] = [tag, value]
        self.set_dynamic(entries)

    def symbol_form(self):
        return ("<IBBHQQ", 24) if self.wide else ("<IIIBBH", 16)

    def symbols(self, one):
        form, size = self.symbol_form()
        for at in range(0, len(one["data"]), size):
            values = struct.unpack_from(form, one["data"], at)
            if self.wide:
                name, info, other, section, value, length = values
            else:
                name, value, length, info, other, section = values
            yield at, dict(name=name, info=info, other=other, section=section, value=value, length=length)

    def set_symbol(self, one, at, symbol):
        order = "name info other section value length" if self.wide else "name value length info other section"
        struct.pack_into(self.symbol_form()[0], one["data"], at, *[symbol[key] for key in order.split()])

    def shift(self, start, adjust):
        """adjust_dso(): whatever lies at or behind start moves."""
        mask = (1 << 8 * self.size) - 1
        moved = lambda value: (value + adjust) & mask if value >= start else value
        self.entry = moved(self.entry)
        for segment in self.segments:
            if segment["type"] == 0x6474e551:
                continue
            if not start or start <= segment["vaddr"]:
                segment["vaddr"] = (segment["vaddr"] + adjust) & mask
                segment["paddr"] = (segment["paddr"] + adjust) & mask
                if start:
                    segment["offset"] += adjust
            elif start < segment["vaddr"] + segment["filesz"]:
                segment["filesz"] += adjust
                segment["memsz"] += adjust
        for one in self.sections:
            if one["type"] in (SYMTAB, DYNSYM):
                for at, symbol in list(self.symbols(one)):
                    kind = symbol["info"] & 15
                    section = self.old[symbol["section"]] if symbol["section"] < len(self.old) else None
                    if (symbol["section"] == 0xfff1 and symbol["value"] and kind <= 2) or (
                            symbol["section"] and section and kind != 6 and section["flags"] & LOADED):
                        symbol["value"] = moved(symbol["value"])
                        self.set_symbol(one, at, symbol)
            elif one["type"] in (REL, RELA):
                for at, where, info, addend, (kind, _) in list(self.relocations(one)):
                    if not self.at(where):
                        continue
                    if kind in (7, 8, 37 if self.wide else 42):
                        self.put(where, moved(self.get(where)))
                    if kind in (8, 37 if self.wide else 42) and one["type"] == RELA:
                        addend = moved(addend)
                    self.set_relocation(one, at, moved(where), info, addend)
                    # the word itself moves with its section, below
            elif one["type"] == DYNAMIC:
                _, entries = self.dynamic()
                for entry in entries:
                    if entry[0] == 3 and self.get(entry[1]) == one["addr"]:
                        self.put(entry[1], moved(one["addr"]))
                    if entry[0] in ADDRESS_TAGS or 0x6ffffe00 <= entry[0] <= 0x6ffffeff:
                        entry[1] = moved(entry[1])
                self.set_dynamic(entries)
        for one in self.sections:
            if one["flags"] & LOADED and one["addr"] >= start:
                one["addr"] = (one["addr"] + adjust) & mask
                if start:
                    one["offset"] += adjust

    def fill_in(self):
        """prelink_rel(), prelink_rela(), arch_prelink(): own symbols are found here, the others far away."""
        dynsym = self.named(".dynsym")
        values = [symbol["value"] for _, symbol in self.symbols(dynsym)]
        far = 0x3001000000 if self.wide else 0x42000000
        for one in self.sections:
            if one["type"] not in (REL, RELA) or one["text"] == ".gnu.conflict" or not one["flags"] & 2:
                continue
            for _, where, _, addend, (kind, number) in self.relocations(one):
                value = values[number] or far + 16 * number
                if self.wide and kind in (1, 6, 7):
                    self.put(where, value + addend)
                elif self.wide and kind == 17 or not self.wide and kind == 36:
                    self.put(where, 8)
                elif not self.wide and kind in (6, 7):
                    self.put(where, value)
                elif not self.wide and kind == 1:
                    self.put(where, value + addend)
        tags = self.tags()
        plt = self.named(".plt")
        if 3 in tags and plt:
            self.put(tags[3] + self.size, plt["addr"] + 0x16)

    def write(self):
        out = bytearray(self.ehsize)

        def place(at, data):
            if len(out) < at + len(data):
                out.extend(bytes(at + len(data) - len(out)))
            out[at:at + len(data)] = data
        names = self.sections.index(next(one for one in self.sections if one["text"] == ".shstrtab"))
        self.sections[names]["data"] = self.names
        end = 0
        for one in self.sections[1:]:
            one["size"] = one["size"] if one["type"] == NOBITS else len(one["data"])
            if one["flags"] & LOADED and one["type"] != NOBITS:
                end = max(end, one["offset"] + one["size"])
        for one in self.sections[1:]:
            if not one["flags"] & LOADED:
                end = (end + one["align"] - 1) // (one["align"] or 1) * (one["align"] or 1)
                one["offset"] = end
                end += one["size"]
            if one["type"] != NOBITS:
                place(one["offset"], one["data"])
        shoff = (end + self.size - 1) // self.size * self.size
        where = {id(one): i for i, one in enumerate(self.sections)}
        for i, one in enumerate(self.sections):
            link = one["link"] if isinstance(one["link"], dict) else self.old[one["link"] or 0]
            info = where[id(self.old[one["info"]])] if one["type"] in (REL, RELA) or one["flags"] & 0x40 else one["info"]
            place(shoff + i * self.shentsize, struct.pack("<II" + self.word * 4 + "II" + self.word * 2, one["name"], one["type"],
                  one["flags"], one["addr"], one["offset"], one["size"], where[id(link)] if i else 0, info, one["align"],
                  one["entsize"]))
        for i, one in enumerate(self.segments):
            order = ("<IIQQQQQQ", "type flags offset vaddr paddr filesz memsz align") if self.wide else (
                "<IIIIIIII", "type offset vaddr paddr filesz memsz flags align")
            place(self.phoff + i * self.phentsize, struct.pack(order[0], *[one[key] for key in order[1].split()]))
        head = list(self.head)
        head[3], head[5], head[9], head[11], head[12] = self.entry, shoff, len(self.segments), len(self.sections), names
        place(0, self.ident + struct.pack("<HHI" + self.word * 3 + "IHHHHHH", *head))
        return bytes(out)

    def renumber(self):
        """Symbols name sections by number."""
        where = {id(one): i for i, one in enumerate(self.sections)}
        for one in self.sections:
            if one["type"] in (SYMTAB, DYNSYM):
                for at, symbol in list(self.symbols(one)):
                    if 0 < symbol["section"] < 0xff00:
                        symbol["section"] = where[id(self.old[symbol["section"]])]
                        self.set_symbol(one, at, symbol)

    def to_rela(self):
        """Relocations of i386 whose addend lies in the word: .rel.dyn grows, the rest makes room."""
        one = self.named(".rel.dyn")
        if not one or not any(kind == 1 and self.get(where) for _, where, _, _, (kind, _) in self.relocations(one)):
            return
        rows = [(where, info, self.get(where) if kind in (1, 2, 8, 14, 37) else 0)
                for _, where, info, _, (kind, _) in self.relocations(one)]
        last = self.named(".rel.plt") or one
        more = len(one["data"]) // 2
        self.shift(last["addr"] + last["size"] - 1, 0x1000)
        rows = [(where + 0x1000, info, addend + 0x1000 if info & 255 == 8 else addend) for where, info, addend in rows]
        one["data"] = bytearray(b"".join(struct.pack("<III", *row) for row in rows))
        one["type"], one["entsize"], one["size"] = RELA, 12, len(one["data"])
        if last is not one:
            last["addr"] += more
            last["offset"] += more
        _, entries = self.dynamic()
        for entry in entries:
            if entry[0] == 18:
                entry[1] += more
            elif entry[0] == 19:
                entry[1] = 12
            elif entry[0] == 23:
                entry[1] += more
            entry[0] = {17: 7, 18: 8, 19: 9, 0x6ffffffa: 0x6ffffff9}.get(entry[0], entry[0])
        self.set_dynamic(entries)


def library(elf, base):
    undo = elf.undo()
    names = elf.named(".shstrtab")
    if not elf.wide:
        for one in elf.sections:
            # a R_386_32 without an addend becomes a GLOB_DAT
            if one["type"] == REL and not any(kind == 1 and elf.get(where) for _, where, _, _, (kind, _) in elf.relocations(one)):
                for at, where, info, addend, (kind, number) in list(elf.relocations(one)):
                    if kind == 1:
                        elf.set_relocation(one, at, where, number << 8 | 6, 0)
        elf.to_rela()
    elf.shift(0, base)
    libstr = elf.add(names, ".gnu.libstr", type=STRTAB, data=bytearray(b"\0libfar.so.1\0"))
    liblist = elf.add(libstr, ".gnu.liblist", type=0x6ffffff7, align=4, entsize=20, link=libstr,
                      data=bytearray(struct.pack("<IIIII", 1, TIME, SUM, 0, 0)))
    elf.add(names, ".gnu.prelink_undo", align=elf.size, entsize=1, data=bytearray(undo))
    assert liblist in elf.sections
    elf.fill_in()
    elf.add_tags([(PRELINKED, TIME), (CHECKSUM, SUM)])
    elf.renumber()


def program(elf):
    undo = elf.undo()
    names = elf.named(".shstrtab")
    dynstr = elf.named(".dynstr")
    first = next(one for one in elf.segments if one["type"] == 1)
    later = min(one["offset"] for one in elf.segments if one["type"] == 1 and one["offset"] > first["offset"])
    inside = [one for one in elf.sections if one["flags"] & 2 and one["addr"] + one["size"] <= first["vaddr"] + first["memsz"]]
    behind = elf.sections[elf.sections.index(inside[-1]) + 1]
    end = first["offset"] + first["filesz"]

    def move_in(one):
        nonlocal end
        end = (end + one["align"] - 1) // one["align"] * one["align"]
        one["offset"], one["addr"] = end, first["vaddr"] + end - first["offset"]
        end += len(one["data"])
    elf.sections.remove(dynstr)
    elf.sections.insert(elf.sections.index(behind), dynstr)
    was = dynstr["addr"]
    new_name = len(dynstr["data"])
    dynstr["data"] += b"libfar.so.1\0"
    dynstr["size"] = len(dynstr["data"])
    move_in(dynstr)
    liblist = elf.add(behind, ".gnu.liblist", type=0x6ffffff7, flags=2, align=4, entsize=20, link=dynstr,
                      data=bytearray(struct.pack("<IIIII", new_name, TIME, SUM, 0, 0)))
    move_in(liblist)
    conflict = elf.add(behind, ".gnu.conflict", type=RELA, flags=2, align=elf.size, entsize=3 * elf.size, link=elf.named(".dynsym"),
                       data=bytearray(struct.pack("<" + elf.word * 3, 0x30010000 + 8, 1, 0x30020000)))
    move_in(conflict)
    if end > later:
        sys.exit("no room in the first segment")
    first["filesz"] = first["memsz"] = end - first["offset"]
    _, entries = elf.dynamic()
    for entry in entries:
        if entry[0] == 5 and entry[1] == was:
            entry[1] = dynstr["addr"]
    elf.set_dynamic(entries)
    copies = [where for one in elf.sections if one["type"] in (REL, RELA) and one is not conflict
              for _, where, _, _, (kind, _) in elf.relocations(one) if kind == 5]
    bss = elf.named(".bss")
    if copies:
        length = max(copies) + elf.size - bss["addr"]
        data = next(one for one in reversed(elf.segments) if one["type"] == 1)
        offset = data["offset"] + bss["addr"] - data["vaddr"]
        elf.add(bss, ".dynbss", flags=bss["flags"], addr=bss["addr"], align=bss["align"], entsize=0, offset=offset, size=length,
                data=bytearray((b"copy" * length)[:length]))
        data["filesz"] = bss["addr"] + length - data["vaddr"]
        bss["addr"] += length
        bss["size"] -= length
        bss["offset"] = offset + length
    elf.add(names, ".gnu.prelink_undo", align=elf.size, entsize=1, data=bytearray(undo))
    elf.fill_in()
    elf.add_tags([(LIBLIST, liblist["addr"]), (LIBLISTSZ, len(liblist["data"])), (CONFLICT, conflict["addr"]),
                  (CONFLICTSZ, len(conflict["data"]))])
    elf.renumber()


def main():
    with open(sys.argv[1], "rb") as source:
        elf = Elf(source.read())
    if elf.type == 3:
        library(elf, int(sys.argv[3], 0))
    else:
        program(elf)
    with open(sys.argv[2], "wb") as target:
        target.write(elf.write())


main()
