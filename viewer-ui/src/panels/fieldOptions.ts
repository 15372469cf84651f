import {
  dataLinksOverrideProcessor,
  displayNameOverrideProcessor,
  type FieldConfigPropertyItem,
  identityOverrideProcessor,
  numberOverrideProcessor,
  stringOverrideProcessor,
  thresholdsOverrideProcessor,
  unitOverrideProcessor,
  valueMappingsOverrideProcessor,
} from '@grafana/data';

type Processor = FieldConfigPropertyItem['process'];

// Grafana's library drops field options and overrides that are not registered here.
const PROCESSORS: Record<string, Processor> = {
  unit: unitOverrideProcessor,
  min: numberOverrideProcessor,
  max: numberOverrideProcessor,
  fieldMinMax: identityOverrideProcessor,
  decimals: numberOverrideProcessor,
  displayName: displayNameOverrideProcessor,
  color: identityOverrideProcessor,
  noValue: stringOverrideProcessor,
  links: dataLinksOverrideProcessor,
  actions: identityOverrideProcessor,
  mappings: valueMappingsOverrideProcessor,
  thresholds: thresholdsOverrideProcessor,
  filterable: identityOverrideProcessor,
};

// Grafana's default for a panel without thresholds.
const DEFAULTS: Record<string, unknown> = {
  thresholds: {
    mode: 'absolute',
    steps: [
      { value: -Infinity, color: 'green' },
      { value: 80, color: 'red' },
    ],
  },
};

/** The field options that every panel kind shares. */
export function standardFieldOptions(): FieldConfigPropertyItem[] {
  return Object.entries(PROCESSORS).map(([id, process]) => ({ ...fieldOption(id, DEFAULTS[id]), category: ['standard'], process }) as FieldConfigPropertyItem);
}

/** A field option without an editor; a read-only page shows none. */
export function fieldOption(path: string, defaultValue?: unknown) {
  return {
    id: path,
    path,
    name: path,
    description: '',
    category: ['custom'],
    defaultValue,
    settings: {},
    editor: () => null,
    override: () => null,
    process: identityOverrideProcessor,
    shouldApply: () => true,
  };
}
