import type { PanelProps } from '@grafana/data';
import type { ComponentType } from 'react';

/** How one kind of panel is drawn: all that the page needs to know about it. */
export interface PanelDefinition<Options extends object = never> {
  /** The panel's `type` in dashboard JSON. */
  kind: string;
  view: ComponentType<PanelProps<Options>>;
  /** Options that hold where the JSON says nothing. */
  options: Options;
  /** `fieldConfig.custom` properties with their defaults; undefined for none. One not listed here is dropped. */
  fieldOptions: Record<string, unknown>;
  /** How fields are coloured where the JSON does not say. */
  colorMode?: string;
  /** Whether the view draws up to the panel's edges. */
  noPadding?: boolean;
  /** Whether the panel shows no data, so that nothing is asked. */
  withoutData?: boolean;
}
