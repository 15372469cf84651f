import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { locationService } from '@grafana/runtime';
import { Combobox, ToolbarButton, useStyles2, useTheme2 } from '@grafana/ui';
import type { DashboardEntry } from './api';
import { dashboardPath } from './address';

interface Props {
  dashboards: DashboardEntry[];
  uid?: string;
  onToggleTheme: () => void;
}

/** The top bar: name, dashboard picker and theme switch. */
export function Header({ dashboards, uid, onToggleTheme }: Props) {
  const styles = useStyles2(getStyles);
  const theme = useTheme2();
  const other = theme.isDark ? 'light' : 'dark';
  return (
    <header className={styles.bar}>
      <span className={styles.name}>kubeglass</span>
      <span className={styles.divider} aria-hidden>
        /
      </span>
      <DashboardPicker dashboards={dashboards} uid={uid} />
      <span className={styles.space} />
      <ToolbarButton variant="canvas" icon="palette" tooltip={`Switch to the ${other} theme`} aria-label={`Switch to the ${other} theme`} data-testid="theme-switch" onClick={onToggleTheme} />
    </header>
  );
}

function DashboardPicker({ dashboards, uid }: Pick<Props, 'dashboards' | 'uid'>) {
  const title = dashboards.find((dashboard) => dashboard.uid === uid)?.title ?? '';
  const styles = useStyles2(getStyles);
  if (dashboards.length < 2) return <h1 className={styles.title}>{title}</h1>;
  return (
    <div data-testid="dashboard-picker">
      <Combobox
        aria-label="Dashboard"
        width={36}
        options={dashboards.map((dashboard) => ({ label: dashboard.title, value: dashboard.uid }))}
        value={uid ?? null}
        onChange={(option) => locationService.push(dashboardPath(option.value, window.location.search))}
      />
    </div>
  );
}

function getStyles(theme: GrafanaTheme2) {
  return {
    bar: css({ display: 'flex', alignItems: 'center', gap: theme.spacing(1), minHeight: 40, marginBottom: theme.spacing(1) }),
    name: css({ fontWeight: theme.typography.fontWeightMedium, color: theme.colors.text.secondary }),
    divider: css({ color: theme.colors.text.disabled }),
    title: css({ ...theme.typography.h4, margin: 0 }),
    space: css({ flexGrow: 1 }),
  };
}
