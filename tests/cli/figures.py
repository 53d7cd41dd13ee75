#!/usr/bin/env python3
"""figures.py OUTDIR...: every number of the report, counted again from the lines of the inventory."""
import collections
import json
import os
import re
import sys
import xml.etree.ElementTree as ElementTree

R = '{urn:t1554triage:report:1}'
H = '{http://www.w3.org/1999/xhtml}'
# What speaks most against a file first: the order of the interface.
ORDER = ('not_examined conflict known_bad unreliable changed_unexplained changed_no_record changed_explained '
         'suspicious known_tool known_good matches_record known unknown').split()
failed = []


def same(what, got, expected):
    if got != expected:
        failed.append(f'{what}: the report says {got}, its lines say {expected}')


def lines(folder, name):
    with open(os.path.join(folder, name), encoding='utf-8') as stream:
        return [json.loads(line) for line in stream]


def folder_of(path):
    parts = path.split('/')
    depth = 2 if parts[1] in ('usr', 'var', 'home') and len(parts) > 3 else 1
    return '/'.join(parts[:depth + 1]) if len(parts) > 2 else '/'


def programs_of(files):
    """Allocated programs of installed systems, each once: (first path, gravest verdict)."""
    programs = {}
    for file in files:
        if file['type'] == 'other' or file['state'] != 'allocated' or file['system'] == '-':
            continue
        key = file['evidence'], file['volume'], file.get('stream'), file['inode'] or file['volume_path']
        path, verdict = programs.get(key, (file['path'], file['verdict']))
        programs[key] = path, min(verdict, file['verdict'], key=ORDER.index)
    return list(programs.values())


def check_classes(what, element, expected):
    got = {part.get('verdict'): int(part.get('files')) for part in element if int(part.get('files'))}
    same(what, got, dict(expected))


def check_picture(report, programs):
    verdicts = collections.Counter(verdict for _, verdict in programs)
    counts, picture = report.find(R + 'counts'), report.find(R + 'picture')
    same('programs', int(counts.get('programs')), len(programs))
    check_classes('counts', counts, verdicts)
    if programs:
        check_classes('figure 1', picture.find(R + 'bar'), verdicts)
    tail = picture.find(R + 'tail')
    if tail is not None:
        accounted = ('matches_record', 'known_good', 'known', 'changed_explained')
        check_classes('figure 1, enlarged', tail, {v: n for v, n in verdicts.items() if v not in accounted})
    table, folders = collections.Counter(), collections.defaultdict(collections.Counter)
    for path, verdict in programs:
        folders[folder_of(path)][verdict] += 1
    for folder in picture.find(R + 'folders'):
        table.update({part.get('verdict'): int(part.get('files')) for part in folder.findall(R + 'class')})
        if folder.get('rest') == 'false':
            check_classes('figure 3, ' + folder.find(R + 'path').text, folder.findall(R + 'class'),
                          folders[folder.find(R + 'path').text])
    same('figure 3', dict(table), dict(verdicts))


def check_findings(report, findings):
    element = report.find(R + 'findings')
    same('findings', int(element.get('count')), len(findings))
    for severity in 'critical', 'high', 'medium', 'low', 'info':
        same(severity, int(element.get(severity)), sum(f['severity'] == severity for f in findings))
    shown = len(element.findall(R + 'finding')) + sum(int(g.get('count')) for g in element.findall(R + 'group'))
    same('findings shown and grouped', shown, len(findings))
    for check in report.iter(R + 'check'):
        same('findings of ' + check.get('id'), int(check.get('findings')),
             sum(f['check'] == check.get('id') for f in findings))


def check_coverage(report, folder, files):
    notes = lines(folder, 'notes.jsonl')
    same('notes', int(report.find(R + 'notes').get('count')), len(notes))
    same('incomplete notes', int(report.find(R + 'notes').get('incomplete')), sum(n['incomplete'] for n in notes))
    for kind in report.iter(R + 'note-kind'):
        same('notes of ' + kind.get('kind'), int(kind.get('count')), sum(n['kind'] == kind.get('kind') for n in notes))
    packages = lines(folder, 'packages.jsonl')
    same('locks', int(report.find(R + 'locks').get('count')), sum(bool(p.get('lock')) for p in packages))
    same('packages', sum(int(s.get('packages')) for s in report.iter(R + 'system')),
         sum(not p.get('lock') for p in packages))
    same('names', int(report.find(R + 'counts').get('names')), len(files))
    for item in report.iter(R + 'set'):
        same('names found in ' + item.get('name'), int(item.get('names-found')),
             sum(any(s['name'] == item.get('name') for s in f['sets']) for f in files))


def check_page(report, folder):
    page = ElementTree.parse(os.path.join(folder, 'report.html')).getroot()
    counts = report.find(R + 'counts')
    by_verdict = {part.get('verdict'): int(part.get('files')) for part in counts}
    shown = [int(n.replace(',', '')) for dd in next(d for d in page.iter(H + 'dl') if d.get('id') == 'numbers').iter(H + 'dd')
             for n in re.findall('[0-9,]+', ''.join(dd.itertext()))]
    same('numbers of the page', shown, [
        int(counts.get('entries')), int(counts.get('programs')), by_verdict['matches_record'], by_verdict['known_good'],
        by_verdict['unknown'], by_verdict['changed_unexplained'] + by_verdict['changed_no_record'], by_verdict['known_bad']])
    for section in page.iter(H + 'section'):
        if section.get('id') == 'findings':
            same('findings of the page', section.get('data-count'), report.find(R + 'findings').get('count'))
        if section.get('id') == 'verdict':
            same('decision of the page', section.get('data-decision'), report.find(R + 'decision').get('value'))


for folder in sys.argv[1:]:
    report = ElementTree.parse(os.path.join(folder, 'report.xml')).getroot()
    files = lines(folder, 'files.jsonl')
    check_picture(report, programs_of(files))
    check_findings(report, lines(folder, 'findings.jsonl'))
    check_coverage(report, folder, files)
    check_page(report, folder)
print('\n'.join(failed))
sys.exit(bool(failed))
