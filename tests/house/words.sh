#!/bin/sh
# The texts of the style sheet have their words in each other language, nineteen of twenty at least: what is new stays English until
# somebody translates it. Wording of the law of a country is not translated, nor are codes.
cd "${TOP_SRCDIR:?}" || exit 1
command -v python3 >/dev/null || { echo '1..0 # SKIP python3 is missing'; exit 0; }
python3 - <<'END'
import glob, re, sys, xml.etree.ElementTree as tree
XSL = '{http://www.w3.org/1999/XSL/Transform}'
CODE = re.compile(r'(DFW-\d+(, )?)+|\\xHH|[\W\d_]*|.*____.*|.*[{}].*|.*counter\(.*|, ATT.*|en|run\.xml|W-|Q', re.S)
texts = set()

def add(text):
    text = re.sub(r'\s+', ' ', text or '').strip()
    if not CODE.fullmatch(text):
        texts.add(text)

def walk(element):
    if not isinstance(element.tag, str) or element.tag in (XSL + 'attribute',) or element.tag.endswith(('}code', '}pre')):
        return
    add(element.text)
    add(element.get('aria-label'))
    for child in element:
        walk(child)
        add(child.tail)

for template in tree.parse('reports/tier2.xsl').getroot():
    walk(template)
catalogs = glob.glob('reports/words.*.xml')
print(f'1..{len(catalogs)}')
for number, path in enumerate(catalogs, 1):
    words = [w.get('en') for w in tree.parse(path).getroot()]
    missing, twice = sorted(texts - set(words)), len(words) - len(set(words))
    print('not ' * bool(20 * len(missing) > len(texts) or twice) +
          f'ok {number} - {path} has {len(texts) - len(missing)} of {len(texts)} texts of the style sheet, each once')
    for text in missing:
        print('# missing:', text)
END
