import type { VariableRefresh, VariableSort } from '@grafana/data';
import {
  ConstantVariable,
  CustomVariable,
  DataSourceVariable,
  IntervalVariable,
  QueryVariable,
  type SceneVariable,
  TextBoxVariable,
} from '@grafana/scenes';
import type { VariableJson } from './dashboardJson';

const ALL = '$__all';

type Maker = (variable: VariableJson) => SceneVariable;

const MAKERS: Record<string, Maker> = {
  query: makeQuery,
  custom: (variable) => new CustomVariable({ ...base(variable), ...selection(variable), query: textOf(variable) }),
  datasource: makeDataSource,
  interval: makeInterval,
  textbox: (variable) => new TextBoxVariable({ ...base(variable), value: singleOf(variable) || textOf(variable) }),
  constant: (variable) => new ConstantVariable({ ...base(variable), value: textOf(variable) }),
};

/** Makes the dashboard's variables; unsupported types are left out. */
export function toVariables(variables: VariableJson[]): SceneVariable[] {
  return variables.flatMap((variable) => MAKERS[variable.type]?.(variable) ?? []);
}

function base(variable: VariableJson) {
  return {
    name: variable.name,
    label: variable.label || variable.name,
    description: variable.description ?? undefined,
    hide: variable.hide,
    skipUrlSync: variable.skipUrlSync,
  };
}

/** The initial value, for types with options. */
function selection(variable: VariableJson) {
  const value = variable.current?.value ?? '';
  return {
    value,
    text: variable.current?.text ?? value,
    isMulti: variable.multi,
    includeAll: variable.includeAll,
    allValue: variable.allValue || undefined,
    defaultToAll: Boolean(variable.includeAll) && (value === '' || [value].flat().includes(ALL)),
  };
}

function makeQuery(variable: VariableJson): SceneVariable {
  return new QueryVariable({
    ...base(variable),
    ...selection(variable),
    query: textOf(variable) || (variable.definition ?? ''),
    definition: variable.definition,
    datasource: variable.datasource ?? null,
    regex: variable.regex,
    sort: variable.sort as VariableSort | undefined,
    refresh: variable.refresh as VariableRefresh | undefined,
  });
}

function makeDataSource(variable: VariableJson): SceneVariable {
  return new DataSourceVariable({ ...base(variable), ...selection(variable), pluginId: textOf(variable), regex: variable.regex ?? '' });
}

function makeInterval(variable: VariableJson): SceneVariable {
  return new IntervalVariable({
    ...base(variable),
    value: singleOf(variable),
    intervals: textOf(variable).split(',').map((interval) => interval.trim()).filter((interval) => interval && interval !== 'auto'),
    autoEnabled: variable.auto,
    autoStepCount: variable.auto_count,
    autoMinInterval: variable.auto_min,
    refresh: variable.refresh as VariableRefresh | undefined,
  });
}

function textOf({ query }: VariableJson): string {
  return typeof query === 'string' ? query : (query?.query ?? '');
}

function singleOf(variable: VariableJson): string {
  return [variable.current?.value ?? ''].flat()[0] ?? '';
}
