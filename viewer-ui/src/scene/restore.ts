import { QueryVariable, sceneGraph, type SceneObject } from '@grafana/scenes';
import type { Connection } from '../datasource/connection';

/** Makes a behaviour that refreshes the dashboard once Prometheus responds again. */
export function restoreOn(connection: Connection) {
  return (scene: SceneObject) => connection.onRestored(() => void restore(scene));
}

async function restore(scene: SceneObject): Promise<void> {
  const variables = sceneGraph.getVariables(scene).state.variables;
  const failed = variables.filter((variable): variable is QueryVariable => variable instanceof QueryVariable && Boolean(variable.state.error));
  failed.forEach((variable) => {
    variable.setState({ error: null });
    variable.refreshOptions();
  });
  sceneGraph.getTimeRange(scene).onRefresh();
}
