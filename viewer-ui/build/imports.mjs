// What the page's modules may import: a room only rooms below it, and no module itself by way of others.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

// From top to bottom; rooms in one line are blind to each other. main.ts stands above them all.
const LAYERS = [['main'], ['shell'], ['scene', 'runtime'], ['panels', 'datasource']];

/** Maps each module below `folder` to the modules that it imports, for types too; names have no extension. */
export function readImports(folder) {
  const files = readdirSync(folder, { recursive: true }).filter((name) => /(?<!\.test)\.tsx?$/.test(name));
  return new Map(files.map((file) => [nameOf(file), importsOf(file, readFileSync(path.join(folder, file), 'utf8'))]));
}

function nameOf(file) {
  return file.replaceAll(path.sep, '/').replace(/\.tsx?$/, '');
}

function importsOf(file, text) {
  const names = ts.preProcessFile(text).importedFiles.map((imported) => imported.fileName);
  return names.filter((name) => name.startsWith('.')).map((name) => path.posix.join(path.posix.dirname(nameOf(file)), name));
}

/** Lists imports of a room above, or beside, the importing module's own. */
export function findUpward(imports) {
  const layerOf = (room) => LAYERS.findIndex((layer) => layer.includes(room));
  return [...imports].flatMap(([module, imported]) => {
    const room = module.split('/')[0];
    const others = imported.filter((name) => name.split('/')[0] !== room);
    return others.filter((name) => layerOf(room) < 0 || layerOf(name.split('/')[0]) <= layerOf(room)).map((name) => `${module} -> ${name}`);
  });
}

/** Lists circles, each as the way from a module back to itself. */
export function findCircles(imports) {
  const done = new Set();
  const circles = [];
  const visit = (module, way) => {
    if (way.includes(module)) circles.push([...way.slice(way.indexOf(module)), module].join(' -> '));
    else if (!done.has(module)) (imports.get(module) ?? []).forEach((next) => visit(next, [...way, module]));
    done.add(module);
  };
  [...imports.keys()].forEach((module) => visit(module, []));
  return circles;
}
