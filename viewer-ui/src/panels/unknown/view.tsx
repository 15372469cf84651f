import type { PanelProps } from '@grafana/data';
import { NoData } from '../parts/NoData';

/** Makes the view that names the kind it cannot draw. */
export function unknownView(kind: string) {
  return function UnknownKind({ width, height }: PanelProps) {
    return <NoData width={width} height={height} message={`Panel type "${kind}" is not supported yet`} />;
  };
}
