import { TableCellHeight, type TableSortByFieldState } from '@grafana/schema';

export interface TableOptions {
  frameIndex: number;
  showHeader: boolean;
  showTypeIcons: boolean;
  sortBy?: TableSortByFieldState[];
  cellHeight: TableCellHeight;
  enablePagination: boolean;
  frozenColumns: { left?: number };
}

export const TABLE_OPTIONS: TableOptions = {
  frameIndex: 0,
  showHeader: true,
  showTypeIcons: false,
  cellHeight: TableCellHeight.Sm,
  enablePagination: false,
  frozenColumns: {},
};

/** `fieldConfig.custom` of a column. */
export const TABLE_FIELD_OPTIONS: Record<string, unknown> = {
  width: undefined,
  minWidth: undefined,
  align: 'auto',
  cellOptions: { type: 'auto' },
  displayMode: undefined,
  inspect: false,
  filterable: undefined,
  hidden: undefined,
  hideFrom: undefined,
  wrapText: undefined,
  wrapHeaderText: undefined,
  footer: undefined,
  tooltip: undefined,
};
