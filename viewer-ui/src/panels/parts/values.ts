import { type FieldConfigSource, type FieldDisplay, getFieldDisplayValues, type PanelProps, type ReduceDataOptions } from '@grafana/data';
import { useTheme2 } from '@grafana/ui';

/** What panels have in common that boil each field down to one value. */
export interface SingleValueOptions {
  reduceOptions: Partial<ReduceDataOptions>;
  orientation: string;
}

export const SINGLE_VALUE_OPTIONS: SingleValueOptions = {
  reduceOptions: { calcs: ['lastNotNull'], values: false, fields: '' },
  orientation: 'auto',
};

interface Extras {
  sparkline?: boolean;
  percentChange?: boolean;
}

/** Returns a function that computes the values to show: one per field, or one per row. */
export function useFieldValues(props: Pick<PanelProps<SingleValueOptions>, 'options' | 'fieldConfig' | 'replaceVariables' | 'data' | 'timeZone'>, extras: Extras = {}): () => FieldDisplay[] {
  const theme = useTheme2();
  return () =>
    getFieldDisplayValues({
      fieldConfig: props.fieldConfig as FieldConfigSource,
      reduceOptions: { calcs: ['lastNotNull'], ...props.options.reduceOptions },
      replaceVariables: props.replaceVariables,
      theme,
      data: props.data.series,
      timeZone: props.timeZone,
      sparkline: extras.sparkline,
      percentChange: extras.percentChange,
    });
}

/** Whether a value stands for an empty answer, which the library shows as "No data". */
export function hasValue(value: FieldDisplay): boolean {
  return value.view !== undefined || value.display.text !== 'No data';
}
