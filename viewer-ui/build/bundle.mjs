// How the page is bundled; the build and the tests share it.
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/**
 * Leaves out what a read-only page never reaches: the Monaco editor, OpenLayers maps, and the server renderer that one
 * component of Grafana's library uses to measure text.
 */
const slim = {
  name: 'slim',
  setup(build) {
    const stub = (name) => ({ path: path.join(root, 'build', 'stubs', name) });
    build.onResolve({ filter: /ReactMonacoEditor(\.mjs)?$|^@monaco-editor\/react|^monaco-editor|OpenLayersProvider/ }, () => stub('editor.mjs'));
    build.onResolve({ filter: /^react-dom\/server$/ }, () => stub('server-renderer.mjs'));
  },
};

export function bundleOptions() {
  return {
    absWorkingDir: root,
    bundle: true,
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"production"', 'process.env': '{}', global: 'globalThis' },
    loader: { '.svg': 'dataurl', '.woff2': 'file' },
    plugins: [slim],
    logLevel: 'warning',
  };
}
