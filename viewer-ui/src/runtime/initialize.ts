import { EventBusSrv, type GrafanaTheme2, type GrafanaConfig, locationUtil, type ScopedVars, standardEditorsRegistry, standardFieldConfigEditorRegistry } from '@grafana/data';
import { initPluginTranslations } from '@grafana/i18n';
import { config, setAppEvents, setDataSourceSrv, setPluginImportUtils, setRunRequest, setTemplateSrv, type TemplateSrv } from '@grafana/runtime';
import { sceneGraph, type SceneObject } from '@grafana/scenes';
import { panelPlugin } from '../panels/registry';
import type { DataSources } from './dataSources';
import { standardFieldOptions } from '../panels/fieldOptions';
import { runRequest } from './runRequest';
import { registerTransformers } from './transformers';

/** Initializes what Grafana's own application initializes at startup: registries, translations and URLs. */
export async function initializeLibraries(): Promise<void> {
  await initPluginTranslations('kubeglass');
  registerTransformers();
  standardFieldConfigEditorRegistry.setInit(standardFieldOptions);
  standardEditorsRegistry.setInit(() => []);
  locationUtil.initialize({
    config: { appSubUrl: '' } as GrafanaConfig,
    getVariablesUrlParams: () => ({}),
    getTimeRangeForUrl: () => ({ from: 'now-1h', to: 'now' }),
  });
}

/** Provides the services that scenes expects of its host application. */
export function provideServices(dataSources: DataSources): void {
  setDataSourceSrv(dataSources.service);
  setPluginImportUtils({ importPanelPlugin: async (kind: string) => panelPlugin(kind), getPanelPluginFromCache: panelPlugin });
  setTemplateSrv(templateService());
  setAppEvents(new EventBusSrv());
  setRunRequest(runRequest);
}

/** Sets the theme that the libraries read; existing scenes keep the old one. */
export function useThemeInLibraries(theme: GrafanaTheme2): void {
  config.theme2 = theme;
}

function templateService(): TemplateSrv {
  return {
    replace: (text = '', scopedVars: ScopedVars = {}) => {
      const origin = scopedVars.__sceneObject?.value?.valueOf() as SceneObject | undefined;
      return origin ? sceneGraph.interpolate(origin, text, scopedVars) : text;
    },
    getVariables: () => [],
    containsTemplate: (text?: string) => /\$|\[\[/.test(text ?? ''),
    updateTimeRange: () => undefined,
  } as TemplateSrv;
}
