#!/usr/bin/env python3
"""Holds the records of evtx_records against those of evtxexport (libevtx): evtx_oracle.py EVTX_RECORDS FILE...

Every record that evtxexport gives must be there, and every value of it be the same, in its order. Known differences of
libevtx 20181227, each counted by the name under which it is printed:

    hex_padding    it writes hexadecimal numbers with zeros in front: 0x00000000000003e7
    size_decimal   it writes SizeT as a decimal number
    case           it writes GUIDs and binary values in another case
    blanks         it leaves blanks out at the ends of values; control characters are not told from blanks
    real           it writes numbers as 3.199234e+003
    fraction       times with nine digits: the format has seven
    not_decoded    it gives the record up: no instance of a template, an entity, a type that it does not know
    chunk_full     it does not see the last record of a chunk that this record fills to its last byte
"""
import json
import re
import struct
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

CHUNK = 65536
NAMESPACE = '{http://schemas.microsoft.com/win/2004/08/events/event}'
ESCAPED = re.compile(r'((?:\\x[0-9A-F]{2})+)')
MEMBERS = (('Provider_Name', 'provider'), ('EventID', 'id'), ('Channel', 'channel'))


def unescape(text):
    return ESCAPED.sub(lambda found: bytes.fromhex(found.group(1).replace('\\x', '')).decode('utf-8', 'replace'), text)


def ours(program, name):
    run = subprocess.run([program, name], capture_output=True, text=True, check=False)
    for line in run.stdout.splitlines():
        record = json.loads(line)
        fields = [[unescape(name), unescape(value)] for name, value in record['fields']]
        for field, member in MEMBERS:
            if record[member]:
                fields.append([field, unescape(record[member])])
        fields.append(['EventRecordID', str(record['record_id'])])
        fields.append(['TimeCreated_SystemTime', record['time']])
        yield str(record['record_id']), fields


def local(tag):
    return tag.rsplit('}', 1)[-1]


def walk(element, section, outer, fields):
    """The fields of an element in the way that the product names them."""
    name = local(element.tag)
    called = '%s_%s' % (section, name) if section not in ('System', 'EventData', 'UserData', '') and outer else name
    for attribute, value in element.attrib.items():
        if local(attribute) == 'Name' and (section == 'EventData' and outer or name == 'Data' and section == 'UserData'):
            called = value
        else:
            fields.append([name + '_' + local(attribute), value])
    if not len(element) or (element.text or '').strip():
        fields.append([called, element.text or ''])
    for child in element:
        walk(child, section, True, fields)
        if (child.tail or '').strip():
            fields.append([called, child.tail])


def theirs(name, counts):
    run = subprocess.run(['evtxexport', '-f', 'xml', name], capture_output=True, check=False)
    text = run.stdout.decode('utf-8', 'replace')
    text = re.sub('[\x00-\x08\x0b\x0c\x0e-\x1f]', ' ', text)
    for part in re.findall(r'<Event .*?</Event>', text, re.S):
        try:
            event = ElementTree.fromstring(part)
        except ElementTree.ParseError:
            counts['not_well_formed'] = counts.get('not_well_formed', 0) + 1
            continue
        fields = []
        for section in event:
            walk(section, local(section.tag), False, fields)
        yield event.findtext('%sSystem/%sEventRecordID' % (NAMESPACE, NAMESPACE)), fields


def number(text):
    return int(text, 16) if re.fullmatch('0[xX][0-9a-fA-F]+', text) else None


def difference(mine, other):
    """The name of a known difference; '' where the values are the same, None where it is not known."""
    if mine == other:
        return ''
    if mine.strip() == other.strip() or re.sub(r'[\s\x00-\x1f\u2400]+', ' ', mine).strip() == re.sub(r'\s+', ' ', other).strip():
        return 'blanks'
    if number(mine) is not None and number(mine) == number(other):
        return 'hex_padding'
    if number(mine) is not None and other.isdigit() and number(mine) == int(other):
        return 'size_decimal'
    if re.fullmatch('[-{}0-9a-fA-F]+', mine) and mine.lower() == other.lower():
        return 'case'
    if re.fullmatch(r'\d{4}-.*Z', mine) and mine[:-1] == other[:-3]:
        return 'fraction'
    try:
        return 'real' if abs(float(mine) - float(other)) <= 1e-6 * abs(float(mine)) else None
    except ValueError:
        return None


def compare(name, mine, other, counts):
    left = [field for field in mine if re.sub(r'[\s\x00-\x1f]', '', field[1])]
    wrong = 0
    for called, value in (field for field in other if field[1].strip()):
        found = None
        for field in left:
            found = difference(field[1], value) if field[0] == called else None
            if found is not None:
                left.remove(field)
                break
        if found is None:
            print('%s: %s is %r there, and nothing such here: %r' % (name, called, value,
                                                                   [field[1] for field in mine if field[0] == called]))
            wrong += 1
        elif found:
            counts[found] = counts.get(found, 0) + 1
    for called, value in left:
        print('%s: %s is %r here, and nothing such there' % (name, called, value))
        wrong += 1
    return wrong


def fills_its_chunk(name):
    """The numbers of records that end where their chunk ends."""
    with open(name, 'rb') as log:
        data = log.read()
    found = set()
    for start in range(4096, len(data), CHUNK):
        at = 512
        while data[start + at:start + at + 4] == b'\x2a\x2a\0\0' and at + 24 <= CHUNK:
            size, number_ = struct.unpack_from('<IQ', data, start + at + 4)
            at += max(size, 24)
            if at == CHUNK:
                found.add(str(number_))
    return found


def main():
    counts, records, wrong = {}, 0, 0
    for name in sys.argv[2:]:
        mine = list(ours(sys.argv[1], name))
        by_number = {}
        for number_, fields in mine:
            by_number.setdefault(number_, []).append(fields)
        seen = 0
        for number_, fields in theirs(name, counts):
            seen += 1
            if not by_number.get(number_):
                print('%s: record %s is not here' % (name, number_))
                wrong += 1
                continue
            wrong += compare('%s record %s' % (name, number_), by_number[number_].pop(0), fields, counts)
        left = [number_ for number_, rest in by_number.items() if rest]
        full = len(set(left) & fills_its_chunk(name))
        counts['chunk_full'] = counts.get('chunk_full', 0) + full
        counts['not_decoded'] = counts.get('not_decoded', 0) + len(mine) - seen - full
        records += seen
    print('%d records compared, %d values wrong; known differences: %s' % (
        records, wrong, ', '.join('%s %d' % item for item in sorted(counts.items()))))
    return 1 if wrong or not records else 0


if __name__ == '__main__':
    sys.exit(main())
