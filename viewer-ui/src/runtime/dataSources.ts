import type { DataSourceInstanceSettings, DataSourceRef } from '@grafana/data';
import type { DataSourceSrv } from '@grafana/runtime';
import { Connection } from '../datasource/connection';
import { PrometheusClient } from '../datasource/client';
import { PrometheusDataSource, type PrometheusOptions } from '../datasource/PrometheusDataSource';

/** The data source's settings, from the page server. */
export interface DataSourceInfo {
  uid: string;
  name: string;
  timeInterval?: string;
}

type Settings = DataSourceInstanceSettings<PrometheusOptions>;

export interface DataSources {
  service: DataSourceSrv;
  connection: Connection;
}

/** Builds the one data source and the service through which scenes finds it. */
export function createDataSources(info: DataSourceInfo): DataSources {
  const settings = settingsOf(info);
  const connection: Connection = new Connection(() => client.ask('query', { query: '1' }));
  const client: PrometheusClient = new PrometheusClient(connection);
  const dataSource = new PrometheusDataSource(settings, client);
  const service = {
    get: async (ref?: DataSourceRef | string | null) => {
      refuseOtherKinds(ref);
      return dataSource;
    },
    getInstanceSettings: () => settings,
    getList: (filters?: { pluginId?: string | string[] }) => ([filters?.pluginId ?? 'prometheus'].flat().includes('prometheus') ? [settings] : []),
    reload: async () => undefined,
    registerRuntimeDataSource: () => undefined,
    isMultiSource: () => false,
  };
  return { service: service as unknown as DataSourceSrv, connection };
}

function refuseOtherKinds(ref?: DataSourceRef | string | null): void {
  const type = typeof ref === 'object' ? ref?.type : undefined;
  if (type && !['prometheus', 'datasource', 'mixed'].includes(type)) {
    throw new Error(`Data source type "${type}" is not available here, only prometheus`);
  }
}

function settingsOf(info: DataSourceInfo): Settings {
  return {
    id: 1,
    uid: info.uid,
    name: info.name,
    type: 'prometheus',
    access: 'proxy',
    readOnly: true,
    isDefault: true,
    jsonData: { timeInterval: info.timeInterval },
    meta: {
      id: 'prometheus',
      name: 'Prometheus',
      type: 'datasource',
      module: '',
      baseUrl: '',
      metrics: true,
      info: { author: { name: '' }, description: '', links: [], logos: { small: '', large: '' }, screenshots: [], updated: '', version: '' },
    },
  } as unknown as Settings;
}
