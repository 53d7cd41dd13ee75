#!/usr/bin/env python3
"""Writes Windows event logs: the cases of tests/parsers/eventlog/evtx, logs for comparison, a corpus for measuring.

    evtx_logs.py case NAME FILE       one of the logs in CASES
    evtx_logs.py list                 their names
    evtx_logs.py corpus FOLDER BYTES  logs of Security, Sysmon and others, together of at least so many bytes

Written from MS-EVEN6 and libyal's description of the format; what Windows does is said where it is followed.
"""
import os
import random
import struct
import sys
import uuid
import zlib

CHUNK = 65536
HEADER = 512
SYSMON = 'Microsoft-Windows-Sysmon', '{5770385F-C22A-43E0-BF4C-06F5698FFBD9}', 'Microsoft-Windows-Sysmon/Operational'
SECURITY = 'Microsoft-Windows-Security-Auditing', '{54849625-5478-4994-A5BA-3E3B0328C30D}', 'Security'
DEFENDER = ('Microsoft-Windows-Windows Defender', '{11CD958A-C507-4EF3-B3F2-5FD9DFBD2C78}',
            'Microsoft-Windows-Windows Defender/Operational')
EVENTLOG = 'Microsoft-Windows-Eventlog', '{FC65DDD8-D6EF-4962-83D5-6E5CFE9CE148}', 'Security'
BASE_TIME = 133747200000000000      # 2024-10-30T00:00:00Z

(NULL, STRING, ANSI, INT8, UINT8, INT16, UINT16, INT32, UINT32, INT64, UINT64, REAL32, REAL64, BOOL, BINARY, GUID, SIZE,
 FILETIME, SYSTEMTIME, SID, HEX32, HEX64) = range(22)
BINXML, ARRAY = 0x21, 0x80
FORMATS = {INT8: 'b', UINT8: 'B', INT16: 'h', UINT16: 'H', INT32: 'i', UINT32: 'I', INT64: 'q', UINT64: 'Q',
           REAL32: 'f', REAL64: 'd', BOOL: 'I', SIZE: 'Q', FILETIME: 'Q', HEX32: 'I', HEX64: 'Q'}


def utf16(text):
    return text.encode('utf-16-le', 'surrogatepass')


def sid(text):
    parts = text.split('-')[1:]
    return struct.pack('<BB', int(parts[0]), len(parts) - 2) + int(parts[1]).to_bytes(6, 'big') + \
        b''.join(struct.pack('<I', int(part)) for part in parts[2:])


def encode(kind, value):
    """Bytes of a value as they stand behind a template instance."""
    if isinstance(value, bytes):
        return value
    if kind & ARRAY:
        return b''.join(utf16(item) + b'\0\0' if kind == ARRAY | STRING else encode(kind & ~ARRAY, item) for item in value)
    if kind == NULL:
        return b''
    if kind == STRING:
        return utf16(value)
    if kind == GUID:
        return uuid.UUID(value).bytes_le
    if kind == SID:
        return sid(value)
    return struct.pack('<' + FORMATS[kind], value)


class Slot:
    def __init__(self, number, kind=STRING, optional=False):
        self.number, self.kind, self.optional = number, kind, optional


class Entity:
    def __init__(self, name):
        self.name = name


class Character:
    def __init__(self, code):
        self.code = code


class Cdata:
    def __init__(self, text):
        self.text = text


class Element:
    """attributes: pairs of a name and a list of pieces; content: pieces and elements."""
    def __init__(self, name, attributes=(), content=()):
        self.name, self.attributes, self.content = name, list(attributes), list(content)


