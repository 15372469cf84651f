import type { PanelProps } from '@grafana/data';
import { ScrollContainer } from '@grafana/ui';
import type { TextOptions } from './model';
import { toSafeHtml } from './transform';

/** Markdown, HTML or plain text that the dashboard's author wrote. */
export function TextView({ options, replaceVariables }: PanelProps<TextOptions>) {
  const html = toSafeHtml(options, (text) => replaceVariables(text, {}, options.mode === 'code' ? 'text' : 'html'));
  return (
    <ScrollContainer maxHeight="100%">
      <div className="markdown-html" dangerouslySetInnerHTML={{ __html: html }} />
    </ScrollContainer>
  );
}
