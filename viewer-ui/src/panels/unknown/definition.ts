import type { PanelDefinition } from '../definition';
import { unknownView } from './view';

/** Stands in for a kind of panel that is not drawn here, and says so. */
export function unknownKind(kind: string): PanelDefinition<object> {
  return { kind, view: unknownView(kind), options: {}, fieldOptions: {}, withoutData: true };
}
