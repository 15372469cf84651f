import type { PanelProps } from '@grafana/data';
import type { ComponentType } from 'react';

/** How the page draws one panel type. */
export interface PanelDefinition<Options extends object = never> {
  /** The panel's `type` in dashboard JSON. */
  kind: string;
  view: ComponentType<PanelProps<Options>>;
  /** Default options. */
  options: Options;
  /** `fieldConfig.custom` properties with their defaults; undefined for none. One not listed here is dropped. */
  fieldOptions: Record<string, unknown>;
  /** The default colour mode. */
  colorMode?: string;
  /** Whether the view draws up to the panel's edges. */
  noPadding?: boolean;
  /** Whether the panel shows no data, so no queries run. */
  withoutData?: boolean;
}
