import './runtime/bootData';

// Not a plain import: the bundler would let parts of it run before the line above.
void import('./shell/boot').then(({ boot }) => boot());
