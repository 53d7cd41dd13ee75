#!/usr/bin/env python3
"""repeat.py OUTDIR FOLDER [MEDIUM]: runs the commands of each card in the folder of the evidence, or under its mount, and holds
what they print against what the card says; cuts the byte runs of each card out of the medium.  Each line printed is a departure."""
import hashlib
import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as etree

R = '{urn:t1554triage:report:1}'


def text_of(element):
    return ''.join(element.itertext()) if element is not None else ''


class Card:
    def __init__(self, finding, start_of):
        self.id = finding.get('id')
        self.file = finding.find(R + 'file')
        self.start = start_of.get((finding.get('evidence'), finding.get('volume')))
        self.commands = [text_of(command) for command in finding.findall(R + 'repeat')]
        self.digests, self.lines, self.expected, self.is_link = {}, {}, None, False
        self.sentence = text_of(finding.find(R + 'text'))
        places = list(finding.findall(R + 'seen'))
        if self.file is not None:
            for digest in self.file.findall(R + 'digest'):
                self.digests[digest.get('algorithm')] = text_of(digest)
            self.expected = self.file.find(R + 'expected')
            if self.expected is not None:
                places += self.expected.findall(R + 'seen')
        for place in places:
            if place.get('line') and place.find(R + 'quoted') is not None:
                self.lines.setdefault(place.get('line'), set()).add(text_of(place.find(R + 'quoted')))

    def departures(self, folder, medium):
        for command in self.commands:
            done = subprocess.run(['sh', '-c', command], cwd=folder, capture_output=True, check=False)
            said = done.stdout.decode('utf-8', 'replace')
            if done.returncode or done.stderr:
                yield f'{command}: {done.returncode} {done.stderr[:200]!r}'
            elif why := self.disagreement(command, said):
                yield f'{command}: {why}'
        if self.file is not None and not any('sha256sum' in command for command in self.commands):
            yield 'no command for the SHA-256'
        if medium and not self.is_link:
            yield from self.cut(medium)

    def disagreement(self, command, said):
        if command.startswith('mmls'):
            return None if re.search(rf'\b0*{self.start // 512}\b', said) else 'does not name the volume'
        if command.startswith('istat'):
            self.is_link = 'symbolic link to: ' in said
            size = re.search(r'size: (\d+)', said)
            return None if size and size.group(1) == self.file.get('size') else 'another size'
        if command.startswith('readlink'):
            return None if ' to ' + said.strip() in self.sentence else 'another target'
        if summing := re.search(r'\| (md5|sha1|sha224|sha256|sha384|sha512)sum$', command):
            return None if said.split()[0] == self.digests.get(summing.group(1)) else 'another digest'
        if printed := re.search(r'\| sed -n (\d+)p$', command):
            line = said.rstrip('\n')
            quoted = self.lines.get(printed.group(1))
            if not line:
                return 'no such line'
            if not quoted and self.expected is not None and self.expected.get('digest') not in line:
                return f'{line!r} has not the recorded digest'
            return None if not quoted or line in quoted else f'{line!r}, not {quoted}'
        if 'od -A d' in command or 'sqlite3' in command:
            return None if said.strip() else 'prints nothing'
        return 'unknown command'

    def cut(self, medium):
        runs = self.file.find(R + 'byte-runs') if self.file is not None else None
        if self.file is None or not int(self.file.get('size')):
            return
        if runs is None:
            yield 'no byte runs'
            return
        content = bytearray(int(self.file.get('size')))
        with open(medium, 'rb') as bytes_of:
            for run in runs:
                if run.get('offset'):
                    bytes_of.seek(int(run.get('offset')))
                    at, length = int(run.get('file-offset')), int(run.get('length'))
                    content[at:at + length] = bytes_of.read(length)
        if hashlib.sha256(content[:int(self.file.get('size'))]).hexdigest() != self.digests.get('sha256'):
            yield 'the byte runs are not the content'


def main(outdir, folder, medium=None):
    report = etree.parse(os.path.join(outdir, 'report.xml')).getroot()
    start_of = {(v.get('evidence'), v.get('name')): int(v.get('start')) for v in report.iter(R + 'volume')}
    cards = [Card(f, start_of) for f in report.iter(R + 'finding') if f.get('card') == 'true']
    with open(os.path.join(outdir, 'findings.jsonl'), encoding='utf-8') as lines:
        listed = {finding['id']: finding for finding in map(json.loads, lines)}
    for card in cards:
        for departure in card.departures(folder, medium):
            print(f'{card.id}: {departure}')
        if [c.replace('\\', '') for c in card.commands] != [c.replace('\\', '') for c in listed[card.id]['repeat']]:
            print(f'{card.id}: findings.jsonl has other commands')
    print(len(cards), 'cards', sum(len(card.commands) for card in cards), 'commands')


if __name__ == '__main__':
    main(*sys.argv[1:])
