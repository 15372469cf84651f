// The one HTML file: no inline script, so that the strictest script-src holds.
import path from 'node:path';

const STYLE = 'html{background:#111217;color-scheme:dark}html[data-theme=light]{background:#f4f5f5;color-scheme:light}body{margin:0}';

function entryOf(outputs, source) {
  return Object.keys(outputs).find((file) => outputs[file].entryPoint === source);
}

/** A file and all that it imports at once, so that the browser can fetch them side by side. */
function staticImports(outputs, file, found = new Set()) {
  if (!found.has(file)) {
    found.add(file);
    for (const item of outputs[file].imports) if (item.kind === 'import-statement') staticImports(outputs, item.path, found);
  }
  return [...found];
}

/** Returns index.html for the outputs that esbuild's metafile lists. */
export function indexHtml(outputs) {
  const script = entryOf(outputs, 'src/main.ts');
  const { cssBundle } = outputs[entryOf(outputs, 'src/shell/boot.tsx')];
  const preloads = staticImports(outputs, entryOf(outputs, 'src/shell/boot.tsx')).map((file) => `<link rel="modulepreload" href="/assets/${path.basename(file)}">`);
  const style = cssBundle ? `<link rel="stylesheet" href="/assets/${path.basename(cssBundle)}">` : '';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>kubeglass</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>${style}${preloads.join('')}
</head>
<body>
<div id="root"></div>
<noscript>The kubeglass dashboard page needs JavaScript.</noscript>
<script type="module" src="/assets/${path.basename(script)}"></script>
</body>
</html>
`;
}
