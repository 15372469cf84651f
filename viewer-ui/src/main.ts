import './runtime/bootData';

// Not a static import: the bundler would run parts of it before the line above.
void import('./shell/boot').then(({ boot }) => boot());
