// Bundles each src/**/*.test.ts, and runs them and build/*.test.mjs with node's own test runner.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as esbuild from 'esbuild';
import { bundleOptions, root } from './bundle.mjs';

const source = path.join(root, 'src');
const wanted = process.argv.slice(2);
const tests = readdirSync(source, { recursive: true })
  .filter((name) => /\.test\.tsx?$/.test(name) && (!wanted.length || wanted.some((part) => name.includes(part))))
  .map((name) => path.join(source, name));
if (!tests.length) throw new Error('page: no test file matches');

const folder = mkdtempSync(path.join(os.tmpdir(), 'kubeglass-page-tests-'));
try {
  const options = bundleOptions();
  await esbuild.build({
    ...options,
    define: { ...options.define, KUBEGLASS_PUBLIC_PATH: '"/assets/public/"' },
    entryPoints: tests,
    outdir: folder,
    outbase: source,
    outExtension: { '.js': '.mjs' },
    platform: 'node',
    // The libraries' browser builds; the CommonJS ones pull in server-only code.
    mainFields: ['module', 'main'],
    format: 'esm',
    target: 'node20',
    sourcemap: 'inline',
    // Some bundled packages are CommonJS and ask for node's own modules.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
  const files = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.test.mjs')).map((name) => path.join(folder, name));
  const build = path.join(root, 'build');
  files.push(...readdirSync(build).filter((name) => name.endsWith('.test.mjs')).map((name) => path.join(build, name)));
  const run = spawnSync(process.execPath, ['--enable-source-maps', '--test', '--test-reporter=dot', ...files], { stdio: 'inherit' });
  process.exitCode = run.status ?? 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
