#!/bin/sh
# What the report says of its accuracy is what README says, and the bounds are those of these numbers.
cd "${TOP_SRCDIR:?}" || exit 99
command -v python3 >/dev/null || { echo '1..0 # SKIP python3 is missing'; exit 0; }
PYTHONDONTWRITEBYTECODE=1 python3 - <<'END'
import re
import sys

sys.path.insert(0, 'tests/accuracy')
from accuracy import corpus_version, upper_bound

row = re.search(r'^ACCURACY\("(\w+)", (\d+), (\d+), "([\d.]+)", (\d+), (\d+), "([\d.]+)"\)$', open('src/report/accuracy.def').read(), re.M)
corpus, found, altered, missed_bound, accused, clean, accused_bound = row.groups()
readme = open('README.md').read()
tests = [
    (f'(corpus {corpus})' in readme.replace('\n', ' '), 'README names the same corpus'),
    (re.search(r'^\| found \| %s/%s \|' % (found, altered), readme, re.M), 'README has the same number of found'),
    (re.search(r'^\| upper 95 %% bound of missed \| %s %% \|' % re.escape(missed_bound), readme, re.M), 'README has the same bound'),
    (re.search(r'^\| clean hosts accused \| %s/%s \|' % (accused, clean), readme, re.M), 'README has the same number of accused'),
    ('%.1f' % (100 * upper_bound(int(altered) - int(found), int(altered))) == missed_bound, 'the bound of missed is that of its numbers'),
    ('%.1f' % (100 * upper_bound(int(accused), int(clean))) == accused_bound, 'the bound of accused is that of its numbers'),
]
for number, (passed, text) in enumerate(tests, 1):
    print('%s %d - %s' % ('ok' if passed else 'not ok', number, text))
    if not passed:
        print('# "make accuracy" prints the line for src/report/accuracy.def; README.md has the table')
if corpus_version() != corpus:
    print('# the corpus is another one by now (%s): "make accuracy" measures it' % corpus_version())
print('1..%d' % len(tests))
END
