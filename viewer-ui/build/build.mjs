// Builds the page into src/kubeglass/viewer/static: hashed assets first, then one swap, so that half a build is never served.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as esbuild from 'esbuild';
import { bundleOptions, root } from './bundle.mjs';
import { indexHtml } from './index-html.mjs';
import { thirdPartyLicences } from './licences.mjs';
import { copyPublic } from './public.mjs';

const target = path.resolve(process.env.KUBEGLASS_PAGE_DIR ?? path.join(root, '..', 'src', 'kubeglass', 'viewer', 'static'));

async function bundle(folder) {
  const publicPath = copyPublic(path.join(folder, 'assets'));
  const options = bundleOptions();
  return esbuild.build({
    ...options,
    define: { ...options.define, KUBEGLASS_PUBLIC_PATH: JSON.stringify(publicPath) },
    entryPoints: { page: path.join(root, 'src', 'main.ts') },
    outdir: path.join(folder, 'assets'),
    entryNames: '[name]-[hash]',
    chunkNames: 'chunk-[hash]',
    assetNames: '[name]-[hash]',
    splitting: true,
    format: 'esm',
    target: 'es2022',
    minify: true,
    metafile: true,
    legalComments: 'none',
  });
}

/** Moves the new page in. index.html goes last and leaves first: with it, all the files it names are there. */
function swap(folder) {
  mkdirSync(target, { recursive: true });
  rmSync(path.join(target, 'index.html'), { force: true });
  for (const name of readdirSync(target)) {
    if (name !== '.gitkeep' && path.join(target, name) !== folder) rmSync(path.join(target, name), { recursive: true });
  }
  renameSync(path.join(folder, 'assets'), path.join(target, 'assets'));
  renameSync(path.join(folder, 'index.html'), path.join(target, 'index.html'));
}

async function main() {
  if (!existsSync(path.dirname(target))) throw new Error(`page: ${path.dirname(target)} does not exist; set KUBEGLASS_PAGE_DIR to a folder in an existing one`);
  mkdirSync(target, { recursive: true });
  // Beside its goal, so that the last step is a rename and not a copy.
  const folder = mkdtempSync(path.join(target, '.building-'));
  try {
    const result = await bundle(folder);
    writeFileSync(path.join(folder, 'assets', 'THIRD-PARTY-LICENSES.txt'), thirdPartyLicences(Object.keys(result.metafile.inputs)));
    writeFileSync(path.join(folder, 'index.html'), indexHtml(result.metafile.outputs));
    swap(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

await main();