class Chunk:
    def __init__(self, first_id):
        self.bytes = bytearray(HEADER)
        self.names, self.templates = {}, {}
        self.first_id = self.next_id = first_id
        self.last_record = 0

    def add(self, form, *values):
        self.bytes += struct.pack('<' + form, *values)

    def name(self, text):
        if text in self.names:
            self.add('I', self.names[text])
            return
        self.names[text] = len(self.bytes) + 4
        self.add('I', self.names[text])
        code = 0
        for character in text:
            code = (code * 65599 + ord(character)) & 0xFFFFFFFF
        self.add('IHH', 0, code & 0xFFFF, len(text))
        self.bytes += utf16(text) + b'\0\0'

    def piece(self, piece, more):
        flag = 0x40 if more else 0
        if isinstance(piece, Slot):
            self.add('BHB', 0x0E if piece.optional else 0x0D, piece.number, piece.kind)
        elif isinstance(piece, Entity):
            self.add('B', 0x09 | flag)
            self.name(piece.name)
        elif isinstance(piece, Character):
            self.add('BH', 0x08 | flag, piece.code)
        elif isinstance(piece, Cdata):
            self.add('BH', 0x07, len(utf16(piece.text)) // 2)
            self.bytes += utf16(piece.text)
        else:
            self.add('BBH', 0x05 | flag, STRING, len(utf16(piece)) // 2)
            self.bytes += utf16(piece)

    def pieces(self, pieces):
        for number, piece in enumerate(pieces):
            self.piece(piece, number + 1 < len(pieces))

    def patch_size(self, at):
        struct.pack_into('<I', self.bytes, at, len(self.bytes) - at - 4)

    def element(self, element, in_template):
        self.add('B', 0x41 if element.attributes else 0x01)
        if in_template:
            self.add('H', 0xFFFF)
        size_at = len(self.bytes)
        self.add('I', 0)
        self.name(element.name)
        if element.attributes:
            list_at = len(self.bytes)
            self.add('I', 0)
            for number, (name, pieces) in enumerate(element.attributes):
                self.add('B', 0x46 if number + 1 < len(element.attributes) else 0x06)
                self.name(name)
                self.pieces(pieces)
            self.patch_size(list_at)
        if element.content:
            self.add('B', 0x02)
            for number, item in enumerate(element.content):
                if isinstance(item, Element):
                    self.element(item, in_template)
                else:
                    self.piece(item, number + 1 < len(element.content))
            self.add('B', 0x04)
        else:
            self.add('B', 0x03)
        self.patch_size(size_at)

    def instance(self, key, element, values):
        """values: pairs of a type and a value; one of type BINXML is a function that writes itself."""
        identifier = uuid.uuid5(uuid.NAMESPACE_URL, key)
        self.add('BB', 0x0C, 1)
        self.add('I', identifier.fields[0])
        if key in self.templates:
            self.add('I', self.templates[key])
        else:
            self.templates[key] = len(self.bytes) + 4
            self.add('I', self.templates[key])
            self.add('I', 0)
            self.bytes += identifier.bytes_le
            size_at = len(self.bytes)
            self.add('I', 0)
            self.bytes += b'\x0f\x01\x01\x00'
            self.element(element, True)
            self.add('B', 0)
            self.patch_size(size_at)
        self.add('I', len(values))
        sizes_at = len(self.bytes)
        self.bytes += bytes(4 * len(values))
        for number, (kind, value) in enumerate(values):
            begin = len(self.bytes)
            if callable(value):
                value(self)
            else:
                self.bytes += encode(kind, value)
            struct.pack_into('<HBB', self.bytes, sizes_at + 4 * number, len(self.bytes) - begin, kind, 0)

    def record(self, write, written, number=None):
        """write fills in the binary XML; False and nothing added where there is no room."""
        kept = len(self.bytes), dict(self.names), dict(self.templates)
        begin = len(self.bytes)
        number = self.next_id if number is None else number
        self.bytes += b'\x2a\x2a\0\0'
        self.add('IQQ', 0, number, written)
        self.bytes += b'\x0f\x01\x01\x00'
        write(self, number, written)
        self.add('B', 0)
        self.bytes += bytes(-(len(self.bytes) + 4 - begin) % 8)
        size = len(self.bytes) + 4 - begin
        self.add('I', size)
        struct.pack_into('<I', self.bytes, begin + 4, size)
        if len(self.bytes) > CHUNK:
            del self.bytes[kept[0]:]
            self.names, self.templates = kept[1], kept[2]
            return False
        self.last_record = begin
        self.next_id = number + 1
        return True

    def finish(self, slack=b''):
        free = len(self.bytes)
        data = self.bytes + slack
        data += bytes(CHUNK - len(data))
        struct.pack_into('<8sQQQQIIII', data, 0, b'ElfChnk\0', self.first_id, self.next_id - 1, self.first_id,
                         self.next_id - 1, 128, self.last_record, free, zlib.crc32(bytes(data[HEADER:free])))
        struct.pack_into('<I', data, 124, zlib.crc32(bytes(data[128:HEADER]), zlib.crc32(bytes(data[:120]))))
        return bytes(data)


def file_header(chunks, next_id, dirty=False):
    header = bytearray(4096)
    struct.pack_into('<8sQQQIHHHH', header, 0, b'ElfFile\0', 0, max(chunks - 1, 0), next_id, 128, 1, 3, 4096, chunks)
    struct.pack_into('<I', header, 120, 1 if dirty else 0)
    struct.pack_into('<I', header, 124, zlib.crc32(bytes(header[:120])))
    return bytes(header)


def system(provider, number, slots):
    """The System element; slots: of a template (True), or its values."""
    def value(slot, constant, kind=UINT16, optional=False):
        return Slot(slot, kind, optional) if slots is True else constant
    constants = slots if slots is not True else {}
    return Element('System', (), [
        Element('Provider', [('Name', [provider[0]]), ('Guid', [provider[1]])]),
        Element('EventID', (), [value(0, str(number))]),
        Element('Version', (), [value(1, '0', UINT8)]),
        Element('Level', (), [value(2, '0', UINT8)]),
        Element('Task', (), [value(3, '0')]),
        Element('Opcode', (), [value(4, '0', UINT8)]),
        Element('Keywords', (), [value(5, '0x8000000000000000', HEX64)]),
        Element('TimeCreated', [('SystemTime', [value(6, constants.get('time', ''), FILETIME)])]),
        Element('EventRecordID', (), [value(7, constants.get('record', ''), UINT64)]),
        Element('Correlation', [('ActivityID', [value(8, '', GUID, True)])] if slots is True else ()),
        Element('Execution', [('ProcessID', [value(9, '4', UINT32)]), ('ThreadID', [value(10, '8', UINT32)])]),
        Element('Channel', (), [provider[2]]),
        Element('Computer', (), [constants.get('computer', 'host-1.example')]),
        Element('Security', [('UserID', [value(11, '', SID, True)])] if slots is True else ()),
    ])


NAMESPACE = ('xmlns', ['http://schemas.microsoft.com/win/2004/08/events/event'])


def system_values(number, record, written, user='S-1-5-18'):
    return [(UINT16, number), (UINT8, 5), (UINT8, 4), (UINT16, 1), (UINT8, 0), (HEX64, 0x8000000000000000),
            (FILETIME, written), (UINT64, record), (NULL, b''), (UINT32, 2284), (UINT32, 5252),
            (SID, user) if user else (NULL, b'')]


def event(provider, number, data, user='S-1-5-18', nested=False):
    """A record as Windows writes it; data: triples of a name, a type and a value."""
    key = '%s %s %s' % (provider[0], number, ' '.join(str(item[0]) for item in data))

    def event_data(first):
        return Element('EventData', (), [Element('Data', [('Name', [name])] if name else (), [Slot(first + i, kind)])
                                         for i, (name, kind, value) in enumerate(data)])

    def write(chunk, record, written):
        values = system_values(number, record, written, user)
        if nested:
            inside = [(kind, value) for name, kind, value in data]
            element = Element('Event', [NAMESPACE], [system(provider, number, True), Slot(12, BINXML)])

            def nested_data(inner):
                inner.bytes += b'\x0f\x01\x01\x00'
                inner.instance(key + ' data', event_data(0), inside)
                inner.add('B', 0)
            chunk.instance('%s outer' % provider[0], element, values + [(BINXML, nested_data)])
        else:
            element = Element('Event', [NAMESPACE], [system(provider, number, True), event_data(12)])
            chunk.instance(key, element, values + [(kind, value) for name, kind, value in data])
    return write


def forwarded(provider, number, data, time='2024-10-28T01:02:03.4567890Z'):
    """A record without a template, as collectors of forwarded events write it."""
    def write(chunk, record, written):
        del written
        values = {'time': time, 'record': str(record), 'computer': 'sender.example'}
        chunk.element(Element('Event', [NAMESPACE], [
            system(provider, number, values),
            Element('EventData', (), [Element('Data', [('Name', [name])], [value] if value else []) for name, value in data]),
            Element('RenderingInfo', [('Culture', ['en-US'])], [Element('Message', (), ['said so']),
                                                                 Element('Level', (), ['Information'])]),
        ]), False)
    return write


def process(image, command, parent, number=0):
    return event(SYSMON, 1, [
        ('RuleName', STRING, '-'), ('UtcTime', STRING, '2024-10-28 00:00:00.%03d' % (number % 1000)),
        ('ProcessGuid', GUID, str(uuid.UUID(int=number + 1))), ('ProcessId', UINT32, 1000 + number),
        ('Image', STRING, image), ('CommandLine', STRING, command), ('CurrentDirectory', STRING, 'C:\\Windows\\'),
        ('User', STRING, 'EXAMPLE\\anna'), ('LogonId', HEX64, 0x3e7), ('IntegrityLevel', STRING, 'High'),
        ('Hashes', STRING, 'SHA256=%064X' % (number * 7919 + 1)), ('ParentProcessId', UINT32, 900),
        ('ParentImage', STRING, parent), ('ParentCommandLine', STRING, parent + ' /run')])


def access(name, mask):
    return event(SECURITY, 4663, [
        ('SubjectUserSid', SID, 'S-1-5-21-1-2-3-1001'), ('SubjectUserName', STRING, 'anna'),
        ('SubjectDomainName', STRING, 'EXAMPLE'), ('SubjectLogonId', HEX64, 0x1234), ('ObjectServer', STRING, 'Security'),
        ('ObjectType', STRING, 'File'), ('ObjectName', STRING, name), ('HandleId', SIZE, 0x24c),
        ('AccessList', STRING, '%%4417\r\n\t\t\t\t'), ('AccessMask', HEX32, mask), ('ProcessId', SIZE, 0x588),
        ('ProcessName', STRING, 'C:\\build\\cl.exe')], user=None)


def started(image, parent):
    return event(SECURITY, 4688, [
        ('SubjectUserName', STRING, 'anna'), ('NewProcessId', SIZE, 0x588), ('NewProcessName', STRING, image),
        ('TokenElevationType', STRING, '%%1936'), ('ProcessId', SIZE, 0x24c), ('CommandLine', STRING, ''),
        ('ParentProcessName', STRING, parent), ('MandatoryLabel', SID, 'S-1-16-12288')], user=None)


def log(records, next_id=1, dirty=False, slack=b''):
    """Chunks and header of a log of these records, one written each ten milliseconds."""
    chunks, chunk, written = [], Chunk(next_id), BASE_TIME
    for write in records:
        if not chunk.record(write, written):
            chunks.append(chunk.finish())
            chunk = Chunk(chunk.next_id)
            if not chunk.record(write, written):
                raise SystemExit('a record is longer than a chunk')
        written += 100000
    chunks.append(chunk.finish(slack))
    return file_header(len(chunks), chunk.next_id, dirty) + b''.join(chunks)


def data_event(content):
    """A record of a provider of its own, whose EventData or UserData is given."""
    def write(chunk, record, written):
        element = Element('Event', [NAMESPACE], [system(('Example', '{%s}' % uuid.UUID(int=7), 'Application'), 7, True),
                                                 content])
        chunk.instance('data %d' % record, element, system_values(7, record, written))
    return write


def values_event(values):
    """Each value of a type of its own, named by its place."""
    data = [('v%d' % i, kind, value) for i, (kind, value) in enumerate(values)]
    return event(('Example', '{%s}' % uuid.UUID(int=8), 'Application'), 8, data)


# ---- the cases ----

def case_kinds():
    """One record of each kind of event."""
    file = [('RuleName', STRING, ''), ('Image', STRING, 'C:\\Windows\\explorer.exe'),
            ('TargetFilename', STRING, 'C:\\Users\\anna\\x.exe:Zone.Identifier'), ('User', STRING, 'EXAMPLE\\anna')]
    defender = [('Product Name', STRING, 'Defender'), ('Detection User', STRING, 'EXAMPLE\\anna'),
                ('Threat Name', STRING, 'Virus:DOS/EICAR_Test_File'), ('Path', STRING, 'file:_C:\\Temp\\eicar.com')]
    cleared = Element('UserData', (), [Element('LogFileCleared', [('xmlns', ['http://example/cleared'])], [
        Element('SubjectUserName', (), ['anna']), Element('Channel', (), ['System'])])])

    def write_cleared(chunk, record, written):
        chunk.instance('cleared', Element('Event', [NAMESPACE], [
            system((EVENTLOG[0], EVENTLOG[1], 'System'), 104, True), cleared]), system_values(104, record, written))
    return log([
        process('C:\\Windows\\System32\\cmd.exe', 'cmd /c "echo a & b"', 'C:\\Windows\\explorer.exe'),
        event(SYSMON, 3, [('Image', STRING, 'C:\\x.exe'), ('User', STRING, '-'), ('DestinationIp', STRING, '203.0.113.9'),
                          ('DestinationPort', UINT16, 443)]),
        event(SYSMON, 7, [('Image', STRING, 'C:\\x.exe'), ('ImageLoaded', STRING, 'C:\\y.dll'), ('Signed', STRING, 'false')]),
        event(SYSMON, 11, file), event(SYSMON, 23, file), event(SYSMON, 26, file),
        event(SYSMON, 22, [('Image', STRING, 'C:\\HybridConnectionManager.exe'),
                           ('QueryName', STRING, 'x.servicebus.windows.net'), ('QueryStatus', STRING, '0')]),
        event(SYSMON, 255, [('Description', STRING, 'nothing of the above')]),
        started('C:\\Windows\\System32\\net.exe', 'C:\\Windows\\System32\\cmd.exe'),
        access('C:\\build\\main.c', 0x1), access('C:\\build\\main.c', 0x2), access('C:\\build\\main.c', 0x10000),
        event(SECURITY, 4697, [('SubjectUserName', STRING, 'SYSTEM'), ('ServiceName', STRING, 'HybridConnectionManager'),
                               ('ServiceFileName', STRING, 'C:\\HybridConnectionManager.exe')]),
        event(SECURITY, 5156, [('Application', STRING, '\\device\\harddiskvolume3\\x.exe'),
                               ('DestAddress', STRING, '198.51.100.7'), ('DestPort', UINT16, 80)], user=None),
        event(SECURITY, 4624, [('TargetUserName', STRING, 'anna'), ('LogonType', UINT32, 10), ('ProcessName', STRING, '-')]),
        event(('Service Control Manager', '{555908D1-A6D7-4695-8E1E-26931D2012F4}', 'System'), 7045,
              [('ServiceName', STRING, 'x'), ('ImagePath', STRING, '%SystemRoot%\\x.sys')]),
        event(DEFENDER, 1116, defender), event(DEFENDER, 1117, defender[:3] + [
            ('Path', STRING, 'containerfile:_C:\\Temp\\a.zip; file:_C:\\Temp\\a.zip->b.exe; file:_C:\\Temp\\c.exe')]),
        event(EVENTLOG, 1102, [('SubjectUserName', STRING, 'anna')]), write_cleared,
    ])


def case_values():
    """Every type of value, arrays, and what stands in texts."""
    return log([values_event([
        (NULL, b''), (STRING, 'a\u00e9\u20ac\U0001F600\u202e'), (ANSI, b'ansi \xe9\0'), (INT8, -128), (UINT8, 255),
        (INT16, -2), (UINT16, 65535), (INT32, -2147483648), (UINT32, 4294967295), (INT64, -9223372036854775808),
        (UINT64, 18446744073709551615), (REAL32, 0.1), (REAL64, 3199.234), (BOOL, 1), (BOOL, 0),
        (BINARY, b'\x00\xde\xad'), (GUID, '{00112233-4455-6677-8899-AABBCCDDEEFF}'), (SIZE, 0x24c),
        (SIZE, struct.pack('<I', 0x24c)), (FILETIME, BASE_TIME + 1), (FILETIME, 0),
        (SYSTEMTIME, struct.pack('<8H', 2024, 2, 4, 29, 23, 59, 58, 7)), (SYSTEMTIME, bytes(16)),
        (SID, 'S-1-5-21-4294967295-0-7-500'), (SID, b'\x01\xff\0\0'), (HEX32, 0x100080), (HEX64, 0), (UINT32, b'\1\2\3'),
        (ARRAY | STRING, ['one', '', 'three']), (ARRAY | UINT16, [1, 2, 3]), (ARRAY | HEX32, [255]),
        (STRING, 'a\0b\0'), (STRING, b'\x00\xd8x\x00'), (STRING, b'\x00\xdc'), (0x7F, b'\xaa')])])


def case_texts():
    """Constants, entities, characters, CDATA, attributes, elements within elements, names that are values."""
    def pieces(chunk, record, written):
        element = Element('Event', [NAMESPACE], [
            system(('Example', '{%s}' % uuid.UUID(int=7), 'Application'), 7, True),
            Element('EventData', [('Name', ['pieces'])], [
                Element('Data', [('Name', ['mixed'])], ['a', Entity('lt'), Slot(12), Entity('gt'), Entity('odd'),
                                                        Character(0x41), Cdata('<c>')]),
                Element('Data', [('Name', ['q', Entity('amp'), 'r'])], ['joined name']),
                Element('Data', [('Name', [Slot(13)])], [Slot(12)]),
                Element('Data', (), ['without a name']), Element('Data', [('Name', ['empty'])]),
                Element('Data', [('Name', ['none'])], [Slot(14, STRING, True)]), Element('Binary', (), [Slot(15, BINARY)]),
                Element('ComplexData', [('Name', ['outer'])], ['before', Element('Part', [('Key', ['k'])], ['in']), 'behind'])])])
        chunk.instance('pieces', element, system_values(7, record, written) + [
            (STRING, 'value'), (STRING, 'called by a value'), (NULL, b''), (BINARY, b'\1\2')])
    user = Element('UserData', (), [Element('EventXML', [('xmlns:auto-ns', ['x']), ('Version', ['2'])], [
        Element('Deep', (), [Element('Deeper', (), ['text'])]), Element('Twice', (), ['1']), Element('Twice', (), ['2']),
        Element('Nothing')])])
    return log([pieces, data_event(user),
                event(SYSMON, 1, [('Image', STRING, 'C:\\nested.exe'), ('ParentImage', STRING, '')], nested=True),
                event(SYSMON, 1, [('Image', STRING, 'C:\\again.exe'), ('ParentImage', STRING, 'C:\\p.exe')], nested=True)])


def case_forwarded():
    """Records without templates."""
    return log([forwarded(SECURITY, 4688, [('NewProcessName', 'C:\\Windows\\System32\\whoami.exe'), ('CommandLine', '')]),
                forwarded(SYSMON, 11, [('TargetFilename', 'C:\\t.exe')], 'not a time')])


def three_chunks():
    records = [process('C:\\program%d.exe' % i, 'run %d' % i, 'C:\\Windows\\explorer.exe', i) for i in range(300)]
    return bytearray(log(records, 100))


def case_dirty():
    """Headers that know nothing of the last records; chunks that the file's header does not count."""
    data = bytearray(log([process('C:\\p%d.exe' % i, 'run', '-', i) for i in range(4)], dirty=True))
    second = struct.unpack_from('<I', data, 4096 + HEADER + 4)[0] + HEADER
    struct.pack_into('<QQQQIII', data, 4096 + 8, 1, 1, 1, 1, 128, HEADER, second)
    struct.pack_into('<H', data, 42, 0)
    return bytes(data)


def case_damaged():
    """A record that cannot be decoded, one whose begin is lost, a hole in the numbers, the rest cut off."""
    data = bytearray(log([process('C:\\p%d.exe' % i, 'run', '-', i) for i in range(6)]))
    at, places = 4096 + HEADER, []
    while data[at:at + 4] == b'\x2a\x2a\0\0':
        places.append(at)
        at += struct.unpack_from('<I', data, at + 4)[0]
    data[places[1] + 28] = 0xFF
    data[places[3]] = 0
    struct.pack_into('<Q', data, places[5] + 8, 9)
    return bytes(data[:at + 100])


def case_slack():
    """A record that was left behind the end."""
    old = Chunk(1)
    for i in range(3):
        old.record(process('C:\\old%d.exe' % i, 'run', '-', i), BASE_TIME)
    first = struct.unpack_from('<I', old.bytes, HEADER + 4)[0] + HEADER
    rest = bytes(old.bytes[first:])
    new = Chunk(900)
    new.record(process('C:\\old0.exe', 'run', '-', 0), BASE_TIME)
    del new.bytes[first:]
    return file_header(1, 901) + new.finish(rest)


def case_no_log():
    """Another file under the name of a log."""
    return b'this is no log\n' * 20


CASES = {name[5:]: function for name, function in sorted(globals().items()) if name.startswith('case_')}


# ---- the corpus ----

def corpus_records(chooser, count):
    programs = ['C:\\Windows\\System32\\%s.exe' % name for name in
                ('svchost', 'cmd', 'conhost', 'powershell', 'rundll32', 'taskhostw', 'wmiprvse', 'net', 'sc', 'reg')]
    for i in range(count):
        image, parent, kind = chooser.choice(programs), chooser.choice(programs), chooser.random()
        if kind < 0.4:
            yield process(image, '"%s" /a %d /b "%s"' % (image, i, 'x' * chooser.randrange(80)), parent, i)
        elif kind < 0.6:
            yield started(image, parent)
        elif kind < 0.8:
            yield access('C:\\Users\\anna\\Documents\\file%d.txt' % i, chooser.choice((1, 2, 0x10000)))
        else:
            yield event(SYSMON, 7, [('Image', STRING, image), ('ImageLoaded', STRING, 'C:\\Windows\\System32\\l%d.dll' % (i % 400)),
                                    ('Hashes', STRING, 'SHA256=%064X' % i), ('Signed', STRING, 'true'),
                                    ('Signature', STRING, 'Example'), ('SignatureStatus', STRING, 'Valid')])


def corpus(folder, size):
    os.makedirs(folder, exist_ok=True)
    chooser, written, number = random.Random(1554), 0, 0
    while written < size:
        data = log(corpus_records(chooser, 8000), 1 + 8000 * number)
        number += 1
        with open(os.path.join(folder, 'log%03d.evtx' % number), 'wb') as out:
            out.write(data)
        written += len(data)


def main():
    if sys.argv[1:] == ['list']:
        print('\n'.join(CASES))
    elif sys.argv[1:2] == ['case'] and len(sys.argv) == 4 and sys.argv[2] in CASES:
        with open(sys.argv[3], 'wb') as out:
            out.write(CASES[sys.argv[2]]())
    elif sys.argv[1:2] == ['corpus'] and len(sys.argv) == 4:
        corpus(sys.argv[2], int(sys.argv[3]))
    else:
        sys.exit(__doc__)


if __name__ == '__main__':
    main()
