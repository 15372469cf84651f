import { type FieldConfig, formattedValueToString, getValueFormat } from '@grafana/data';
import { useTheme2 } from '@grafana/ui';
import { arcPath, pointAt } from '../parts/arc';
import type { Band, Dial } from './transform';

interface Props {
  bands: Band[];
  dial: Dial;
}

/** A thin ring around the dial in the colours of the thresholds. */
export function ThresholdRing({ bands, dial }: Props) {
  const theme = useTheme2();
  return (
    <>
      {bands.map((band) => (
        <path
          key={band.value}
          d={arcPath({ center: dial.center, inner: dial.radius * 0.97, outer: dial.radius, from: band.from, to: band.to })}
          fill={theme.visualization.getColorByName(band.color)}
        />
      ))}
    </>
  );
}

/** The thresholds' values, where their bands begin. */
export function ThresholdLabels({ bands, dial, field }: Props & { field: FieldConfig }) {
  const theme = useTheme2();
  return (
    <>
      {bands.map((band) => {
        const { x, y } = pointAt(dial.center, dial.radius * 0.6, band.from);
        return (
          <text key={band.value} x={x} y={y} fontSize={Math.max(9, dial.radius * 0.1)} textAnchor="middle" dominantBaseline="middle" fill={theme.colors.text.secondary}>
            {formattedValueToString(getValueFormat(field.unit)(band.value, field.decimals))}
          </text>
        );
      })}
    </>
  );
}
