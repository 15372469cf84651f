import type { PanelDefinition } from '../definition';
import { unknownView } from './view';

/** A placeholder for panel types that are not supported. */
export function unknownKind(kind: string): PanelDefinition<object> {
  return { kind, view: unknownView(kind), options: {}, fieldOptions: {}, withoutData: true };
}
