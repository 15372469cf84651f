import { type DataFrame, dateTimeFormat, type Field, FieldType, formattedValueToString, getFieldDisplayName } from '@grafana/data';
import { SortOrder, TooltipDisplayMode, type VizTooltipOptions } from '@grafana/schema';
import { VizTooltipContent, VizTooltipHeader, type VizTooltipItem, VizTooltipWrapper } from '@grafana/ui';

interface Props {
  frame: DataFrame;
  /** Index of the hovered point per field. */
  indices: Array<number | null>;
  seriesIndex: number | null;
  options: VizTooltipOptions;
  timeZone: string;
  isPinned: boolean;
}

/** The values at the hovered point in time. */
export function TimeSeriesTooltip({ frame, indices, seriesIndex, options, timeZone, isPinned }: Props) {
  const time = frame.fields[0];
  const at = indices[0];
  if (!time || at === null || at === undefined) return null;
  return (
    <VizTooltipWrapper>
      <VizTooltipHeader item={{ label: '', value: timeText(time, at, timeZone) }} isPinned={isPinned} />
      <VizTooltipContent items={tooltipItems(frame, indices, seriesIndex, options)} isPinned={isPinned} scrollable={isPinned} />
    </VizTooltipWrapper>
  );
}

function timeText(field: Field, index: number, timeZone: string): string {
  if (field.type === FieldType.time) return dateTimeFormat(field.values[index], { timeZone });
  return field.display ? formattedValueToString(field.display(field.values[index])) : String(field.values[index]);
}

/** Lists the rows of the tooltip in the order the panel asks for. */
export function tooltipItems(frame: DataFrame, indices: Array<number | null>, seriesIndex: number | null, options: VizTooltipOptions): VizTooltipItem[] {
  const items = frame.fields.flatMap((field, index) => {
    const value = field.values[indices[index] ?? -1];
    const isSelected = options.mode !== TooltipDisplayMode.Single || index === seriesIndex;
    if (index === 0 || !isSelected || isHidden(field) || value === null || value === undefined) return [];
    return [toItem(frame, field, value, index === seriesIndex)];
  });
  if (options.sort === SortOrder.Ascending) items.sort((a, b) => a.numeric - b.numeric);
  if (options.sort === SortOrder.Descending) items.sort((a, b) => b.numeric - a.numeric);
  return items;
}

function isHidden(field: Field): boolean {
  const hideFrom = field.config.custom?.hideFrom;
  return Boolean(hideFrom?.tooltip || hideFrom?.viz);
}

function toItem(frame: DataFrame, field: Field, value: number, isActive: boolean) {
  const shown = field.display?.(value);
  return {
    label: field.state?.displayName ?? getFieldDisplayName(field, frame),
    value: shown ? formattedValueToString(shown) : String(value),
    color: shown?.color,
    isActive,
    numeric: value,
  };
}
