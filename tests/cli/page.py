"""
The page as a reader meets it, measured in a headless Chromium.

	page.py PAGE PICTURES [AXE]

PICTURES: a folder for the screenshots and the pages as printed. AXE: axe.min.js of axe-core, or "". Prints "ok TEXT", "not ok
TEXT" and "skip TEXT (REASON)" a line each, with lines "# ..." behind what is not ok.
"""
import pathlib
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree

import browser

HTML = '{http://www.w3.org/1999/xhtml}'
RULES = "{runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']}"


def tell(passed, text, why=''):
    print(('ok ' if passed else 'not ok ') + text)
    if not passed and why:
        print('\n'.join('# ' + line for line in str(why).splitlines()[:12]))


def words(element):
    return re.sub(r'\s+', ' ', ''.join(element.itertext())).strip()


def deciding(path):
    """What a reader must find at once: the decision, the criterion, a file and a quoted line of each row, what speaks against."""
    root = xml.etree.ElementTree.fromstring(re.sub(r'^<!DOCTYPE html>', '', pathlib.Path(path).read_text('utf-8')))
    section = next(s for s in root.iter(HTML + 'section') if s.get('id') == 'verdict')
    found = [words(next(section.iter(HTML + 'h2')))]
    for table in section.iter(HTML + 'table'):
        if table.get('id') == 'criteria':
            found += [words(row.find(HTML + 'th')) for row in table.find(HTML + 'tbody')]
        if table.get('id') == 'deciding':
            found += [words(next(row.iter(HTML + 'code'))) for row in table.find(HTML + 'tbody')]
            found += [words(q) for q in table.iter(HTML + 'q')]
    return found


def first_screen(page, path):
    page.open(path, 1280, 900)
    places = page.value('''[...document.querySelectorAll('#verdict-h, #deciding th, #deciding td, #deciding q, #criteria tr, #against')]
        .map(e => [e.getBoundingClientRect().bottom, e.getBoundingClientRect().height, e.textContent.slice(0, 80)])''')
    low = [place for place in places if place[0] > 900 or place[1] == 0]
    tell(not low and len(places) > 5, 'decision, deciding evidence, criteria and what speaks against end above 900 of 900 pixels '
         f'(at {max(place[0] for place in places):.0f})', low)
    order = page.value('''[...document.querySelectorAll(`#verdict-h, #deciding, #criteria, #against, #questions, #picture, #findings,
        #actions, #evidence, #method, #coverage, #validation, #exhibits, #declaration, #appendix`)].map(e => e.id).join(' ')''')
    tell(order.split() == [name for name in 'verdict-h deciding criteria against questions picture findings actions evidence method '
         'coverage validation exhibits declaration appendix'.split() if name != 'deciding' or 'deciding' in order],
         'the parts stand in their order', order)
    tell(page.requests == [pathlib.Path(path).resolve().as_uri()], 'nothing is fetched', page.requests)
    tell(not page.messages, 'the browser complains of nothing', page.messages)


def narrow(page, path, pictures):
    page.open(path, 400, 800)
    page.picture(pictures / 'phone.png')
    width = page.value('document.documentElement.scrollWidth')
    tell(width == 400, 'nothing is wider than 400 pixels', width)
    cut = page.value('''[...document.querySelectorAll('main *')].filter(e => { const r = e.getBoundingClientRect();
        if (r.right <= 401 || !r.width || !e.textContent.trim()) return false;
        for (let p = e.parentElement; p; p = p.parentElement) {
            if (['auto', 'scroll'].includes(getComputedStyle(p).overflowX)) return false; }
        return getComputedStyle(e).overflowX == 'visible' && !e.closest('details:not([open])') && !e.closest('thead');
        }).slice(0, 5).map(e => e.tagName + ' ' + e.className + ' ' + e.textContent.slice(0, 60))''')
    tell(not cut, 'and nothing is cut off there', cut)


