import { type DataQueryRequest, type DataQueryResponse, type DataSourceApi, LoadingState, type PanelData, toDataFrame } from '@grafana/data';
import { catchError, from, map, type Observable, of, startWith } from 'rxjs';

type QueryFunction = (request: DataQueryRequest) => Observable<DataQueryResponse> | Promise<DataQueryResponse>;

/** Runs a panel's request and emits each stage: loading, then data or an error. */
export function runRequest(dataSource: DataSourceApi, request: DataQueryRequest, query?: QueryFunction): Observable<PanelData> {
  const empty = { series: [], timeRange: request.range, request };
  const answers = from(query ? query(request) : dataSource.query(request));
  return answers.pipe(
    map((answer): PanelData => ({ ...empty, state: answer.state ?? LoadingState.Done, series: answer.data.map((frame) => toDataFrame(frame)) })),
    catchError((error: unknown) => of(failure(empty, error))),
    startWith({ ...empty, state: LoadingState.Loading }),
  );
}

function failure(empty: Omit<PanelData, 'state'>, error: unknown): PanelData {
  const message = error instanceof Error ? error.message : String(error);
  return { ...empty, state: LoadingState.Error, errors: [{ message, refId: empty.request?.targets[0]?.refId }] };
}
