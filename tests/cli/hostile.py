"""
Names that a stranger chose, as the usual readers of each output meet them.

	hostile.py OUTDIR FOLDER

FOLDER holds files whose names are hostile; each is published as bad in the run that made OUTDIR, where it lies in /usr/bin.
Prints "ok TEXT", "not ok TEXT" and "skip TEXT (REASON)" a line each.
"""
import csv
import json
import os
import re
import shutil
import subprocess
import sys
import unicodedata
import xml.etree.ElementTree as etree

import browser

DFXML = '{http://www.forensicswiki.org/wiki/Category:Digital_Forensics_XML}'
REPORT = '{urn:t1554triage:report:1}'


def tell(passed, text, why=''):
    print(('ok ' if passed else 'not ok ') + text)
    if not passed and why:
        print('\n'.join('# ' + line for line in ascii(why).splitlines()[:12])[:2000])


def plain(text):
    """The bytes of a name that was written with \\xHH."""
    return re.sub(rb'\\x([0-9A-Fa-f]{2})', lambda m: bytes([int(m.group(1), 16)]), text.encode('utf-8', 'surrogateescape'))


def below(names):
    return {name[len(b'/usr/bin/'):] for name in names if name.startswith(b'/usr/bin/')}


def readers(folder, names):
    dfxml = etree.parse(os.path.join(folder, 'files.dfxml'))
    told = below({plain(element.text or '') for element in dfxml.iter(DFXML + 'filename')})
    tell(names <= told, 'DFXML: every name can be had back', names - told)
    with open(os.path.join(folder, 'files.jsonl'), encoding='utf-8') as lines:
        files = [json.loads(line) for line in lines]
    told = below({bytes.fromhex(f['path_hex']) if f.get('path_hex') else f['path'].encode() for f in files})
    tell(names <= told, 'JSON lines: every name can be had back', names - told)
    cards = {}
    for finding in etree.parse(os.path.join(folder, 'report.xml')).iter(REPORT + 'finding'):
        path = finding.find(REPORT + 'path')
        if path is not None:
            cards[finding.get('id')] = bytes.fromhex(path.get('raw')) if path.get('raw') else ''.join(path.itertext()).encode()
    tell(names <= below(set(cards.values())), 'report.xml: every name can be had back', names - below(set(cards.values())))
    if not shutil.which('mactime'):
        print('skip mactime (it is missing)')
    else:
        with open(os.path.join(folder, 'timeline.body'), 'rb') as body:
            expected = {line.split(b'|')[1] for line in body}
        said = subprocess.run(['mactime', '-b', os.path.join(folder, 'timeline.body'), '-d', '-y', '-z', 'UTC'], capture_output=True,
                              check=True).stdout.decode('utf-8', 'surrogateescape')
        rows = list(csv.reader(said.splitlines()))
        tell(all(len(row) == 8 for row in rows), 'mactime: every row has its eight columns', [row for row in rows if len(row) != 8][:3])
        seen = {row[7].strip('"').encode('utf-8', 'surrogateescape') for row in rows[1:] if len(row) == 8}
        lacking = {name for name in expected if name not in seen and name.replace(b'"', b'') not in {s.replace(b'"', b'') for s in seen}}
        tell(not lacking, 'mactime: no name is lost', lacking)
    # As sha256sum -c reads it: a backslash in front says that \\, \n and \r of the name are written so.
    with open(os.path.join(folder, 'bad.sha256'), 'rb') as swept:
        rows = [re.fullmatch(rb'(\\?)([0-9a-f]{64})  (/[^\n]*)', line, re.S) for line in swept.read().split(b'\n')[:-1]]
    tell(rows and all(rows), 'bad.sha256: a digest and a name a line', rows)
    letters = {b'\\\\': b'\\', b'\\n': b'\n', b'\\r': b'\r'}
    told = below({re.sub(rb'\\[\\nr]', lambda m: letters[m.group()], row.group(3)) if row.group(1) else row.group(3) for row in rows if row})
    tell(names <= told, 'bad.sha256: every name can be had back', names - told)
    return cards


def page(path):
    view = browser.Browser()
    try:
        for width, height in ((1280, 900), (400, 800)):
            view.open(path, width, height)
            wide = view.value('document.documentElement.scrollWidth')
            tell(wide == width, f'page: nothing is wider than {width} pixels', wide)
        tell(not view.messages, 'page: the browser complains of nothing', view.messages)
        odd = view.value('''[...document.querySelectorAll('*')].map(e => e.tagName.toLowerCase()).filter(name =>
            ['script', 'img', 'iframe', 'object', 'embed', 'base', 'form', 'input', 'link', 'video', 'audio'].includes(name))''')
        tell(not odd, 'page: no name became an element', odd)
        links = view.value('[...document.querySelectorAll("[href], [src]")].map(e => e.getAttribute("href") || e.getAttribute("src"))')
        strange = [link for link in links if not re.fullmatch(r'#(F-\d{4,}|[a-z-]+)', link)]
        tell(links and not strange, 'page: links lead to parts and findings of the page only', strange)
        marks = view.value('[...document.querySelectorAll("[id], [class]")].flatMap(e => [e.id, ...e.classList]).filter(name => name)')
        strange = [mark for mark in marks if not re.fullmatch(r'F-\d{4,}|[a-z][a-z0-9_-]*', mark)]
        tell(marks and not strange, 'page: no name became an id or a class', strange)
        text = view.value('document.body.innerText')
        hidden = {hex(ord(c)) for c in text if unicodedata.category(c) in ('Cc', 'Cf', 'Cs', 'Co', 'Cn') and c not in '\n\t'}
        tell(not hidden, 'page: nothing hidden and no direction of text is in it', hidden)
        shown = {card: plain(name) for card, name in view.value('''[...document.querySelectorAll('article.card')].map(e =>
            [e.id, (e.querySelector('.big bdi') || {textContent: ''}).textContent])''')}
        return shown
    finally:
        view.close()


def main(folder, hostile):
    names = set(os.listdir(os.fsencode(hostile)))
    cards = readers(folder, names)
    if not browser.find():
        print('skip the page in a browser (Chromium is missing)')
        return
    shown = page(os.path.join(folder, 'report.html'))
    wrong = {card: (name, cards.get(card)) for card, name in shown.items() if name and name != cards.get(card)}
    tell(len(shown) >= len(names) and not wrong, 'page: each card shows its name, which can be had back', wrong or len(shown))


main(*sys.argv[1:])
