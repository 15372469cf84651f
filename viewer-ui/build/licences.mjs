// Writes the licence of every package whose code, icons or fonts end up in the page.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { root } from './bundle.mjs';

const REFUSED = /AGPL|(^|[^L])GPL|SSPL|BUSL/;
const COPIED = ['node_modules/@fontsource/inter/LICENSE', 'node_modules/@fontsource/roboto-mono/LICENSE'];

function packageFolder(input) {
  const match = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)/.exec(input);
  return match?.[1];
}

function licenceText(folder) {
  const name = readdirSync(folder).find((entry) => /^(licen[cs]e|copying)(\.|$|-)/i.test(entry));
  return name ? readFileSync(path.join(folder, name), 'utf8').trim() : undefined;
}

function describe(folder) {
  const manifest = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
  const licence = typeof manifest.license === 'string' ? manifest.license : (manifest.license?.type ?? manifest.licenses?.[0]?.type ?? 'see text');
  return { title: `${manifest.name} ${manifest.version}`, licence, text: licenceText(folder) };
}

/**
 * Lists the bundled packages with their licences.
 *
 * @param inputs paths of all bundled files, relative to viewer-ui (esbuild's metafile).
 * @returns the text of THIRD-PARTY-LICENSES.txt.
 * @throws Error when a package's licence would bind the whole page.
 */
export function thirdPartyLicences(inputs) {
  const folders = new Set([...inputs, ...COPIED].map(packageFolder).filter((folder) => folder && existsSync(path.join(root, folder, 'package.json'))));
  const packages = [...folders].map((folder) => describe(path.join(root, folder))).sort((a, b) => a.title.localeCompare(b.title));
  const refused = packages.filter((item) => REFUSED.test(item.licence));
  if (refused.length) {
    throw new Error(`page: licence not allowed in the bundle (${refused.map((item) => `${item.title}: ${item.licence}`).join(', ')}); drop the package`);
  }
  const seen = new Set();
  return [...packages.map(section), apache()].join(`\n\n${'-'.repeat(80)}\n\n`);

  function section({ title, licence, text }) {
    if (seen.has(title)) return `${title} (${licence}), another copy`;
    seen.add(title);
    const body = text ?? (licence === 'Apache-2.0' ? 'Its package carries no licence file; the Apache License 2.0 stands at the end.' : `Licensed under ${licence}; its package carries no licence file.`);
    return `${title}\nLicence: ${licence}\n\n${body}`;
  }
}

function apache() {
  return readFileSync(path.join(root, '..', 'LICENSE'), 'utf8').trim();
}
