import { LoadingState } from '@grafana/data';
import { sceneGraph, type SceneComponentProps, VizPanel } from '@grafana/scenes';
import { useEffect, useId, useRef } from 'react';
import { isKnownKind } from '../panels/registry';
import { notePanel } from './readiness';
import { useIsInView } from './useIsInView';

/** A panel's state, for tests and other programs that read the page. */
type PanelState = 'loading' | 'done' | 'nodata' | 'error' | 'unknown';

/** A panel with its title and state in attributes of its outermost element. */
export class DashboardPanel extends VizPanel {
  static override Component = DashboardPanelView as typeof VizPanel.Component;
}

function DashboardPanelView({ model }: SceneComponentProps<VizPanel>) {
  const { title, pluginId } = model.useState();
  const state = usePanelState(model);
  const id = useId();
  const element = useRef<HTMLDivElement>(null);
  const isInView = useIsInView(element);
  // A panel out of view sends no queries yet, so it is not waited for.
  useEffect(() => notePanel(id, isInView === false || (isInView === true && state !== 'loading')), [id, isInView, state]);
  useEffect(() => () => notePanel(id, undefined), [id]);
  return (
    <div
      ref={element}
      data-testid="panel"
      data-panel-title={model.interpolate(title, undefined, 'text')}
      data-panel-kind={pluginId}
      data-panel-state={state}
      style={{ position: 'relative', width: '100%', height: '100%' }}
    >
      <VizPanel.Component model={model} />
    </div>
  );
}

function usePanelState(model: VizPanel): PanelState {
  const { data } = sceneGraph.getData(model).useState();
  const { $data, pluginId } = model.useState();
  if (!isKnownKind(pluginId)) return 'unknown';
  if (!$data) return 'done';
  if (data?.state === LoadingState.Error) return 'error';
  const hasFields = data?.series.some((frame) => frame.length > 0);
  // A refresh shows the old data until the new data arrives, so the panel is not loading.
  if (!data || (data.state === LoadingState.Loading && !hasFields)) return 'loading';
  return hasFields ? 'done' : 'nodata';
}
