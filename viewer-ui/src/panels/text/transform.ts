import { renderTextPanelMarkdown, textUtil } from '@grafana/data';
import type { TextOptions } from './model';

/**
 * Turns the panel's text into HTML that is safe to show.
 *
 * @param interpolate fills in variables, their values escaped for HTML.
 */
export function toSafeHtml({ mode, content }: TextOptions, interpolate: (text: string) => string): string {
  const text = interpolate(content);
  if (mode === 'code') return `<pre>${textUtil.escapeHtml(text)}</pre>`;
  return mode === 'html' ? textUtil.sanitizeTextPanelContent(text) : renderTextPanelMarkdown(text);
}
