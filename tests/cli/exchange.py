#!/usr/bin/env python3
"""exchange.py OUTDIR [SCHEMAS]: holds what other tools read against their formats, and against findings.jsonl and files.jsonl.

Identifiers are computed again by Python's own uuid and json modules. With the folder of OASIS' schemas, and
python3-jsonschema installed, every object is validated; hash names, which the schemas leave open, are checked here.
"""
import json
import os
import sys
import uuid
import warnings

OASIS = uuid.UUID('00abedb4-aa42-466c-9c01-fed23315a9b7')


def lines(folder, name):
    with open(os.path.join(folder, name), encoding='utf-8') as file:
        return [json.loads(line) for line in file]


def contributing(item):
    if item['type'] == 'directory':
        return {'path': item['path']}
    parts = {}
    for algorithm in ('MD5', 'SHA-1', 'SHA-256'):
        if algorithm in item.get('hashes', {}):
            parts['hashes'] = {algorithm: item['hashes'][algorithm]}
            break
    parts['name'] = item['name']
    parts['parent_directory_ref'] = item['parent_directory_ref']
    return parts


def check_bundle(folder):
    with open(os.path.join(folder, 'findings.stix.json'), encoding='utf-8') as file:
        bundle = json.load(file)
    objects = bundle['objects']
    ids = {item['id'] for item in objects}
    assert len(ids) == len(objects), 'an identifier twice'
    for item in objects:
        if item['type'] in ('file', 'directory'):
            text = json.dumps(contributing(item), sort_keys=True, separators=(',', ':'), ensure_ascii=False)
            assert item['id'] == f"{item['type']}--{uuid.uuid5(OASIS, text)}", item
            assert set(item.get('hashes', {})) <= {'MD5', 'SHA-1', 'SHA-256'}, item
        for name, value in item.items():
            if name.endswith('_ref'):
                assert value in ids, (item['id'], name)
            if name.endswith('_refs'):
                assert value and set(value) <= ids, (item['id'], name)
    told = [finding for finding in lines(folder, 'findings.jsonl')
            if finding['inode'] and finding['severity'] in ('critical', 'high', 'medium')]
    notes = [item for item in objects if item['type'] == 'note']
    assert {(note['content']) for note in notes} == {finding['text'] for finding in told}, 'notes against findings'
    bad = {finding['sha256'] for finding in told if finding['check'] == 'known-bad' and finding['sha256']}
    patterns = {item['pattern'] for item in objects if item['type'] == 'indicator'}
    assert patterns == {f"[file:hashes.'SHA-256' = '{digest}']" for digest in bad}, patterns
    return bundle


def validate(bundle, schemas):
    warnings.simplefilter('ignore')
    import jsonschema
    store, by_type = {}, {}
    for root, _, names in os.walk(schemas):
        for name in names:
            with open(os.path.join(root, name), encoding='utf-8') as file:
                schema = json.load(file)
            store[schema['$id']] = schema
            by_type[os.path.splitext(name)[0]] = schema
    for item in [dict(bundle, objects=[])] + bundle['objects']:
        schema = by_type[item['type']]
        resolver = jsonschema.RefResolver(schema['$id'], schema, store=store)
        errors = list(jsonschema.Draft202012Validator(schema, resolver=resolver).iter_errors(item))
        if item['type'] == 'bundle':
            errors = [error for error in errors if list(error.path) != ['objects']]
        assert not errors, (item, errors[0].message)
    broken = dict(next(item for item in bundle['objects'] if item['type'] == 'identity'), created='yesterday')
    schema = by_type['identity']
    resolver = jsonschema.RefResolver(schema['$id'], schema, store=store)
    assert list(jsonschema.Draft202012Validator(schema, resolver=resolver).iter_errors(broken)), 'nothing was validated'


def check_layer(folder):
    with open(os.path.join(folder, 'navigator.json'), encoding='utf-8') as file:
        layer = json.load(file)
    assert layer['domain'] == 'enterprise-attack' and layer['versions'] == {'layer': '4.5', 'navigator': '4.9.0'}
    assert isinstance(layer['name'], str)
    first = layer['techniques'][0]
    assert first['techniqueID'] == 'T1554' and first['tactic'] == 'persistence' and 0 <= first['score'] <= 100
    known = {finding['id'] for finding in lines(folder, 'findings.jsonl')}
    for technique in layer['techniques'][1:]:
        assert set(technique['comment'].split(' and ')[0].split(', ')) <= known, technique


def check_sweep(folder):
    files = lines(folder, 'files.jsonl')
    by_verdict = {}
    for file in files:
        if file['sha256'] and file['digest_reliable'] and file['size']:
            by_verdict.setdefault(file['sha256'], set()).add(file['verdict'])
    with open(os.path.join(folder, 'bad.sha256'), 'rb') as file:
        swept = [line.lstrip(b'\\')[:64].decode() for line in file.read().splitlines()]
    assert swept == sorted(set(swept)), 'each once, sorted'
    for digest in swept:
        assert by_verdict[digest] & {'known_bad', 'changed_unexplained'}, digest
    wanted = {digest for digest, verdicts in by_verdict.items() if verdicts & {'known_bad', 'changed_unexplained'}}
    return swept, wanted


def main():
    folder = sys.argv[1]
    bundle = check_bundle(folder)
    if len(sys.argv) > 2:
        validate(bundle, sys.argv[2])
    check_layer(folder)
    swept, wanted = check_sweep(folder)
    assert set(swept) <= wanted
    print(len(swept), len(bundle['objects']))


main()
