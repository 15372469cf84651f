import { PanelPlugin } from '@grafana/data';
import { fieldOption } from './fieldOptions';
import { barGauge } from './bargauge/definition';
import type { PanelDefinition } from './definition';
import { gauge } from './gauge/definition';
import { heatmap } from './heatmap/definition';
import { pieChart } from './piechart/definition';
import { stat } from './stat/definition';
import { table } from './table/definition';
import { text } from './text/definition';
import { timeSeries } from './timeseries/definition';
import { unknownKind } from './unknown/definition';

/** Every kind of panel that is drawn here; a new kind is one folder and one entry. */
const DEFINITIONS = [timeSeries, stat, barGauge, gauge, table, heatmap, pieChart, text] as unknown as PanelDefinition<object>[];

// Kinds that Grafana replaced and reads as their successors.
const SUCCESSORS: Record<string, string> = { graph: 'timeseries', singlestat: 'stat', 'table-old': 'table', 'grafana-piechart-panel': 'piechart' };

const plugins = new Map<string, PanelPlugin>();

/** Returns how panels of this kind are drawn; an unknown kind is drawn as a note that says so. */
export function panelPlugin(kind: string): PanelPlugin {
  let plugin = plugins.get(kind);
  if (!plugin) {
    plugin = toPlugin(find(kind));
    plugins.set(kind, plugin);
  }
  return plugin;
}

/** Whether panels of this kind are drawn here. */
export function isKnownKind(kind: string): boolean {
  return DEFINITIONS.some((definition) => definition.kind === (SUCCESSORS[kind] ?? kind));
}

function find(kind: string): PanelDefinition<object> {
  const wanted = SUCCESSORS[kind] ?? kind;
  return DEFINITIONS.find((definition) => definition.kind === wanted) ?? unknownKind(kind);
}

function toPlugin(definition: PanelDefinition<object>): PanelPlugin {
  const plugin = new PanelPlugin(definition.view as never);
  plugin.setPanelOptions((builder) => {
    for (const [path, defaultValue] of Object.entries(definition.options)) builder.addCustomEditor(fieldOption(path, defaultValue));
  });
  plugin.useFieldConfig({
    standardOptions: definition.colorMode ? { color: { defaultValue: { mode: definition.colorMode } } } : {},
    useCustomConfig: (builder) => {
      for (const [path, defaultValue] of Object.entries(definition.fieldOptions)) builder.addCustomEditor(fieldOption(path, defaultValue));
    },
  });
  if (definition.noPadding) plugin.setNoPadding();
  plugin.meta = { ...plugin.meta, id: definition.kind, name: definition.kind, skipDataQuery: definition.withoutData ?? false, info: info() } as PanelPlugin['meta'];
  return plugin;
}

function info() {
  return { version: '', author: { name: '' }, description: '', links: [], logos: { small: '', large: '' }, screenshots: [], updated: '' };
}
