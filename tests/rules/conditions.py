#!/usr/bin/env python3
"""Conditions made at random, and which events fulfil them by their meaning: run_rules has to say the same.

conditions.py make FOLDER      rules.yml and events: every combination of what the search identifiers ask for
conditions.py expect FOLDER    the lines that run_rules has to print

Precedence, patterns and "them" as the Sigma specification has them (Rules, "Condition").
"""
import fnmatch
import os
import random
import sys

NAMES = 'selection_a', 'selection_b', 'sel-c', 'filter_main_1', 'filter_optional_2', '_hidden'
PATTERNS = 'selection_*', 'sel*', 'filter_*', 'filter_main_*', '*_a', '*', 'them', 'selection_a', '_*'
RULES = 300


def make(chance, depth):
    """A condition and a function of the set of identifiers that are true."""
    kind = chance.choice(('name', 'quantified', 'not', 'and', 'or', 'parenthesis')[:2 if depth == 0 else 6])
    if kind == 'name':
        name = chance.choice(NAMES)
        return name, lambda true: name in true
    if kind == 'quantified':
        pattern = chance.choice(PATTERNS)
        meant = [name for name in NAMES if (not name.startswith('_') if pattern == 'them' else fnmatch.fnmatchcase(name, pattern))]
        many = chance.choice(('1', 'all', 'any', '2'))
        least = len(meant) if many == 'all' else 2 if many == '2' else 1
        return '%s of %s' % (many, pattern), lambda true: sum(name in true for name in meant) >= least
    if kind == 'not':
        text, value = make(chance, 0)
        return 'not ' + text, lambda true: not value(true)
    if kind == 'parenthesis':
        text, value = make(chance, depth - 1)
        blank = chance.choice(('', ' '))
        negated = chance.random() < 0.4
        return ('not (' if negated else '(') + blank + text + blank + ')', lambda true: value(true) != negated
    # Of what binds less closely than the word only one in parentheses may stand beside it.
    parts = []
    for _ in range(chance.randint(2, 3)):
        text, value = make(chance, depth - 1)
        if ' and ' in text.lower() or ' or ' in text.lower():
            text = '(' + text + ')'
        parts.append((text, value))
    if kind == 'or' and chance.random() < 0.5:
        text, value = make(chance, 0)
        other, second = make(chance, 0)
        parts.append((text + ' and ' + other, lambda true: value(true) and second(true)))
    word = kind.upper() if chance.random() < 0.1 else kind
    both = [value for _, value in parts]
    return (' %s ' % word).join(text for text, _ in parts), lambda true: (all if kind == 'and' else any)(value(true) for value in both)


def conditions():
    chance = random.Random(1554)
    return [make(chance, chance.randint(1, 3)) for _ in range(RULES)]


def combinations():
    for bits in range(1 << len(NAMES)):
        yield {name for i, name in enumerate(NAMES) if bits >> i & 1}


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in ('make', 'expect'):
        sys.exit(__doc__)
    made = conditions()
    if sys.argv[1] == 'expect':
        for number, true in enumerate(combinations(), 1):
            for i, (_, value) in enumerate(made):
                if value(true):
                    print('event %d: c%03d' % (number, i))
        return
    with open(os.path.join(sys.argv[2], 'rules.yml'), 'w') as rules:
        for i, (text, _) in enumerate(made):
            rules.write('title: c%03d\nid: c%03d\nlogsource: { product: windows, category: process_creation }\ndetection:\n' % (i, i))
            for k, name in enumerate(NAMES):
                rules.write('    %s: { F%d: yes }\n' % (name, k))
            rules.write("    condition: '%s'\n---\n" % text)
    with open(os.path.join(sys.argv[2], 'events'), 'w') as events:
        for true in combinations():
            events.write('event provider=Microsoft-Windows-Sysmon channel=Microsoft-Windows-Sysmon/Operational id=1 kind=process_started\n')
            for k, name in enumerate(NAMES):
                events.write('\tF%d: %s\n' % (k, 'yes' if name in true else 'no'))


main()
