/** Set by the build: the path of icons and fonts. */
declare const KUBEGLASS_PUBLIC_PATH: string;

// @grafana/runtime reads these while it is being imported, so this module must be the first import of the page.
Object.assign(window, {
  grafanaBootData: {
    settings: {
      featureToggles: {},
      appSubUrl: '',
      buildInfo: { version: '13.2.2', env: 'production' },
      datasources: {},
      panels: {},
      minRefreshInterval: '1s',
    },
    user: { timezone: 'browser', locale: 'en-US', orgRole: 'Viewer', permissions: {} },
    navTree: [],
  },
  // zod, deep inside the libraries, tries eval to see whether it may; a strict content security policy reports each try.
  __zod_globalConfig: { jitless: true },
  __grafana_public_path__: KUBEGLASS_PUBLIC_PATH,
});

export {};