def keyboard(page, path):
    page.open(path, 1280, 900)
    page.key('Tab', 9)
    tell(page.value('document.activeElement.className') == 'skip', 'the first key leads to the link over the contents')
    seen, hidden = set(), []
    for _ in range(60):
        state = page.value('''(() => { const e = document.activeElement, s = getComputedStyle(e), r = e.getBoundingClientRect();
            return [e.tagName + ' ' + (e.getAttribute('href') || e.textContent.slice(0, 30)), s.outlineStyle, r.left]; })()''')
        if state[0].startswith('BODY') or state[0] in seen:
            break
        seen.add(state[0])
        if state[1] == 'none' or state[2] < -50:
            hidden.append(state)
        page.key('Tab', 9)
    tell(len(seen) > 12 and not hidden, 'whatever has the focus shows it', hidden or seen)
    loose = page.value('''[...document.querySelectorAll('*')].filter(e => e.scrollWidth > e.clientWidth + 1 &&
        ['auto', 'scroll'].includes(getComputedStyle(e).overflowX) && e.tabIndex < 0 && !e.querySelector('a, summary'))
        .map(e => e.tagName + ' ' + e.className)''')
    tell(not loose, 'what scrolls can be reached without a mouse', loose)


def accessible(page, path, axe):
    if not axe or not pathlib.Path(axe).is_file():
        print('skip no departure from WCAG 2.2 AA (axe-core is not there: ./bootstrap deps)')
        return
    for width, height in ((1280, 900), (400, 800)):
        page.open(path, width, height)
        page.value(pathlib.Path(axe).read_text('utf-8') + '; true')
        result = page.value(f'''axe.run(document, {RULES}).then(r => r.violations.map(v => v.id + ': ' + v.nodes.length + ' x ' +
            v.nodes[0].html.slice(0, 160)))''')
        tell(not result, f'no departure from WCAG 2.2 AA, {width} pixels wide', '\n'.join(result))


def printed(page, path, pictures):
    pdf = pictures / 'report.pdf'
    page.open(path, 1280, 900)
    page.print(pdf)
    if not shutil.which('pdftotext') or not shutil.which('pdftoppm'):
        print('skip the pages as printed (pdftotext is missing)')
        return
    pages = subprocess.check_output(['pdftotext', '-layout', pdf, '-']).decode().split('\f')[:-1]
    plain = subprocess.check_output(['pdftotext', '-f', '1', '-l', '1', '-raw', pdf, '-']).decode()
    first = re.sub(r'\s+', '', plain)
    missing = [text for text in deciding(path) if re.sub(r'\s+', '', text)[:60] not in first]
    tell(not missing, 'the first printed page has the decision, the criteria, the deciding files and the quoted lines', missing)
    identity = re.search(r'<dd class="id">([0-9a-f-]+)<', pathlib.Path(path).read_text('utf-8')).group(1)
    tell(all(identity in text for text in pages), 'every printed page has the id of the report',
         [number for number, text in enumerate(pages, 1) if identity not in text])
    count = len(pages)
    wrong = [n for n, text in enumerate(pages, 1) if not re.search(rf'(Page|Seite) {n} (of|von) {count}\s*$', text.rstrip())]
    tell(not wrong, f'every printed page has its number, of {count}', wrong)
    tell(re.search(rf'(End of report|Ende des Berichts) {identity}', re.sub(r'\s+', ' ', pages[-1])),
         'the last one says that the report ends', pages[-1][-300:])
    size = subprocess.check_output(['pdfinfo', pdf]).decode()
    tell('(A4)' in size, 'on A4', size)
    subprocess.run(['pdftoppm', '-r', '60', '-png', '-l', '4', pdf, pictures / 'print'], check=True)


def main():
    path, pictures, axe = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else ''
    pictures.mkdir(parents=True, exist_ok=True)
    page = browser.Browser()
    try:
        first_screen(page, path)
        page.picture(pictures / 'desktop.png')
        page.picture(pictures / 'whole.png', whole=True)
        narrow(page, path, pictures)
        keyboard(page, path)
        accessible(page, path, axe)
        printed(page, path, pictures)
    finally:
        page.close()


main()
