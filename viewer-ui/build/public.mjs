// The icons and fonts that Grafana's library fetches at run time, under the paths that it expects.
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { root } from './bundle.mjs';

const modules = path.join(root, 'node_modules');
const icons = path.join(modules, '@grafana', 'ui', 'dist', 'public', 'img', 'icons');
const ownIcons = path.join(root, 'icons');
const inter = path.join(modules, '@fontsource', 'inter', 'files');
const mono = path.join(modules, '@fontsource', 'roboto-mono', 'files');

// The names on the left are fixed in Grafana's global styles.
const FONTS = {
  'inter/Inter-Regular.woff2': path.join(inter, 'inter-latin-400-normal.woff2'),
  'inter/Inter-Medium.woff2': path.join(inter, 'inter-latin-500-normal.woff2'),
  'inter/Inter-Italic.woff2': path.join(inter, 'inter-latin-400-italic.woff2'),
  'inter/Inter-MediumItalic.woff2': path.join(inter, 'inter-latin-500-italic.woff2'),
  'roboto/L0xTDF4xlVMF-BfR8bXMIhJHg45mwgGEFl0_3vrtSM1J-gEPT5Ese6hmHSh0mQ.woff2': path.join(mono, 'roboto-mono-latin-400-normal.woff2'),
};

function filesBelow(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

/** A folder name that changes with its content, so that browsers may keep the files for ever. */
function folderName() {
  const hash = createHash('sha256');
  for (const file of [...filesBelow(icons), ...filesBelow(ownIcons), ...Object.values(FONTS)]) {
    hash.update(path.basename(file)).update(readFileSync(file));
  }
  return `public-${hash.digest('hex').slice(0, 8)}`;
}

/** Copies icons and fonts into `assets` and returns the address of their folder, with a slash at its end. */
export function copyPublic(assets) {
  const name = folderName();
  const target = path.join(assets, name);
  cpSync(icons, path.join(target, 'build', 'img', 'icons'), { recursive: true });
  cpSync(ownIcons, path.join(target, 'build', 'img', 'icons', 'unicons'), { recursive: true });
  for (const [wanted, source] of Object.entries(FONTS)) {
    const file = path.join(target, 'fonts', wanted);
    mkdirSync(path.dirname(file), { recursive: true });
    cpSync(source, file);
  }
  return `/assets/${name}/`;
}
