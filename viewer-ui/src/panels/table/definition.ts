import type { PanelDefinition } from '../definition';
import { TABLE_FIELD_OPTIONS, TABLE_OPTIONS, type TableOptions } from './model';
import { TableView } from './view';

export const table: PanelDefinition<TableOptions> = {
  kind: 'table',
  view: TableView,
  options: TABLE_OPTIONS,
  fieldOptions: TABLE_FIELD_OPTIONS,
  colorMode: 'thresholds',
};
