// shacl.mjs MODULES DOCUMENT SHAPES...: validates JSON-LD against SHACL shapes (Turtle); prints each departure and the number of
// nodes that were looked at. MODULES: the folder node_modules with jsonld, n3 and rdf-validate-shacl. Nothing is fetched.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [modules, document, ...shapeFiles] = process.argv.slice(2);
const require = createRequire(join(modules, 'x.js'));
const load = async name => import(pathToFileURL(require.resolve(name)));
const jsonld = (await load('jsonld')).default;
const { Parser, Store, DataFactory } = (await load('n3')).default;
const SHACLValidator = (await import(pathToFileURL(join(modules, 'rdf-validate-shacl', 'index.js')))).default;

const SH = 'http://www.w3.org/ns/shacl#';
// What the validator does not know: rules in SPARQL, and ontologies that would be fetched.
const isKnown = quad => quad.predicate.value !== `${SH}sparql` && quad.predicate.value !== 'http://www.w3.org/2002/07/owl#imports';
const shapes = new Store(shapeFiles.flatMap((file, number) =>
  new Parser({ blankNodePrefix: `_:s${number}` }).parse(readFileSync(file, 'utf8')).filter(isKnown)));
const refuse = async url => { throw new Error(`${url} would be fetched`); };
const nquads = await jsonld.toRDF(JSON.parse(readFileSync(document, 'utf8')), { format: 'application/n-quads', documentLoader: refuse });
const data = new Store(new Parser({ format: 'N-Quads' }).parse(nquads));
const report = await new SHACLValidator(shapes, { factory: undefined }).validate(data);
for (const result of report.results) {
  if (result.severity?.value === `${SH}Info`) continue;
  console.log(`${result.focusNode?.value} ${result.path?.value ?? ''}: ${result.sourceConstraintComponent?.value} ${result.value?.value ?? ''}`);
}
console.log(`${data.countQuads(null, DataFactory.namedNode('http://www.w3.org/1999/02/22-rdf-syntax-ns#type'), null)} nodes, ${report.results.length} results`);
