#!/usr/bin/env python3
"""exchange.py OUTDIR [SCHEMAS]: holds what other tools read against their formats, and against findings.jsonl and files.jsonl.

Identifiers are computed again by Python's own uuid and json modules. With the folder of OASIS' schemas, and
python3-jsonschema installed, every object is validated; hash names, which the schemas leave open, are checked here.
"""
import json
import os
import re
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


# Classes and their properties that case.jsonld uses, by the ontologies CASE 1.4 and UCO 1.4; a value is the type of its literal.
CORE = {'uco-core:name': str, 'uco-core:description': str, 'uco-core:object': 'reference'}
CASE = {
    'case-investigation:Investigation': CORE,
    'case-investigation:InvestigativeAction': {**CORE, 'uco-action:instrument': 'reference', 'uco-action:object': 'reference',
                                               'uco-action:result': 'reference'},
    'case-investigation:ProvenanceRecord': {**CORE, 'case-investigation:exhibitNumber': str},
    'uco-tool:Tool': {**CORE, 'uco-tool:version': str},
    'uco-observable:Image': {'uco-core:hasFacet': 'node'},
    'uco-observable:File': {**CORE, 'uco-core:hasFacet': 'node'},
    'uco-observable:ObservableRelationship': {
        'uco-core:source': 'reference', 'uco-core:target': 'reference', 'uco-core:isDirectional': 'xsd:boolean',
        'uco-core:kindOfRelationship': str},
    'uco-observable:FileFacet': {
        'uco-observable:fileName': str, 'uco-observable:filePath': str, 'uco-observable:isDirectory': 'xsd:boolean',
        'uco-observable:sizeInBytes': 'xsd:integer', 'uco-observable:modifiedTime': 'xsd:dateTime',
        'uco-observable:accessedTime': 'xsd:dateTime', 'uco-observable:metadataChangeTime': 'xsd:dateTime',
        'uco-observable:observableCreatedTime': 'xsd:dateTime'},
    'uco-observable:ContentDataFacet': {'uco-observable:sizeInBytes': 'xsd:integer', 'uco-observable:hash': 'node'},
    'uco-types:Hash': {'uco-types:hashMethod': 'uco-vocabulary:HashNameVocab', 'uco-types:hashValue': 'xsd:hexBinary'},
}
LITERALS = {'xsd:boolean': r'true|false', 'xsd:integer': r'[0-9]+', 'xsd:hexBinary': r'([0-9a-f]{2})+',
            'xsd:dateTime': r'-?[0-9]{4,}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(\.[0-9]+)?Z',
            'uco-vocabulary:HashNameVocab': r'MD5|SHA1|SHA256'}


def check_node(node, ids, references):
    allowed = CASE[node['@type']]
    assert node['@id'] not in ids, node['@id']
    ids.add(node['@id'])
    for name, value in node.items():
        if name in ('@id', '@type'):
            continue
        wanted = allowed[name]
        for item in value if isinstance(value, list) else [value]:
            if wanted == 'node':
                check_node(item, ids, references)
            elif wanted == 'reference':
                assert set(item) == {'@id'}, item
                references.add(item['@id'])
            elif wanted is str:
                assert isinstance(item, str), item
            else:
                assert item['@type'] == wanted and re.fullmatch(LITERALS[wanted], item['@value']), (name, item)


def check_case(folder):
    with open(os.path.join(folder, 'case.jsonld'), encoding='utf-8') as file:
        document = json.load(file)
    ids, references = set(), set()
    for node in document['@graph']:
        check_node(node, ids, references)
    assert references <= ids, references - ids
    used = set(re.findall(r'"((?:case|uco|xsd|kb)[a-z-]*):', json.dumps(document['@graph'])))
    assert used <= set(document['@context']), used - set(document['@context'])
    told = {name['@value'] for node in document['@graph'] if node['@type'] == 'uco-observable:File'
            for facet in node['uco-core:hasFacet'] for digest in facet.get('uco-observable:hash', [])
            for name in [digest['uco-types:hashValue']] if len(name['@value']) == 64}
    accused = {file['sha256'] for file in lines(folder, 'files.jsonl') if file['sha256'] and file['verdict'] in
               ('conflict', 'known_bad', 'changed_unexplained', 'changed_no_record', 'suspicious')}
    assert accused <= told, accused - told


def main():
    folder = sys.argv[1]
    check_case(folder)
    bundle = check_bundle(folder)
    if len(sys.argv) > 2:
        validate(bundle, sys.argv[2])
    check_layer(folder)
    swept, wanted = check_sweep(folder)
    assert set(swept) <= wanted
    print(len(swept), len(bundle['objects']))


main()
