import { useTheme2 } from '@grafana/ui';
import { useEffect } from 'react';
import { markReady } from '../scene/readiness';

interface Props {
  title: string;
  detail: string;
}

/** Shown instead of a dashboard when there is none to draw. */
export function ErrorNote({ title, detail }: Props) {
  const theme = useTheme2();
  useEffect(markReady, []);
  return (
    <div role="alert" data-testid="page-error" style={{ margin: '15vh auto 0', maxWidth: 560, textAlign: 'center' }}>
      <h2>{title}</h2>
      <p style={{ color: theme.colors.text.secondary }}>{detail}</p>
    </div>
  );
}
