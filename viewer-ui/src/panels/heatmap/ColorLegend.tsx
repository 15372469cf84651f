import { useTheme2 } from '@grafana/ui';

export const LEGEND_HEIGHT = 40;

interface Props {
  palette: string[];
  min: string;
  max: string;
}

/** The scale of colours with its smallest and largest value. */
export function ColorLegend({ palette, min, max }: Props) {
  const theme = useTheme2();
  const stops = palette.map((color, index) => `${color} ${((index / (palette.length - 1)) * 100).toFixed(1)}%`);
  return (
    <div style={{ width: 300, maxWidth: '90%', height: LEGEND_HEIGHT, paddingTop: 8, boxSizing: 'border-box', marginLeft: theme.spacing(3), fontSize: theme.typography.bodySmall.fontSize, color: theme.colors.text.secondary }}>
      <div style={{ height: 9, marginBottom: 2, borderRadius: 2, background: `linear-gradient(90deg, ${stops.join(', ')})` }} />
      <div style={{ display: 'flex', justifyContent: 'space-between' }}>
        <span>{min}</span>
        <span>{max}</span>
      </div>
    </div>
  );
}
