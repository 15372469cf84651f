import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { root } from './bundle.mjs';
import { findCircles, findUpward, readImports } from './imports.mjs';

/** Reads the imports of modules that are written for the test. */
function plant(modules) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'kubeglass-imports-'));
  try {
    for (const [name, text] of Object.entries(modules)) {
      mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      writeFileSync(path.join(folder, name), text);
    }
    return readImports(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('the page imports downwards and in no circle', () => {
  const imports = readImports(path.join(root, 'src'));

  assert.ok(imports.get('main').includes('shell/boot'));
  assert.deepEqual(findUpward(imports), []);
  assert.deepEqual(findCircles(imports), []);
});

test('a planted circle is seen, of types too', () => {
  const imports = plant({
    'panels/a.ts': "import { b } from './b';",
    'panels/b.tsx': "import type { C } from './c';",
    'panels/c.ts': "export * from './a';",
  });

  assert.deepEqual(findCircles(imports), ['panels/a -> panels/b -> panels/c -> panels/a']);
});

test('planted imports of a room above, or beside, are seen', () => {
  const imports = plant({
    'scene/grid.ts': "import type { X } from '../shell/App';",
    'runtime/a.ts': "const later = import('../scene/grid');",
    'panels/gauge/view.tsx': "export { y } from '../../datasource/client';",
    'stray/a.ts': "import { z } from '../panels/z';",
  });

  assert.deepEqual(findUpward(imports).sort(), [
    'panels/gauge/view -> datasource/client',
    'runtime/a -> scene/grid',
    'scene/grid -> shell/App',
    'stray/a -> panels/z',
  ]);
});
