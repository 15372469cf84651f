import { useTheme2 } from '@grafana/ui';

interface Props {
  width: number;
  height: number;
  message?: string;
}

/** What a panel shows when there is nothing to draw. */
export function NoData({ width, height, message = 'No data' }: Props) {
  const theme = useTheme2();
  return (
    <div
      data-testid="panel-no-data"
      style={{ width, height, display: 'flex', alignItems: 'center', justifyContent: 'center', color: theme.colors.text.secondary, fontSize: theme.typography.h4.fontSize }}
    >
      {message}
    </div>
  );
}
